package health

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/installation"
	"github.com/giftbridge/giftbridge/internal/rollout"
	"github.com/giftbridge/giftbridge/internal/settings"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/workflows"
)

// results is a Temporal in which each schedule has run once, and the result of one cannot be read.
type results struct {
	client.Client

	unreadable string
	at         time.Time
}

func (r results) ListWorkflow(
	_ context.Context, in *workflowservice.ListWorkflowExecutionsRequest,
) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	id := workflows.PollScheduleID
	if strings.Contains(in.GetQuery(), workflows.DigestScheduleID) {
		id = workflows.DigestScheduleID
	}
	return &workflowservice.ListWorkflowExecutionsResponse{Executions: []*workflowpb.WorkflowExecutionInfo{
		{Execution: &commonpb.WorkflowExecution{WorkflowId: id}},
	}}, nil
}

func (r results) GetWorkflow(_ context.Context, id, _ string) client.WorkflowRun {
	return result{unreadable: id == r.unreadable, at: r.at}
}

type result struct {
	client.WorkflowRun

	unreadable bool
	at         time.Time
}

func (r result) Get(_ context.Context, out any) error {
	if r.unreadable {
		return errors.New("no key")
	}
	switch out := out.(type) {
	case *workflows.PollOrdersResult:
		out.Watermark = r.at
	case *workflows.DailyDigestResult:
		out.Until = r.at
	}
	return nil
}

// A result that cannot be read does not hide the other.
func TestLastResults(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)
	for unreadable, want := range map[string]struct{ watermark, until time.Time }{
		"nothing":                  {at, at},
		workflows.PollScheduleID:   {time.Time{}, at},
		workflows.DigestScheduleID: {at, time.Time{}},
	} {
		t.Run(unreadable, func(t *testing.T) {
			t.Parallel()
			r := &executions.Reader{Client: results{unreadable: unreadable, at: at}}
			o := New(installation.New(settings.New(r, settings.Configured{})), rollout.New(r, "", ""), Expected{})
			poll, digest, err := o.LastResults(t.Context())
			require.Equal(t, want.watermark, poll.Watermark)
			require.Equal(t, want.until, digest.Until)
			if want.watermark.Equal(want.until) {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, unreadable)
		})
	}
}
