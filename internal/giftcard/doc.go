// Package giftcard is the domain: what a gift-card order is, which orders count, which units they hold, and how their
// failures are called. It is pure, imports the standard library alone, and knows neither Shopify's nor CashStar's API.
package giftcard
