package activities

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/internal/shopify"
)

// goodFor is how long an order that was read is trusted before money is spent on it.
const goodFor = 5 * time.Minute

// OrderReader rereads orders before money is spent on them. It reads an order at most once in five minutes, however
// many cards need it. Orders requested while a query is under way are read together by the next query.
type OrderReader struct {
	client *shopify.Client
	now    func() time.Time
	// goodFor is how long a read is trusted.
	goodFor time.Duration

	mu   sync.Mutex
	read map[string]readOrder
	// waiting holds the channels of waiting callers, by order number, and next the orders of the next query. reading is
	// set while a query is under way.
	waiting map[string][]chan<- shopify.Lookup
	next    []string
	reading bool
}

// readOrder is what was read of an order; order is nil if Shopify shows none.
type readOrder struct {
	at    time.Time
	order *shopify.Order
}

// NewOrderReader returns a reader that has read nothing yet. believed is how long a read is trusted; zero means five
// minutes, which everything but tests with less time uses.
func NewOrderReader(client *shopify.Client, believed time.Duration) *OrderReader {
	if believed == 0 {
		believed = goodFor
	}
	return &OrderReader{
		client: client, now: time.Now, goodFor: believed, read: map[string]readOrder{},
		waiting: map[string][]chan<- shopify.Lookup{},
	}
}

// get returns the order as it was at most five minutes ago, or nil if Shopify shows none.
func (r *OrderReader) get(ctx context.Context, number string) (*shopify.Order, error) {
	known, answer := r.ask(ctx, number)
	if answer == nil {
		return known, nil
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case found := <-answer:
		return found.Order, found.Err
	}
}

// ask returns an order that is still good, or the channel on which it will arrive. It starts a read if none is under
// way.
func (r *OrderReader) ask(ctx context.Context, number string) (*shopify.Order, <-chan shopify.Lookup) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for n, o := range r.read {
		if r.now().Sub(o.at) >= r.goodFor {
			delete(r.read, n)
		}
	}
	if known, ok := r.read[number]; ok {
		return known.order, nil
	}
	answer := make(chan shopify.Lookup, 1)
	if len(r.waiting[number]) == 0 {
		r.next = append(r.next, number)
	}
	r.waiting[number] = append(r.waiting[number], answer)
	if !r.reading {
		r.reading = true
		// Reads are shared, so they must not end with the card that happened to start them. The client has a time-out.
		go r.readAll(context.WithoutCancel(ctx))
	}
	return nil, answer
}

// readAll reads the requested orders until no caller waits.
func (r *OrderReader) readAll(ctx context.Context) {
	for {
		r.mu.Lock()
		numbers := r.next
		r.next, r.reading = nil, len(numbers) > 0
		r.mu.Unlock()
		if len(numbers) == 0 {
			return
		}
		at := r.now()
		found, err := r.client.GetOrders(ctx, numbers)
		for _, number := range numbers {
			r.tell(number, at, found, err)
		}
	}
}

