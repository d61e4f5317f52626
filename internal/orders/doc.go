// Package orders lists, finds and shows gift-card orders.
package orders
