package promises

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/internal/executions/historytest"
	"github.com/giftbridge/giftbridge/workflows"
)

// claims is a Temporal with claims, and the runs that have made them. It is safe for concurrent use.
type claims struct {
	client.Client
	runs map[activities.WorkflowRun]run
	away error

	mu    sync.Mutex
	taken map[string]*commonpb.Memo
}

func (c *claims) ExecuteWorkflow(_ context.Context, o client.StartWorkflowOptions, _ any, _ ...any) (client.WorkflowRun, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.away != nil {
		return nil, c.away
	}
	if c.taken[o.ID] != nil {
		return nil, serviceerror.NewWorkflowExecutionAlreadyStarted("it is claimed", "", "")
	}
	memo := &commonpb.Memo{Fields: map[string]*commonpb.Payload{}}
	for name, value := range o.Memo {
		payload, err := converter.GetDefaultDataConverter().ToPayload(value)
		if err != nil {
			return nil, err
		}
		memo.Fields[name] = payload
	}
	if c.taken == nil {
		c.taken = map[string]*commonpb.Memo{}
	}
	c.taken[o.ID] = memo
	return nil, nil
}

func (c *claims) DescribeWorkflowExecution(
	_ context.Context, id, runID string,
) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	info := &workflowpb.WorkflowExecutionInfo{Execution: &commonpb.WorkflowExecution{WorkflowId: id, RunId: runID}}
	r, known := c.runs[activities.WorkflowRun{WorkflowID: id, RunID: runID}]
	switch memo := c.taken[id]; {
	case c.away != nil:
		return nil, c.away
	case memo != nil:
		info.Memo = memo
	case known:
		info.Status = r.status
	default:
		return nil, serviceerror.NewNotFound("no such workflow")
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: info}, nil
}

func (c *claims) GetWorkflow(_ context.Context, id, runID string) client.WorkflowRun {
	return c.runs[activities.WorkflowRun{WorkflowID: id, RunID: runID}]
}

// Of runs that claim a card at the same moment, one gets it. Without Temporal, none does.
func TestClaimDrainAtTheSameMoment(t *testing.T) {
	t.Parallel()
	unit := deferred.Unit{Issuer: "acme", Key: "5001-A"}
	c := &claims{runs: map[activities.WorkflowRun]run{}}
	p := promisesOf(c)
	runs := make([]activities.WorkflowRun, 8)
	for i := range runs {
		runs[i] = activities.WorkflowRun{WorkflowID: "cancel-card/shop/5001/1", RunID: string(rune('a' + i))}
		c.runs[runs[i]] = run{status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING}
	}
	var all sync.WaitGroup
	won, errs := make([]int, len(runs)), make([]error, len(runs))
	for i, by := range runs {
		all.Go(func() { won[i], errs[i] = p.ClaimDrain(t.Context(), unit, by) })
	}
	all.Wait()
	require.NoError(t, errors.Join(errs...))
	n := 0
	for _, w := range won {
		if w > 0 {
			n++
		}
	}
	require.Equal(t, 1, n)

	mine, err := promisesOf(&claims{away: errors.New("frontend is away")}).ClaimDrain(t.Context(), unit, runs[0])
	require.ErrorContains(t, err, "frontend is away")
	require.Zero(t, mine)
}

// end is the history of a card's workflow that ends with a result, or a failure.
func end(t *testing.T, result *workflows.DeferredCardResult, failure error) historytest.Events {
	t.Helper()
	h := historytest.Events{{EventId: 1, EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED}}
	if result == nil {
		h.Add(&historypb.HistoryEvent{
			EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
			Attributes: &historypb.HistoryEvent_WorkflowExecutionFailedEventAttributes{
				WorkflowExecutionFailedEventAttributes: &historypb.WorkflowExecutionFailedEventAttributes{
					Failure: temporal.GetDefaultFailureConverter().ErrorToFailure(failure),
				},
			},
		})
		return h
	}
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(*result)
	require.NoError(t, err)
	h.Add(&historypb.HistoryEvent{
		EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
		Attributes: &historypb.HistoryEvent_WorkflowExecutionCompletedEventAttributes{
			WorkflowExecutionCompletedEventAttributes: &historypb.WorkflowExecutionCompletedEventAttributes{Result: payloads},
		},
	})
	return h
}

// Which cards of an order have their value, which only a person can tell, and for which it is too early.
func TestExisting(t *testing.T) {
	t.Parallel()
	failure := func(clean bool) error {
		return temporal.NewApplicationError("no", "CardDeclined", workflows.DeferredCardFailure{Clean: clean})
	}
	settled := run{events: end(t, &workflows.DeferredCardResult{}, nil)}
	unmade, unsure := run{events: end(t, nil, failure(true))}, run{events: end(t, nil, failure(false))}
	asked := run{events: historytest.Events{{EventId: 1, EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED}}}
	said := func(issued bool, number int) *workflows.CardResolution {
		return &workflows.CardResolution{Issued: issued, Card: workflows.DeferredCardID("acme", key(1), number)}
	}
	for name, tt := range map[string]struct {
		// first are the workflows of the first of two cards, by number, and second that of the second.
		first, second []run
		said          *workflows.CardResolution
		exist, doubt  []int
		waits         string
	}{
		"none was begun":                           {},
		"both exist":                               {first: []run{settled}, second: []run{settled}, exist: []int{1, 2}},
		"one was not begun":                        {second: []run{settled}, exist: []int{2}},
		"one was not made":                         {first: []run{unmade}, second: []run{settled}, exist: []int{2}},
		"one is in doubt":                          {first: []run{unsure}, second: []run{settled}, exist: []int{2}, doubt: []int{1}},
		"one is being made":                        {first: []run{asked}, second: []run{settled}, waits: "the issuer has not finished card 1"},
		"one was made anew":                        {first: []run{unmade, settled}, exist: []int{1}},
		"one is being made anew":                   {first: []run{unmade, asked}, waits: "the issuer has not finished card 1"},
		"a person says that it has its value":      {first: []run{unsure}, said: said(true, 1), exist: []int{1}},
		"a person says that it has none":           {first: []run{unsure}, said: said(false, 1)},
		"a person has spoken of an earlier number": {first: []run{unsure, unsure}, said: said(false, 1), doubt: []int{1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			order := workflows.GiftCardOrderID("shop", "5001")
			f := fakeTemporal{runs: map[string]run{order: {events: historytest.Events{ordered(t)}}}}
			for unit, numbers := range map[int][]run{1: tt.first, 2: tt.second} {
				for i, r := range numbers {
					f.runs[workflows.DeferredCardID("acme", key(unit), i+1)] = r
				}
			}
			if tt.said != nil {
				f.runs[workflows.ResolveCardID("shop", "5001", 1)] = run{
					status: enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, said: *tt.said,
				}
			}
			cards, doubt, waits, err := promisesOf(f).Existing(t.Context(), order, []string{"run"})
			require.NoError(t, err)
			var exist []int
			for _, c := range cards {
				exist = append(exist, c.Unit)
				require.Equal(t, activities.ExistingCard{
					Unit: c.Unit, AuditNumber: key(c.Unit), Amount: "50.00", Currency: "EUR", Issuer: "acme", Item: "I50",
				}, c)
			}
			require.Equal(t, tt.exist, exist)
			require.Equal(t, tt.doubt, doubt)
			require.Equal(t, tt.waits, waits)
		})
	}
}
