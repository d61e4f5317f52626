package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// GiftCardOrderInput is one order, with the settings under which it was taken in. The settings stay the same for the
// life of the order, whatever a later deployment changes.
type GiftCardOrderInput struct {
	Order giftcard.Order `json:"order"`
	// AuditPrefix is the prefix of the audit numbers of the order's cards. A different prefix would create different
	// cards.
	AuditPrefix string `json:"audit_prefix,omitempty"`
	// IssueTaskQueue is the task queue of IssueCard; empty means the workflow's own.
	IssueTaskQueue string `json:"issue_task_queue,omitempty"`
	// RetryBudget is how long a transient error is retried before the order fails; zero means one attempt.
	RetryBudget Duration `json:"retry_budget,omitempty"`
	// AdditionalContent is a text that accompanies each card; empty means none. With another text, a repeated request
	// would be a different order to the issuer, so an order keeps the text with which it was taken in.
	AdditionalContent string `json:"additional_content,omitempty"`
	// WriteBack is how the order is marked in the shop once its cards exist: note, tag or fulfil; empty means not at all.
	WriteBack string `json:"write_back,omitempty"`
	// Merchant is the order's merchant, if it was found together with the order. The order then does not look it up.
	Merchant *activities.LookUpMerchantResult `json:"merchant,omitempty"`
	// HoldUnderpaid holds a card back if so much money was refunded that the remaining payment does not cover it.
	HoldUnderpaid bool `json:"hold_underpaid,omitempty"`
	// HoldRisky holds a card back if Shopify recommends, when the order is read again, to cancel the order or to
	// investigate it.
	HoldRisky bool `json:"hold_risky,omitempty"`
	// IssueAfter is how long after its creation the order's cards are asked for at the earliest; zero means at once.
	IssueAfter Duration `json:"issue_after,omitempty"`
	// AtMostOnce requests each card at most once, even if the worker's settings would repeat a request.
	AtMostOnce bool `json:"at_most_once,omitempty"`
	// Deferred are the items that are made later by their issuer, by SKU; the other SKUs are issued at once.
	Deferred map[string]DeferredItem `json:"deferred,omitempty"`
	// MatchBy is what the merchant is matched by; empty means every attribute.
	MatchBy []string `json:"match_by,omitempty"`
	// ReadAt is when the order was read from Shopify; zero if the workflow was started right after.
	ReadAt time.Time `json:"read_at,omitzero"`
	// TakenInBy is what took the order in: [ByWebhook], or empty for a poll or a sweep.
	TakenInBy string `json:"taken_in_by,omitempty"`
	// Release is set if a person has released an order that was left to people, or that had changed.
	Release *Release `json:"release,omitempty"`
	// Fixes are the corrections that people have made, oldest first. A run with a correction also has a Release, which
	// names the run that it follows.
	Fixes []Fix `json:"fixes,omitempty"`
}

// DeferredItem is an item of an issuer that makes its cards later.
type DeferredItem struct {
	// Issuer is the name of the issuer, and Item its code of the item.
	Issuer string `json:"issuer"`
	Item   string `json:"item"`
	// Deliver mails the card to its recipient. If it is not set, the order is done once the card has its value.
	Deliver bool `json:"deliver,omitempty"`
}

// ByWebhook is the value of [GiftCardOrderInput].TakenInBy for an order that was announced by a webhook.
const ByWebhook = "webhook"

// Release is a person's decision about an order that is not issued automatically, or whose cards were corrected.
type Release struct {
	// RunID is the newest run of the order's workflow at that time.
	RunID string `json:"run_id"`
	// AuditNumbers are the audit numbers of the cards to issue.
	AuditNumbers []string `json:"audit_numbers"`
	// By and Reason are for the record.
	By     string `json:"by"`
	Reason string `json:"reason"`
	// Hold keeps [GiftCardOrderInput].HoldUnderpaid and HoldRisky in force: the person has corrected cards, and has decided
	// nothing about what was paid or about the risk.
	Hold bool `json:"hold,omitempty"`
}

// again reports whether another run of the order may have requested cards: this run was created by a reset, or started
// by a person who released or corrected it.
func (in GiftCardOrderInput) again(ctx workflow.Context) bool {
	run := workflow.GetInfo(ctx)
	return in.Release != nil || run.OriginalRunID != "" && run.OriginalRunID != run.WorkflowExecution.RunID
}

// readAt returns when the order was read, by a clock that is not ahead of Temporal's.
func (in GiftCardOrderInput) readAt(ctx workflow.Context) time.Time {
	started := workflow.GetInfo(ctx).WorkflowStartTime.UTC()
	if in.ReadAt.IsZero() || in.ReadAt.After(started) {
		return started
	}
	return in.ReadAt.UTC()
}

