package left

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	sdkpb "go.temporal.io/api/sdk/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/workflows"
)

// Release is a plan to issue, now, an order that is not issued automatically.
type Release struct {
	// Order has the lines of the gift cards that remain in the shop's order.
	Order giftcard.Order `json:"-"`
	Name  string         `json:"order"`
	ID    string         `json:"id"`
	// Was is the reason why the order was not issued.
	Was string `json:"was"`
	// Reason says why the poll's rules would leave the order to people as it is now; empty if they would not.
	Reason giftcard.Reason `json:"reason,omitempty"`
	// Existing is the number of the order's cards that exist, or may exist, and that the release leaves alone.
	Existing int `json:"existing"`
	// Begun is the number of the cards to issue that their issuers are making already, or have made without the order having
	// sent them: the release takes them up.
	Begun int `json:"begun,omitempty"`
	// AuditNumbers lists the audit numbers of the cards to issue. Amount, with two decimals, and Currency are the value
	// of these cards.
	AuditNumbers []string `json:"audit_numbers"`
	Amount       string   `json:"amount,omitempty"`
	Currency     string   `json:"currency,omitempty"`

	workflowID, runID string
	settings          workflows.GiftCardOrderInput
}

// NothingToRelease reports that an order has no cards to issue, and why.
type NothingToRelease struct{ why string }

// Error implements error.
func (e *NothingToRelease) Error() string { return e.why }

// PlanRelease returns what a release would issue: the cards that remain in the order as it is in the shop now, minus
// the cards that exist. Only an order that is left to people, or that has failed as OrderChanged, can be released.
func (o *Left) PlanRelease(ctx context.Context, d *orders.OrderDetails, now giftcard.Candidate) (*Release, error) {
	was, err := releasable(d)
	if err != nil {
		return nil, err
	}
	poll, err := o.ScheduledPollInput(ctx)
	if err != nil {
		return nil, err
	}
	r := &Release{
		Name: d.Name, ID: d.ID, Was: was, workflowID: d.WorkflowID, runID: d.RunID,
	}
	earlier, err := o.takenIn(ctx, d.WorkflowID, d.RunID)
	if err != nil {
		return nil, err
	}
	r.settings = settingsOf(poll, earlier)
	var left giftcard.Reason
	if d.Left != nil {
		left = d.Left.Reason
	}
	r.Order, r.Reason = rejudge(poll, left, now)
	r.settings.Deferred = routed(poll, earlier, r.Order)
	if r.Reason != "" && !r.Reason.LeftToPeople() {
		return nil, &NothingToRelease{fmt.Sprintf("order %s has no gift cards to issue now: %s", d.Name, notToRelease(r.Reason))}
	}
	known, err := o.madeCards(ctx, d.WorkflowID, d.RunID, len(r.settings.Deferred) > 0)
	if err != nil {
		return nil, err
	}
	return r, r.choose(now, known)
}

// rejudge applies the poll's rules to an order as it is now, whatever its age: a released order may be older than polls take
// in. An order that was paid late, or that a person has reopened, stays left to people, though nothing else says so.
func rejudge(poll workflows.PollOrdersInput, was giftcard.Reason, now giftcard.Candidate) (giftcard.Order, giftcard.Reason) {
	rules := giftcard.Rules{
		SKUs: poll.SKUs, Companions: poll.Companions, IncludeTest: poll.IncludeTest,
		HoldUnderpaid: poll.HoldUnderpaid, HoldRisky: poll.HoldRisky,
	}
	order, reason := rules.Select(now)
	late := was == giftcard.PaidLate && now.PaidAt.After(now.Order.CreatedAt.Add(time.Duration(poll.MaxOrderAge)))
	if reason == "" && (late || was == giftcard.Reopened) {
		return order, was
	}
	return order, reason
}

// settingsOf returns the settings under which an order is released: those of the run that was to issue its cards, or of
// the poll if there was none. The cards keep their audit numbers, and a request that is repeated stays the same.
func settingsOf(poll workflows.PollOrdersInput, earlier *workflows.GiftCardOrderInput) workflows.GiftCardOrderInput {
	if earlier == nil {
		return workflows.InputOf(poll, giftcard.Order{})
	}
	in := *earlier
	in.Merchant = nil
	return in
}

