package shopifytest

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Searches follow shopify.dev/docs/api/usage/search-syntax: terms side by side must all hold, OR, NOT or a minus in
// front, parentheses, comparators after the colon, values bare or in quotes, a star at the end of a value.

// warning is one of extensions.search[].warnings. Shopify answers such a search all the same.
type warning struct {
	Field   string `json:"field"`
	Message string `json:"message"`
	Code    string `json:"code"`
}

// matcher is a parsed search.
type matcher struct {
	root     node
	warnings []warning
	// updatedMin and updatedMax enclose the changes that can match, so that a scan need not look further.
	updatedMin, updatedMax time.Time
}

func (m matcher) all() bool { return m.root == nil }

func (m matcher) match(e *entry) bool { return m.root == nil || m.root.match(e) }

// node is a part of a search.
type node interface{ match(*entry) bool }

type (
	allOf []node
	anyOf []node
	not   struct{ node node }
	test  func(*entry) bool
	// within is a range of updated_at; zero times do not bound.
	within struct{ from, before time.Time }
)

func (n allOf) match(e *entry) bool {
	return !slices.ContainsFunc(n, func(c node) bool { return !c.match(e) })
}

func (n anyOf) match(e *entry) bool {
	return slices.ContainsFunc(n, func(c node) bool { return c.match(e) })
}

func (n not) match(e *entry) bool { return !n.node.match(e) }

func (n test) match(e *entry) bool { return n(e) }

func (n within) match(e *entry) bool { return n.holds(e.order.UpdatedAt) }

func (n within) holds(t time.Time) bool {
	return !t.Before(n.from) && (n.before.IsZero() || t.Before(n.before))
}

// parseSearch never fails: Shopify answers whatever it is asked, with warnings at most.
func parseSearch(query string, zone *time.Location) matcher {
	p := &searchParser{rest: query, zone: zone}
	m := matcher{root: p.alternatives(0)}
	m.warnings = p.warnings
	top, ok := m.root.(allOf)
	if !ok && m.root != nil {
		top = allOf{m.root}
	}
	for _, n := range top {
		if r, ok := n.(within); ok {
			if r.from.After(m.updatedMin) {
				m.updatedMin = r.from
			}
			if !r.before.IsZero() && (m.updatedMax.IsZero() || r.before.Before(m.updatedMax)) {
				m.updatedMax = r.before
			}
		}
	}
	return m
}

// spaces between terms. Bytes are compared with them, so they must be ASCII: other white space is part of a letter in
// UTF-8.
const spaces = " \t\r\n\v\f"

// maxNesting of parentheses and negations; deeper ones are ignored.
const maxNesting = 50

type searchParser struct {
	rest     string
	zone     *time.Location
	warnings []warning
}

// alternatives reads terms up to the end or a closing parenthesis. OR binds weaker than standing side by side.
func (p *searchParser) alternatives(depth int) node {
	var alternatives anyOf
	var terms allOf
	for {
		p.rest = strings.TrimLeft(p.rest, spaces)
		switch {
		case p.rest == "" || p.rest[0] == ')' && depth > 0:
			if p.rest != "" {
				p.rest = p.rest[1:]
			}
			return joined(append(alternatives, joined(terms)))
		case p.rest[0] == ')':
			p.rest = p.rest[1:]
		case p.word("OR"):
			alternatives, terms = append(alternatives, joined(terms)), nil
		case p.word("AND"):
		default:
			if n := p.term(depth); n != nil {
				terms = append(terms, n)
			}
		}
	}
}

// joined drops what does not restrict, and wrappings of one.
func joined[L ~[]node](list L) node {
	some := slices.DeleteFunc(slices.Clone(list), func(n node) bool { return n == nil })
	switch len(some) {
	case 0:
		return nil
	case 1:
		return some[0]
	}
	if _, ok := any(list).(anyOf); ok {
		return anyOf(some)
	}
	return allOf(some)
}

