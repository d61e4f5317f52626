package checkout

import (
	"context"
	"errors"

	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/workflows"
)

// ReversalRequest asks that what a redemption has taken be given back.
type ReversalRequest struct {
	// Client, Key and Body are as in [Request]. A key that was used for a redemption is not used for a reversal.
	Client, Key, Body string
	// Redemption is the ID of the redemption.
	Redemption string
}

// Reverse gives back what a redemption has taken, all of it. It returns the redemption, with what is known of the reversal once
// that is settled, or after 8 seconds. A redemption that is still open is reversed once it has taken something; one that was
// declined has nothing to give back, and its reversal succeeds. The same key again returns what is known by then.
func (d *Desk) Reverse(ctx context.Context, r ReversalRequest) (*workflows.Redemption, error) {
	id := d.RedemptionID(r.Client, r.Key)
	known, card, again, err := d.askBack(ctx, r, id)
	if err != nil {
		return nil, err
	}
	switch back := known.Reversal; {
	case back == nil:
		return nil, unavailable(errors.New("the workflow of a card has taken a reversal, and does not know it"))
	case back.ID != id && back.State == redemption.Succeeded:
		return nil, &redemption.Problem{Type: redemption.AlreadyReversed}
	case back.ID != id: // It is under way, or a person has to find out.
		return nil, &redemption.Problem{Type: redemption.InProgress}
	case back.State != redemption.Accepted:
		return known, nil
	case again && d.recent(back.AskedAt):
		return nil, &redemption.Problem{Type: redemption.InProgress}
	case again:
		return known, nil
	}
	return d.settled(ctx, card, known, func(r *workflows.Redemption) bool {
		return r.Reversal != nil && r.Reversal.ID == id && r.Reversal.State == redemption.Accepted
	}), nil
}

// askBack sees to it that the workflow of the card knows the reversal. It returns the redemption and the workflow of its card,
// and whether the reversal was known before.
func (d *Desk) askBack(
	ctx context.Context, r ReversalRequest, id string,
) (known *workflows.Redemption, card string, again bool, err error) {
	until := d.Now().Add(updateWithin)
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	own, err := d.claimed(ctx, r.Client, id)
	if err != nil {
		return nil, "", false, err
	}
	if own != nil && own.Body != d.hash(r.Body) {
		return nil, "", false, &redemption.Problem{Type: redemption.KeyReused}
	}
	spent, known, err := d.find(ctx, r.Client, r.Redemption)
	switch {
	case err != nil:
		return nil, "", false, err
	case known == nil:
		return nil, "", false, &redemption.Problem{Type: redemption.NotFound}
	case known.Reversal != nil && (known.Reversal.ID == id || known.Reversal.State != redemption.Declined):
		return known, spent.CardWorkflowID, true, nil
	case known.State != redemption.Declined && !d.reverses(spent.Issuer):
		return nil, "", false, &redemption.Problem{Type: redemption.NotSupported}
	}
	if own == nil {
		own, _, err = d.claim(ctx, r.Client, id, workflows.RedemptionClaim{
			Body: d.hash(r.Body), CardWorkflowID: spent.CardWorkflowID, Issuer: spent.Issuer,
		})
		switch {
		case err != nil:
			return nil, "", false, err
		case own.Body != d.hash(r.Body):
			return nil, "", false, &redemption.Problem{Type: redemption.KeyReused}
		}
	}
	known, err = d.giveBack(ctx, spent.CardWorkflowID, r.Redemption, id, until)
	return known, spent.CardWorkflowID, false, err
}

// reverses reports whether an issuer gives back what was taken off its cards.
func (d *Desk) reverses(name string) bool {
	by := d.Issuers[name].Spender
	return by != nil && by.Reverses()
}

// Redemption returns what is known of a redemption of a client's; nil if there is none, or if it is not kept any more.
func (d *Desk) Redemption(ctx context.Context, clientName, id string) (*workflows.Redemption, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	_, known, err := d.find(ctx, clientName, id)
	return known, err
}

// find returns a redemption of a client's and its claim; nil if there is none.
func (d *Desk) find(ctx context.Context, clientName, id string) (*claim, *workflows.Redemption, error) {
	claim, err := d.claimed(ctx, clientName, id)
	if err != nil || claim == nil {
		return nil, nil, err
	}
	known, err := d.look(ctx, claim.CardWorkflowID, id)
	return claim, known, err
}
