package activities

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/issuer"
)

// Changes finds orders whose cards exist although they are no longer owed, and compares such an order with its cards.
type Changes struct {
	Source intake.Source
	Issuer issuer.Abilities
	// Later are the issuers that make cards later, by the names by which inputs call them.
	Later map[string]issuer.Abilities
	// Orders is what Temporal knows of the orders and their cards.
	Orders ChangedOrders
	// Shop is the shop in the identity of the orders, unless an input sets another one.
	Shop string
}

// ChangedOrders knows the cards of orders, and starts what acts on changed orders. changed.Changed implements it.
type ChangedOrders interface {
	Beater
	intake.ChangedOrders
	// CardsOf returns the cards of an order that exist. by is the workflow that asks.
	CardsOf(ctx context.Context, shop, number string, by WorkflowRun) (KnownCards, error)
}

// WorkflowRun identifies a run of a workflow.
type WorkflowRun struct{ WorkflowID, RunID string }

// KnownCards are the cards of an order.
type KnownCards struct {
	// Waits says why the cards cannot be judged yet; empty if they can.
	Waits string
	// Cards are the cards that exist and are not cancelled.
	Cards []ExistingCard
	// InDoubt are the numbers of cards of which only a person can say whether they exist.
	InDoubt []int
}

// ExistingCard is a card that exists.
type ExistingCard struct {
	// Unit counts the cards of the order from 1.
	Unit         int    `json:"unit"`
	AuditNumber  string `json:"audit_number"`
	MerchantCode string `json:"merchant_code,omitempty"`
	// EGCCode is the issuer's reference; empty if the issuer did not return it.
	EGCCode  string `json:"egc_code,omitempty"`
	Amount   string `json:"amount,omitempty"`
	Currency string `json:"currency,omitempty"`
	// Issuer is the name of the issuer that makes the card later, and Item its code of the item; empty for a card that was issued
	// at once.
	Issuer string `json:"issuer,omitempty"`
	Item   string `json:"item,omitempty"`
}

// CompareOrderInput identifies an order that was changed.
type CompareOrderInput struct {
	Shop    string `json:"shop"`
	OrderID string `json:"order_id"`
	// OrderName is for messages.
	OrderName string `json:"order_name"`
	// UpdatedAt is when the order last changed, as it was when the change was seen. An older state of it says nothing.
	UpdatedAt time.Time `json:"updated_at,omitzero"`
}

// CompareOrderResult is how an order and its cards compare.
type CompareOrderResult struct {
	// Waits says why the order cannot be judged yet; empty if it can. All other fields are then empty.
	Waits string `json:"waits,omitempty"`
	// Cancelled reports whether the whole order was cancelled.
	Cancelled bool `json:"cancelled,omitempty"`
	// Existing is the number of cards that exist and are not cancelled, and Left how many of them are owed.
	Existing int `json:"existing"`
	Left     int `json:"left"`
	// Lines are the lines of which more cards exist than are owed.
	Lines []ComparedLine `json:"lines,omitempty"`
	// InDoubt are the numbers of cards of which only a person can say whether they exist.
	InDoubt []int `json:"in_doubt,omitempty"`
	// CanCancel reports whether the issuer cancels cards, and shows what is left on them.
	CanCancel bool `json:"can_cancel,omitempty"`
}

// ComparedLine is a line of which more cards exist than are owed.
type ComparedLine struct {
	// LineID is the shop's number of the line; empty if the line is no longer in the order.
	LineID string `json:"line_id,omitempty"`
	// TooMany is how many of the cards are not owed.
	TooMany int `json:"too_many"`
	// Cards are the cards of the line that exist, the highest-numbered first.
	Cards []ExistingCard `json:"cards"`
	// CanCancel reports whether the issuer that makes the line's cards later takes their value back. For cards that are issued at
	// once, [CompareOrderResult].CanCancel says so.
	CanCancel bool `json:"can_cancel,omitempty"`
}

