// Package orders has the command "orders", and below it what people look up about gift-card orders.
package orders
