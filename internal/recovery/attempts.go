package recovery

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/workflows"
)

// Note stores a note with a running activity. It implements activities.Attempts.
func (o *Recovery) Note(ctx context.Context, taskToken []byte, note activities.AttemptNote) error {
	return o.Client.RecordActivityHeartbeat(ctx, taskToken, note)
}

// IsFirst reports whether a run is the first of its workflow. It implements activities.Runs.
func (o *Recovery) IsFirst(ctx context.Context, workflowID, runID string) (bool, error) {
	run, err := o.DescribeRun(ctx, workflowID, runID)
	if err != nil {
		return false, err
	}
	return run.GetFirstRunId() == runID, nil
}

// Beat sends an activity's heartbeat. It implements activities.Executions.
func (o *Recovery) Beat(ctx context.Context, taskToken []byte, details ...any) error {
	return o.Client.RecordActivityHeartbeat(ctx, taskToken, details...)
}

// Earlier returns what became of a card in the order's other runs. It implements activities.Runs.
//
// The runs that led to this one, by resets or by a release, are found in its history. A parallel run, which exists if
// the same run was reset twice, is found in visibility, which may lag by a second.
func (o *Recovery) Earlier(ctx context.Context, in activities.EarlierInput) (activities.Earlier, error) {
	var out activities.Earlier
	if !in.Again {
		if first, err := o.IsFirst(ctx, in.WorkflowID, in.RunID); err != nil || first {
			return out, err
		}
	}
	runs, err := o.OtherRuns(ctx, in.WorkflowID, in.RunID)
	if err != nil {
		return out, err
	}
	said, err := o.Resolution(ctx, in.WorkflowID, in.Unit)
	if err != nil {
		return out, err
	}
	settled, err := o.settledUntil(ctx, in.WorkflowID, said)
	if err != nil {
		return out, err
	}
	for _, runID := range runs {
		run, err := o.DescribeRun(ctx, in.WorkflowID, runID)
		if executions.IsNotFound(err) {
			out.InDoubt = true // Its history has expired.
			continue
		}
		if err != nil {
			return out, err
		}
		if !run.GetStartTime().AsTime().After(settled) {
			continue
		}
		card, err := o.cardOfRun(ctx, in.WorkflowID, runID, in.AuditNumber)
		if err != nil {
			return out, err
		}
		if card.Issued != nil {
			return card, nil
		}
		out.InDoubt = out.InDoubt || card.InDoubt
	}
	out.Found = said != nil && said.Issued
	return out, nil
}

// settledUntil returns a start time: a person has found that no run which started up to then has issued the card. It is
// zero if no person has.
func (o *Recovery) settledUntil(
	ctx context.Context, workflowID string, said *workflows.CardResolution,
) (time.Time, error) {
	if said == nil || said.Issued {
		return time.Time{}, nil
	}
	run, err := o.DescribeRun(ctx, workflowID, said.RunID)
	if executions.IsNotFound(err) {
		return time.Time{}, nil
	}
	return run.GetStartTime().AsTime(), err
}

