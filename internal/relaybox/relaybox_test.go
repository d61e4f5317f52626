package relaybox_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/activities/relaying"
	"github.com/giftbridge/giftbridge/internal/relaybox"
	"github.com/giftbridge/giftbridge/workflows"
)

var noon = time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)

// temporal is a client that lists runs of mailboxes, the newest first.
type temporal struct {
	results []any // A RelayResult, or an error.
	queries []string
	started []client.StartWorkflowOptions
	inputs  []any
	err     error
}

func (c *temporal) SignalWithStartWorkflow(
	_ context.Context, _, _ string, signal any, o client.StartWorkflowOptions, _ any, in ...any,
) (client.WorkflowRun, error) {
	c.started, c.inputs = append(c.started, o), append(append(c.inputs, signal), in...)
	return nil, c.err
}

func (c *temporal) ListWorkflow(
	_ context.Context, r *workflowservice.ListWorkflowExecutionsRequest,
) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	c.queries = append(c.queries, r.GetQuery())
	out := &workflowservice.ListWorkflowExecutionsResponse{}
	for i := range min(len(c.results), int(r.GetPageSize())) {
		out.Executions = append(out.Executions, &workflowpb.WorkflowExecutionInfo{
			Execution: &commonpb.WorkflowExecution{WorkflowId: "relay/orders/7", RunId: fmt.Sprint(i)},
		})
	}
	return out, c.err
}

func (c *temporal) GetWorkflow(_ context.Context, _, runID string) client.WorkflowRun {
	var i int
	_, _ = fmt.Sscan(runID, &i)
	return run{result: c.results[i]}
}

type run struct {
	client.WorkflowRun
	result any
}

func (r run) Get(_ context.Context, out any) error {
	if err, failed := r.result.(error); failed {
		return err
	}
	*out.(*workflows.RelayResult) = r.result.(workflows.RelayResult)
	return nil
}

func boxes(c *temporal) *relaybox.Boxes {
	return relaybox.New(c, func() time.Time { return noon })
}

func TestPut(t *testing.T) {
	t.Parallel()
	c := &temporal{}
	e := relaying.Event{ID: "a", Topic: "orders/create", Order: "#1001"}
	require.NoError(t, boxes(c).Put(t.Context(), relaying.Orders, "7", e))
	require.Equal(t, []any{e, workflows.RelayInput{Endpoint: relaying.Orders, Resource: "7"}}, c.inputs)
	require.Equal(t, "relay/orders/7", c.started[0].ID)
	require.Equal(t, enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE, c.started[0].WorkflowIDReusePolicy)
	name, _ := c.started[0].TypedSearchAttributes.GetKeyword(workflows.ShopifyOrderName)
	require.Equal(t, "#1001", name)
	c.err = errors.New("away")
	require.ErrorContains(t, boxes(c).Put(t.Context(), relaying.Products, "9", relaying.Event{Topic: "products/update"}),
		"keep products/update of 9: away")
}

// What was delivered before is read from the newest run that knows it.
func TestDelivered(t *testing.T) {
	t.Parallel()
	older := noon.Add(-time.Hour)
	gone := serviceerror.NewNotFound("it was kept no longer")
	for name, c := range map[string]struct {
		results []any
		updated time.Time
		known   time.Time
		lists   int
	}{
		"by the last run":   {[]any{workflows.RelayResult{Delivered: noon}, workflows.RelayResult{Delivered: older}}, older, noon, 1},
		"by the run before": {[]any{workflows.RelayResult{Events: 1}, workflows.RelayResult{Delivered: older}}, older, older, 1},
		"by an older run that delivered a newer state": {
			[]any{workflows.RelayResult{Delivered: older}, workflows.RelayResult{Delivered: noon}}, older.Add(time.Minute), noon, 1,
		},
		"by a run that is gone":     {[]any{gone}, older, time.Time{}, 1},
		"by none":                   {nil, older, time.Time{}, 1},
		"too new to be in the list": {[]any{workflows.RelayResult{Delivered: noon}}, noon.Add(-4 * time.Second), time.Time{}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			temporal := &temporal{results: c.results}
			known, err := boxes(temporal).Delivered(t.Context(), relaying.Orders, "7", "", c.updated)
			require.NoError(t, err)
			require.Equal(t, c.known, known)
			require.Len(t, temporal.queries, c.lists)
		})
	}
	_, err := boxes(&temporal{results: []any{errors.New("no key")}}).Delivered(t.Context(), relaying.Orders, "7", "", older)
	require.ErrorContains(t, err, "no key")
	_, err = boxes(&temporal{err: errors.New("no list")}).Delivered(t.Context(), relaying.Orders, "7", "", older)
	require.ErrorContains(t, err, "no list")
}