// CompareOrder reads an order again, and compares it with its cards.
func (c *Changes) CompareOrder(ctx context.Context, in CompareOrderInput) (CompareOrderResult, error) {
	out, err := c.compare(ctx, in)
	if err != nil {
		return CompareOrderResult{}, failure(ctx, "order "+in.OrderName+", comparing it with its cards", err, untilTimeout)
	}
	return out, nil
}

func (c *Changes) compare(ctx context.Context, in CompareOrderInput) (out CompareOrderResult, err error) {
	run := activity.GetInfo(ctx).WorkflowExecution
	// The cards come first: an order that changes in between is seen as it is now.
	known, err := c.Orders.CardsOf(ctx, in.Shop, in.OrderID, WorkflowRun{run.ID, run.RunID})
	if err != nil || known.Waits != "" {
		return CompareOrderResult{Waits: known.Waits}, err
	}
	order, err := c.Source.Read(ctx, in.OrderID)
	if err != nil {
		return out, err
	}
	if order.UpdatedAt.Before(in.UpdatedAt) {
		// A change is acted on once, so a comparison with the order as it was before would lose it.
		return CompareOrderResult{Waits: "the shop shows the order as it was before it changed"}, nil
	}
	out = CompareOrderResult{
		Cancelled: order.Cancelled, Existing: len(known.Cards), InDoubt: known.InDoubt,
		CanCancel: c.Issuer.Canceller != nil && c.Issuer.Inspector != nil,
	}
	byAudit, numbers := map[string]ExistingCard{}, make([]string, 0, len(known.Cards))
	for _, card := range known.Cards {
		byAudit[card.AuditNumber] = card
		numbers = append(numbers, card.AuditNumber)
	}
	for _, line := range intake.CardsByLine(in.Shop, order, numbers) {
		tooMany := line.TooMany()
		out.Left += len(line.AuditNumbers) - tooMany
		if tooMany == 0 {
			continue
		}
		compared := ComparedLine{LineID: line.Line, TooMany: tooMany}
		for _, number := range slices.Backward(line.AuditNumbers) {
			compared.Cards = append(compared.Cards, byAudit[number])
		}
		later := c.Later[compared.Cards[0].Issuer]
		compared.CanCancel = later.Canceller != nil && later.Inspector != nil
		out.Lines = append(out.Lines, compared)
	}
	return out, nil
}

// InspectCardInput identifies one card.
type InspectCardInput struct {
	OrderName    string `json:"order_name"`
	Unit         int    `json:"unit"`
	MerchantCode string `json:"merchant_code"`
	EGCCode      string `json:"egc_code"`
}

// InspectCardResult is the state of a card.
type InspectCardResult struct {
	// Cancelled reports whether the card was cancelled.
	Cancelled bool `json:"cancelled,omitempty"`
	// Spent reports whether something of the card was spent, or may have been.
	Spent bool `json:"spent,omitempty"`
	// Balance is what is left on the card, a decimal in Currency.
	Balance  string `json:"balance,omitempty"`
	Currency string `json:"currency,omitempty"`
}

// InspectCard asks the issuer for the state of a card.
func (c *Changes) InspectCard(ctx context.Context, in InspectCardInput) (InspectCardResult, error) {
	doing := fmt.Sprintf("order %s, looking at card %d", in.OrderName, in.Unit)
	if c.Issuer.Inspector == nil {
		err := giftcard.Errorf(giftcard.InvalidRequest, "%s does not show the state of cards", c.Issuer.Words().Issuer)
		return InspectCardResult{}, failure(ctx, doing, err, untilTimeout)
	}
	now, err := c.Issuer.Inspector.Inspect(ctx, in.MerchantCode, in.EGCCode)
	if err != nil {
		return InspectCardResult{}, failure(ctx, doing, err, untilTimeout)
	}
	return InspectCardResult{
		Cancelled: now.Cancelled, Spent: Spent(now), Balance: now.CurrentBalance, Currency: now.Currency,
	}, nil
}

