package health

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/installation"
	"github.com/giftbridge/giftbridge/internal/rollout"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/workflows"
)

// The rules were widened two days before noon, and orders up to ten days old are taken in.
func TestUnread(t *testing.T) {
	t.Parallel()
	ago := func(days float64) time.Time { return Noon.Add(-time.Duration(days * float64(24*time.Hour))) }
	const widened, age = 2, 10
	tests := []struct {
		name   string
		min    time.Time // CREATED_AT_MIN; zero if it is long ago.
		polled []window
		want   window
	}{
		{"no poll by hand", time.Time{}, nil, window{ago(age), ago(widened)}},
		{"no poll by hand, and orders count for less long", ago(5), nil, window{ago(5), ago(widened)}},
		{"no poll by hand, and no order from before counts", ago(1), nil, window{}},
		{"all of it", time.Time{}, []window{{ago(12), ago(1)}}, window{}},
		{"exactly all of it", time.Time{}, []window{{ago(age), ago(widened)}}, window{}},
		{"all that counts", ago(5), []window{{ago(5), ago(widened)}}, window{}},
		{"only what is recent", time.Time{}, []window{{ago(3), ago(0)}}, window{ago(age), ago(widened)}},
		{"only an hour", ago(5), []window{{ago(1), ago(0)}}, window{ago(5), ago(widened)}},
		{"only what is old", time.Time{}, []window{{ago(12), ago(4)}}, window{ago(4), ago(widened)}},
		{"what is too old", time.Time{}, []window{{ago(20), ago(12)}}, window{ago(age), ago(widened)}},
		{"in parts, the last one first", time.Time{}, []window{{ago(6), ago(0)}, {ago(12), ago(6)}}, window{}},
		{"in parts, one within another", time.Time{}, []window{{ago(12), ago(3)}, {ago(8), ago(6)}, {ago(4), ago(0)}}, window{}},
		{"in parts with a gap", time.Time{}, []window{{ago(12), ago(6)}, {ago(5), ago(0)}}, window{ago(6), ago(widened)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := healthy()
			f.maxOrderAge, f.byHand = age*24*time.Hour, tt.polled
			f.input = &workflows.PollOrdersInput{WidenedAt: ago(widened), CreatedAtMin: tt.min}
			got := f.unread()
			require.Equal(t, tt.want.any(), got.any(), "%v", got)
			if got.any() {
				require.Equal(t, tt.want, got)
			}
		})
	}
	for name, in := range map[string]*workflows.PollOrdersInput{"unknown": nil, "never widened": {}} {
		f := healthy()
		f.input = in
		require.False(t, f.unread().any(), name)
	}
}

// byHand is a Temporal with runs of the given workflow IDs.
type byHand struct {
	client.Client

	ids []string
}

func (b byHand) ListWorkflow(
	_ context.Context, in *workflowservice.ListWorkflowExecutionsRequest,
) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	out := &workflowservice.ListWorkflowExecutionsResponse{}
	if in.GetQuery() != "WorkflowType = 'PollOrders' AND WorkflowId STARTS_WITH 'poll-orders-by-hand/' AND "+
		"ExecutionStatus = 'Completed' AND StartTime >= '2026-07-10T12:00:00Z'" {
		return out, nil
	}
	for _, id := range b.ids {
		out.Executions = append(out.Executions,
			&workflowpb.WorkflowExecutionInfo{Execution: &commonpb.WorkflowExecution{WorkflowId: id}})
	}
	return out, nil
}

// Windows are read from the IDs of polls that have completed since the rules were widened. Other IDs are ignored.
func TestPollsByHand(t *testing.T) {
	t.Parallel()
	r := &executions.Reader{Client: byHand{ids: []string{
		workflows.PollByHandID(Noon.Add(-time.Hour), Noon), workflows.PollByHandPrefix + "mine",
	}}}
	o := New(installation.New(settings.New(r, settings.Configured{})), rollout.New(r, "", ""), Expected{})
	got, err := o.pollsByHand(t.Context(), &workflows.PollOrdersInput{WidenedAt: Noon})
	require.NoError(t, err)
	require.Equal(t, []window{{Noon.Add(-time.Hour), Noon}}, got)
	for _, in := range []*workflows.PollOrdersInput{nil, {}} {
		got, err = o.pollsByHand(t.Context(), in)
		require.NoError(t, err)
		require.Empty(t, got)
	}
}
