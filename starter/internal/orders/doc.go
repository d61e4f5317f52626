// Package orders has the commands below "orders": what people look up about gift-card orders, and how they run them again
// and manage their cards.
package orders
