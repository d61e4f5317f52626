// Package deliveries says what befalls the webhooks of a shop in a run of the laboratory.
package deliveries

import (
	"math/rand/v2"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/delivery"
)

// Deliveries is what befalls the shop's webhooks in a run.
type Deliveries struct {
	// Speed is by how much the retries and the late deliveries of the shop are faster than at Shopify.
	Speed float64 `json:"speed"`
	Seed  uint64  `json:"seed"`
	// Shares are the troubles that befall deliveries at random.
	Shares []delivery.Share `json:"shares"`
	// Certain is how many of the orders/create deliveries, of which each order has one, each trouble befalls for certain.
	Certain int `json:"certain"`
}

// Least is the number of orders that each trouble must befall in a run, or the run has shown nothing about it.
const Least = 3

// New returns what befalls the webhooks of a run with a seed, in which everything is faster than in production.
func New(seed uint64, hurry float64) Deliveries {
	random := rand.New(rand.NewPCG(seed, 0x686f6f6b))
	// A late delivery, which comes hours later at Shopify, comes while the run lasts, and retries outlast the start of a
	// receiver.
	d := Deliveries{Speed: 15 * hurry, Seed: seed, Certain: Least}
	for _, t := range delivery.Troubles {
		from, to := 25, 45
		switch t {
		case delivery.Lost:
			from, to = 100, 200
		case delivery.Oversized: // Costly to send.
			from, to = 15, 25
		}
		d.Shares = append(d.Shares, delivery.Share{Trouble: t, Share: float64(from+random.IntN(to-from)) / 1000})
	}
	return d
}

// AllLost returns deliveries of which none arrives: polls alone must do.
func AllLost(seed uint64) Deliveries {
	return Deliveries{Speed: 1, Seed: seed, Shares: []delivery.Share{{Trouble: delivery.Lost, Share: 1}}}
}

// Enough reports whether a number of orders is enough for each trouble to befall some of them for certain, although the shop
// delivers nothing while its subscriptions are gone.
func (d Deliveries) Enough(orders int) bool { return orders >= 2*d.Certain*len(d.Shares) }

// Missed returns the troubles that befell too few orders.
func (d Deliveries) Missed(ledger delivery.Ledger) []delivery.Trouble {
	var out []delivery.Trouble
	for _, s := range d.Shares {
		if ledger.Troubles[s.Trouble].Subjects < Least {
			out = append(out, s.Trouble)
		}
	}
	return out
}
