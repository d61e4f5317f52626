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

// goodFor is for how long what was read of an order is believed before money is spent on it.
const goodFor = 5 * time.Minute

// OrderReader reads orders again before money is spent on them. It reads an order once in five minutes, however many cards
// ask. While one query is under way, it gathers the orders that are asked for, and reads them with the next one.
type OrderReader struct {
	client *shopify.Client
	now    func() time.Time
	// goodFor is for how long a read is believed.
	goodFor time.Duration

	mu   sync.Mutex
	read map[string]readOrder
	// waiting are those who ask, by the order that they ask for, and next are the orders of the next query. While reading is
	// set, there is a query under way.
	waiting map[string][]chan<- shopify.Lookup
	next    []string
	reading bool
}

// readOrder is what was read of an order; order is nil where Shopify shows none.
type readOrder struct {
	at    time.Time
	order *shopify.Order
}

// NewOrderReader returns a reader that has read nothing yet. It believes what it has read for so long; zero is five minutes,
// which is what it is everywhere but in tests that have less time.
func NewOrderReader(client *shopify.Client, believed time.Duration) *OrderReader {
	if believed == 0 {
		believed = goodFor
	}
	return &OrderReader{
		client: client, now: time.Now, goodFor: believed, read: map[string]readOrder{},
		waiting: map[string][]chan<- shopify.Lookup{},
	}
}

// get returns the order as it was at most five minutes ago, nil where Shopify shows none.
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

// ask returns what is still good, or where the answer will come. It begins to read if nobody does.
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
		// Reads are shared, so they must not end with the card that happened to begin them. The client has a time-out.
		go r.readAll(context.WithoutCancel(ctx))
	}
	return nil, answer
}

// readAll reads what is asked for until nobody waits.
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

// tell answers those who wait for an order, and keeps what was read of it. An order that Shopify does not show is nil.
func (r *OrderReader) tell(number string, at time.Time, found map[string]shopify.Lookup, err error) {
	answer, ok := found[number]
	if !ok {
		answer.Err = cmp.Or(err, errors.New("Shopify did not say what came of order "+number))
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

// fresh reports whether a card is asked for so soon that its order needs no second look: by the first attempt, at most
// five minutes after the order was read, and not by a run that a reset has made. The attempt has waited so long for its turn.
func (g *GiftCards) fresh(ctx context.Context, in IssueCardInput, waited time.Duration) bool {
	info, readAt := activity.GetInfo(ctx), in.ReadAt
	if readAt.IsZero() {
		readAt = in.At // Inputs of earlier releases have no more.
	}
	believed := goodFor
	if g.Orders != nil {
		believed = g.Orders.goodFor
	}
	// Both times are the server's; of the worker's clock only a difference counts.
	return info.Attempt <= 1 && !in.Again && info.StartedTime.Add(waited).Sub(readAt) <= believed
}

// checkOrder returns an error of the kind OrderChanged if the order that a card belongs to is no longer what it was when
// it was taken in. It reads the order again unless that is fresh. A Shopify that does not answer is an error that is
// retried. The attempt has waited so long for its turn.
func (g *GiftCards) checkOrder(ctx context.Context, in IssueCardInput, waited time.Duration) error {
	if g.Orders == nil || g.fresh(ctx, in, waited) {
		return nil
	}
	shop, number, _ := orderOf(activity.GetInfo(ctx).WorkflowExecution.ID)
	order, err := g.Orders.get(ctx, number)
	if err != nil {
		return fmt.Errorf("read the order again: %w", err)
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

// belongs returns an error unless the activity runs in the workflow of the order that the card is of. Temporal runs an
// activity for whoever may start one, also without a workflow.
func (g *GiftCards) belongs(ctx context.Context, in IssueCardInput) error {
	if g.Orders == nil {
		return nil
	}
	info := activity.GetInfo(ctx)
	_, number, ok := orderOf(info.WorkflowExecution.ID)
	switch {
	case !ok || info.WorkflowType == nil || info.WorkflowType.Name != OrderWorkflowType:
		return giftcard.Errorf(giftcard.InvalidRequest, "a card is issued in the workflow of its order alone")
	case !strings.Contains(in.AuditNumber, number+"-"):
		return giftcard.Errorf(giftcard.InvalidRequest, "audit number %s is not of order %s", in.AuditNumber, number)
	}
	return nil
}

// OrderWorkflowType is the type of the workflows of orders.
const OrderWorkflowType = "GiftCardOrder"

// OrderWorkflowPrefix begins the workflow IDs of orders; shop and number follow, divided by a slash.
const OrderWorkflowPrefix = "gift-card-order/"

// orderOf returns the shop and the number of the order whose workflow this is.
func orderOf(workflowID string) (shop, number string, ok bool) {
	rest, ok := strings.CutPrefix(workflowID, OrderWorkflowPrefix)
	shop, number, found := strings.Cut(rest, "/")
	return shop, number, ok && found && shop != "" && number != "" && !strings.Contains(number, "/")
}

// changed says why no card of an order is owed any longer; empty where cards are.
func changed(o *shopify.Order) string {
	switch {
	case o == nil:
		return "Shopify shows the order no longer: it was deleted, or is older than the app may read"
	case !o.CancelledAt.IsZero():
		return "the order was cancelled"
	case !slices.Contains(paidStatuses, o.FinancialStatus):
		return fmt.Sprintf("the order is no longer paid (%s)", o.FinancialStatus)
	}
	return ""
}

// cardChanged says why a card is no longer owed; empty where it is. It asks for the audit numbers of the cards of the order
// that exist only where that decides.
func cardChanged(
	shop string, o *shopify.Order, in IssueCardInput, issuedCards func() (map[string]bool, error),
) (string, error) {
	if len(in.PaidFor) > 0 && candidate(shop, *o, PropertyKeys{}).Underpaid(in.PaidFor) {
		return fmt.Sprintf("money was given back: what was paid, less that, is %s, which does not pay for the gift cards "+
			"that are left", priceOf(o.NetPayment)), nil
	}
	line, n := lineOf(shop, o, in.AuditNumber)
	if n == 0 {
		return "its line is no longer in the order", nil
	}
	if !samePrice(line.UnitPrice, in) {
		return fmt.Sprintf("its price is %s now, and was %s %s", priceOf(line.UnitPrice), in.Price, in.Currency), nil
	}
	if line.CurrentQuantity >= line.Quantity {
		return "", nil
	}
	// Shopify does not say which units of a line were refunded. Those that are left are the cards that exist, then the
	// others in their order.
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
		return fmt.Sprintf("the card was refunded or removed: %d of %d are left of its line",
			max(0, line.CurrentQuantity), line.Quantity), nil
	}
	return "", nil
}

// lineOf returns the line and the unit of it, counted from 1, that an audit number belongs to; 0 where there is none. Its
// prefix is that of the configuration when the order was taken in; the rest tells line and unit.
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

// auditNumber is the audit number of a unit of a line, without its prefix.
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

// priceOf shows a price. What Shopify says may be anything.
func priceOf(m shopify.Money) string {
	return printable.Line(m.Amount, maxValue) + " " + printable.Line(m.CurrencyCode, maxValue)
}
