package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// PollOrdersInput is the configuration of the poll: the schedule's input.
type PollOrdersInput struct {
	SKUs []string `json:"skus"`
	// Companions are SKUs that do not make an order a mixed one; see [giftcard.Rules].
	Companions []string `json:"companion_skus,omitempty"`
	// CreatedAtMin is the creation time from which orders count.
	CreatedAtMin time.Time `json:"created_at_min"`
	// MaxOrderAge keeps the poll away from orders so old that Temporal may have deleted the record that they were
	// handled. It stays below the namespace's retention.
	MaxOrderAge Duration `json:"max_order_age"`
	// Overlap is how far behind the watermark a poll starts reading, because Shopify's search index lags.
	Overlap Duration `json:"overlap"`
	// SettleDelay is how far a poll stays behind the present, for the same reason.
	SettleDelay Duration `json:"settle_delay"`
	PageSize    int      `json:"page_size"`
	IncludeTest bool     `json:"include_test,omitempty"`
	// HoldUnderpaid leaves orders that are no longer paid in full to people; see [giftcard.Rules].
	HoldUnderpaid bool `json:"hold_underpaid,omitempty"`
	// HoldRisky leaves orders to people that Shopify recommends to cancel or to investigate; see [giftcard.Rules].
	HoldRisky bool `json:"hold_risky,omitempty"`

	// AuditPrefix, IssueTaskQueue and RetryBudget are passed to every order; see [GiftCardOrderInput].
	AuditPrefix    string   `json:"audit_prefix,omitempty"`
	IssueTaskQueue string   `json:"issue_task_queue,omitempty"`
	RetryBudget    Duration `json:"retry_budget,omitempty"`
	// AdditionalContent is also passed to every order.
	AdditionalContent string `json:"additional_content,omitempty"`
	// IssueAfter is passed to every order too.
	IssueAfter Duration `json:"issue_after,omitempty"`
	// WriteBack is passed to every order too.
	WriteBack string `json:"write_back,omitempty"`
	// Deferred are the items that their issuers make later, by SKU. An order gets those that it has.
	Deferred map[string]DeferredItem `json:"deferred,omitempty"`

	// WidenedAt is when the rules began to accept orders that they had excluded before; zero means never. Polls look at
	// what has changed since the last poll, so a poll by hand has to make up for it.
	WidenedAt time.Time `json:"widened_at,omitzero"`
	// MatchBy is what merchants are matched by: external_id, company, name; empty means all of them.
	MatchBy []string `json:"match_by,omitempty"`
	// Identity identifies the shop's orders and cards; nil in a schedule of an earlier release.
	Identity *Identity `json:"identity,omitempty"`

	// Webhooks is set if webhooks announce the shop's orders, so that polls count those that none has announced.
	Webhooks bool `json:"webhooks,omitempty"`

	// Since and Until are the window of a poll by hand, by the orders' update time. Such a poll has no watermark.
	Since time.Time `json:"since,omitzero"`
	Until time.Time `json:"until,omitzero"`

	// Progress is set when a run continues an earlier one, which cannot see the schedule's last completion result.
	Progress *PollProgress `json:"progress,omitempty"`
}

// Identity identifies a shop's orders and cards permanently, together with the audit prefix. It is settled once:
// workflow IDs and audit numbers are made of it, and settings can change.
type Identity struct {
	// ShopID is Shopify's global ID of the shop, which a renaming does not change; empty if it is not known.
	ShopID string `json:"shop_id,omitempty"`
	// Shop is the shop in workflow IDs and audit numbers: the name that the shop had at first.
	Shop string `json:"shop"`
	// IssuerDedupes reports whether the issuer never creates a second card for a repeated audit number, and
	// IssuerDedupesStated whether an operator has stated that explicitly.
	IssuerDedupes       bool `json:"issuer_dedupes"`
	IssuerDedupesStated bool `json:"issuer_dedupes_stated,omitempty"`
}

