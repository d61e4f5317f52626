package left

import (
	"context"

	"github.com/giftbridge/giftbridge/internal/promises/cardlog"
)

// made is what is known of the cards of an order, whoever makes them, by audit number.
type made struct {
	// exists are the cards that exist, or may exist, and of which nothing is left to do.
	exists map[string]bool
	// begun are the cards that their issuers are making, or have made without the order having sent them. A run that is to
	// issue such a card takes it up, and sends it.
	begun map[string]bool
}

// madeCards returns what the given run of an order, and the runs before it, know of its cards. later reports whether the order
// may have cards that their issuers make later.
func (o *Left) madeCards(ctx context.Context, workflowID, runID string, later bool) (made, error) {
	exists, err := o.IssuedCards(ctx, workflowID, runID)
	m := made{exists: exists, begun: map[string]bool{}}
	if err != nil || !later {
		return m, err
	}
	runs, err := o.OtherRuns(ctx, workflowID, runID)
	if err != nil {
		return m, err
	}
	cards, err := o.promises.Standings(ctx, workflowID, append([]string{runID}, runs...)...)
	for _, card := range cards {
		if err == nil {
			err = o.add(ctx, &m, card)
		}
	}
	return m, err
}

// add adds a card that its issuer makes later. One of which only a person can say whether it has its value counts as if it had.
func (o *Left) add(ctx context.Context, m *made, card cardlog.Standing) error {
	switch said := card.Resolved; {
	case card.State == cardlog.NotBegun, card.State == cardlog.Failed && !card.MayHaveValue, said != nil && !said.Issued:
	case card.State == cardlog.Failed && said == nil:
		m.exists[card.Key] = true
	default:
		sent, err := o.promises.Delivered(ctx, card.Issuer, card.Key)
		if err != nil {
			return err
		}
		if sent.IsZero() {
			m.begun[card.Key] = true
		} else {
			m.exists[card.Key] = true
		}
	}
	return nil
}