// routed returns the items of a released order that their issuers make later. A SKU that the order had when it was taken in
// keeps its issuer, at which a card of it may exist.
func routed(
	poll workflows.PollOrdersInput, earlier *workflows.GiftCardOrderInput, o giftcard.Order,
) map[string]workflows.DeferredItem {
	items := workflows.InputOf(poll, o).Deferred
	if earlier == nil {
		return items
	}
	for _, sku := range earlier.Order.SKUs() {
		delete(items, sku)
	}
	if items == nil {
		items = map[string]workflows.DeferredItem{}
	}
	maps.Copy(items, earlier.Deferred)
	return items
}

// takenIn returns the input of the run that was to issue the order's cards: the given run, or one that it follows. It is
// nil if the order was left to people from the beginning.
func (o *Left) takenIn(ctx context.Context, workflowID, runID string) (*workflows.GiftCardOrderInput, error) {
	for runID != "" {
		events := o.Client.GetWorkflowHistory(ctx, workflowID, runID, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		first, err := events.Next()
		if err != nil {
			return nil, fmt.Errorf("read the history of %s: %w", workflowID, err)
		}
		if first.GetWorkflowExecutionStartedEventAttributes().GetWorkflowType().GetName() == workflows.GiftCardOrderType {
			in, err := o.OrderInput(ctx, workflowID, runID)
			return &in, err
		}
		if runID, err = o.Follows(first); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// releasable returns why an order was not issued automatically, or an error that says why it cannot be released.
func releasable(d *orders.OrderDetails) (string, error) {
	for _, u := range d.FailedUnits() {
		if u.Kind == giftcard.OutcomeUnknown {
			return "", fmt.Errorf("card %d of order %s may exist: first settle it with "+
				buildinfo.Program+" orders resolve", u.Unit, d.Name)
		}
	}
	switch {
	case d.State == executions.Redacted:
		return "", fmt.Errorf("order %s is redacted: nothing is left to tell which of its cards exist, so it is never issued again",
			d.Name)
	case d.Left != nil:
		return workflows.Why(d.Left.Reason), nil
	case d.State == executions.Running:
		return "", fmt.Errorf("order %s is being issued", d.Name)
	case d.State == executions.Completed:
		return "", fmt.Errorf("order %s already has its cards", d.Name)
	case d.Failure != nil && giftcard.Kind(d.Failure.Kind) == giftcard.OrderChanged:
		return d.Failure.Message, nil
	}
	return "", fmt.Errorf("order %s is neither left to people nor changed: run it again with "+
		buildinfo.Program+" orders retry", d.Name)
}

// notToRelease returns why an order, as it is in the shop, has no cards to issue.
func notToRelease(r giftcard.Reason) string {
	switch r {
	case giftcard.NoGiftCard:
		return "no line has one of the poll's SKUs"
	case giftcard.TestOrder:
		return "it is a test order"
	case giftcard.Cancelled:
		return "it was cancelled"
	case giftcard.Unpaid:
		return "it is not paid"
	case giftcard.NoUnitsLeft:
		return "all gift cards were refunded or removed"
	}
	return string(r)
}

// choose selects the units to issue: for each line, as many as remain, minus the cards that exist. Cards that were begun come
// first.
func (r *Release) choose(now giftcard.Candidate, known made) error {
	var value giftcard.Money
	for _, l := range r.Order.Lines {
		price, err := giftcard.ParseMoney(l.Price, l.Currency)
		if err != nil {
			return fmt.Errorf("order %s: read the price of its cards: %w", r.Name, err)
		}
		var begun, missing []string
		left := l.Units
		for unit := 1; unit <= min(max(ordered(now, l.ID), l.Units), giftcard.MaxUnits); unit++ {
			audit := giftcard.AuditNumber(r.settings.AuditPrefix, r.Order.Shop, r.Order.ID, l.ID, unit)
			switch {
			case known.exists[audit]:
				r.Existing++
				left--
			case known.begun[audit]:
				begun = append(begun, audit)
			default:
				missing = append(missing, audit)
			}
		}
		due := append(begun, missing...)
		chosen := due[:min(max(left, 0), len(due))]
		taken := min(len(begun), len(chosen))
		r.Begun += taken
		r.Existing += len(begun) - taken
		r.AuditNumbers = append(r.AuditNumbers, chosen...)
		if value, err = value.Add(price, len(chosen)); err != nil {
			return fmt.Errorf("order %s: add up the value of its cards: %w", r.Name, err)
		}
	}
	if len(r.AuditNumbers) == 0 {
		return &NothingToRelease{fmt.Sprintf("order %s has no card left to issue: %d exist, and the shop's order still has %d",
			r.Name, r.Existing, r.Order.Units())}
	}
	r.Amount, r.Currency = value.Amount(), value.Currency
	return nil
}

// ordered returns the number of units of a line that were ordered.
func ordered(c giftcard.Candidate, lineID string) int {
	i := slices.IndexFunc(c.Order.Lines, func(l giftcard.Line) bool { return l.ID == lineID })
	if i < 0 || i >= len(c.Lines) {
		return 0
	}
	return c.Lines[i].Ordered
}

// Release starts a run that issues the cards of a plan, and returns the page of that run. Two people who release the
// same order at the same moment get the same run.
func (o *Left) Release(ctx context.Context, r *Release, by, reason string) (link string, err error) {
	in := r.settings
	in.Order = r.Order
	in.Release = &workflows.Release{RunID: r.runID, AuditNumbers: r.AuditNumbers, By: by, Reason: reason}
	request, err := o.releaseRequest(r, in)
	if err != nil {
		return "", err
	}
	runID, err := o.start(ctx, request, r.Name)
	if err != nil {
		return "", err
	}
	return o.Link(r.workflowID, runID), nil
}

func (o *Left) releaseRequest(
	r *Release, in workflows.GiftCardOrderInput,
) (*workflowservice.StartWorkflowExecutionRequest, error) {
	return o.startRequest(r.workflowID, "release/"+r.runID, in, workflows.OrderMemo{
		Cards: len(r.AuditNumbers), Amount: r.Amount, Currency: r.Currency,
	})
}

// start starts the run of an order that a person has decided about, and returns its ID.
func (o *Left) start(
	ctx context.Context, request *workflowservice.StartWorkflowExecutionRequest, name string,
) (runID string, err error) {
	started, err := o.Client.WorkflowService().StartWorkflowExecution(ctx, request)
	if executions.IsAlreadyStarted(err) {
		return "", fmt.Errorf("order %s is already being issued: %s", name, o.Link(request.GetWorkflowId(), ""))
	}
	if err != nil {
		return "", fmt.Errorf("start order %s: %w", name, err)
	}
	return started.GetRunId(), nil
}

// startRequest builds the request by hand in order to choose its ID: the SDK would generate one, and Temporal would
// take a second decision about the same run for a different request.
func (o *Left) startRequest(
	workflowID, requestID string, in workflows.GiftCardOrderInput, worth workflows.OrderMemo,
) (*workflowservice.StartWorkflowExecutionRequest, error) {
	input, err := o.Converter.ToPayloads(in)
	if err != nil {
		return nil, fmt.Errorf("encode the input: %w", err)
	}
	listing := workflows.ListingOf(in.Order)
	summary, err := o.Converter.ToPayload(listing.Summary)
	if err != nil {
		return nil, fmt.Errorf("encode the summary: %w", err)
	}
	details, err := o.Converter.ToPayload(listing.Details)
	if err != nil {
		return nil, fmt.Errorf("encode the details: %w", err)
	}
	memo, err := o.Converter.ToPayload(worth)
	if err != nil {
		return nil, fmt.Errorf("encode the memo: %w", err)
	}
	attributes, err := searchAttributes(listing.Attributes)
	if err != nil {
		return nil, err
	}
	return &workflowservice.StartWorkflowExecutionRequest{
		Namespace:                o.Namespace(),
		RequestId:                requestID,
		WorkflowId:               workflowID,
		WorkflowType:             &commonpb.WorkflowType{Name: workflows.GiftCardOrderType},
		TaskQueue:                &taskqueuepb.TaskQueue{Name: workflows.TaskQueue},
		Input:                    input,
		WorkflowIdReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIdConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		SearchAttributes:         attributes,
		Memo:                     &commonpb.Memo{Fields: map[string]*commonpb.Payload{workflows.OrderMemoKey: memo}},
		UserMetadata:             &sdkpb.UserMetadata{Summary: summary, Details: details},
	}, nil
}

// searchAttributes encodes search attributes as the SDK does: unencrypted, with their types.
func searchAttributes(attributes temporal.SearchAttributes) (*commonpb.SearchAttributes, error) {
	out := &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{}}
	for key, value := range attributes.GetUntypedValues() {
		payload, err := converter.GetDefaultDataConverter().ToPayload(value)
		if err != nil {
			return nil, fmt.Errorf("encode search attribute %s: %w", key.GetName(), err)
		}
		payload.Metadata["type"] = []byte(key.GetValueType().String())
		out.IndexedFields[key.GetName()] = payload
	}
	return out, nil
}
