// Package orders has the commands below "orders": what people look up about gift-card orders, and how they run them again
// and say what became of cards in doubt.
package orders