// PollProgress is how far a poll has come: what a run passes to the run that continues it.
type PollProgress struct {
	Rules  giftcard.Rules   `json:"rules"`
	Cursor string           `json:"cursor"`
	Result PollOrdersResult `json:"result"`
	// Known are the latest orders of the previous poll.
	Known []string `json:"known,omitempty"`
}

// PollOrdersResult is the outcome of a poll. As the schedule's last completion result it carries the watermark to the
// next poll.
type PollOrdersResult struct {
	// Since and Until are the window that was polled, by the orders' update time.
	Since time.Time `json:"since"`
	Until time.Time `json:"until"`
	// Watermark is the update time up to which orders have been seen; zero for a poll by hand.
	Watermark time.Time `json:"watermark,omitzero"`
	// Seen is the number of orders that the search found.
	Seen int `json:"seen"`
	// Started counts the gift-card orders that this poll started, and Known those that existed already.
	Started int `json:"started"`
	Known   int `json:"known"`
	// LeftOut counts the other orders by reason. Mixed and Native name those that people must know of, at most 200
	// each.
	LeftOut map[giftcard.Reason]int `json:"left_out,omitempty"`
	Mixed   []string                `json:"mixed,omitempty"`
	Native  []string                `json:"native,omitempty"`
	// ServedVersion is the API version that Shopify answered with, if it is not the configured one.
	ServedVersion string `json:"served_version,omitempty"`
	// Latest holds Shopify's numbers of the most recently changed gift-card orders of the window, at most 2,000. Their
	// workflows exist, so the next poll, whose window overlaps this one, does not request them again.
	Latest []string `json:"latest,omitempty"`
	// Missed are orders that no poll has looked at, and that no scheduled poll will. Polls pass it on for two days, so
	// that people see it.
	Missed *MissedOrders `json:"missed,omitempty"`
	// Unannounced are the orders that polls have found first though webhooks are on. Polls pass them on for a day.
	Unannounced *UnannouncedOrders `json:"unannounced,omitempty"`
}

// PollOrders finds the gift-card orders of a window, page by page, and starts a [GiftCardOrder] for each. If the
// schedule runs it, the window begins at the watermark (less the overlap). A poll that fails does not move the
// watermark, and the next poll begins where this one did.
func PollOrders(ctx workflow.Context, in PollOrdersInput) (PollOrdersResult, error) {
	p, err := newPoll(ctx, in)
	if err != nil {
		return PollOrdersResult{}, err
	}
	if !p.Result.Since.Before(p.Result.Until) {
		return p.Result, nil
	}
	page := p.list(ctx)
	for {
		orders, err := page.get(ctx)
		if err != nil {
			return PollOrdersResult{}, p.failed(ctx, err)
		}
		p.count(orders)
		cursor := p.Cursor
		p.Cursor = orders.NextCursor
		p.children += len(orders.Orders)
		more := p.Cursor != ""
		continued := more && (p.children >= continueAfter || workflow.GetInfo(ctx).GetContinueAsNewSuggested())
		if more && !continued {
			page = p.list(ctx)
		}
		if err := p.startAll(ctx, orders, cursor); err != nil {
			return PollOrdersResult{}, p.failed(ctx, err)
		}
		if more && !continued {
			continue
		}
		if err := p.awaitStarts(ctx, 0); err != nil {
			return PollOrdersResult{}, p.failed(ctx, err)
		}
		p.show(ctx)
		if continued {
			in.Progress = &p.PollProgress
			return PollOrdersResult{}, workflow.NewContinueAsNewError(ctx, PollOrders, in)
		}
		workflow.GetLogger(ctx).Info("poll finished",
			"seen", p.Result.Seen, "started", p.Result.Started, "known", p.Result.Known, "watermark", p.Result.Watermark)
		return p.Result, nil
	}
}

// shop returns the shop as it appears in workflow IDs; empty if the worker's settings define it.
func (in PollOrdersInput) shop() string {
	if in.Identity == nil {
		return ""
	}
	return in.Identity.Shop
}

