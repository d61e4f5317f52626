package reporting_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/changed"
	"github.com/giftbridge/giftbridge/internal/codec"
	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake/skus"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/recovery"
	"github.com/giftbridge/giftbridge/internal/reporting"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/workflows"
)

// watching is a Temporal in which the shop was looked at, with or without success. Times are zero if that never happened.
type watching struct {
	idle
	last               workflows.WatchShopResult
	completed, timeout time.Time
}

func (w *watching) ListWorkflow(
	_ context.Context, in *workflowservice.ListWorkflowExecutionsRequest,
) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	out := &workflowservice.ListWorkflowExecutionsResponse{}
	if !strings.Contains(in.GetQuery(), "'"+workflows.WatchScheduleID+"'") {
		return out, nil
	}
	closed := w.timeout
	if strings.Contains(in.GetQuery(), executions.Statuses[executions.Completed]) {
		closed = w.completed
	}
	if !closed.IsZero() {
		out.Executions = []*workflowpb.WorkflowExecutionInfo{{
			Execution: &commonpb.WorkflowExecution{WorkflowId: workflows.WatchScheduleID}, CloseTime: timestamppb.New(closed),
		}}
	}
	return out, nil
}

func (w *watching) GetWorkflow(context.Context, string, string) client.WorkflowRun {
	return watchRun{last: w.last}
}

func (*watching) GetWorkflowHistory(
	context.Context, string, string, bool, enumspb.HistoryEventFilterType,
) client.HistoryEventIterator {
	return &timedOut{}
}

type watchRun struct {
	client.WorkflowRun
	last workflows.WatchShopResult
}

func (r watchRun) Get(_ context.Context, out any) error {
	*out.(*workflows.WatchShopResult) = r.last
	return nil
}

// timedOut is the history of a run that timed out.
type timedOut struct{ read bool }

func (h *timedOut) HasNext() bool { return !h.read }

func (h *timedOut) Next() (*historypb.HistoryEvent, error) {
	h.read = true
	return &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT}, nil
}

// A report tells what the last look at the shop has found. Of a repair and of a look that failed it tells once; what is still
// wrong it repeats.
func TestReportOfTheWatch(t *testing.T) {
	t.Parallel()
	now := time.Now().UTC().Truncate(time.Second)
	ago := func(hours float64) time.Time { return now.Add(-time.Duration(hours * float64(time.Hour))) }
	archived := skus.Finding{SKU: "GIFT-25", Flaw: skus.Unsold, Product: "Card", Detail: "archived"}
	away := &workflows.WatchFailure{Kind: giftcard.Unavailable, Message: "Shopify answered 503"}
	looked := func(w workflows.WatchShopResult) *watching {
		w.LookedAt = ago(1)
		return &watching{last: w, completed: ago(1)}
	}
	repairedAt := func(hours float64) workflows.WatchShopResult {
		return workflows.WatchShopResult{Webhooks: &workflows.WatchedWebhooks{Repaired: &workflows.RepairedWebhooks{
			At: ago(hours), Topics: []string{"orders/create: missing"}, Since: ago(hours + 1), Until: ago(hours), Poll: "poll",
		}}}
	}
	old := looked(workflows.WatchShopResult{Products: activities.CheckProductsResult{Findings: []skus.Finding{archived}}})
	old.last.LookedAt = ago(49)
	for name, tt := range map[string]struct {
		watch *watching
		want  digest.Watch
	}{
		"nobody has looked": {watch: &watching{}},
		"all is well":       {watch: looked(workflows.WatchShopResult{Webhooks: &workflows.WatchedWebhooks{}})},
		"a product": {
			looked(workflows.WatchShopResult{Products: activities.CheckProductsResult{Findings: []skus.Finding{archived}}}),
			digest.Watch{Products: []digest.Product{{SKU: "GIFT-25", Says: archived.Says(), Cure: archived.ShopCure()}}},
		},
		"a product, long ago": {watch: old},
		"a repair": {looked(repairedAt(2)), digest.Watch{Repaired: &digest.Repaired{
			At: ago(2), Topics: []string{"orders/create: missing"}, Gap: digest.Window{From: ago(3), To: ago(2)},
		}}},
		"a repair that had not ended when the last digest was made": {looked(repairedAt(24.2)), digest.Watch{Repaired: &digest.Repaired{
			At: ago(24.2), Topics: []string{"orders/create: missing"}, Gap: digest.Window{From: ago(25.2), To: ago(24.2)},
		}}},
		"a repair that the last digest told of": {watch: looked(repairedAt(25))},
		"what cannot be repaired": {
			looked(workflows.WatchShopResult{Webhooks: &workflows.WatchedWebhooks{Left: []string{"app/uninstalled: refused"}}}),
			digest.Watch{Lost: []string{"app/uninstalled: refused"}},
		},
		"not set up yet": {
			watch: looked(workflows.WatchShopResult{Webhooks: &workflows.WatchedWebhooks{NotSetUp: true, Left: []string{"orders/create: missing"}}}),
		},
		"half a look": {
			looked(workflows.WatchShopResult{ProductsFailed: away, Webhooks: &workflows.WatchedWebhooks{Failed: away, Left: []string{"x"}}}),
			digest.Watch{Failed: []digest.FailedLook{
				{At: ago(1), About: "the products", Kind: giftcard.Unavailable, Message: "Shopify answered 503"},
				{At: ago(1), About: "the notices of the shop", Kind: giftcard.Unavailable, Message: "Shopify answered 503"},
			}},
		},
		"a look that failed": {
			&watching{timeout: ago(1)},
			digest.Watch{Failed: []digest.FailedLook{{At: ago(1), Kind: "Timeout", Message: "it did not end in time"}}},
		},
		"a look that failed, and one that did not": {watch: &watching{timeout: ago(2), completed: ago(1)}},
		"a look that failed long ago":              {watch: &watching{timeout: ago(25)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reader := executions.New(tt.watch, "default", new(codec.Codec), "")
			o := reporting.New(changed.New(recovery.New(orders.New(settings.New(reader, settings.Configured{})))), "example.myshopify.com", "")
			r, err := o.Report(t.Context(), activities.ReportInput{Since: ago(24)})
			require.NoError(t, err)
			require.Equal(t, tt.want, r.Watch)
		})
	}
}
