package promises

import (
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/executions/historytest"
	"github.com/giftbridge/giftbridge/workflows"
)

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
