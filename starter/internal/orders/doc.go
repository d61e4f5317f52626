// Package orders has the commands below "orders": what people look up about gift-card orders, and what they do to them.
package orders