// word reads an operator, which stands alone.
func (p *searchParser) word(w string) bool {
	after, ok := strings.CutPrefix(p.rest, w)
	if !ok || after != "" && !strings.Contains(spaces+"(", after[:1]) {
		return false
	}
	p.rest = after
	return true
}

func (p *searchParser) term(depth int) node {
	negated := false
	for {
		if after, ok := strings.CutPrefix(p.rest, "-"); ok {
			p.rest = after
		} else if p.word("NOT") {
			p.rest = strings.TrimLeft(p.rest, spaces)
		} else {
			break
		}
		negated = !negated
	}
	var n node
	if strings.HasPrefix(p.rest, "(") {
		p.rest = p.rest[1:]
		if depth >= maxNesting {
			return nil
		}
		n = p.alternatives(depth + 1)
	} else {
		n = p.comparison()
	}
	if n != nil && negated {
		return not{n}
	}
	return n
}

// comparison reads field:value, with a comparator between the two, or a value alone.
func (p *searchParser) comparison() node {
	field, quoted := p.value()
	if quoted || !strings.HasPrefix(p.rest, ":") {
		return p.text(field)
	}
	p.rest = p.rest[1:]
	op := "="
	for _, o := range []string{">=", "<=", ">", "<"} {
		if after, ok := strings.CutPrefix(p.rest, o); ok {
			p.rest, op = after, o
			break
		}
	}
	value, quoted := p.value()
	n := p.field(strings.ToLower(field), op, value)
	// A colon ends a bare value without a warning, and what follows is a term of its own. So a time without quotes is
	// cut to its hour, in the shop's zone, and finds next to nothing.
	if after, ok := strings.CutPrefix(p.rest, ":"); ok && !quoted {
		end := strings.IndexAny(after, spaces+"()")
		if end < 0 {
			end = len(after)
		}
		p.rest = after[end:]
		return joined(allOf{n, p.text(after[:end])})
	}
	return n
}

// value reads up to white space, a colon or a parenthesis, or a quoted text whole.
func (p *searchParser) value() (value string, quoted bool) {
	var b strings.Builder
	quote := byte(0)
	if p.rest != "" && (p.rest[0] == '\'' || p.rest[0] == '"') {
		quote, p.rest = p.rest[0], p.rest[1:]
	}
	for i := 0; i < len(p.rest); i++ {
		c := p.rest[i]
		switch {
		case c == '\\' && i+1 < len(p.rest):
			i++
			b.WriteByte(p.rest[i])
		case quote != 0 && c == quote:
			p.rest = p.rest[i+1:]
			return b.String(), true
		case quote == 0 && strings.IndexByte(spaces+":()", c) >= 0:
			p.rest = p.rest[i:]
			return b.String(), false
		default:
			b.WriteByte(c)
		}
	}
	p.rest = ""
	return b.String(), quote != 0
}

func (p *searchParser) warn(field, message, code string) node {
	p.warnings = append(p.warnings, warning{Field: field, Message: message, Code: code})
	return nil
}

// field makes a test of one of the search fields of orders. Which values warn is assumed, but for unknown fields; a
// term that warns does not restrict (assumed).
func (p *searchParser) field(field, op, value string) node {
	switch field {
	case "updated_at", "created_at":
		return p.date(field, op, value)
	case "id":
		return p.number(op, value)
	case "sku":
		return skuTest(value)
	case "name":
		return textTest(value, func(o *Order) []string { return []string{o.Name, strings.TrimPrefix(o.Name, "#")} })
	case "email":
		return textTest(value, func(o *Order) []string { return []string{o.Email} })
	case "test":
		want, err := strconv.ParseBool(value)
		if err != nil {
			return p.warn(field, "Invalid value for this field.", "invalid_value")
		}
		return test(func(e *entry) bool { return e.order.Test == want })
	case "financial_status":
		if !slices.Contains(financialStatuses, strings.ToLower(value)) {
			return p.warn(field, "Invalid value for this field.", "invalid_value")
		}
		return test(func(e *entry) bool { return strings.EqualFold(e.order.FinancialStatus, value) })
	case "status":
		return p.status(strings.ToLower(value))
	}
	return p.warn(field, "Invalid search field for this query.", "invalid_field")
}

