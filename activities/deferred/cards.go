package deferred

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/callback"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/printable"
)

// Cards has cards made by deferred issuers.
type Cards struct {
	// Issuers are the deferred issuers, by the names by which inputs call them.
	Issuers map[string]issuer.Abilities
	// Callbacks are the addresses to which the issuers answer.
	Callbacks *callback.Addresses
	Temporal  Temporal
	// Orders says whether a card is still owed. If nil, orders are never read again.
	Orders Orders
	// IDKey makes the IDs of codes. It never changes: with another key, a code that belongs to one card could be claimed for
	// another.
	IDKey []byte
	Now   func() time.Time
}

// Temporal is what the activities need of Temporal. promises.Promises implements it.
type Temporal interface {
	// Claim records that a code belongs to the unit with a key, and reports whether it does: false means that it belongs to
	// another unit. codeID identifies the code without revealing it.
	Claim(ctx context.Context, issuerName, codeID, key string) (bool, error)
	// Begin starts the workflow of a card for a run of its order, or finds out what has become of it. It returns nil while
	// that workflow is running.
	Begin(ctx context.Context, u Unit, orderRunID string) (*Card, error)
	// IsFirst reports whether a run is the first of its workflow rather than one created by a reset.
	IsFirst(ctx context.Context, workflowID, runID string) (bool, error)
	// Tell tells an order that one of its cards is settled. It does nothing if the order has ended.
	Tell(ctx context.Context, orderWorkflowID string, s Settled) error
	// CardOf returns the card of a unit that has its value. It fails as InvalidRequest if there is none on record.
	CardOf(ctx context.Context, u Unit) (*Card, error)
	// ClaimDrain records that a run takes the value of a card back, and returns the number of its attempt, from 1: zero means
	// that another run may have done so.
	ClaimDrain(ctx context.Context, u Unit, by activities.WorkflowRun) (attempt int, err error)
	// Drained returns what is known of the attempts to take the value of a card back.
	Drained(ctx context.Context, u Unit) (Drained, error)
}

// Orders reads orders again.
type Orders interface {
	// Owed returns an error of kind OrderChanged if the card is no longer owed. attempt is the attempt to give the card its
	// value, counted from 1: the order is read again for each but the first, which may follow soon after it was read.
	Owed(ctx context.Context, u Unit, attempt int) error
}

// Unit is one card of an order.
type Unit struct {
	// Issuer is the name of the issuer.
	Issuer string `json:"issuer"`
	// Key is the idempotency key of the unit.
	Key string `json:"key"`
	// OrderName is for messages, and OrderWorkflowID is the workflow of the order.
	OrderName       string `json:"order_name"`
	OrderWorkflowID string `json:"order_workflow_id"`
	// Number counts the cards of the order from 1.
	Number int `json:"unit"`
	// Item is the issuer's code of the item of which the card is one.
	Item string `json:"item"`
	// Price is the value of the card, a decimal in Currency.
	Price    string `json:"price"`
	Currency string `json:"currency"`
	// ReadAt is when the order was read. It is late by at most the time that starting its workflow took.
	ReadAt time.Time `json:"read_at,omitzero"`
	// Again reports whether another run of the order may have had the card made.
	Again bool `json:"again,omitempty"`
	// Waited reports whether the order has waited since it was read.
	Waited bool `json:"waited,omitempty"`
	// PaidFor holds the SKUs of the order's cards. If it is set, the card is owed only while the net payment covers the
	// remaining ones.
	PaidFor []string `json:"paid_for,omitempty"`
	// HoldRisky is set if the card is owed only while the shop's platform does not doubt the order.
	HoldRisky bool `json:"hold_risky,omitempty"`
}

// value returns the value of the card.
func (u Unit) value() (giftcard.Money, error) {
	value, err := giftcard.ParseMoney(u.Price, u.Currency)
	switch {
	case err != nil:
		return value, giftcard.Errorf(giftcard.InvalidRequest, "its value is invalid: %v", err)
	case value.Hundredths <= 0:
		return value, giftcard.Errorf(giftcard.InvalidRequest, "its value is %s; a card needs a value above zero", value)
	}
	return value, nil
}

