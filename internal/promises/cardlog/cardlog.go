// Package cardlog reads where a card stands that its issuer makes later, from the history of its workflow. That takes no worker,
// and adds nothing to the history.
package cardlog

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/temporal"

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
	// ValidUntil is when the card expires; zero if the issuer did not say.
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

	// Open reports whether its activation is open, and its workflow takes in what a person has found out.
	Open bool `json:"open,omitempty"`

	// code is the code of the card that was activated last.
	code deferred.Code
}

// InDoubt reports whether a person who has asked the issuer can say what became of the card: its activation is open, or its
// workflow has ended without knowing.
func (s Standing) InDoubt() bool { return s.Open || s.MayHaveValue && s.Resolved == nil }

// Code returns the code of the card that was activated last; empty if none was. It is money: it is not part of what is shown.
func (s Standing) Code() deferred.Code { return s.code }

// Read adds to a standing what the history of a run says.
func (s *Standing) Read(ctx context.Context, from *executions.Reader, workflowID, runID string) error {
	r := reader{
		Reader: from, Standing: s, named: map[int]deferred.Code{}, seen: map[deferred.Code]bool{}, scheduled: map[int64]string{},
	}
	return from.EachEvent(ctx, workflowID, runID, r.read)
}

// reader reads the history of a card's workflow. What it counts is what the workflow counts.
type reader struct {
	*executions.Reader
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
		r.Open, r.ValidUntil, r.code, r.Resolved = false, out.ValidUntil, out.Code, out.Resolved
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
	activateCard = deferred.ActivateCardType
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
		r.Activated, r.Answered, r.code, r.Open = in.Attempt, false, in.Code, false
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
		r.Open = true
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
	var said workflows.DeferredCardFailure
	app, ok := errors.AsType[*temporal.ApplicationError](err)
	told := ok && app.HasDetails() && app.Details(&said) == nil
	r.is(Failed, e)
	r.Open, r.Failure, r.MayHaveValue = false, executions.FailureOf(err), !told || !said.Clean
	if said.Code != "" {
		r.code, r.ValidUntil = said.Code, said.ValidUntil
	}
}

// ends notes that somebody, or Temporal, has ended the workflow of the card, which then says nothing of the card.
func (r *reader) ends(e *historypb.HistoryEvent, kind, message string) {
	r.is(Failed, e)
	r.Open, r.Failure, r.MayHaveValue = false, &executions.Failure{Kind: kind, Message: message}, true
}
