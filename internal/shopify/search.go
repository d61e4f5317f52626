package shopify

import (
	"strings"
	"time"
)

// Search builds a search for orders in Shopify's search syntax (shopify.dev/docs/api/usage/search-syntax). All
// conditions that are set must hold; zero fields do not restrict the search.
//
// The search finds candidates only: sku matches by tokens and prefixes, and the index lags behind writes.
type Search struct {
	// UpdatedAtMin and UpdatedBefore limit the time of the last change: [UpdatedAtMin, UpdatedBefore).
	UpdatedAtMin, UpdatedBefore time.Time
	// CreatedAtMin is the earliest time of creation, inclusive.
	CreatedAtMin time.Time
	// SKUs are the SKUs of which an order must have at least one. Blank ones are ignored.
	SKUs []string
	// Name is an order's name, such as "#1001". Names are compared by tokens too, and are not unique.
	Name string
}

// String returns the search. Times are quoted, since Shopify silently truncates an unquoted time at its first colon,
// and are in UTC with a precision of a second. Bounds are rounded so that the range grows.
func (s Search) String() string {
	var terms []string
	if !s.UpdatedAtMin.IsZero() {
		terms = append(terms, "updated_at:>="+quoteTime(s.UpdatedAtMin))
	}
	if !s.UpdatedBefore.IsZero() {
		terms = append(terms, "updated_at:<"+quoteTime(ceilSecond(s.UpdatedBefore)))
	}
	if !s.CreatedAtMin.IsZero() {
		terms = append(terms, "created_at:>="+quoteTime(s.CreatedAtMin))
	}
	if s.Name != "" {
		terms = append(terms, "name:"+quote(s.Name))
	}
	var skus []string
	for _, sku := range s.SKUs {
		if strings.TrimSpace(sku) != "" {
			skus = append(skus, "sku:"+quote(sku))
		}
	}
	switch len(skus) {
	case 0:
	case 1:
		terms = append(terms, skus[0])
	default:
		terms = append(terms, "("+strings.Join(skus, " OR ")+")")
	}
	return strings.Join(terms, " ")
}

func quoteTime(t time.Time) string { return "'" + t.UTC().Format("2006-01-02T15:04:05Z") + "'" }

func ceilSecond(t time.Time) time.Time {
	if floor := t.Truncate(time.Second); floor.Before(t) {
		return floor.Add(time.Second)
	}
	return t
}

// quote quotes a value and escapes any character that would end it. Colons and parentheses are literal inside quotes
// (assumed; measured for the colons of times).
func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}