// OtherRuns returns the IDs of the other runs of a workflow.
func (o *Recovery) OtherRuns(ctx context.Context, workflowID, runID string) ([]string, error) {
	known := map[string]bool{runID: true}
	runs := []string{runID}
	add := func(id string) {
		if id != "" && !known[id] {
			known[id] = true
			runs = append(runs, id)
		}
	}
	err := o.Scan(ctx, "WorkflowId = "+executions.Quote(workflowID), func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		add(info.GetExecution().GetRunId())
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	for i := 0; i < len(runs); i++ {
		err := o.EachEvent(ctx, workflowID, runs[i], func(e *historypb.HistoryEvent) error {
			// The history of a run that was created by a reset contains that reset, and earlier ones.
			add(e.GetWorkflowTaskFailedEventAttributes().GetBaseRunId())
			before, err := o.Follows(e)
			add(before)
			return err
		})
		if err != nil && !executions.IsNotFound(err) {
			return nil, err
		}
	}
	return runs[1:], nil
}

// Follows returns the ID of the run that this run follows, if e is its first event and a person has released, corrected,
// settled or reopened the order.
func (o *Recovery) Follows(e *historypb.HistoryEvent) (string, error) {
	started := e.GetWorkflowExecutionStartedEventAttributes()
	switch started.GetWorkflowType().GetName() {
	case workflows.GiftCardOrderType:
		var in workflows.GiftCardOrderInput
		if err := o.Converter.FromPayloads(started.GetInput(), &in); err != nil {
			return "", fmt.Errorf("read the input of an order: %w", err)
		}
		if in.Release != nil {
			return in.Release.RunID, nil
		}
	case workflows.LeftOrderType:
		var in activities.LeftOrder
		if err := o.Converter.FromPayloads(started.GetInput(), &in); err != nil {
			return "", fmt.Errorf("read the input of an order that is left to people: %w", err)
		}
		return in.RunID, nil
	}
	return "", nil
}

// IssuedCards returns the audit numbers of the cards of an order that exist, or may exist, as far as this run and
// earlier runs know. It omits a card that this run is still requesting. It implements activities.Runs.
func (o *Recovery) IssuedCards(ctx context.Context, workflowID, runID string) (map[string]bool, error) {
	runs, err := o.OtherRuns(ctx, workflowID, runID)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for _, run := range append([]string{runID}, runs...) {
		err := o.eachIssued(ctx, workflowID, run, run == runID, func(c askedCard) { out[c.audit] = true })
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Requested is what the runs of an order know about its cards, by audit number.
type Requested struct {
	// Issued are the cards that exist, and InDoubt those that may exist.
	Issued, InDoubt map[string]bool
	// Expired reports whether the history of a run is deleted: that run may have requested any card.
	Expired bool
}

// Requested returns what all runs of an order know about its cards. The newest run must be closed.
func (o *Recovery) Requested(ctx context.Context, workflowID, newest string) (Requested, error) {
	out := Requested{Issued: map[string]bool{}, InDoubt: map[string]bool{}}
	runs, err := o.OtherRuns(ctx, workflowID, newest)
	if err != nil {
		return out, err
	}
	for _, run := range append([]string{newest}, runs...) {
		_, err := o.DescribeRun(ctx, workflowID, run)
		if executions.IsNotFound(err) {
			out.Expired = true
			continue
		}
		if err != nil {
			return out, err
		}
		err = o.eachIssued(ctx, workflowID, run, false, func(c askedCard) {
			if c.issued {
				out.Issued[c.audit] = true
			} else {
				out.InDoubt[c.audit] = true
			}
		})
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

// MerchantOf returns the merchant for which earlier runs have issued a card, or may have issued one. The code is empty
// if there is none. It implements activities.Runs.
func (o *Recovery) MerchantOf(
	ctx context.Context, workflowID, runID string,
) (found activities.LookUpMerchantResult, err error) {
	runs, err := o.OtherRuns(ctx, workflowID, runID)
	if err != nil {
		return found, err
	}
	for _, run := range runs {
		err := o.eachIssued(ctx, workflowID, run, false, func(c askedCard) { found = c.merchant })
		if err != nil || found.MerchantCode != "" {
			return found, err
		}
	}
	return found, nil
}

// eachIssued calls visit for the cards of a run that exist, or may exist. A card whose request has no outcome yet may
// exist only if the run is over.
func (o *Recovery) eachIssued(ctx context.Context, workflowID, runID string, running bool, visit func(askedCard)) error {
	cards, err := o.cardsOfRun(ctx, workflowID, runID)
	if executions.IsNotFound(err) {
		return nil // Its history has expired.
	}
	if err != nil {
		return err
	}
	for _, c := range cards {
		exists := c.issued
		if c.failed && c.inDoubt || !c.issued && !c.failed && !running {
			if exists, err = o.mayExist(ctx, workflowID, runID, c.unit); err != nil {
				return err
			}
		}
		if exists {
			visit(c)
		}
	}
	return nil
}

// mayExist reports whether a card that a run has left in doubt may exist, given what a person has said about it since.
func (o *Recovery) mayExist(ctx context.Context, workflowID, runID string, unit int) (bool, error) {
	said, err := o.Resolution(ctx, workflowID, unit)
	if err != nil || said == nil || said.Issued {
		return true, err
	}
	settled, err := o.settledUntil(ctx, workflowID, said)
	if err != nil {
		return true, err
	}
	run, err := o.DescribeRun(ctx, workflowID, runID)
	if err != nil {
		return true, err
	}
	return run.GetStartTime().AsTime().After(settled), nil
}

// askedCard is a card that a run has requested, and the outcome.
type askedCard struct {
	unit                    int
	audit, activity         string
	merchant                activities.LookUpMerchantResult
	issued, failed, inDoubt bool
	// result is the activity's result, if the card was issued.
	result *commonpb.Payloads
}

// cardsOfRun returns the cards that a run has requested, by the ID of the event that scheduled the request.
func (o *Recovery) cardsOfRun(ctx context.Context, workflowID, runID string) (map[int64]askedCard, error) {
	cards := map[int64]askedCard{}
	err := o.EachEvent(ctx, workflowID, runID, func(e *historypb.HistoryEvent) error {
		switch e.GetEventType() {
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
			a := e.GetActivityTaskScheduledEventAttributes()
			if a.GetActivityType().GetName() != activities.IssueCardType {
				return nil
			}
			var in activities.IssueCardInput
			if err := o.Converter.FromPayloads(a.GetInput(), &in); err != nil {
				return fmt.Errorf("read event %d of run %s of %s: %w", e.GetEventId(), runID, workflowID, err)
			}
			cards[e.GetEventId()] = askedCard{
				unit: in.Unit, audit: in.AuditNumber, activity: a.GetActivityId(),
				merchant: activities.LookUpMerchantResult{MerchantCode: in.MerchantCode, At: in.At},
			}
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
			a := e.GetActivityTaskCompletedEventAttributes()
			if c, ok := cards[a.GetScheduledEventId()]; ok {
				c.issued, c.result = true, a.GetResult()
				cards[a.GetScheduledEventId()] = c
			}
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_FAILED:
			a := e.GetActivityTaskFailedEventAttributes()
			if c, ok := cards[a.GetScheduledEventId()]; ok {
				c.failed, c.inDoubt = true, !notIssued(o.Failures.FailureToError(a.GetFailure()))
				cards[a.GetScheduledEventId()] = c
			}
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT:
			id := e.GetActivityTaskTimedOutEventAttributes().GetScheduledEventId()
			if c, ok := cards[id]; ok {
				c.failed, c.inDoubt = true, true
				cards[id] = c
			}
		default:
		}
		return nil
	})
	return cards, err
}

// cardOfRun returns what a run knows about a card. Once the card was requested, it is in doubt until the history says
// otherwise: a terminated run, or an attempt that timed out, does not say.
func (o *Recovery) cardOfRun(ctx context.Context, workflowID, runID, auditNumber string) (activities.Earlier, error) {
	var out activities.Earlier
	cards, err := o.cardsOfRun(ctx, workflowID, runID)
	if err != nil {
		return out, err
	}
	for _, id := range slices.Sorted(maps.Keys(cards)) { // If a card was requested again, the last outcome counts.
		c := cards[id]
		if c.audit != auditNumber {
			continue
		}
		out.InDoubt = !c.issued && (c.inDoubt || !c.failed)
		if c.issued {
			out.Issued = new(activities.IssueCardResult)
			if err := o.Converter.FromPayloads(c.result, out.Issued); err != nil {
				return out, fmt.Errorf("read the card of event %d of run %s of %s: %w", id, runID, workflowID, err)
			}
		}
	}
	return out, nil
}

// notIssued reports whether it is certain that a failed activity has created no card.
func notIssued(err error) bool {
	app, ok := errors.AsType[*temporal.ApplicationError](err)
	var details activities.FailureDetails
	return ok && app.HasDetails() && app.Details(&details) == nil && details.NotIssued
}
