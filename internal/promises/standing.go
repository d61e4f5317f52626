package promises

import (
	"context"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

// State is where a card stands that its issuer makes later.
type State string

// The states.
const (
	// NotBegun: its workflow was never started, or its record has expired.
	NotBegun State = "not_begun"
	// Asked: the issuer was asked for a card, and has named none that can be used.
	Asked State = "asked"
	// Claimed: a card was generated and belongs to the unit. It is worth nothing yet.
	Claimed State = "claimed"
	// Activating: the issuer was asked to give the card its value, and what became of that is open.
	Activating State = "activating"
	// Settled: the card exists and has its value.
	Settled State = "settled"
	// Failed: its workflow has failed, or was ended.
	Failed State = "failed"
)

// Standing is where a card of an order stands. It does not contain the card's code.
type Standing struct {
	// Unit counts the cards of the order from 1.
	Unit   int    `json:"unit"`
	Key    string `json:"audit_number"`
	Issuer string `json:"issuer"`
	Item   string `json:"item"`
	// Price is the value that the card should have, a decimal in Currency.
	Price    string `json:"price"`
	Currency string `json:"currency"`

	State State `json:"state"`
	// Since is when this state began; zero if the card was not begun.
	Since time.Time `json:"since,omitzero"`
	// Number counts how often the card was begun.
	Number int `json:"number,omitempty"`
	// Generated and Activated count the requests for a card, and those to give one its value.
	Generated int `json:"generated,omitempty"`
	Activated int `json:"activated,omitempty"`
	// Answered reports whether the issuer has answered the latest request to give the card its value.
	Answered bool `json:"answered,omitempty"`
	// Conflicting counts callbacks that named another card than an earlier one of the same request, and Refused the cards
	// that the issuer named and that could not be used.
	Conflicting int `json:"conflicting,omitempty"`
	Refused     int `json:"refused,omitempty"`
	// ValidUntil is when a settled card expires; zero if the issuer did not say.
	ValidUntil time.Time `json:"valid_until,omitzero"`
	// Failure says why the workflow of the card failed.
	Failure *executions.Failure `json:"failure,omitempty"`
	// MayHaveValue reports whether a card may exist that has a value, so that only a person can say what is true.
	MayHaveValue bool `json:"may_have_value,omitempty"`
	// Resolved is what a person has said of a card of which only a person could.
	Resolved   *workflows.DeferredResolution `json:"resolved,omitempty"`
	WorkflowID string                        `json:"workflow_id,omitempty"`
	RunID      string                        `json:"run_id,omitempty"`
	Link       string                        `json:"link,omitempty"`

	// open reports whether the workflow of the card listens to what a person has found out.
	open bool
	// code is the code of the card that was activated last, and validUntil when it expires.
	code       deferred.Code
	validUntil time.Time
	// orderRunID is the run of the order that had the card made.
	orderRunID string
}

// InDoubt reports whether a person who has asked the issuer can say what became of the card: its activation is open, or its
// workflow has ended without knowing.
func (s Standing) InDoubt() bool { return s.open || s.MayHaveValue && s.Resolved == nil }

// Open reports whether the activation of the card is open, and its workflow waits for what becomes of it.
func (s Standing) Open() bool { return s.open }

// Units returns the cards of an order that their issuers make later, as the given runs of the order have asked for them. Runs
// whose records have expired are left out.
func (p *Promises) Units(ctx context.Context, workflowID string, runs ...string) ([]deferred.Unit, error) {
	var out []deferred.Unit
	known := map[string]bool{}
	for _, run := range runs {
		in, err := p.OrderInput(ctx, workflowID, run)
		if executions.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if len(in.Deferred) == 0 {
			continue
		}
		units, err := in.Order.CardUnits(in.AuditPrefix)
		if err != nil {
			continue // The order has failed for the same reason.
		}
		for _, u := range units {
			item, later := in.Deferred[u.Line.SKU]
			if !later || known[u.AuditNumber] {
				continue
			}
			known[u.AuditNumber] = true
			out = append(out, deferred.Unit{
				Issuer: item.Issuer, Key: u.AuditNumber, OrderName: in.Order.Name, OrderWorkflowID: workflowID, Number: u.Number,
				Item: item.Item, Price: u.Line.Price, Currency: u.Line.Currency,
			})
		}
	}
	return out, nil
}

// Standings returns where the cards of an order stand that their issuers make later; none if it has no such card.
func (p *Promises) Standings(ctx context.Context, workflowID string, runs ...string) ([]Standing, error) {
	units, err := p.Units(ctx, workflowID, runs...)
	if err != nil {
		return nil, err
	}
	out := make([]Standing, 0, len(units))
	for _, u := range units {
		s, err := p.Standing(ctx, u)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// Standing returns where a card stands, from the history of its newest workflow. That takes no worker and adds nothing to the
// history.
func (p *Promises) Standing(ctx context.Context, u deferred.Unit) (Standing, error) {
	s := Standing{
		Unit: u.Number, Key: u.Key, Issuer: u.Issuer, Item: u.Item, Price: u.Price, Currency: u.Currency, State: NotBegun,
	}
	info, number, err := p.newest(ctx, u)
	if err != nil || info == nil {
		return s, err
	}
	run := info.GetExecution()
	s.Number, s.WorkflowID, s.RunID = number, run.GetWorkflowId(), run.GetRunId()
	s.Link = p.Link(s.WorkflowID, s.RunID)
	r := reader{Promises: p, Standing: &s, named: map[int]deferred.Code{}, seen: map[deferred.Code]bool{}, scheduled: map[int64]string{}}
	if err := p.EachEvent(ctx, s.WorkflowID, s.RunID, r.read); err != nil {
		return s, err
	}
	if s.MayHaveValue {
		said, err := p.Resolution(ctx, u.OrderWorkflowID, u.Number)
		if err != nil {
			return s, err
		}
		if said != nil && said.Card == s.WorkflowID {
			s.Resolved = &workflows.DeferredResolution{Issued: said.Issued}
		}
	}
	return s, nil
}

// newest returns the workflow of a card that has the highest number; nil if there is none.
func (p *Promises) newest(ctx context.Context, u deferred.Unit) (*workflowpb.WorkflowExecutionInfo, int, error) {
	var newest *workflowpb.WorkflowExecutionInfo
	for number := 1; number <= maxNumber; number++ {
		id := workflows.DeferredCardID(u.Issuer, u.Key, number)
		d, err := p.Client.DescribeWorkflowExecution(ctx, id, "")
		if executions.IsNotFound(err) {
			return newest, number - 1, nil
		}
		if err != nil {
			return nil, 0, fmt.Errorf("describe %s: %w", id, err)
		}
		newest = d.GetWorkflowExecutionInfo()
	}
	return newest, maxNumber, nil
}

// reader reads the history of a card's workflow. What it counts is what the workflow counts.
type reader struct {
	*Promises
	*Standing
	named     map[int]deferred.Code
	seen      map[deferred.Code]bool
	scheduled map[int64]string
}

func (r *reader) is(s State, e *historypb.HistoryEvent) {
	if r.State != s {
		r.State, r.Since = s, e.GetEventTime().AsTime()
	}
}

func (r *reader) read(e *historypb.HistoryEvent) error {
	switch e.GetEventType() {
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
		r.is(Asked, e)
		var in workflows.DeferredCardInput
		err := r.Converter.FromPayloads(e.GetWorkflowExecutionStartedEventAttributes().GetInput(), &in)
		r.orderRunID = in.OrderRunID
		return r.unreadable(err)
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
		return r.unreadable(r.schedules(e))
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
		return r.unreadable(r.completes(e))
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_FAILED:
		a := e.GetActivityTaskFailedEventAttributes()
		r.activated(e, a.GetScheduledEventId(), r.Failures.FailureToError(a.GetFailure()))
	case enumspb.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT:
		r.activated(e, e.GetActivityTaskTimedOutEventAttributes().GetScheduledEventId(), nil)
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
		return r.unreadable(r.signals(e))
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED:
		var out workflows.DeferredCardResult
		err := r.Converter.FromPayloads(e.GetWorkflowExecutionCompletedEventAttributes().GetResult(), &out)
		r.open, r.ValidUntil, r.code, r.Resolved = false, out.ValidUntil, out.Code, out.Resolved
		r.is(Settled, e)
		return r.unreadable(err)
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED:
		r.fails(e, r.Failures.FailureToError(e.GetWorkflowExecutionFailedEventAttributes().GetFailure()))
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED:
		r.ends(e, executions.TerminatedKind, "somebody terminated its workflow")
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED:
		r.ends(e, executions.CanceledKind, "somebody cancelled its workflow")
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT:
		r.ends(e, string(giftcard.Timeout), "its workflow did not end in time")
	default:
	}
	return nil
}

func (r *reader) unreadable(err error) error {
	if err != nil {
		return fmt.Errorf("read where card %d stands: %w", r.Unit, err)
	}
	return nil
}

// The activities of a card's workflow.
const (
	generateCard = "GenerateCard"
	claimCard    = "ClaimCard"
	activateCard = "ActivateCard"
)

func (r *reader) schedules(e *historypb.HistoryEvent) error {
	a := e.GetActivityTaskScheduledEventAttributes()
	activity := a.GetActivityType().GetName()
	r.scheduled[e.GetEventId()] = activity
	switch activity {
	case generateCard:
		r.Generated++
		r.is(Asked, e)
	case activateCard:
		var in deferred.ActivateCardInput
		if err := r.Converter.FromPayloads(a.GetInput(), &in); err != nil {
			return err
		}
		r.Activated, r.Answered, r.code, r.open = in.Attempt, false, in.Code, false
		r.is(Claimed, e)
	}
	return nil
}

func (r *reader) completes(e *historypb.HistoryEvent) error {
	a := e.GetActivityTaskCompletedEventAttributes()
	switch r.scheduled[a.GetScheduledEventId()] {
	case claimCard:
		var out deferred.ClaimCardResult
		if err := r.Converter.FromPayloads(a.GetResult(), &out); err != nil {
			return err
		}
		if out.Refused != "" {
			r.Refused++
			return nil
		}
		r.is(Claimed, e)
	case activateCard:
		r.activated(e, a.GetScheduledEventId(), nil)
	}
	return nil
}

// activated notes that a request to give a card its value may have been sent, unless err says that it certainly was not.
func (r *reader) activated(e *historypb.HistoryEvent, scheduled int64, err error) {
	if r.scheduled[scheduled] == activateCard && !workflows.CertainlyNotSent(err) {
		r.open = true
		r.is(Activating, e)
	}
}

func (r *reader) signals(e *historypb.HistoryEvent) error {
	s := e.GetWorkflowExecutionSignaledEventAttributes()
	if s.GetSignalName() != workflows.CallbackSignal {
		return nil
	}
	var a workflows.DeferredAnswer
	if err := r.Converter.FromPayloads(s.GetInput(), &a); err != nil {
		return err
	}
	switch {
	case a.Step == deferred.Activating:
		r.Answered = r.Answered || a.Attempt == r.Activated
	case a.Step != deferred.Generating || a.Attempt < 1 || a.Attempt > r.Generated || !a.OK || a.Code == "" || r.seen[a.Code]:
	case r.named[a.Attempt] != "":
		r.Conflicting++
	default:
		r.seen[a.Code], r.named[a.Attempt] = true, a.Code
	}
	return nil
}

// fails notes that the workflow of the card has failed. If it does not say that no card has got a value, one may have.
func (r *reader) fails(e *historypb.HistoryEvent, err error) {
	_, said, told := endOf(err)
	r.is(Failed, e)
	r.open, r.Failure, r.MayHaveValue = false, executions.FailureOf(err), !told || !said.Clean
	if said.Code != "" {
		r.code, r.validUntil = said.Code, said.ValidUntil
	}
}

// ends notes that somebody, or Temporal, has ended the workflow of the card, which then says nothing of the card.
func (r *reader) ends(e *historypb.HistoryEvent, kind, message string) {
	r.is(Failed, e)
	r.open, r.Failure, r.MayHaveValue = false, &executions.Failure{Kind: kind, Message: message}, true
}
