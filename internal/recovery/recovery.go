package recovery

import (
	"github.com/giftbridge/giftbridge/internal/orders"
)

// Recovery is that of the orders of one installation.
type Recovery struct{ *orders.Orders }

// New returns the recovery of these orders.
func New(o *orders.Orders) *Recovery { return &Recovery{o} }
