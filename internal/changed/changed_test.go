package changed_test

import (
	"context"
	"maps"
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

	"github.com/giftbridge/giftbridge/internal/changed"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/recovery"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/workflows"
)

const shop = "example.myshopify.com"

// blind is a fake Temporal client whose visibility shows listed, and nothing that was started.
type blind struct {
	client.Client
	listed []*workflowpb.WorkflowExecutionInfo

	mu      sync.Mutex
	started map[string]workflows.ChangedOrderInput
}

func (c *blind) ListWorkflow(
	context.Context, *workflowservice.ListWorkflowExecutionsRequest,
) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	return &workflowservice.ListWorkflowExecutionsResponse{Executions: c.listed}, nil
}

// ExecuteWorkflow refuses what Temporal refuses: a second workflow with an ID, if the options ask for that.
func (c *blind) ExecuteWorkflow(
	_ context.Context, o client.StartWorkflowOptions, _ any, args ...any,
) (client.WorkflowRun, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, exists := c.started[o.ID]
	if exists && o.WorkflowIDReusePolicy == enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE &&
		o.WorkflowExecutionErrorWhenAlreadyStarted {
		return nil, serviceerror.NewWorkflowExecutionAlreadyStarted("exists", "", "")
	}
	c.started[o.ID] = args[0].(workflows.ChangedOrderInput)
	return nil, nil
}

func changedOf(c client.Client) *changed.Changed {
	return changed.New(recovery.New(orders.New(settings.New(&executions.Reader{
		Client: c, Converter: converter.GetDefaultDataConverter(), Failures: temporal.GetDefaultFailureConverter(),
	}, settings.Configured{}))))
}

// Notices and the sweep see the same change at the same instant, and visibility shows neither what the other has started. The
// workflow ID alone decides: one run for each change.
func TestAChangeStartsOnceWhateverVisibilityShows(t *testing.T) {
	t.Parallel()
	c := &blind{started: map[string]workflows.ChangedOrderInput{}}
	o := changedOf(c)
	at := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	changes := []intake.Change{
		{Shop: shop, Order: "5001", Name: "#1001", Reduced: map[string]int{"9": 1}, UpdatedAt: at},
		{Shop: shop, Order: "5001", Name: "#1001", Reduced: map[string]int{"9": 2}, UpdatedAt: at},
		{Shop: shop, Order: "5002", Name: "#1002", Cancelled: true, UpdatedAt: at},
	}
	const paths = 8
	started, failed := make([]int, paths), make([]error, paths)
	var all sync.WaitGroup
	for i := range paths {
		all.Go(func() { started[i], failed[i] = o.StartChanges(t.Context(), changes, true) })
	}
	all.Wait()
	sum := 0
	for i := range paths {
		require.NoError(t, failed[i])
		sum += started[i]
	}
	require.Equal(t, len(changes), sum)
	var ids []string
	for _, change := range changes {
		ids = append(ids, workflows.ChangedOrderID(shop, change.Order, change.Hash()))
	}
	slices.Sort(ids)
	require.Equal(t, ids, slices.Sorted(maps.Keys(c.started)))
	require.Equal(t, workflows.ChangedOrderInput{
		Shop: shop, OrderID: "5002", OrderName: "#1002", UpdatedAt: at, Cancel: true,
	}, c.started[workflows.ChangedOrderID(shop, "5002", changes[2].Hash())])
}

// Of an order whose memo cannot be read any number of cards may exist: it is compared, and not taken for one with one card.
func TestIssuedWithoutAMemo(t *testing.T) {
	t.Parallel()
	order := func(number string, memo any) *workflowpb.WorkflowExecutionInfo {
		info := &workflowpb.WorkflowExecutionInfo{Execution: &commonpb.WorkflowExecution{
			WorkflowId: workflows.GiftCardOrderID(shop, number), RunId: number,
		}}
		if memo != nil {
			payload, err := converter.GetDefaultDataConverter().ToPayload(memo)
			require.NoError(t, err)
			info.Memo = &commonpb.Memo{Fields: map[string]*commonpb.Payload{workflows.OrderMemoKey: payload}}
		}
		return info
	}
	o := changedOf(&blind{listed: []*workflowpb.WorkflowExecutionInfo{
		order("1", workflows.OrderMemo{Cards: 3}), order("1", workflows.OrderMemo{Cards: 2}), order("2", nil), order("3", "no memo"),
	}})
	issued, err := o.Issued(t.Context(), shop, []string{"1", "2", "3", "4"})
	require.NoError(t, err)
	require.Equal(t, map[string]int{"1": 3, "2": giftcard.MaxUnits, "3": giftcard.MaxUnits}, issued)
}
