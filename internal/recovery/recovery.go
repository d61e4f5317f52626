package recovery

import (
	"github.com/giftbridge/giftbridge/internal/orders"
)

// Recovery recovers the orders of one installation.
type Recovery struct{ *orders.Orders }

// New returns a Recovery for the given orders.
func New(o *orders.Orders) *Recovery { return &Recovery{o} }
