package subscription

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// refusal is a userError: why an input was not accepted.
type refusal struct {
	field   []string
	message string
}

func refused(message string, field ...string) refusal { return refusal{field, message} }

// The path of a uri in errors is that of the field that it replaced.
func addressRefused(message string) refusal {
	return refused(message, "webhookSubscription", "callbackUrl")
}

const (
	// maxName is the maximum length of a name, in characters.
	maxName = 50
	// maxAddress is the maximum length of a uri, in bytes.
	maxAddress = 65_535
)

var namePattern = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// refusals returns why a subscription cannot be stored, none if it can.
func (s *Store) refusals(x Subscription) []refusal {
	var out []refusal
	t := topics[x.Topic]
	if len(t.scopes) > 0 && !slices.ContainsFunc(t.scopes, s.opts.Grants) {
		out = append(out, refused("You do not have permission to create or update webhooks with "+t.header+" topic.", "topic"))
	} else if s.opts.Protected(x.Topic) {
		out = append(out, refused("You do not have permission to create or update webhooks with "+t.header+
			" topic. This topic contains protected customer data.", "topic"))
	}
	out = append(out, s.addressRefusals(x.URI)...)
	out = append(out, nameRefusals(x.Name)...)
	if x.Filter != "" && !validFilter(x.Filter) {
		out = append(out, refused("The specified filter is invalid, please ensure you specify the field(s) you wish to filter on.",
			"webhookSubscription"))
	}
	for _, other := range s.All() {
		if other.ID == x.ID {
			continue
		}
		if other.Topic == x.Topic && other.URI == x.URI && other.Format == x.Format && other.Filter == x.Filter {
			out = append(out, addressRefused("Address for this topic has already been taken"))
		}
		if x.Name != "" && strings.EqualFold(other.Name, x.Name) {
			out = append(out, refused("Name already exists, no duplicate allowed", "webhookSubscription", "name"))
		}
	}
	return out
}

func (s *Store) addressRefusals(address string) []refusal {
	switch {
	case strings.TrimSpace(address) == "":
		return []refusal{addressRefused("Address can't be blank")}
	case len(address) > maxAddress:
		return []refusal{addressRefused("Address is too big (maximum is 64 KB)")}
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		// Pub/Sub and EventBridge are not simulated.
		return []refusal{addressRefused("Address is invalid")}
	}
	if s.opts.AllowInternal && internal(u.Hostname()) {
		return nil
	}
	var out []refusal
	if u.Scheme == "http" {
		out = append(out, addressRefused("Address protocol http:// is not supported"))
	}
	if internal(u.Hostname()) || shopifys(u.Hostname()) {
		out = append(out, addressRefused("Address cannot be a Shopify or an internal domain"))
	}
	return out
}

// internal reports whether a host is not on the internet. Which hosts these are is assumed.
func internal(host string) bool {
	host = strings.ToLower(host)
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified()
	}
	return !strings.Contains(host, ".") || strings.HasSuffix(host, ".local") || strings.HasSuffix(host, ".internal")
}

// shopifys reports whether a host is one of Shopify's. Which hosts these are is assumed.
func shopifys(host string) bool {
	host = "." + strings.ToLower(host)
	return strings.HasSuffix(host, ".myshopify.com") || strings.HasSuffix(host, ".shopify.com")
}

func nameRefusals(name string) []refusal {
	field := []string{"webhookSubscription", "name"}
	switch {
	case name == "":
		return nil
	case !namePattern.MatchString(name):
		return []refusal{refused(
			"Name name field can only contain alphanumeric characters, underscores, and hyphens", field...)}
	case utf8.RuneCountInString(name) > maxName:
		return []refusal{refused("Name is too long (maximum is 50 characters)", field...)}
	}
	return nil
}

// validFilter reports whether each term of a filter names a field.
func validFilter(filter string) bool {
	terms := 0
	for term := range strings.FieldsSeq(strings.NewReplacer("(", " ", ")", " ").Replace(unquoted(filter))) {
		switch term {
		case "AND", "OR", "NOT":
			continue
		}
		field, _, ok := strings.Cut(strings.TrimPrefix(term, "-"), ":")
		if !ok || field == "" {
			return false
		}
		terms++
	}
	return terms > 0
}

// unquoted replaces each quoted text by one letter.
func unquoted(s string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, `"`)
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		_, s, _ = strings.Cut(rest, `"`)
		b.WriteByte('x')
	}
}
