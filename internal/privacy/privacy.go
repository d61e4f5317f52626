package privacy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"golang.org/x/sync/errgroup"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/left"
	"github.com/giftbridge/giftbridge/workflows"
)

// Privacy finds and removes the personal data in an installation's histories.
type Privacy struct{ *left.Left }

// New returns a Privacy. It removes the histories of orders through l.
func New(l *left.Left) *Privacy { return &Privacy{l} }

// parallel bounds the number of histories that are read at the same time.
const parallel = 8

// Found are the histories that hold a person's data.
type Found struct {
	Orders []Order `json:"orders"`
	Polls  []Poll  `json:"polls"`
	// Others are histories of messages, and of events for another system.
	Others []Other `json:"others"`
	// Read is the number of histories that were read. Unreadable are those that the available keys cannot decrypt: they
	// may hold the person's data too.
	Read       int    `json:"read"`
	Unreadable []Poll `json:"unreadable"`
}

// Order is an order with histories that hold a person's data.
type Order struct {
	executions.Order
	// Histories is the number of histories that hold the data.
	Histories int `json:"histories"`
	// Kept says why the histories cannot be removed now; empty if they can.
	Kept string `json:"kept,omitempty"`
}

// Poll is a history of a poll, or one that cannot be read.
type Poll struct {
	WorkflowID string    `json:"workflow_id"`
	RunID      string    `json:"run_id"`
	StartedAt  time.Time `json:"started_at"`
	Link       string    `json:"link"`
	// Kept says why the history cannot be removed now; empty if it can.
	Kept string `json:"kept,omitempty"`
}

// Why a poll's history stays for now.
const (
	keptNewest = "it is the newest poll, which says up to when orders were read: it can go once a later poll has completed; " +
		"polls read again what has changed within POLL_OVERLAP"
	keptRunning = "it is running: it can go once a later poll has completed"
)

// finder looks for a person's data.
type finder struct {
	*Privacy
	person   Person
	progress func(read int)

	mu    sync.Mutex
	found Found
	// orders counts the histories by the workflow ID of the order.
	orders map[string]int
	others []otherRun
}

// Find returns the histories of the runs that started since the given time and hold a person's data. It decrypts the inputs of all
// orders, the pages of all polls, and all of messages and of events: no index has personal data in it. It calls progress with the number
// of histories read so far.
func (o *Privacy) Find(ctx context.Context, p Person, since time.Time, progress func(read int)) (*Found, error) {
	f := finder{
		Privacy: o, person: p, progress: progress, orders: map[string]int{},
		found: Found{Orders: []Order{}, Polls: []Poll{}, Others: []Other{}, Unreadable: []Poll{}},
	}
	query := "WorkflowType IN (" + executions.QuoteAll(append([]string{workflows.GiftCardOrderType, workflows.PollOrdersType}, otherTypes...)) + ")"
	if !since.IsZero() {
		query += " AND StartTime >= " + executions.QuoteTime(since)
	}
	all, reading := errgroup.WithContext(ctx)
	all.SetLimit(parallel)
	err := o.Scan(reading, query, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		all.Go(func() error { return f.read(reading, info) })
		return true, nil
	})
	if failed := all.Wait(); failed != nil {
		err = failed // The scan fails too, as its context has ended.
	}
	if err != nil {
		return nil, err
	}
	return &f.found, f.judge(ctx)
}

// read notes a run if its history holds the person's data.
func (f *finder) read(ctx context.Context, info *workflowpb.WorkflowExecutionInfo) error {
	look, other := f.inOrder, slices.Contains(otherTypes, info.GetType().GetName())
	switch {
	case other:
		look = f.inOther
	case info.GetType().GetName() == workflows.PollOrdersType:
		look = f.inPoll
	}
	holds, err := look(ctx, info.GetExecution())
	if executions.IsNotFound(err) {
		return nil
	}
	unreadable, isUnreadable := errors.AsType[*unreadableError](err)
	if err != nil && !isUnreadable {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.found.Read++
	f.progress(f.found.Read)
	run := Poll{
		WorkflowID: info.GetExecution().GetWorkflowId(), RunID: info.GetExecution().GetRunId(),
		StartedAt: info.GetStartTime().AsTime(),
	}
	run.Link = f.Link(run.WorkflowID, run.RunID)
	switch {
	case isUnreadable:
		run.Kept = unreadable.Error()
		f.found.Unreadable = append(f.found.Unreadable, run)
	case other:
		f.noteOther(info, run, holds)
	case holds && info.GetType().GetName() == workflows.PollOrdersType:
		if info.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
			run.Kept = keptRunning
		}
		f.found.Polls = append(f.found.Polls, run)
	case holds:
		f.orders[run.WorkflowID]++
	}
	return nil
}