// GenerateCardInput identifies an attempt to have a card generated.
type GenerateCardInput struct {
	Unit

	// Attempt counts from 1.
	Attempt int `json:"attempt"`
}

// GenerateCardResult says that the issuer has taken the request.
type GenerateCardResult struct{}

// GenerateCard asks the issuer for one card that is worth nothing yet. The issuer answers by a callback.
func (c *Cards) GenerateCard(ctx context.Context, in GenerateCardInput) (GenerateCardResult, error) {
	err := c.generate(ctx, in)
	return GenerateCardResult{}, c.failed(ctx, in.Unit, "asking for it", err)
}

func (c *Cards) generate(ctx context.Context, in GenerateCardInput) error {
	by, err := c.issuer(in.Issuer)
	if err != nil {
		return err
	}
	if _, err := in.value(); err != nil {
		return err
	}
	address, err := c.address(ctx, in.Issuer, issuer.Generating, in.Attempt)
	if err != nil {
		return err
	}
	return passing(by.Deferred.Generate(ctx, in.Item, address))
}

// passing returns the error of a request that may be repeated without harm. An answer that cannot be understood may be the
// only one of its kind, so that it is no reason to give a card up.
func passing(err error) error {
	if kind, _ := giftcard.KindOf(err); err != nil && kind == giftcard.UnexpectedResponse {
		return giftcard.Errorf(giftcard.Unavailable, "%v", err)
	}
	return err
}

// ClaimCardInput identifies a card that was generated.
type ClaimCardInput struct {
	Unit

	Code issuer.Code `json:"code"`
	// ValidUntil is when the card expires; zero if the issuer did not say.
	ValidUntil time.Time `json:"valid_until,omitzero"`
}

// ClaimCardResult says whether a card can be used for a unit.
type ClaimCardResult struct {
	// Refused says why the card cannot be used; empty if it can.
	Refused Refusal `json:"refused,omitempty"`
}

// Refusal says why a card that the issuer's callback named cannot be used for a unit. Each means that the callback was
// not genuine, or that the issuer has made a mistake.
type Refusal string

// The refusals.
const (
	// Taken: the card belongs to another unit.
	Taken Refusal = "taken"
	// InUse: the card is active already, or has a value.
	InUse Refusal = "in_use"
	// OtherItem: the card is one of another item.
	OtherItem Refusal = "other_item"
	// Expired: the card can no longer be spent.
	Expired Refusal = "expired"
)

// ClaimCard records that a card belongs to a unit, and then looks whether it is as the issuer makes them: worth nothing.
// A code that somebody else knows is of no use to him here: an active card is refused, and of two units that are told of
// the same card, one gets it. A card that the issuer does not know yet is accepted.
func (c *Cards) ClaimCard(ctx context.Context, in ClaimCardInput) (ClaimCardResult, error) {
	out, err := c.claim(ctx, in)
	return out, c.failed(ctx, in.Unit, "claiming what was generated for it", err)
}

func (c *Cards) claim(ctx context.Context, in ClaimCardInput) (ClaimCardResult, error) {
	by, err := c.issuer(in.Issuer)
	if err != nil {
		return ClaimCardResult{}, err
	}
	ours, err := c.Temporal.Claim(ctx, in.Issuer, CodeID(c.IDKey, in.Issuer, in.Code), in.Key)
	if err != nil {
		return ClaimCardResult{}, err
	}
	if !ours {
		return ClaimCardResult{Refused: Taken}, nil
	}
	found, err := by.Deferred.Look(ctx, in.Code)
	switch {
	case err != nil:
		return ClaimCardResult{}, passing(err)
	case found.Active || found.Value.Hundredths != 0 || found.Original.Hundredths != 0:
		return ClaimCardResult{Refused: InUse}, nil
	case !in.ValidUntil.IsZero() && !in.ValidUntil.After(c.Now()):
		return ClaimCardResult{Refused: Expired}, nil
	case found.Known && found.Item != "" && found.Item != in.Item:
		return ClaimCardResult{Refused: OtherItem}, nil
	case found.Known && found.Value.Currency != "" && found.Value.Currency != in.Currency:
		return ClaimCardResult{}, giftcard.Errorf(giftcard.InvalidRequest, "cards of the item %s are in %s, and the order is in %s",
			in.Item, printable.Line(found.Value.Currency, maxCurrency), in.Currency)
	}
	return ClaimCardResult{}, nil
}

