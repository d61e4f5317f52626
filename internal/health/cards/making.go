// Package cards has the checks of single cards: of those that wait for their issuer, and of what checkouts have taken off them.
package cards

import (
	"fmt"
	"time"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/printable"
)

// SuspiciousFor is how long cards are reported of which callbacks contradict each other.
const SuspiciousFor = 48 * time.Hour

// Making reports cards for which an issuer takes long, and those of which its callbacks contradict each other.
func Making(m executions.Making, now time.Time) check.Check {
	c := check.Check{Name: "cards", Status: check.Warn}
	oldest := func(cards []executions.MadeCard) executions.MadeCard {
		first := cards[0]
		for _, other := range cards {
			if other.Since.Before(first.Since) {
				first = other
			}
		}
		return first
	}
	switch {
	case len(m.Suspicious) > 0:
		first := oldest(m.Suspicious)
		c.Found = fmt.Sprintf("the issuer's answers about %d cards contradict each other, such as one of order %s",
			len(m.Suspicious), printable.Line(first.Name, 0))
		c.Fix = "see the runbook, docs/operations.md: An issuer's answers contradict each other"
	case len(m.Long) > 0:
		first := oldest(m.Long)
		c.Found = fmt.Sprintf("%d of %d cards that wait for their issuer have waited for more than %s, the first, of order %s, for %s",
			len(m.Long), m.Cards, printable.Duration(executions.LongMaking), printable.Line(first.Name, 0),
			printable.Duration(now.Sub(first.Since)))
		c.Fix = "run: " + buildinfo.Program + " orders show"
	default:
		c.Status, c.Found = check.OK, fmt.Sprintf("waiting for the issuer: %d, none for long", m.Cards)
	}
	return c
}
