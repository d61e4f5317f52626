package survey

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/installation"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/workflows"
)

// seen is a run as visibility shows it; it started at an hour.
type seen struct {
	kind, id, status string
	started          int
}

// visibility is a Temporal that has only lists. It counts the calls.
type visibility struct {
	client.Client

	runs  []seen
	err   error
	calls int
}

func (v *visibility) matching(query string) []seen {
	return slices.DeleteFunc(slices.Clone(v.runs), func(r seen) bool {
		_, rest, named := strings.Cut(query, "STARTS_WITH '")
		prefix, _, _ := strings.Cut(rest, "'")
		return strings.Contains(query, "WorkflowType") && !strings.Contains(query, "'"+r.kind+"'") ||
			strings.Contains(query, "WorkflowId IN") && !strings.Contains(query, "'"+r.id+"'") ||
			named && !strings.HasPrefix(r.id, prefix) || !strings.Contains(query, "'"+r.status+"'")
	})
}

func (v *visibility) CountWorkflow(
	_ context.Context, in *workflowservice.CountWorkflowExecutionsRequest,
) (*workflowservice.CountWorkflowExecutionsResponse, error) {
	v.calls++
	return &workflowservice.CountWorkflowExecutionsResponse{Count: int64(len(v.matching(in.GetQuery())))}, v.err
}

func (v *visibility) ListWorkflow(
	_ context.Context, in *workflowservice.ListWorkflowExecutionsRequest,
) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	v.calls++
	out := &workflowservice.ListWorkflowExecutionsResponse{}
	for _, r := range v.matching(in.GetQuery()) {
		out.Executions = append(out.Executions, &workflowpb.WorkflowExecutionInfo{
			Execution: &commonpb.WorkflowExecution{WorkflowId: r.id},
			StartTime: timestamppb.New(hour(r.started)), CloseTime: timestamppb.New(hour(r.started)),
		})
	}
	return out, v.err
}

func (v *visibility) installation() *installation.Installation {
	return installation.New(settings.New(&executions.Reader{Client: v}, settings.Configured{}))
}

// A message that was sent or settled after all is unsent no longer, and one that failed once more is one message.
func TestTakeMessages(t *testing.T) {
	t.Parallel()
	unsent := func(id, status string, started int) seen {
		return seen{workflows.UnsentMessageType, id, status, started}
	}
	v := &visibility{runs: []seen{
		{workflows.OrderMessagesType, "1", "Running", 0},
		{workflows.OrderMessagesType, "2", "Running", 0},
		{workflows.OrderMessagesType, "3", "Completed", 0},
		{workflows.GiftCardOrderType, "4", "Running", 0},
	}}
	got, err := TakeMessages(t.Context(), v.installation())
	require.NoError(t, err)
	require.Equal(t, Messages{Open: 2}, got)
	require.Equal(t, 2, v.calls)

	v.runs = append(v.runs, unsent("a", "Failed", 1), unsent("a", "Failed", 2), unsent("b", "Failed", 1), unsent("b", "Completed", 2),
		unsent("c", "Completed", 1), unsent("c", "Failed", 2), unsent("d", "Completed", 1))
	got, err = TakeMessages(t.Context(), v.installation())
	require.NoError(t, err)
	require.Equal(t, Messages{Open: 2, Unsent: 2}, got)

	v.err = errors.New("away")
	_, err = TakeMessages(t.Context(), v.installation())
	require.ErrorContains(t, err, "away")
}