// Units returns the cards to issue, as people have corrected them.
func (in GiftCardOrderInput) Units() ([]giftcard.Unit, error) {
	units, err := in.Order.CardUnits(in.AuditPrefix)
	if err != nil {
		return nil, err
	}
	units = in.fixed(units)
	if in.Release == nil {
		return units, nil
	}
	return slices.DeleteFunc(units, func(u giftcard.Unit) bool {
		return !slices.Contains(in.Release.AuditNumbers, u.AuditNumber)
	}), nil
}

// GiftCardOrderResult is what exists at the issuer. It contains no card number, access code or card URL.
type GiftCardOrderResult struct {
	MerchantCode string       `json:"merchant_code"`
	Cards        []IssuedCard `json:"cards"`
	// WrittenBack is how the order was marked in the shop, and WriteBackFailed why it was not; both are empty if that was
	// not asked for.
	WrittenBack     string            `json:"written_back,omitempty"`
	WriteBackFailed *WriteBackFailure `json:"write_back_failed,omitempty"`
}

// WriteBackFailure says why an order is not marked in the shop, though its cards exist.
type WriteBackFailure struct {
	Kind    giftcard.Kind `json:"kind"`
	Message string        `json:"message"`
}

// IssuedCard is one card that exists.
type IssuedCard struct {
	// Unit counts the cards of the order from 1.
	Unit int `json:"unit"`
	// LineID is Shopify's number of the line that the card belongs to.
	LineID string `json:"line_id"`
	activities.IssueCardResult
}

var (
	orders    *activities.Orders    // Nil on purpose: only the method names are used.
	giftCards *activities.GiftCards // Nil for the same reason.
	digests   *activities.Digest    // Nil for the same reason.
	reruns    *activities.Reruns    // Nil for the same reason.
	decisions *activities.Decisions // Nil for the same reason.
	watch     *activities.Watch     // Nil for the same reason.
)

// merchantGoodFor is how long a merchant that was found with the order stays valid. An order that is reset to its first
// workflow task days later looks the merchant up again.
const merchantGoodFor = time.Hour

// GiftCardOrder issues the cards of one order: it waits if it is told to, looks up the merchant, unless the merchant came with
// the order, and issues one card per unit. It tries every unit even if another unit fails. The order then fails with the kind of its
// worst failed unit and an [OrderFailure]. An order whose cards all exist is marked in the shop, if that is wanted; it is
// done even if the shop refuses.
func GiftCardOrder(ctx workflow.Context, in GiftCardOrderInput) (GiftCardOrderResult, error) {
	units, err := in.Units()
	if err != nil {
		return GiftCardOrderResult{}, failure(giftcard.InvalidRequest, err.Error())
	}
	waited, err := in.wait(ctx)
	if err != nil {
		return GiftCardOrderResult{}, err
	}
	o := issuing{in: in, waited: waited, units: units, results: make([]unitResult, len(units))}
	if later := in.later(units); later < len(units) {
		o.merchant, o.noMerchant = merchantOf(ctx, in)
		if o.noMerchant != nil && (later == 0 || temporal.IsCanceledError(o.noMerchant)) {
			return GiftCardOrderResult{}, o.noMerchant
		}
	}
	if err := o.issueAll(ctx); err != nil {
		return GiftCardOrderResult{}, err
	}
	return o.result(ctx)
}

// merchantOf returns the merchant that came with the order, or looks it up.
func merchantOf(ctx workflow.Context, in GiftCardOrderInput) (activities.LookUpMerchantResult, error) {
	if in.Merchant != nil && workflow.Now(ctx).Sub(in.Merchant.At) < merchantGoodFor {
		return *in.Merchant, nil
	}
	workflow.SetCurrentDetails(ctx, "Looking up the merchant.")
	merchant, err := call(lookup(ctx), giftCards.LookUpMerchant, activities.LookUpMerchantInput{
		OrderName:   in.Order.Name,
		Customer:    in.Order.Customer,
		MatchBy:     in.MatchBy,
		Again:       in.again(ctx),
		RetryBudget: time.Duration(in.RetryBudget),
	}).get(ctx)
	if err == nil || temporal.IsCanceledError(err) {
		return merchant, err
	}
	kind, message := cause(err)
	workflow.SetCurrentDetails(ctx, "Failed: "+message)
	return merchant, failure(kind, message)
}

// issuing is the state of an order whose cards are being issued.
type issuing struct {
	in       GiftCardOrderInput
	waited   bool
	merchant activities.LookUpMerchantResult
	// noMerchant is why there is no merchant for the cards that need one; cards of other issuers are issued all the same.
	noMerchant error
	units      []giftcard.Unit
	results    []unitResult
	done       int
	// slots are for what asks an issuer, or Temporal. A card that is awaited holds none.
	slots workflow.Semaphore
	// settled are the cards of which their workflows have said that they have their value, by key. It is nil before the
	// first card that is made later.
	settled map[string]*deferred.Card
	// days are the days of delivery that cards are waiting for.
	days []time.Time
}