// poll is a poll under way.
type poll struct {
	PollProgress
	in PollOrdersInput
	// children counts the children that this run has requested.
	children int
	starting []startingOrder
	known    map[string]bool
}

// know takes over the latest orders of the previous poll.
func (p *poll) know(orders []string) {
	p.Known, p.known = orders, make(map[string]bool, len(orders))
	for _, id := range orders {
		p.known[id] = true
	}
}

// startingOrder is a child whose start is awaited.
type startingOrder struct {
	name string
	// unannounced reports whether a webhook should have announced the order by now.
	unannounced bool
	workflow.ChildWorkflowFuture
}

// newPoll settles the window once; a continued run keeps it.
func newPoll(ctx workflow.Context, in PollOrdersInput) (*poll, error) {
	p := &poll{in: in}
	if in.Progress != nil {
		p.PollProgress = *in.Progress
		if p.Result.LeftOut == nil { // An empty map is omitted from the JSON.
			p.Result.LeftOut = map[giftcard.Reason]int{}
		}
		p.know(p.Known)
		return p, nil
	}
	now := workflow.Now(ctx).UTC()
	p.Rules = in.RulesAt(now)
	p.Result.LeftOut = map[giftcard.Reason]int{}
	if !in.Since.IsZero() {
		p.Result.Since, p.Result.Until = in.Since.UTC(), in.Until.UTC()
		return p, nil
	}
	var last PollOrdersResult
	if workflow.HasLastCompletionResult(ctx) {
		if err := workflow.GetLastCompletionResult(ctx, &last); err != nil {
			return nil, lastResultUnreadable(err)
		}
	}
	p.know(last.Latest)
	w := windowOf(now, in, last)
	if w.rewound {
		workflow.GetLogger(ctx).Warn("the watermark is in the future: reading all orders again",
			"watermark", last.Watermark)
	}
	p.Result.Since, p.Result.Until, p.Result.Watermark, p.Result.Missed = w.since, w.until, w.watermark, w.missed
	p.Result.Unannounced = last.Unannounced.at(now)
	return p, nil
}

// RulesAt returns the rules of a poll that begins at the given time.
func (in PollOrdersInput) RulesAt(now time.Time) giftcard.Rules {
	return giftcard.Rules{
		SKUs:        in.SKUs,
		Companions:  in.Companions,
		CreatedFrom: latest(in.CreatedAtMin, now.Add(-time.Duration(in.MaxOrderAge))),
		IncludeTest: in.IncludeTest,

		HoldUnderpaid: in.HoldUnderpaid,
		HoldRisky:     in.HoldRisky,
		MaxAge:        time.Duration(in.MaxOrderAge),
		TakenOver:     in.CreatedAtMin,
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a.UTC()
	}
	return b.UTC()
}

func (p *poll) list(ctx workflow.Context) future[activities.ListGiftCardOrdersResult] {
	return p.listFrom(ctx, p.Cursor)
}

func (p *poll) listFrom(ctx workflow.Context, cursor string) future[activities.ListGiftCardOrdersResult] {
	return call(listing(ctx), orders.ListGiftCardOrders, activities.ListGiftCardOrdersInput{
		Rules:         p.Rules,
		UpdatedFrom:   p.Result.Since,
		UpdatedBefore: p.Result.Until,
		PageSize:      p.in.PageSize,
		Cursor:        cursor,
		Shop:          p.in.shop(),
		MatchBy:       p.in.MatchBy,
		Webhooks:      p.in.Webhooks && p.in.Since.IsZero(),
		Later:         p.in.later(),
	})
}

