package recovery

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/executions"
)

// ExistingCards returns the cards of an order that exist, and the numbers of those of which only a person can say whether they
// exist, as far as all runs know. The newest run must be closed.
func (o *Recovery) ExistingCards(
	ctx context.Context, workflowID, newest string,
) (cards []activities.ExistingCard, inDoubt []int, err error) {
	runs, err := o.OtherRuns(ctx, workflowID, newest)
	if err != nil {
		return nil, nil, err
	}
	issued, doubtful := map[string]activities.ExistingCard{}, map[string]int{}
	for _, run := range append([]string{newest}, runs...) {
		var unreadable error
		err := o.eachIssued(ctx, workflowID, run, false, func(c askedCard) {
			if !c.issued {
				doubtful[c.audit] = c.unit
				return
			}
			var card activities.IssueCardResult
			if err := o.Converter.FromPayloads(c.result, &card); err != nil {
				unreadable = fmt.Errorf("read a card of run %s of %s: %w", run, workflowID, err)
				return
			}
			if known, ok := issued[c.audit]; ok && known.EGCCode != "" {
				return // The newest run that knows its reference comes first.
			}
			issued[c.audit] = activities.ExistingCard{
				Unit: c.unit, AuditNumber: c.audit, MerchantCode: c.merchant.MerchantCode, EGCCode: card.EGCCode,
				Amount: card.Amount, Currency: card.Currency,
			}
		})
		if executions.IsNotFound(err) {
			continue
		}
		if err != nil || unreadable != nil {
			return nil, nil, cmp.Or(err, unreadable)
		}
	}
	for audit, unit := range doubtful {
		if _, exists := issued[audit]; !exists {
			inDoubt = append(inDoubt, unit)
		}
	}
	slices.Sort(inDoubt)
	for _, audit := range slices.Sorted(maps.Keys(issued)) {
		cards = append(cards, issued[audit])
	}
	return cards, slices.Compact(inDoubt), nil
}
