package workflows

import (
	"errors"
	"fmt"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// ChangedOrderInput is an order that was cancelled, or lost units, although its cards exist.
type ChangedOrderInput struct {
	Shop    string `json:"shop"`
	OrderID string `json:"order_id"`
	// OrderName is what people call the order.
	OrderName string `json:"order_name"`
	// UpdatedAt is when the order last changed, as it was when the change was seen; zero if a person asked for the comparison.
	UpdatedAt time.Time `json:"updated_at,omitzero"`
	// Cancel cancels the cards that are no longer owed and of which nothing was spent; otherwise all are reported.
	Cancel bool `json:"cancel,omitempty"`
	// Settled is set by a person who has seen to the order: the run only records that.
	Settled *ChangeSettled `json:"settled,omitempty"`
}

// ChangeSettled records that a person has seen to a changed order.
type ChangeSettled struct {
	By   string `json:"by"`
	Note string `json:"note"`
}

// ChangedOrderResult is how a changed order and its cards compare. As the details of a failure it says what was done
// before the failure.
type ChangedOrderResult struct {
	// OrderCancelled reports whether the whole order was cancelled.
	OrderCancelled bool `json:"order_cancelled,omitempty"`
	// Existing is the number of cards that existed, and Left how many of them are owed.
	Existing int `json:"existing"`
	Left     int `json:"left"`
	// TooMany are the cards that exist and are not owed. A person decides about them.
	TooMany []CardTooMany `json:"too_many,omitempty"`
	// Cancelled are the numbers of the cards that this run has cancelled.
	Cancelled []int `json:"cancelled,omitempty"`
	// InDoubt are the numbers of cards of which only a person can say whether they exist.
	InDoubt []int `json:"in_doubt,omitempty"`
	// At is when the cards were looked at.
	At time.Time `json:"at,omitzero"`
	// Settled is set if a person has seen to the order.
	Settled *ChangeSettled `json:"settled,omitempty"`
}

// CardTooMany is a card that exists and is not owed.
type CardTooMany struct {
	// Unit counts the cards of the order from 1.
	Unit        int    `json:"unit"`
	AuditNumber string `json:"audit_number"`
	Amount      string `json:"amount,omitempty"`
	Currency    string `json:"currency,omitempty"`
	// Why says why the card was not cancelled, although cards are cancelled automatically.
	Why CardKept `json:"why,omitempty"`
	// Balance is what was left on a card that was spent, a decimal in the card's currency.
	Balance string `json:"balance,omitempty"`
}

// CardKept says why a card was not cancelled.
type CardKept string

// The reasons.
const (
	// CardSpent: something of it was spent, or may have been.
	CardSpent CardKept = "spent"
	// CardEmptied: nothing is left on it, and it is not known whether its value was taken back or somebody spent it.
	CardEmptied CardKept = "emptied"
	// CardWithoutLine: its line is not in the order that the shop shows, which was not cancelled.
	CardWithoutLine CardKept = "no_line"
	// CardWithoutReference: the issuer did not return its reference.
	CardWithoutReference CardKept = "no_reference"
	// CardNotCancellable: the issuer does not cancel cards.
	CardNotCancellable CardKept = "not_cancellable"
	// CardBusy: something else under its number was being cancelled all the time.
	CardBusy CardKept = "busy"
	// CancellationFailed: the issuer refused to cancel it, or could not be reached.
	CancellationFailed CardKept = "failed"
)

var changes *activities.Changes // Nil on purpose: only the method names are used.

const (
	// changedFirstPause and changedLastPause are the pauses between two looks at an order that cannot be judged yet, and
	// changedPatience is how long that goes on. An order may wait a day before its cards are requested, and then for its
	// turn.
	changedFirstPause = time.Minute
	changedLastPause  = time.Hour
	changedPatience   = 72 * time.Hour
	// againPause is the pause before the cards are looked at again because a card is just being cancelled by somebody else,
	// or because the issuer could not be reached, and maxLooks the number of looks. An issuer that is away holds up a look
	// for hours: after looksPatience there is no other one.
	againPause    = 15 * time.Second
	maxLooks      = 20
	looksPatience = 24 * time.Hour
)

// ChangedOrder compares an order that was cancelled or refunded with its cards. It waits until the order's cards are
// issued. Cards that are not owed are reported, or cancelled if nothing of them was spent: of each line, the
// highest-numbered ones. A cancellation that fails does not stop the others, and fails the run, as a card does of which only
// a person can say whether it exists; another run of the same change finds only what is left to do.
func ChangedOrder(ctx workflow.Context, in ChangedOrderInput) (ChangedOrderResult, error) {
	if in.Settled != nil {
		workflow.SetCurrentDetails(ctx, "Settled by "+in.Settled.By+".")
		return ChangedOrderResult{Settled: in.Settled}, nil
	}
	c := changedOrder{in: in}
	var until time.Time
	for look := range maxLooks {
		compared, err := c.compare(ctx)
		if err != nil {
			return ChangedOrderResult{}, err
		}
		now := workflow.Now(ctx)
		if look == 0 {
			until = now.Add(looksPatience)
		}
		c.begin(ctx, compared, look == maxLooks-1 || now.After(until))
		for _, line := range compared.Lines {
			if err := c.line(ctx, line, compared.CanCancel); err != nil {
				return ChangedOrderResult{}, err
			}
		}
		if !c.again || c.last {
			break
		}
		if err := workflow.Sleep(ctx, againPause); err != nil {
			return ChangedOrderResult{}, err
		}
	}
	return c.result(ctx)
}

// changedOrder is a changed order that is being looked at.
type changedOrder struct {
	in  ChangedOrderInput
	out ChangedOrderResult
	// again reports whether the cards have to be looked at again, and last whether this is the last look.
	again, last bool
	// failed is the first cancellation that failed.
	failed error
}

// begin begins a look. What earlier looks have cancelled stays.
func (c *changedOrder) begin(ctx workflow.Context, compared activities.CompareOrderResult, last bool) {
	c.again, c.last, c.failed = false, last, nil
	c.out = ChangedOrderResult{
		OrderCancelled: compared.Cancelled, Existing: compared.Existing + len(c.out.Cancelled), Left: compared.Left,
		Cancelled: c.out.Cancelled, InDoubt: compared.InDoubt, At: workflow.Now(ctx).UTC(),
	}
}

// compare compares the order with its cards, as soon as they can be judged.
func (c *changedOrder) compare(ctx workflow.Context) (activities.CompareOrderResult, error) {
	until := workflow.Now(ctx).Add(changedPatience)
	for pause := changedFirstPause; ; pause = min(2*pause, changedLastPause) {
		compared, err := call(comparing(ctx), changes.CompareOrder, activities.CompareOrderInput{
			Shop: c.in.Shop, OrderID: c.in.OrderID, OrderName: c.in.OrderName, UpdatedAt: c.in.UpdatedAt,
		}).get(ctx)
		if err != nil {
			return compared, ended(err)
		}
		if compared.Waits == "" {
			return compared, nil
		}
		if workflow.Now(ctx).Add(pause).After(until) {
			return compared, failure(giftcard.Timeout, fmt.Sprintf("order %s could not be compared with its cards for %s: %s",
				c.in.OrderName, changedPatience, compared.Waits))
		}
		workflow.SetCurrentDetails(ctx, "Waiting: "+compared.Waits+".")
		if err := workflow.Sleep(ctx, pause); err != nil {
			return compared, err
		}
	}
}

// line decides about the cards of a line that are not owed, the highest-numbered first.
func (c *changedOrder) line(ctx workflow.Context, l activities.ComparedLine, canCancel bool) error {
	if len(l.Cards) > 0 && l.Cards[0].Issuer != "" {
		canCancel = l.CanCancel
	}
	if !c.in.Cancel || !canCancel {
		for _, card := range l.Cards[:min(l.TooMany, len(l.Cards))] {
			c.keep(card, map[bool]CardKept{true: CardNotCancellable}[c.in.Cancel])
		}
		return nil
	}
	if l.LineID == "" && !c.out.OrderCancelled {
		// The shop keeps the lines that were removed, so that it does not show one is no reason to cancel.
		for _, card := range l.Cards[:min(l.TooMany, len(l.Cards))] {
			c.keep(card, CardWithoutLine)
		}
		return nil
	}
	// All cards of the line are looked at first: one that somebody has cancelled at the issuer is one less.
	left, states, err := c.inspect(ctx, l)
	if temporal.IsCanceledError(err) {
		return err
	}
	if err != nil {
		for _, card := range l.Cards[:min(l.TooMany, len(l.Cards))] {
			c.fail(card, err)
		}
		return nil
	}
	var kept []CardTooMany
	for i, card := range l.Cards {
		switch now := states[i]; {
		case left == 0:
			return nil
		case now.Cancelled:
		case now.unclear:
			left-- // Its value may have been taken back, so no other card is cancelled in its place.
			c.keep(card, CardEmptied)
		case card.EGCCode == "" && card.Issuer == "":
			kept = append(kept, tooMany(card, CardWithoutReference, ""))
		case now.Spent:
			kept = append(kept, tooMany(card, CardSpent, now.Balance))
		default:
			left--
			if err := c.cancel(ctx, card, l); err != nil {
				return err
			}
		}
	}
	c.out.TooMany = append(c.out.TooMany, kept[:min(left, len(kept))]...)
	return nil
}

// cardState is the state of a card. It is unclear if nothing is left on the card and nobody knows why.
type cardState struct {
	activities.InspectCardResult
	unclear bool
}

// inspect returns the states of the cards of a line, and how many cards that are not cancelled are not owed.
func (c *changedOrder) inspect(
	ctx workflow.Context, l activities.ComparedLine,
) (left int, states []cardState, err error) {
	left, states = l.TooMany, make([]cardState, len(l.Cards))
	for i, card := range l.Cards {
		if card.Issuer != "" {
			found, err := call(inspecting(ctx), deferredCards.LookAtBalance, deferred.LookAtBalanceInput{Unit: c.later(card)}).get(ctx)
			if err != nil {
				return 0, nil, err
			}
			states[i] = cardState{unclear: found.Unclear, InspectCardResult: activities.InspectCardResult{
				Cancelled: found.Cancelled, Spent: found.Spent, Balance: found.Balance, Currency: found.Currency,
			}}
			if found.Cancelled {
				left--
			}
			continue
		}
		if card.EGCCode == "" {
			continue
		}
		states[i].InspectCardResult, err = call(inspecting(ctx), changes.InspectCard, activities.InspectCardInput{
			OrderName: c.in.OrderName, Unit: card.Unit, MerchantCode: card.MerchantCode, EGCCode: card.EGCCode,
		}).get(ctx)
		if err != nil {
			return 0, nil, err
		}
		if states[i].Cancelled {
			left--
		}
	}
	return max(0, left), states, nil
}

// cancel cancels a card. The workflow that does so is the one that a person's command starts too, and runs once.
func (c *changedOrder) cancel(ctx workflow.Context, card activities.ExistingCard, l activities.ComparedLine) error {
	reason := "the order was cancelled in the shop"
	if !c.out.OrderCancelled {
		reason = fmt.Sprintf("%s of its line too many: units were refunded or removed in the shop", cards(l.TooMany))
	}
	in := CancelCardInput{
		CancelCardInput: activities.CancelCardInput{
			OrderName: c.in.OrderName, Unit: card.Unit, MerchantCode: card.MerchantCode, EGCCode: card.EGCCode, Unspent: true,
		},
		By: "giftbridge", Reason: reason,
	}
	if card.Issuer != "" {
		in.Later = new(deferred.Unit)
		*in.Later = c.later(card)
	}
	err := child(cancelOptions(ctx, c.in, card.Unit), CancelCard, in).Get(ctx, nil)
	switch {
	case err == nil:
		c.out.Cancelled = append(c.out.Cancelled, card.Unit)
	case ctx.Err() != nil:
		return ctx.Err()
	case temporal.IsWorkflowExecutionAlreadyStartedError(err):
		c.again = true
		if c.last {
			c.keep(card, CardBusy)
		}
	case passing(err) && !c.last:
		c.again = true
	case foundEmpty(err):
		c.keep(card, CardEmptied)
	default:
		c.fail(card, err)
	}
	return nil
}

// later returns a card that its issuer makes later as the unit of its order.
func (c *changedOrder) later(card activities.ExistingCard) deferred.Unit {
	return deferred.Unit{
		Issuer: card.Issuer, Key: card.AuditNumber, OrderName: c.in.OrderName, Number: card.Unit, Item: card.Item,
		OrderWorkflowID: GiftCardOrderID(c.in.Shop, c.in.OrderID), Price: card.Amount, Currency: card.Currency,
	}
}

// passing reports whether a cancellation has failed for a reason that passes. Whether it has cancelled the card is seen when
// the card is looked at again.
func passing(err error) bool {
	kind, _ := cause(err)
	return !kind.Final()
}

// foundEmpty reports whether a cancellation has failed because nothing is left on the card, and nobody knows why.
func foundEmpty(err error) bool {
	app, ok := errors.AsType[*temporal.ApplicationError](err)
	var said CancelCardFailure
	return ok && app.HasDetails() && app.Details(&said) == nil && said.Empty
}

func (c *changedOrder) fail(card activities.ExistingCard, err error) {
	if c.failed == nil {
		c.failed = err
	}
	c.keep(card, CancellationFailed)
}

func (c *changedOrder) keep(card activities.ExistingCard, why CardKept) {
	c.out.TooMany = append(c.out.TooMany, tooMany(card, why, ""))
}

func tooMany(card activities.ExistingCard, why CardKept, balance string) CardTooMany {
	return CardTooMany{
		Unit: card.Unit, AuditNumber: card.AuditNumber, Amount: card.Amount, Currency: card.Currency, Why: why, Balance: balance,
	}
}

func (c *changedOrder) result(ctx workflow.Context) (ChangedOrderResult, error) {
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("%s, %d of them owed: cancelled %d, too many %d.",
		cards(c.out.Existing), c.out.Left, len(c.out.Cancelled), len(c.out.TooMany)))
	if c.failed != nil {
		kind, message := cause(c.failed)
		return ChangedOrderResult{}, failure(kind, message, c.out)
	}
	if len(c.out.InDoubt) > 0 {
		return ChangedOrderResult{}, failure(giftcard.OutcomeUnknown, fmt.Sprintf("only a person can say whether %s of order %s "+
			"(%s) exist: record it with orders resolve, then compare again with orders recheck",
			cards(len(c.out.InDoubt)), c.in.OrderName, strings.Trim(fmt.Sprint(c.out.InDoubt), "[]")), c.out)
	}
	return c.out, nil
}

// cancelOptions sets the options of a cancellation. A card that was cancelled is never cancelled again, and one whose
// cancellation failed can be.
func cancelOptions(ctx workflow.Context, in ChangedOrderInput, unit int) workflow.Context {
	return workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            CancelCardID(in.Shop, in.OrderID, unit),
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY,
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
		StaticSummary:         fmt.Sprintf("Cancel card %d of order %s", unit, cut(in.OrderName, maxSummaryName)),
	})
}