// maxCurrency bounds how much of a currency is shown.
const maxCurrency = 10

// ActivateCardInput identifies an attempt to give a card its value.
type ActivateCardInput struct {
	Unit

	Code issuer.Code `json:"code"`
	// Attempt counts from 1.
	Attempt int `json:"attempt"`
}

// ActivateCardResult is what is known after the request was sent.
type ActivateCardResult struct {
	// Unclear says why it is unknown whether the issuer has taken the request; empty if the issuer has confirmed it.
	Unclear string `json:"unclear,omitempty"`
}

// ActivateCardType is the name of [Cards.ActivateCard] in Temporal.
const ActivateCardType = "ActivateCard"

// ActivateCard asks the issuer once to give a card its value. It must not be retried. It fails, with [NotSent] among the
// details, if it is certain that nothing will come of the attempt; any other failure means that the request may have been
// sent.
func (c *Cards) ActivateCard(ctx context.Context, in ActivateCardInput) (ActivateCardResult, error) {
	sent, err := c.activate(ctx, in)
	switch {
	case err == nil:
		return ActivateCardResult{}, nil
	case sent && issuer.EffectOf(err) != issuer.None:
		return ActivateCardResult{Unclear: err.Error()}, nil
	}
	return ActivateCardResult{}, activities.Failure(ctx, in.doing("activating it"), err, NotSent{true})
}

// NotSent is among the details of a failure after which it is certain that the card was not given its value.
type NotSent struct {
	NotSent bool `json:"not_sent"`
}

func (c *Cards) activate(ctx context.Context, in ActivateCardInput) (sent bool, err error) {
	by, err := c.issuer(in.Issuer)
	if err != nil {
		return false, err
	}
	value, err := in.value()
	if err != nil {
		return false, err
	}
	run := activity.GetInfo(ctx).WorkflowExecution
	// A run that a reset created does not know what the run before it has sent.
	first, err := c.Temporal.IsFirst(ctx, run.ID, run.RunID)
	switch {
	case err != nil:
		return false, err
	case !first:
		return false, giftcard.Errorf(giftcard.OutcomeUnknown, "the workflow of the card was reset, and the card may have been "+
			"activated before")
	}
	if c.Orders != nil {
		err := c.Orders.Owed(ctx, in.Unit, in.Attempt)
		if kind, _ := giftcard.KindOf(err); kind == giftcard.OrderChanged {
			return false, giftcard.Errorf(kind, "%v; no card was issued for it", err)
		}
		if err != nil {
			return false, err
		}
	}
	address, err := c.address(ctx, in.Issuer, issuer.Activating, in.Attempt)
	if err != nil {
		return false, err
	}
	return true, by.Activate(ctx, issuer.Activation{
		Code: in.Code, Item: in.Item, Value: value, Reference: in.Key, At: c.Now().UTC(), Callback: address,
	})
}

// CodeID returns an ID of a card's code that does not reveal it: there are few enough codes to try them all, so it takes a key.
func CodeID(key []byte, issuerName string, code issuer.Code) string {
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write([]byte("giftbridge card " + issuerName + "\n" + string(code)))
	return hex.EncodeToString(mac.Sum(nil))
}

func (c *Cards) issuer(name string) (issuer.Abilities, error) {
	if by, ok := c.Issuers[name]; ok && by.Deferred != nil {
		return by, nil
	}
	return issuer.Abilities{}, giftcard.Errorf(giftcard.Unauthorized, "this worker has no settings for the issuer %q", name)
}

func (c *Cards) address(ctx context.Context, name string, step issuer.Step, attempt int) (string, error) {
	return c.Callbacks.For(callback.Target{
		Issuer: name, WorkflowID: activity.GetInfo(ctx).WorkflowExecution.ID, Step: step, Attempt: attempt,
	})
}

func (u Unit) doing(what string) string {
	return fmt.Sprintf("order %s, card %d, %s", u.OrderName, u.Number, what)
}

func (c *Cards) failed(ctx context.Context, u Unit, doing string, err error) error {
	if err == nil {
		return nil
	}
	return activities.Failure(ctx, u.doing(doing), err)
}
