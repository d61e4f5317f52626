package checkout

import (
	"context"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/workflows"
)

// Balance is what is on a card that can be spent.
type Balance struct {
	// Issuer is the name of the card's issuer.
	Issuer string
	// Balance is what the issuer shows.
	Balance giftcard.Money
	// Available is what of it can be spent now: open redemptions hold the rest. It is nil if that could not be found out
	// quickly.
	Available *giftcard.Money
	// ExpiresAt is when the card expires; zero if the issuer does not say.
	ExpiresAt time.Time
	// InParts reports whether less than all that is on the card can be spent.
	InParts bool
}

// heldWithin bounds the question what open redemptions hold. The answer is a courtesy: redeeming decides by itself.
const heldWithin = time.Second

// Balance returns what is on a card. It starts no workflow. If the currency is not empty, the card has to be in it. Its errors have
// a [*redemption.Problem].
func (d *Desk) Balance(ctx context.Context, code issuer.Code, currency string) (Balance, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	name, card, err := d.usable(ctx, code)
	switch {
	case err != nil:
		return Balance{}, err
	case card.Value.Currency == "": // The issuer does not say what is on it.
		return Balance{}, &redemption.Problem{Type: redemption.CardNotUsable}
	case !card.ValidUntil.IsZero() && !d.Now().Before(card.ValidUntil):
		return Balance{}, &redemption.Problem{Type: redemption.CardExpired}
	case currency != "" && currency != card.Value.Currency:
		return Balance{}, &redemption.Problem{Type: redemption.CurrencyMismatch}
	}
	return Balance{
		Issuer: name, Balance: card.Value, ExpiresAt: card.ValidUntil, InParts: card.InParts,
		Available: d.available(ctx, workflows.SpendCardID(name, deferred.CodeID(d.IDKey, name, code)), card.Value),
	}, nil
}

// available returns what is left of a balance if all open redemptions of the card take what they hold; nil if that is not known.
// An amount that the issuer has taken counts twice until its redemption is settled.
func (d *Desk) available(ctx context.Context, card string, balance giftcard.Money) *giftcard.Money {
	ctx, cancel := context.WithTimeout(ctx, heldWithin)
	defer cancel()
	left := balance
	left.Hundredths = max(left.Hundredths, 0)
	found, err := d.Client.QueryWorkflowWithOptions(ctx, &client.QueryWorkflowWithOptionsRequest{
		WorkflowID: card, QueryType: workflows.RedemptionsQuery,
		// The workflow of a card ends when nothing is open.
		QueryRejectCondition: enumspb.QUERY_REJECT_CONDITION_NOT_OPEN,
	})
	if executions.IsNotFound(err) || err == nil && found.QueryRejected != nil {
		return &left
	}
	if err != nil {
		return nil
	}
	var all []*workflows.Redemption
	if err := found.QueryResult.Get(&all); err != nil {
		return nil
	}
	for _, r := range all {
		held, err := r.Reserved()
		if err != nil || held.Currency != left.Currency {
			continue // The card's workflow declines it.
		}
		left.Hundredths = max(left.Hundredths-held.Hundredths, 0)
	}
	return &left
}