func (p *poll) count(page activities.ListGiftCardOrdersResult) {
	p.Result.Seen += page.Seen
	p.Result.Known += len(page.Known)
	for _, id := range page.Known {
		p.remember(id)
	}
	for _, reason := range giftcard.Reasons {
		if n := page.LeftOut[reason]; n > 0 {
			p.Result.LeftOut[reason] += n
		}
	}
	p.Result.Mixed = appendNames(p.Result.Mixed, page.Mixed)
	p.Result.Native = appendNames(p.Result.Native, page.Native)
	if page.ServedVersion != "" {
		p.Result.ServedVersion = page.ServedVersion
	}
}

func appendNames(names, more []string) []string {
	return append(names, more[:min(len(more), max(0, maxNames-len(names)))]...)
}

// pageGoodFor is how long after a page was read its orders may be started. A poll may stand still for as long as no
// worker can continue it. By then orders may have become too old, and Temporal may have deleted the record that they
// were issued.
const pageGoodFor = time.Hour

// startAll requests a child per order and keeps a bounded number of starts in flight. The children's context is
// disconnected: cancelling a poll means the poll, not the orders that it has started. A page that has become old is
// read again from its cursor.
func (p *poll) startAll(ctx workflow.Context, page activities.ListGiftCardOrdersResult, cursor string) error {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	for _, o := range page.Orders {
		p.remember(o.ID)
		if p.known[o.ID] {
			p.Result.Known++
			continue
		}
		if err := p.awaitStarts(ctx, maxStarting-1); err != nil {
			return err
		}
		if !page.ReadAt.IsZero() && workflow.Now(ctx).Sub(page.ReadAt) > pageGoodFor {
			again, err := p.listFrom(ctx, cursor).get(ctx)
			if err != nil {
				return err
			}
			return p.startAll(ctx, again, cursor)
		}
		in := InputOf(p.in, o)
		in.Merchant, in.ReadAt = page.Merchant(o.ID), page.ReadAt
		p.starting = append(p.starting, startingOrder{
			o.Name, slices.Contains(page.Unannounced, o.ID), child(orderOptions(ctx, in), GiftCardOrder, in),
		})
	}
	return nil
}

// remember notes an order for the next poll. Pages come in the order of the orders' updates. A poll by hand has no next
// poll.
func (p *poll) remember(orderID string) {
	if !p.in.Since.IsZero() {
		return
	}
	latest := append(p.Result.Latest, orderID)
	p.Result.Latest = latest[max(0, len(latest)-maxLatest):]
}

// awaitStarts waits until at most the given number of starts are in flight. A child that has not started when its
// parent closes never will.
func (p *poll) awaitStarts(ctx workflow.Context, inFlight int) error {
	for len(p.starting) > inFlight {
		first := p.starting[0]
		p.starting = p.starting[1:]
		err := first.GetChildWorkflowExecution().Get(ctx, nil)
		switch {
		case err == nil:
			p.Result.Started++
			if first.unannounced {
				p.Result.Unannounced = p.Result.Unannounced.and(workflow.Now(ctx).UTC(), first.name)
			}
		case temporal.IsWorkflowExecutionAlreadyStartedError(err):
			p.Result.Known++
		case temporal.IsCanceledError(err):
			return err
		default:
			return failure(giftcard.Unavailable, fmt.Sprintf("order %s could not be started: %v", first.name, err))
		}
	}
	return nil
}

// failed ends the poll. It first awaits the starts that are in flight: an order that was requested must exist.
func (p *poll) failed(ctx workflow.Context, err error) error {
	for len(p.starting) > 0 {
		if startErr := p.awaitStarts(ctx, 0); startErr != nil {
			workflow.GetLogger(ctx).Warn("a poll that already fails could not start an order", "error", startErr)
		}
	}
	p.show(ctx)
	if temporal.IsCanceledError(err) {
		return err
	}
	kind, message := cause(err)
	return failure(kind, fmt.Sprintf("poll of %s: %s", p.window(), message))
}

func (p *poll) show(ctx workflow.Context) {
	r := p.Result
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("%s: %d seen, %d started, %d known.", p.window(), r.Seen, r.Started, r.Known))
}
