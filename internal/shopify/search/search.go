// Package search builds searches in Shopify's search syntax (shopify.dev/docs/api/usage/search-syntax).
package search

import (
	"strings"
	"time"
)

// Orders is a search for orders. All
// conditions that are set must hold; zero fields do not restrict the search.
//
// The search finds candidates only: sku matches by tokens and prefixes, and the index lags behind writes.
type Orders struct {
	// UpdatedAtMin and UpdatedBefore limit the time of the last change: [UpdatedAtMin, UpdatedBefore).
	UpdatedAtMin, UpdatedBefore time.Time
	// CreatedAtMin is the earliest time of creation, inclusive.
	CreatedAtMin time.Time
	// SKUs are the SKUs of which an order must have at least one. Blank ones are ignored.
	SKUs []string
	// Chargebacks are the states of a dispute of which an order must have at least one, such as "needs_response".
	Chargebacks []string
	// Name is an order's name, such as "#1001". Names are compared by tokens too, and are not unique.
	Name string
	// IDs are legacy ids, of which an order must have one.
	IDs []string
}

// String returns the search. Times are quoted, since Shopify silently truncates an unquoted time at its first colon,
// and are in UTC with a precision of a second. Bounds are rounded so that the range grows.
func (s Orders) String() string {
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
		terms = append(terms, "name:"+Quote(s.Name))
	}
	terms = append(terms, anyOf("chargeback_status:", s.Chargebacks, Quote)...)
	terms = append(terms, anyOf("sku:", s.SKUs, Quote)...)
	terms = append(terms, anyOf("id:", s.IDs, func(id string) string { return id })...)
	return strings.Join(terms, " ")
}

// anyOf returns the term that holds if a field has one of these values. Blank values are ignored.
func anyOf(field string, values []string, written func(string) string) []string {
	var alternatives []string
	for _, v := range values {
		if strings.TrimSpace(v) != "" {
			alternatives = append(alternatives, field+written(v))
		}
	}
	if len(alternatives) < 2 {
		return alternatives
	}
	return []string{"(" + strings.Join(alternatives, " OR ") + ")"}
}

func quoteTime(t time.Time) string { return "'" + t.UTC().Format("2006-01-02T15:04:05Z") + "'" }

func ceilSecond(t time.Time) time.Time {
	if floor := t.Truncate(time.Second); floor.Before(t) {
		return floor.Add(time.Second)
	}
	return t
}

// Quote quotes a value and escapes any character that would end it. Colons and parentheses are literal inside quotes
// (assumed; measured for the colons of times).
func Quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}
