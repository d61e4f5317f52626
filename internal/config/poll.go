package config

import (
	"strconv"
	"time"

	"github.com/giftbridge/giftbridge/internal/config/env"
)

// Poll configures how giftbridge looks for orders.
type Poll struct {
	Interval    time.Duration `envconfig:"POLL_INTERVAL" default:"5m"`
	Overlap     time.Duration `envconfig:"POLL_OVERLAP" default:"10m"`
	SettleDelay time.Duration `envconfig:"POLL_SETTLE_DELAY" default:"1m"`
	PageSize    int           `envconfig:"POLL_PAGE_SIZE" default:"250"`
	// SweepInterval is the time between two checks for orders that polls have missed.
	SweepInterval time.Duration `envconfig:"SWEEP_INTERVAL" default:"1h"`
}

var pollSection = env.Section{
	Field: "Poll", Heading: "Polling",
	Prefixes: []string{"POLL_"},
	Variables: map[string]env.Reference{
		"POLL_INTERVAL": {
			Want:  "a duration of whole seconds such as 5m, less than MAX_ORDER_AGE",
			About: "How often the shop is polled.",
		},
		"POLL_OVERLAP": {
			Want:  env.WantDuration + ", less than MAX_ORDER_AGE",
			About: "How far each poll looks back before the end of the previous poll, because Shopify's search index lags.",
		},
		"POLL_SETTLE_DELAY": {
			Want:  "0, or a duration less than POLL_INTERVAL",
			About: "How long an order must have been unchanged before a poll reads it.",
		},
		"POLL_PAGE_SIZE": {
			Want:  "a number from 1 to 250",
			About: "Number of orders requested at a time.",
		},
		"SWEEP_INTERVAL": {
			Want: "a duration of whole seconds, at most 24h",
			About: "How often giftbridge checks that each gift-card order of the last two days was taken in and, once a day, each " +
				"order that may still be taken in. This finds orders that Shopify's search has left out or shown late.",
		},
	},
}

const maxPageSize = 250 // Shopify's maximum for the "first" argument of a connection.

func (p Poll) check(ps *env.Problems, maxOrderAge time.Duration) {
	switch {
	case p.Interval < time.Second || p.Interval%time.Second != 0:
		ps.Bad("POLL_INTERVAL", p.Interval.String())
	case p.Interval >= maxOrderAge:
		ps.Add("POLL_INTERVAL", "%q: need less than MAX_ORDER_AGE (%v)", p.Interval, maxOrderAge)
	}
	switch {
	case p.Overlap < 0:
		ps.Bad("POLL_OVERLAP", p.Overlap.String())
	case p.Overlap >= maxOrderAge:
		ps.Add("POLL_OVERLAP", "%q: need less than MAX_ORDER_AGE (%v)", p.Overlap, maxOrderAge)
	}
	switch {
	case p.SettleDelay < 0:
		ps.Bad("POLL_SETTLE_DELAY", p.SettleDelay.String())
	case p.SettleDelay > 0 && p.SettleDelay >= p.Interval:
		ps.Add("POLL_SETTLE_DELAY", "%q: need less than POLL_INTERVAL (%v)", p.SettleDelay, p.Interval)
	}
	if p.SweepInterval < time.Second || p.SweepInterval%time.Second != 0 || p.SweepInterval > 24*time.Hour {
		ps.Bad("SWEEP_INTERVAL", p.SweepInterval.String())
	}
	if p.PageSize < 1 || p.PageSize > maxPageSize {
		ps.Bad("POLL_PAGE_SIZE", strconv.Itoa(p.PageSize))
	}
}
