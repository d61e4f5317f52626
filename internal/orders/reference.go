package orders

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/giftbridge/giftbridge/workflows"
)

// Reference is how a person refers to an order.
type Reference struct {
	// Text is what the person wrote.
	Text string
	// Number is Shopify's number of the order, and Name is what people call the order. A text that may be either sets both;
	// the number is tried first. Both are empty if the text refers to no order.
	Number, Name string
	// Shop is the shop in a workflow ID; empty if the text contains no workflow ID.
	Shop string
	// Namespace is that of an address in the Web UI; otherwise it is empty.
	Namespace string
}

const (
	// maxReference bounds what is read as an address, in bytes.
	maxReference = 2048
	// maxNumber is the number of digits of the largest number that Shopify can assign.
	maxNumber = 20
	// globalID precedes the number in Shopify's global IDs of orders.
	globalID = "gid://shopify/Order/"
)

// auditNumber matches what follows the prefix in an audit number; see giftcard.AuditNumber.
var auditNumber = regexp.MustCompile(`^([0-9]{1,20})-[A-Z2-7]{12}$`)

// ParseReference reads what people have at hand: an order's name or number, its address in Shopify's admin or its global
// ID, its workflow ID, its address in the Web UI, or the audit number of one of its cards with the given prefix. It never
// fails: any other text is a name.
func ParseReference(text, auditPrefix string) Reference {
	text = strings.TrimSpace(text)
	out := Reference{Text: text}
	if len(text) <= maxReference {
		if number, ok := strings.CutPrefix(text, globalID); ok {
			number, _, _ = strings.Cut(number, "?")
			if isNumber(number) {
				out.Number = number
				return out
			}
		}
		if workflow(text, &out) || address(text, &out) {
			return out
		}
	}
	out.Name = text
	if isNumber(text) {
		out.Number = text
	} else if rest, ok := strings.CutPrefix(text, auditPrefix); ok {
		if parts := auditNumber.FindStringSubmatch(rest); parts != nil {
			out.Number = parts[1]
		}
	}
	return out
}

// Names returns the names that an order with this reference may have: people leave out the "#".
func (r Reference) Names() []string {
	switch {
	case r.Name == "":
		return nil
	case isDigits(r.Name):
		return []string{r.Name, "#" + r.Name}
	}
	return []string{r.Name}
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func isNumber(s string) bool { return isDigits(s) && len(s) <= maxNumber }

// workflow reads the ID of an order's workflow, or of what was done with one of its cards.
func workflow(id string, out *Reference) bool {
	shop, number, err := workflows.ParseGiftCardOrderID(id)
	if err != nil {
		parts := strings.Split(id, "/")
		if len(parts) != 4 || parts[0] != "cancel-card" && parts[0] != "resolve-card" || !isDigits(parts[3]) {
			return false
		}
		shop, number = parts[1], parts[2]
	}
	if shop == "" || !isNumber(number) {
		return false
	}
	out.Shop, out.Number = shop, number
	return true
}

// address reads the address of an order in Shopify's admin, or in the Web UI. The protocol may be missing.
func address(text string, out *Reference) bool {
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return false
	}
	var path []string
	for part := range strings.SplitSeq(strings.Trim(u.EscapedPath(), "/"), "/") {
		plain, err := url.PathUnescape(part)
		if err != nil {
			return false
		}
		path = append(path, plain)
	}
	admin := u.Host == "admin.shopify.com" && len(path) >= 4 && path[0] == "store" && path[2] == "orders"
	old := strings.HasSuffix(u.Host, ".myshopify.com") && len(path) >= 3 && path[0] == "admin" && path[1] == "orders"
	switch {
	case admin && isNumber(path[3]):
		out.Number = path[3]
		return true
	case old && isNumber(path[2]):
		out.Number = path[2]
		return true
	}
	for i := 0; i+3 < len(path); i++ { // The Web UI may be served below a path.
		if path[i] == "namespaces" && path[i+2] == "workflows" && path[i+1] != "" && workflow(path[i+3], out) {
			out.Namespace = path[i+1]
			return true
		}
	}
	return false
}
