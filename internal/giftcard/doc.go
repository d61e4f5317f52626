// Package giftcard is the domain: what a gift-card order is, which orders count, which units they contain, and how
// their failures are classified. It is pure, imports only the standard library, and knows neither the shop's nor
// the issuer's API.
package giftcard