// tell answers the callers that wait for an order, and keeps what was read. An order that Shopify does not show is nil.
func (r *OrderReader) tell(number string, at time.Time, found map[string]shopify.Lookup, err error) {
	answer, ok := found[number]
	if !ok {
		answer.Err = cmp.Or(err, errors.New("Shopify returned no result for order "+number))
	}
	if _, missing := errors.AsType[*shopify.NotFoundError](answer.Err); missing {
		answer.Err = nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if answer.Err == nil {
		r.read[number] = readOrder{at: at, order: answer.Order}
	}
	for _, w := range r.waiting[number] {
		w <- answer
	}
	delete(r.waiting, number)
}

// fresh reports whether a card is requested soon enough that its order need not be reread: by the first attempt, at
// most five minutes after the order was read, and not by a run that a reset created. waited is how long the attempt has
// waited for its turn.
func (g *GiftCards) fresh(ctx context.Context, in IssueCardInput, waited time.Duration) bool {
	info, readAt := activity.GetInfo(ctx), in.ReadAt
	if readAt.IsZero() {
		readAt = in.At // Inputs of earlier releases have only At.
	}
	believed := goodFor
	if g.Orders != nil {
		believed = g.Orders.goodFor
	}
	// Both times are the server's; the worker's clock only contributes a difference.
	return info.Attempt <= 1 && !in.Again && info.StartedTime.Add(waited).Sub(readAt) <= believed
}

// checkOrder returns an OrderChanged error if the order of a card is no longer as it was when it was taken in. It
// rereads the order unless the order is fresh. If Shopify does not answer, checkOrder returns an error that is retried.
// waited is how long the attempt has waited for its turn.
func (g *GiftCards) checkOrder(ctx context.Context, in IssueCardInput, waited time.Duration) error {
	if g.Orders == nil || g.fresh(ctx, in, waited) {
		return nil
	}
	shop, number, _ := orderOf(activity.GetInfo(ctx).WorkflowExecution.ID)
	order, err := g.Orders.get(ctx, number)
	if err != nil {
		return fmt.Errorf("reread the order: %w", err)
	}
	why := changed(order)
	if why == "" {
		why, err = cardChanged(shop, order, in, func() (map[string]bool, error) {
			if g.Runs == nil {
				return nil, nil
			}
			run := activity.GetInfo(ctx).WorkflowExecution
			return g.Runs.IssuedCards(ctx, run.ID, run.RunID)
		})
		if err != nil {
			return err
		}
	}
	if why != "" {
		return giftcard.Errorf(giftcard.OrderChanged, "%s; no card was issued for it", why)
	}
	return nil
}

// belongs returns an error unless the activity runs in the workflow of the card's order. Temporal runs an activity for
// anyone who may start one, even without a workflow.
func (g *GiftCards) belongs(ctx context.Context, in IssueCardInput) error {
	if g.Orders == nil {
		return nil
	}
	info := activity.GetInfo(ctx)
	_, number, ok := orderOf(info.WorkflowExecution.ID)
	switch {
	case !ok || info.WorkflowType == nil || info.WorkflowType.Name != OrderWorkflowType:
		return giftcard.Errorf(giftcard.InvalidRequest, "a card can be issued only for its own order")
	case !strings.Contains(in.AuditNumber, number+"-"):
		return giftcard.Errorf(giftcard.InvalidRequest, "audit number %s does not belong to order %s", in.AuditNumber, number)
	}
	return nil
}

// OrderWorkflowType is the workflow type of orders.
const OrderWorkflowType = "GiftCardOrder"

// OrderWorkflowPrefix is the prefix of the workflow IDs of orders. Shop and number follow, separated by a slash.
const OrderWorkflowPrefix = "gift-card-order/"

// orderOf returns the shop and the number of the order with the given workflow ID.
func orderOf(workflowID string) (shop, number string, ok bool) {
	rest, ok := strings.CutPrefix(workflowID, OrderWorkflowPrefix)
	shop, number, found := strings.Cut(rest, "/")
	return shop, number, ok && found && shop != "" && number != "" && !strings.Contains(number, "/")
}

// changed returns why no card of an order is owed any longer, or the empty string if cards are owed.
func changed(o *shopify.Order) string {
	switch {
	case o == nil:
		return "Shopify no longer shows the order: it was deleted, or is older than the app may read"
	case !o.CancelledAt.IsZero():
		return "the order was cancelled"
	case !slices.Contains(paidStatuses, o.FinancialStatus):
		return fmt.Sprintf("the order is no longer paid (%s)", o.FinancialStatus)
	}
	return ""
}

// cardChanged returns why a card is no longer owed, or the empty string if it is owed. It calls issuedCards, which
// returns the audit numbers of the order's existing cards, only if the result depends on them.
func cardChanged(
	shop string, o *shopify.Order, in IssueCardInput, issuedCards func() (map[string]bool, error),
) (string, error) {
	if len(in.PaidFor) > 0 && candidate(shop, *o, PropertyKeys{}).Underpaid(in.PaidFor) {
		return fmt.Sprintf("money was refunded: the net payment of %s does not cover the remaining gift cards",
			priceOf(o.NetPayment)), nil
	}
	line, n := lineOf(shop, o, in.AuditNumber)
	if n == 0 {
		return "its line is no longer in the order", nil
	}
	if !samePrice(line.UnitPrice, in) {
		return fmt.Sprintf("its price is now %s, and was %s %s", priceOf(line.UnitPrice), in.Price, in.Currency), nil
	}
	if line.CurrentQuantity >= line.Quantity {
		return "", nil
	}
	// Shopify does not say which units of a line were refunded. The remaining units are taken to be the existing cards
	// first, then the others in their order.
	issued, err := issuedCards()
	if err != nil {
		return "", err
	}
	prefix := strings.TrimSuffix(in.AuditNumber, auditNumber(shop, o, line, n))
	place := 1
	for unit := 1; unit <= min(line.Quantity, giftcard.MaxUnits); unit++ {
		if unit != n && (unit < n || issued[prefix+auditNumber(shop, o, line, unit)]) {
			place++
		}
	}
	if place > line.CurrentQuantity {
		return fmt.Sprintf("the card was refunded or removed: %d of %d cards of its line remain",
			max(0, line.CurrentQuantity), line.Quantity), nil
	}
	return "", nil
}

// lineOf returns the line that an audit number belongs to, and the unit within that line, counted from 1; the unit is 0
// if no line matches. The prefix of the audit number is the one that was configured when the order was taken in; the
// rest identifies line and unit.
func lineOf(shop string, o *shopify.Order, audit string) (shopify.LineItem, int) {
	for _, l := range o.LineItems {
		for n := 1; n <= min(l.Quantity, giftcard.MaxUnits); n++ {
			if strings.HasSuffix(audit, auditNumber(shop, o, l, n)) {
				return l, n
			}
		}
	}
	return shopify.LineItem{}, 0
}

// auditNumber returns the audit number of a unit of a line, without the prefix.
func auditNumber(shop string, o *shopify.Order, l shopify.LineItem, unit int) string {
	return giftcard.AuditNumber("", shop, o.LegacyID, number(l.ID), unit)
}

func samePrice(now shopify.Money, in IssueCardInput) bool {
	a, err := giftcard.ParseMoney(now.Amount, now.CurrencyCode)
	if err != nil {
		return false
	}
	b, err := giftcard.ParseMoney(in.Price, in.Currency)
	return err == nil && a == b
}

// priceOf formats a price for display. Shopify's text may be anything.
func priceOf(m shopify.Money) string {
	return printable.Line(m.Amount, maxValue) + " " + printable.Line(m.CurrencyCode, maxValue)
}
