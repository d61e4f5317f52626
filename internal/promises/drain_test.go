package promises_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/promises"
	"github.com/giftbridge/giftbridge/internal/recovery"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/workflows"
)

// book keeps workflows that do nothing but stay on record, by ID, and knows runs that take the values of cards back, by run
// ID. It is safe for concurrent use.
type book struct {
	client.Client
	memos map[string]*commonpb.Memo
	runs  map[string]card
	// away is what Temporal answers to every question.
	away error

	mu sync.Mutex
}

func (b *book) promises() *promises.Promises {
	return promises.New(recovery.New(orders.New(settings.New(&executions.Reader{
		Client: b, Converter: converter.GetDefaultDataConverter(), Failures: temporal.GetDefaultFailureConverter(),
	}, settings.Configured{}))))
}

func (b *book) ExecuteWorkflow(
	_ context.Context, o client.StartWorkflowOptions, _ any, _ ...any,
) (client.WorkflowRun, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.memos[o.ID] != nil && o.WorkflowIDReusePolicy == enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE {
		return nil, serviceerror.NewWorkflowExecutionAlreadyStarted("there is one", "", "")
	}
	memo := &commonpb.Memo{Fields: map[string]*commonpb.Payload{}}
	for name, value := range o.Memo {
		var err error
		if memo.Fields[name], err = converter.GetDefaultDataConverter().ToPayload(value); err != nil {
			return nil, err
		}
	}
	b.memos[o.ID] = memo
	return nil, nil
}

func (b *book) DescribeWorkflowExecution(
	_ context.Context, id, run string,
) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	info := &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: id, RunId: run}, Memo: b.memos[id], Status: b.runs[run].status,
	}
	if b.away != nil {
		return nil, b.away
	}
	if info.GetMemo() == nil && info.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_UNSPECIFIED {
		return nil, serviceerror.NewNotFound("no such workflow")
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: info}, nil
}

func (b *book) GetWorkflow(_ context.Context, _, run string) client.WorkflowRun {
	return ended{card: b.runs[run]}
}

func cancels(run string) activities.WorkflowRun {
	return activities.WorkflowRun{WorkflowID: workflows.CancelCardID("example.myshopify.com", "5001", 1), RunID: run}
}

// The value of a card is taken back by one run. Another run may only follow one that says that it has not.
func TestDrainIsClaimed(t *testing.T) {
	t.Parallel()
	const (
		running    = enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
		completed  = enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
		failed     = enumspb.WORKFLOW_EXECUTION_STATUS_FAILED
		terminated = enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED
	)
	says := func(clean bool) card {
		return card{status: failed, err: temporal.NewApplicationError("order #1001, card 1: no", string(giftcard.CardDeclined),
			workflows.CancelCardFailure{Clean: clean})}
	}
	for name, tt := range map[string]struct {
		// before are the runs that have claimed the card before.
		before []card
		mine   bool
	}{
		"nobody before":                  {mine: true},
		"one is asking":                  {before: []card{{status: running}}},
		"one has":                        {before: []card{{status: completed}}},
		"one may have":                   {before: []card{says(false)}},
		"one was refused":                {before: []card{says(true)}, mine: true},
		"one was ended":                  {before: []card{{status: terminated, err: &temporal.TerminatedError{}}}},
		"one does not say":               {before: []card{{status: failed, err: errors.New("panic")}}},
		"the record of one has expired":  {before: []card{{}}},
		"one was refused, another may":   {before: []card{says(true), says(false)}},
		"one was refused, and so was":    {before: []card{says(true), says(true)}, mine: true},
		"one was refused, another's run": {before: []card{says(true), {status: running}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := &book{memos: map[string]*commonpb.Memo{}, runs: map[string]card{}}
			p := b.promises()
			for i, c := range tt.before {
				run := cancels(string(rune('a' + i)))
				owns, err := p.ClaimDrain(t.Context(), unit, run)
				require.NoError(t, err)
				require.Equal(t, i+1, owns)
				b.runs[run.RunID] = c
			}
			for range 2 { // An attempt whose answer was lost is made again by the same run.
				mine, err := p.ClaimDrain(t.Context(), unit, cancels("mine"))
				require.NoError(t, err)
				require.Equal(t, tt.mine, mine > 0)
			}
			b.runs["mine"] = card{status: running}
			other, err := p.ClaimDrain(t.Context(), unit, cancels("other"))
			require.NoError(t, err)
			require.Zero(t, other)
			another := unit
			another.Key = "5001-B"
			mine, err := p.ClaimDrain(t.Context(), another, cancels("mine"))
			require.NoError(t, err)
			require.Equal(t, 1, mine, "another card")
		})
	}
}

// Of runs that claim a card at the same moment, one gets it.
func TestDrainIsClaimedAtTheSameMoment(t *testing.T) {
	t.Parallel()
	b := &book{memos: map[string]*commonpb.Memo{}, runs: map[string]card{}}
	p := b.promises()
	won, errs := make([]int, 8), make([]error, 8)
	for i := range won {
		b.runs[string(rune('a'+i))] = card{status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING}
	}
	var all sync.WaitGroup
	for i := range won {
		all.Go(func() { won[i], errs[i] = p.ClaimDrain(t.Context(), unit, cancels(string(rune('a'+i)))) })
	}
	all.Wait()
	require.NoError(t, errors.Join(errs...))
	slices.Sort(won)
	require.Equal(t, []int{0, 0, 0, 0, 0, 0, 0, 1}, won)
}

// As long as nobody can say who takes the value of a card back, nobody does.
func TestDrainWithoutTemporal(t *testing.T) {
	t.Parallel()
	b := &book{memos: map[string]*commonpb.Memo{}, away: errors.New("frontend is away")}
	p := b.promises()
	mine, err := p.ClaimDrain(t.Context(), unit, cancels("mine"))
	require.NoError(t, err)
	require.Equal(t, 1, mine, "it was not there, and it is now")
	mine, err = p.ClaimDrain(t.Context(), unit, cancels("mine"))
	require.ErrorContains(t, err, "frontend is away")
	require.Zero(t, mine)
}

// What was sent is on record, and the first record stays.
func TestDeliveryIsOnRecord(t *testing.T) {
	t.Parallel()
	b := &book{memos: map[string]*commonpb.Memo{}}
	p := b.promises()
	at, err := p.Delivered(t.Context(), "acme", "5001-A")
	require.NoError(t, err)
	require.True(t, at.IsZero())
	first := time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)
	for _, sent := range []time.Time{first, first.Add(time.Hour)} {
		require.NoError(t, p.RecordDelivery(t.Context(), "acme", "5001-A", sent))
		at, err = p.Delivered(t.Context(), "acme", "5001-A")
		require.NoError(t, err)
		require.Equal(t, first, at)
	}
	at, err = p.Delivered(t.Context(), "acme", "5001-B")
	require.NoError(t, err)
	require.True(t, at.IsZero(), "another card")
	b.away = errors.New("frontend is away")
	_, err = p.Delivered(t.Context(), "acme", "5001-A")
	require.ErrorContains(t, err, "frontend is away")
}
