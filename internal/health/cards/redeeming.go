package cards

import (
	"context"
	"fmt"
	"time"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/internal/redemptions"
)

// Redeeming are the cards that are spent at checkouts.
type Redeeming struct {
	// Cards is the number of cards that have redemptions on record.
	Cards int `json:"cards"`
	redemptions.Noted
}

// Redemptions reads the redemptions that need somebody as of now. It costs one count if no card was spent.
func Redemptions(ctx context.Context, o *redemptions.Redemptions, now time.Time) (out Redeeming, err error) {
	if out.Cards, err = o.Cards(ctx); err != nil || out.Cards == 0 {
		return out, err
	}
	out.Noted, err = o.Look(ctx, now.Add(-redemptions.ToldFor))
	return out, err
}

const listUnknown = "run: " + buildinfo.Program + " cards redemptions --unknown"

// Check reports amounts of which it is unknown whether they were taken off a card, or given back, and those of which the
// issuer contradicts what the card has shown.
func (r Redeeming) Check(now time.Time) check.Check {
	c := check.Check{Name: "redemptions", Status: check.Warn, Fix: listUnknown}
	switch {
	case len(r.Contradicted) > 0:
		first := r.Contradicted[0]
		c.Found = fmt.Sprintf("the issuer contradicts %s that the card had shown, such as %s",
			redemptionsOf(len(r.Contradicted)), printable.Line(first.Name(), 0))
		c.Fix = "see the runbook, docs/operations.md: The issuer contradicts a redemption"
	case len(r.Unknown) > 0:
		since := r.Oldest()
		c.Found = fmt.Sprintf("of %s it is unknown whether the amount was moved, the first since %s (%s)",
			redemptionsOf(len(r.Unknown)), since.UTC().Format(time.RFC3339), printable.Duration(now.Sub(since)))
	case r.Unread > 0:
		c.Found = fmt.Sprintf("%d cards that were in doubt did not answer whether they still are", r.Unread)
	default:
		c.Status, c.Fix = check.OK, ""
		c.Found = fmt.Sprintf("%d cards have some, none is unknown", r.Cards)
	}
	return c
}

// redemptionsOf counts redemptions.
func redemptionsOf(n int) string {
	if n == 1 {
		return "1 redemption"
	}
	return fmt.Sprintf("%d redemptions", n)
}