// Spent reports whether something of a card was spent. Of a card whose balances cannot be read, that is assumed: an unspent
// card is cancelled.
func Spent(s issuer.State) bool {
	initial, badInitial := giftcard.ParseMoney(s.InitialBalance, s.Currency)
	now, bad := giftcard.ParseMoney(s.CurrentBalance, s.Currency)
	return badInitial != nil || bad != nil || now != initial
}

// SweepChangesInput selects the orders at which a sweep for changes looks.
type SweepChangesInput struct {
	// Shop is the shop in the identity of the orders; empty means [Changes].Shop.
	Shop string   `json:"shop,omitempty"`
	SKUs []string `json:"skus"`
	// UpdatedFrom and UpdatedBefore are the window, by the orders' update time.
	UpdatedFrom   time.Time `json:"updated_from"`
	UpdatedBefore time.Time `json:"updated_before"`
	// Cancel cancels cards that are no longer owed; otherwise they are reported.
	Cancel bool `json:"cancel,omitempty"`
}

// SweepChangesResult is the outcome of a sweep for changes, or the progress of one that is under way.
type SweepChangesResult struct {
	// Seen counts the orders of the window that have a gift-card SKU, Changed those of them that were cancelled or lost
	// units, and Started the changes that were not known before.
	Seen    int `json:"seen"`
	Changed int `json:"changed"`
	Started int `json:"started"`
	// Cursor is where the next attempt continues.
	Cursor string `json:"cursor,omitempty"`
}

// SweepChanges looks at the orders that were updated in a window. It starts a workflow for each order of which more cards
// exist than are owed, unless there is one for this change. It takes a fifth of the points that Shopify restores.
func (c *Changes) SweepChanges(ctx context.Context, in SweepChangesInput) (SweepChangesResult, error) {
	var out SweepChangesResult
	if activity.HasHeartbeatDetails(ctx) {
		_ = activity.GetHeartbeatDetails(ctx, &out) // If the details cannot be read, the sweep starts over.
	}
	beaten := time.Now()
	for {
		restore, err := c.sweepPage(ctx, in, &out)
		if err == nil && out.Cursor == "" {
			return out, nil
		}
		if err == nil {
			beaten, err = resting(ctx, c.Orders, restore, out, beaten)
		}
		if err != nil {
			return SweepChangesResult{}, failure(ctx, "looking for cancelled and refunded orders", err, untilTimeout)
		}
	}
}

func (c *Changes) sweepPage(ctx context.Context, in SweepChangesInput, out *SweepChangesResult) (time.Duration, error) {
	page, err := c.Source.Glance(ctx, intake.Query{
		UpdatedFrom: in.UpdatedFrom, UpdatedBefore: in.UpdatedBefore, SKUs: in.SKUs, Cursor: out.Cursor,
	})
	if err != nil {
		return 0, err
	}
	isCard := func(sku string) bool { return slices.Contains(in.SKUs, sku) }
	var numbers []string
	for _, o := range page.Orders {
		if !o.MoreLines && !slices.ContainsFunc(o.SKUs, isCard) {
			continue
		}
		out.Seen++
		if o.Cancelled || o.MoreLines || slices.ContainsFunc(o.Reduced, isCard) {
			numbers = append(numbers, o.Number)
		}
	}
	out.Changed += len(numbers)
	if len(numbers) > 0 {
		check := intake.ChangeCheck{Source: c.Source, Orders: c.Orders}
		checked, err := check.Check(ctx, intake.ChangeRules{Shop: cmp.Or(in.Shop, c.Shop), SKUs: in.SKUs, Cancel: in.Cancel}, numbers)
		if len(checked.TooLarge) > 0 {
			activity.GetLogger(ctx).Error("changed orders are too large to be read", "orders", checked.TooLarge)
		}
		if err != nil {
			return 0, err
		}
		out.Started += checked.Started
	}
	out.Cursor = page.NextCursor
	return page.Restore, nil
}