var financialStatuses = []string{
	"paid", "pending", "authorized", "partially_paid", "partially_refunded", "refunded", "voided", "expired",
}

func (p *searchParser) status(value string) node {
	switch value {
	case "open":
		return test(func(e *entry) bool { return !e.order.closed() && !e.order.cancelled() })
	case "closed":
		return test(func(e *entry) bool { return e.order.closed() })
	case "cancelled":
		return test(func(e *entry) bool { return e.order.cancelled() })
	case "not_closed":
		return test(func(e *entry) bool { return !e.order.closed() })
	}
	return p.warn("status", "Invalid value for this field.", "invalid_value")
}

func (p *searchParser) number(op, value string) node {
	want, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return p.warn("id", "Invalid value for this field.", "invalid_value")
	}
	return test(func(e *entry) bool {
		id := e.order.ID
		switch op {
		case ">":
			return id > want
		case ">=":
			return id >= want
		case "<":
			return id < want
		case "<=":
			return id <= want
		}
		return id == want
	})
}

// dateLayouts with the span that a value of each covers. A value without a zone is in the shop's.
var dateLayouts = []struct {
	layout string
	span   time.Duration
}{
	{time.RFC3339, time.Second},
	{"2006-01-02T15:04:05", time.Second},
	{"2006-01-02T15:04", time.Minute},
	{"2006-01-02T15", time.Hour},
	{"2006-01-02", 24 * time.Hour},
}

func (p *searchParser) date(field, op, value string) node {
	for _, l := range dateLayouts {
		at, err := time.ParseInLocation(l.layout, value, p.zone)
		if err != nil {
			continue
		}
		at = at.Truncate(time.Second)
		var r within
		switch op {
		case ">=":
			r.from = at
		case ">":
			r.from = at.Add(time.Second)
		case "<":
			r.before = at
		case "<=":
			r.before = at.Add(time.Second)
		default:
			r.from, r.before = at, at.Add(l.span)
		}
		if field == "updated_at" {
			return r
		}
		return test(func(e *entry) bool { return r.holds(e.order.CreatedAt) })
	}
	return p.warn(field, "Invalid timestamp for this field.", "invalid_value")
}

// text is a term without a field. It looks at names and addresses only.
func (p *searchParser) text(value string) node {
	if value == "" {
		return nil
	}
	return textTest(value, func(o *Order) []string {
		all := []string{o.Name, strings.TrimPrefix(o.Name, "#"), o.Email}
		if c := o.Customer; c != nil {
			all = append(all, c.FirstName, c.LastName, c.displayName(), c.Email)
		}
		return all
	})
}

func textTest(value string, of func(*Order) []string) node {
	prefix, star := strings.CutSuffix(strings.ToLower(value), "*")
	return test(func(e *entry) bool {
		return slices.ContainsFunc(of(e.order), func(s string) bool {
			s = strings.ToLower(s)
			return s == prefix || star && strings.HasPrefix(s, prefix)
		})
	})
}

// skuTest finds candidates only, as others report of Shopify: each token of the value must begin some token of a
// line's SKU. "GIFT-50" also finds "GIFT-500" and "50-XL-GIFT".
func skuTest(value string) node {
	want := tokens(value)
	return test(func(e *entry) bool {
		return slices.ContainsFunc(e.skus, func(have []string) bool {
			return !slices.ContainsFunc(want, func(w string) bool {
				return !slices.ContainsFunc(have, func(h string) bool { return strings.HasPrefix(h, w) })
			})
		})
	})
}

func tokens(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}