// unreadableError reports that no available key decrypts a payload.
type unreadableError struct{ err error }

// Error implements error.
func (e *unreadableError) Error() string { return "cannot be read: " + e.err.Error() }

// inOrder reports whether the input of an order's run holds the person's data.
func (f *finder) inOrder(ctx context.Context, run *commonpb.WorkflowExecution) (bool, error) {
	page, err := f.Client.WorkflowService().GetWorkflowExecutionHistory(ctx,
		&workflowservice.GetWorkflowExecutionHistoryRequest{Namespace: f.Namespace(), Execution: run, MaximumPageSize: 1})
	if err != nil {
		return false, fmt.Errorf("read the history of %s: %w", run.GetWorkflowId(), err)
	}
	events := page.GetHistory().GetEvents()
	if len(events) == 0 {
		return false, fmt.Errorf("read the history of %s: it is empty", run.GetWorkflowId())
	}
	var in workflows.GiftCardOrderInput
	if err := f.Converter.FromPayloads(events[0].GetWorkflowExecutionStartedEventAttributes().GetInput(), &in); err != nil {
		return false, &unreadableError{err}
	}
	return f.person.In(in.Order), nil
}

// inPoll reports whether a page that a poll has read holds the person's data.
func (f *finder) inPoll(ctx context.Context, run *commonpb.WorkflowExecution) (bool, error) {
	holds, pages := false, map[int64]bool{}
	err := f.EachEvent(ctx, run.GetWorkflowId(), run.GetRunId(), func(e *historypb.HistoryEvent) error {
		if a := e.GetActivityTaskScheduledEventAttributes(); a.GetActivityType().GetName() == activities.ListGiftCardOrdersType {
			pages[e.GetEventId()] = true
		}
		a := e.GetActivityTaskCompletedEventAttributes()
		if a == nil || !pages[a.GetScheduledEventId()] {
			return nil
		}
		var page activities.ListGiftCardOrdersResult
		if err := f.Converter.FromPayloads(a.GetResult(), &page); err != nil {
			return &unreadableError{err}
		}
		holds = holds || slices.ContainsFunc(page.Orders, func(o giftcard.Order) bool { return f.person.In(o) })
		return nil
	})
	return holds, err
}

// judge says which of the histories can be removed, and sorts them by age.
func (f *finder) judge(ctx context.Context) error {
	for workflowID, histories := range f.orders {
		order, err := f.Look(ctx, workflowID)
		if err != nil {
			return err
		}
		found := Order{Order: order, Histories: histories}
		if err := left.Redactable(order); err != nil {
			found.Kept = err.Error()
		}
		f.found.Orders = append(f.found.Orders, found)
	}
	f.judgeOthers()
	slices.SortFunc(f.found.Orders, func(a, b Order) int {
		return cmp.Or(a.StartedAt.Compare(b.StartedAt), cmp.Compare(a.ID, b.ID))
	})
	if len(f.found.Polls) == 0 {
		return nil
	}
	newest, err := f.LastRun(ctx, workflows.PollScheduleID, executions.Statuses[executions.Completed])
	if err != nil {
		return err
	}
	for i, p := range f.found.Polls {
		if p.RunID == newest.GetExecution().GetRunId() {
			f.found.Polls[i].Kept = keptNewest
		}
	}
	slices.SortFunc(f.found.Polls, func(a, b Poll) int {
		return cmp.Or(a.StartedAt.Compare(b.StartedAt), cmp.Compare(a.RunID, b.RunID))
	})
	return nil
}
