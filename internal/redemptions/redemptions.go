// Package redemptions finds the amounts that checkouts have taken off cards, and says which of them need somebody. It asks the
// workflows of the cards, and changes nothing.
package redemptions

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/workflows"
)

// Redemptions are those of one installation.
type Redemptions struct {
	*executions.Reader

	idKey []byte
}

// New returns the redemptions of an installation. idKey makes the IDs of codes; without it, no redemption is found by its card.
func New(r *executions.Reader, idKey []byte) *Redemptions { return &Redemptions{r, idKey} }

// Found is a redemption with its card.
type Found struct {
	*workflows.Redemption

	// Card is the workflow of the card, and Link its page in the Web UI.
	Card string `json:"card"`
	Link string `json:"link"`
	// Bought is the order that the card was bought with; nil if that is not known any more, or was not asked for.
	Bought *Bought `json:"bought,omitempty"`
}

// Bought is a card of an order.
type Bought struct {
	// Name is what people call the order, and Shop and Order are its identity.
	Name  string `json:"name"`
	Shop  string `json:"shop,omitempty"`
	Order string `json:"order_id,omitempty"`
	// Unit is the number of the card in the order, starting at 1; 0 if it is not known.
	Unit int `json:"unit,omitempty"`
}

// Name is what people call a redemption: CLIENT/ID.
func (f Found) Name() string { return f.Client + "/" + f.ID }

// Doubt is what is unknown about a redemption.
type Doubt int

// The doubts.
const (
	// None: everything is known.
	None Doubt = iota
	// Taking: whether the amount was taken off the card.
	Taking
	// GivingBack: whether what was taken was given back.
	GivingBack
)

// Doubt returns what a person has to find out, and since when.
func (f Found) Doubt() (Doubt, time.Time) {
	switch {
	case f.State == redemption.Unknown:
		return Taking, f.SettledAt
	case f.Reversal != nil && f.Reversal.State == redemption.Unknown:
		return GivingBack, f.Reversal.SettledAt
	}
	return None, time.Time{}
}

// Moved returns what was taken off the card, or may have been, a decimal in the currency of the redemption.
func (f Found) Moved() string {
	if f.Taken == "" {
		return f.Amount
	}
	return f.Taken
}

// id matches what the ID of a redemption looks like.
var id = regexp.MustCompile(`^[0-9a-f]{32}$`)

// ParseName reads the name of a redemption. It reports whether it is one: a name of an order may have a slash, too.
func ParseName(name string) (client, redemptionID string, ok bool) {
	i := strings.LastIndexByte(name, '/')
	if i < 1 || strings.ContainsAny(name[:i], "/ ") || !id.MatchString(name[i+1:]) {
		return "", "", false
	}
	return name[:i], name[i+1:], true
}

// Find returns a redemption of a client. It is a [executions.NotFoundError] if there is none, or if it is not kept any more.
func (o *Redemptions) Find(ctx context.Context, client, redemptionID string) (*Found, error) {
	missing := &executions.NotFoundError{What: "there is no redemption " + client + "/" + redemptionID +
		"; one that was declined is kept for two days, and one that was taken off a card for 30"}
	claimID := workflows.ClaimRedemptionID(client, redemptionID)
	d, err := o.Client.DescribeWorkflowExecution(ctx, claimID, "")
	if executions.IsNotFound(err) {
		return nil, missing
	}
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", claimID, err)
	}
	var claim workflows.RedemptionClaim
	memo := d.GetWorkflowExecutionInfo().GetMemo().GetFields()[workflows.RedemptionMemoKey]
	if err := o.Converter.FromPayload(memo, &claim); err != nil {
		return nil, fmt.Errorf("read which card the redemption %s/%s belongs to: %w", client, redemptionID, err)
	}
	var r *workflows.Redemption
	if err := o.ask(ctx, claim.CardWorkflowID, &r, workflows.RedemptionQuery, redemptionID); err != nil {
		return nil, err
	}
	if r == nil {
		return nil, missing
	}
	found := o.found(claim.CardWorkflowID, r)
	return &found, nil
}

// OfCard returns the redemptions of a card, oldest first.
func (o *Redemptions) OfCard(ctx context.Context, issuerName string, code issuer.Code) ([]Found, error) {
	if len(o.idKey) == 0 {
		return nil, errNoKey
	}
	return o.ofCard(ctx, workflows.SpendCardID(issuerName, deferred.CodeID(o.idKey, issuerName, code)))
}