// The states of an order and of each of its fulfilments are told apart, and runs that say nothing of one are looked past.
func TestDeliveredOfAnObject(t *testing.T) {
	t.Parallel()
	older := noon.Add(-time.Hour)
	parcel := func(number string, at time.Time) any {
		return workflows.RelayResult{Objects: []workflows.ObjectState{{Object: number, Delivered: at}}}
	}
	others := slices.Repeat([]any{parcel("9", noon)}, 15)
	for name, c := range map[string]struct {
		results []any
		object  string
		known   time.Time
	}{
		"the order, and newer fulfilments":   {append(others, workflows.RelayResult{Delivered: older}), "", older},
		"a fulfilment, and newer ones":       {append(others, parcel("8", older)), "8", older},
		"a fulfilment, and a newer order":    {[]any{workflows.RelayResult{Delivered: noon}}, "8", time.Time{}},
		"what five newer runs do not know":   {append(slices.Repeat([]any{parcel("8", older)}, 5), parcel("8", noon)), "8", older},
		"what is behind too many other runs": {append(slices.Repeat(others, 2), parcel("8", older)), "8", time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			known, err := boxes(&temporal{results: c.results}).Delivered(t.Context(), relaying.Orders, "7", c.object, older)
			require.NoError(t, err)
			require.Equal(t, c.known, known)
		})
	}
	b := boxes(&temporal{})
	b.Remember(relaying.Orders, "7", "8", noon)
	for object, want := range map[string]time.Time{"8": noon, "9": {}, "": {}} {
		known, err := b.Delivered(t.Context(), relaying.Orders, "7", object, older)
		require.NoError(t, err)
		require.Equal(t, want, known, object)
	}
}

// A process knows what it has just delivered itself, of many resources.
func TestRemember(t *testing.T) {
	t.Parallel()
	c := &temporal{}
	b := boxes(c)
	b.Remember(relaying.Orders, "7", "", noon)
	for i := range 5000 {
		b.Remember(relaying.Products, fmt.Sprint(i), "", noon)
	}
	known, err := b.Delivered(t.Context(), relaying.Orders, "7", "", noon)
	require.NoError(t, err)
	require.Equal(t, noon, known)
	for i := range 5000 {
		b.Remember(relaying.Products, fmt.Sprint(5000+i), "", noon)
	}
	known, err = b.Delivered(t.Context(), relaying.Orders, "7", "", noon)
	require.NoError(t, err)
	require.Zero(t, known, "memory is bounded")
	require.Empty(t, c.queries)
}

// Another process may have delivered a newer state than this one remembers.
func TestAnotherProcessHasDelivered(t *testing.T) {
	t.Parallel()
	older := noon.Add(-time.Hour)
	c := &temporal{results: []any{workflows.RelayResult{Delivered: older.Add(2 * time.Minute)}}}
	b := boxes(c)
	b.Remember(relaying.Orders, "7", "", older)
	b.Remember(relaying.Orders, "7", "", older.Add(-time.Minute))
	known, err := b.Delivered(t.Context(), relaying.Orders, "7", "", older.Add(time.Minute))
	require.NoError(t, err)
	require.Equal(t, older.Add(2*time.Minute), known)
	known, err = b.Delivered(t.Context(), relaying.Orders, "7", "", older.Add(-time.Second))
	require.NoError(t, err)
	require.Equal(t, older, known, "it knows enough itself")
	require.Len(t, c.queries, 1)
}

func TestTakes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		results []any
		takes   bool
	}{
		"an event":              {[]any{workflows.RelayResult{Refused: 1}, workflows.RelayResult{Events: 1}}, true},
		"only what was refused": {[]any{workflows.RelayResult{Refused: 1}}, false},
		"nothing":               {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			temporal := &temporal{results: c.results}
			takes, err := boxes(temporal).Takes(t.Context(), relaying.Orders)
			require.NoError(t, err)
			require.Equal(t, c.takes, takes)
			require.Contains(t, temporal.queries[0], "WorkflowId STARTS_WITH 'relay/orders/' AND CloseTime >= '2026-07-10T11:00:00Z'")
		})
	}
	_, err := boxes(&temporal{err: errors.New("no list")}).Takes(t.Context(), relaying.Orders)
	require.ErrorContains(t, err, "no list")
}