type unitResult struct {
	card activities.IssueCardResult
	err  error
}

// issueAll tries every unit, a bounded number at once.
func (o *issuing) issueAll(ctx workflow.Context) error {
	o.showProgress(ctx)
	o.slots = workflow.NewSemaphore(ctx, maxIssuing)
	all := workflow.NewWaitGroup(ctx)
	start := func(i int, issue func(workflow.Context) (activities.IssueCardResult, error)) {
		all.Add(1)
		workflow.Go(ctx, func(ctx workflow.Context) {
			defer all.Done()
			o.results[i].card, o.results[i].err = issue(ctx)
			o.done++
			o.showProgress(ctx)
		})
	}
	for i, u := range o.units {
		if item, later := o.in.Deferred[u.Line.SKU]; later {
			o.listen(ctx)
			start(i, func(ctx workflow.Context) (activities.IssueCardResult, error) { return o.awaitOne(ctx, u, item) })
			continue
		}
		if o.noMerchant != nil {
			o.results[i].err = o.noMerchant
			continue
		}
		if err := o.slots.Acquire(ctx, 1); err != nil {
			return err
		}
		start(i, func(ctx workflow.Context) (activities.IssueCardResult, error) {
			defer o.slots.Release(1)
			return o.issueOne(ctx, u)
		})
	}
	all.Wait(ctx)
	return ctx.Err()
}

func (o *issuing) issueOne(ctx workflow.Context, u giftcard.Unit) (activities.IssueCardResult, error) {
	paidFor, holdRisky := o.holds()
	summary := fmt.Sprintf("card %d of %d", u.Number, o.in.Order.Units())
	return call(issue(ctx, o.in.IssueTaskQueue, summary), giftCards.IssueCard, activities.IssueCardInput{
		OrderName:    o.in.Order.Name,
		Unit:         u.Number,
		AuditNumber:  u.AuditNumber,
		MerchantCode: o.merchant.MerchantCode,
		Price:        u.Line.Price,
		Currency:     u.Line.Currency,
		Recipient:    u.Line.Recipient,
		At:           o.merchant.At,
		ReadAt:       o.in.readAt(ctx),
		Again:        o.in.again(ctx),
		Fixed:        o.in.isFixed(u.AuditNumber),
		PaidFor:      paidFor,
		HoldRisky:    holdRisky,
		Waited:       o.waited,
		AtMostOnce:   o.in.AtMostOnce,
		RetryBudget:  time.Duration(o.in.RetryBudget),

		AdditionalContent: o.in.AdditionalContent,
	}).get(ctx)
}

// holds returns the SKUs whose cost the net payment must cover, none if any payment will do, and whether the shop's
// platform must not doubt the order. A person who has released the order has decided about both.
func (o *issuing) holds() (paidFor []string, risky bool) {
	if o.in.Release != nil && !o.in.Release.Hold {
		return nil, false
	}
	if o.in.HoldUnderpaid {
		paidFor = o.in.Order.SKUs()
	}
	return paidFor, o.in.HoldRisky
}

func (o *issuing) result(ctx workflow.Context) (GiftCardOrderResult, error) {
	out := GiftCardOrderResult{MerchantCode: o.merchant.MerchantCode}
	var failed []UnitFailure
	for i, u := range o.units {
		if err := o.results[i].err; err != nil {
			kind, message := cause(err)
			failed = append(failed, UnitFailure{Unit: u.Number, AuditNumber: u.AuditNumber, Kind: kind, Message: message})
			continue
		}
		out.Cards = append(out.Cards, IssuedCard{Unit: u.Number, LineID: u.Line.ID, IssueCardResult: o.results[i].card})
	}
	if len(failed) > 0 {
		workflow.SetCurrentDetails(ctx, fmt.Sprintf("Failed: %d of %s.", len(failed), cards(len(o.units))))
		return GiftCardOrderResult{}, failedOrder(len(o.units), OrderFailure{
			MerchantCode: o.merchant.MerchantCode, Issued: out.Cards, Failed: failed,
		})
	}
	o.writeBack(ctx, &out)
	workflow.SetCurrentDetails(ctx, "Issued "+cards(len(o.units))+o.forMerchant()+"."+marked(out))
	return out, nil
}

func (o *issuing) showProgress(ctx workflow.Context) {
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("Issuing%s: %d of %s done.", o.forMerchant(), o.done, cards(len(o.units)))+o.waiting())
}

func (o *issuing) forMerchant() string {
	if o.merchant.MerchantCode == "" {
		return ""
	}
	return " for merchant " + o.merchant.MerchantCode
}
