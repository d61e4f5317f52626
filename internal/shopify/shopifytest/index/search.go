package index

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Searches follow shopify.dev/docs/api/usage/search-syntax. Adjacent terms must all hold. Also supported are OR, a
// leading NOT or minus, parentheses, comparators after the colon, bare or quoted values, and a star at the end of a
// value.

// Warning is an element of extensions.search[].warnings. Shopify returns results for such a search all the same.
type Warning struct {
	Field   string `json:"field"`
	Message string `json:"message"`
	Code    string `json:"code"`
}

// Search is a parsed search.
type Search struct {
	// Warnings say which terms were not understood.
	Warnings []Warning

	root node
	// updatedMin and updatedMax are the limits of the change times that can match. A scan need not look beyond them.
	updatedMin, updatedMax time.Time
}

// Match reports whether an entry matches the search.
func (m Search) Match(e Entry) bool { return m.match(newEntry(e)) }

func (m Search) all() bool { return m.root == nil }

func (m Search) match(e *entry) bool { return m.root == nil || m.root.match(e) }

// node is a part of a search.
type node interface{ match(*entry) bool }

type (
	allOf []node
	anyOf []node
	not   struct{ node node }
	test  func(*entry) bool
	// within is a range of updated_at; a zero time is no limit.
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

func (n within) match(e *entry) bool { return n.holds(e.UpdatedAt) }

func (n within) holds(t time.Time) bool {
	return !t.Before(n.from) && (n.before.IsZero() || t.Before(n.before))
}

// ParseSearch parses a search. It never fails: Shopify answers any search, at most with warnings. Times without a zone
// are in the given one.
func ParseSearch(query string, zone *time.Location) Search {
	p := &searchParser{rest: query, zone: zone}
	m := Search{root: p.alternatives(0)}
	m.Warnings = p.warnings
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

// spaces are the characters that separate terms. They are compared with single bytes, so they must be ASCII: in UTF-8,
// the bytes of other white space also occur in letters.
const spaces = " \t\r\n\v\f"

// maxNesting is the maximum nesting of parentheses; anything deeper is ignored.
const maxNesting = 50

type searchParser struct {
	rest     string
	zone     *time.Location
	warnings []Warning
}

// alternatives reads terms up to the end or a closing parenthesis. OR has lower precedence than adjacency.
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

// joined joins the nodes. It drops nodes that do not restrict the search, and does not wrap a single node.
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

// word reads an operator, which must be a word of its own.
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

// comparison reads field:value, with an optional comparator before the value, or a value alone.
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
	// A colon ends a bare value without a warning, and the rest becomes a term of its own. A time without quotes is
	// therefore truncated to its hour, in the shop's zone, and finds next to nothing.
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

// value reads up to white space, a colon or a parenthesis, or reads a whole quoted text.
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
	p.warnings = append(p.warnings, Warning{Field: field, Message: message, Code: code})
	return nil
}

// field returns a test of one of the search fields of orders. Which values cause a warning is assumed, except for
// unknown fields. A term with a warning does not restrict the search (assumed).
func (p *searchParser) field(field, op, value string) node {
	switch field {
	case "updated_at", "created_at":
		return p.date(field, op, value)
	case "id":
		return p.number(op, value)
	case "sku":
		return skuTest(value)
	case "name":
		return textTest(value, func(e *entry) []string { return []string{e.Name, strings.TrimPrefix(e.Name, "#")} })
	case "email":
		return textTest(value, func(e *entry) []string { return []string{e.Email} })
	case "test":
		want, err := strconv.ParseBool(value)
		if err != nil {
			return p.warn(field, "Invalid value for this field.", "invalid_value")
		}
		return test(func(e *entry) bool { return e.Test == want })
	case "financial_status":
		if !slices.Contains(financialStatuses, strings.ToLower(value)) {
			return p.warn(field, "Invalid value for this field.", "invalid_value")
		}
		return test(func(e *entry) bool { return strings.EqualFold(e.FinancialStatus, value) })
	case "chargeback_status":
		if !slices.Contains(chargebackStatuses, strings.ToLower(value)) {
			return p.warn(field, "Invalid value for this field.", "invalid_value")
		}
		return test(func(e *entry) bool {
			return slices.ContainsFunc(e.Chargebacks, func(s string) bool { return strings.EqualFold(s, value) })
		})
	case "status":
		return p.status(strings.ToLower(value))
	}
	return p.warn(field, "Invalid search field for this query.", "invalid_field")
}

var financialStatuses = []string{
	"paid", "pending", "authorized", "partially_paid", "partially_refunded", "refunded", "voided", "expired",
}

var chargebackStatuses = []string{"accepted", "charge_refunded", "lost", "needs_response", "under_review", "won"}

func (p *searchParser) status(value string) node {
	switch value {
	case "open":
		return test(func(e *entry) bool { return !e.Closed && !e.Cancelled })
	case "closed":
		return test(func(e *entry) bool { return e.Closed })
	case "cancelled":
		return test(func(e *entry) bool { return e.Cancelled })
	case "not_closed":
		return test(func(e *entry) bool { return !e.Closed })
	}
	return p.warn("status", "Invalid value for this field.", "invalid_value")
}

func (p *searchParser) number(op, value string) node {
	want, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return p.warn("id", "Invalid value for this field.", "invalid_value")
	}
	return test(func(e *entry) bool {
		id := e.ID
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

// dateLayouts are the accepted layouts, each with the span that its values cover. A value without a zone is in the
// shop's zone.
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
		return test(func(e *entry) bool { return r.holds(e.CreatedAt) })
	}
	return p.warn(field, "Invalid timestamp for this field.", "invalid_value")
}

// text returns a test for a term without a field. It matches names and addresses only.
func (p *searchParser) text(value string) node {
	if value == "" {
		return nil
	}
	return textTest(value, func(e *entry) []string {
		return append([]string{e.Name, strings.TrimPrefix(e.Name, "#"), e.Email}, e.People...)
	})
}

func textTest(value string, of func(*entry) []string) node {
	prefix, star := strings.CutSuffix(strings.ToLower(value), "*")
	return test(func(e *entry) bool {
		return slices.ContainsFunc(of(e), func(s string) bool {
			s = strings.ToLower(s)
			return s == prefix || star && strings.HasPrefix(s, prefix)
		})
	})
}

// skuTest finds candidates only, as others report of Shopify: each token of the value must be a prefix of some token in
// a line's SKU. "GIFT-50" also finds "GIFT-500" and "50-XL-GIFT".
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