// errNoKey is returned where no redemption can be found by its card.
var errNoKey = errors.New("CARD_ID_KEY is not set here: without it, the redemptions of a card cannot be found")

// CanFind reports whether redemptions are found by their cards here.
func (o *Redemptions) CanFind() bool { return len(o.idKey) > 0 }

func (o *Redemptions) ofCard(ctx context.Context, card string) ([]Found, error) {
	var kept []*workflows.Redemption
	if err := o.ask(ctx, card, &kept, workflows.RedemptionsQuery); err != nil {
		return nil, err
	}
	out := make([]Found, 0, len(kept))
	for _, r := range kept {
		out = append(out, o.found(card, r))
	}
	return out, nil
}

func (o *Redemptions) found(card string, r *workflows.Redemption) Found {
	return Found{Redemption: r, Card: card, Link: o.Link(card, "")}
}

// askFor is how long a card is asked. Its workflow answers within milliseconds if there is a worker.
const askFor = 3 * time.Second

// UnansweredError reports that a card's workflow did not answer: no worker runs, or Temporal is busy.
type UnansweredError struct{ Err error }

// Error implements error.
func (e *UnansweredError) Error() string {
	return fmt.Sprintf("the record of a card's redemptions cannot be read; it needs a worker that runs: %v", e.Err)
}

// Unwrap returns the cause.
func (e *UnansweredError) Unwrap() error { return e.Err }

// ask asks the workflow of a card. It leaves out alone if there is none: nothing of the card is on record then.
func (o *Redemptions) ask(ctx context.Context, card string, out any, query string, args ...any) error {
	within, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	answer, err := o.Client.QueryWorkflow(within, card, "", query, args...)
	switch {
	case executions.IsNotFound(err):
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return &UnansweredError{err}
	}
	if err := answer.Get(out); err != nil {
		return fmt.Errorf("read the redemptions of a card: %w", err)
	}
	return nil
}

// Held returns what open redemptions hold of a card's balance, in one currency.
func Held(of []Found, currency string) giftcard.Money {
	held := giftcard.Money{Currency: currency}
	for _, f := range of {
		open, err := f.Reserved()
		if err == nil && open.Currency == currency {
			held.Hundredths += open.Hundredths
		}
	}
	return held
}

// BoughtWith returns the order that a card was bought with, by the workflow of the card; nil if that is not on record any more.
func (o *Redemptions) BoughtWith(ctx context.Context, card string) (*Bought, error) {
	parts := strings.Split(card, "/")
	if len(parts) != 3 {
		return nil, nil
	}
	var claim workflows.CodeClaim
	if found, err := o.memo(ctx, workflows.ClaimCodeID(parts[1], parts[2]), workflows.ClaimMemoKey, &claim); !found {
		return nil, err
	}
	made := workflows.DeferredCardID(parts[1], claim.Key, 1)
	d, err := o.Client.DescribeWorkflowExecution(ctx, made, "")
	if executions.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", made, err)
	}
	info := d.GetWorkflowExecutionInfo()
	out := &Bought{Name: executions.Keyword(info.GetSearchAttributes().GetIndexedFields(), workflows.ShopifyOrderName.GetName())}
	var memo workflows.CardMemo
	if p := info.GetMemo().GetFields()[workflows.CardMemoKey]; p != nil && o.Converter.FromPayload(p, &memo) == nil {
		out.Unit = memo.Unit
		out.Shop, out.Order, _ = workflows.ParseGiftCardOrderID(memo.Order)
	}
	return out, nil
}

// memo reads a memo of a workflow. It reports whether there is one that can be read.
func (o *Redemptions) memo(ctx context.Context, workflowID, key string, out any) (bool, error) {
	d, err := o.Client.DescribeWorkflowExecution(ctx, workflowID, "")
	if executions.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("describe %s: %w", workflowID, err)
	}
	p := d.GetWorkflowExecutionInfo().GetMemo().GetFields()[key]
	return p != nil && o.Converter.FromPayload(p, out) == nil, nil
}

// byAge sorts redemptions by when they were taken in, oldest first.
func byAge(list []Found) {
	slices.SortStableFunc(list, func(a, b Found) int { return a.AcceptedAt.Compare(b.AcceptedAt) })
}
