package reporting_test

import (
	"context"
	"fmt"
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
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/changed"
	"github.com/giftbridge/giftbridge/internal/codec"
	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/executions/historytest"
	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/recovery"
	"github.com/giftbridge/giftbridge/internal/reporting"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/workflows"
)

// mute is a Temporal with messages that could not be sent.
type mute struct {
	idle

	unsent int
	reads  int
}

func (m *mute) ListWorkflow(
	_ context.Context, in *workflowservice.ListWorkflowExecutionsRequest,
) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	out := &workflowservice.ListWorkflowExecutionsResponse{}
	if !strings.Contains(in.GetQuery(), "'UnsentMessage'") {
		return out, nil
	}
	for i := range m.unsent {
		at := timestamppb.New(time.Unix(int64(1_000_000-i), 0))
		out.Executions = append(out.Executions, &workflowpb.WorkflowExecutionInfo{
			Execution: &commonpb.WorkflowExecution{WorkflowId: workflows.UnsentMessageID("shop", fmt.Sprint(i), "k")},
			Status:    enumspb.WORKFLOW_EXECUTION_STATUS_FAILED, StartTime: at, CloseTime: at,
		})
	}
	return out, nil
}

func (m *mute) GetWorkflowHistory(context.Context, string, string, bool, enumspb.HistoryEventFilterType) client.HistoryEventIterator {
	m.reads++
	input, err := converter.GetDefaultDataConverter().ToPayloads(workflows.UnsentMessageInput{
		Kind: messages.KindReceipt, Failure: "MessageRefused", Message: "no such number",
	})
	if err != nil {
		panic(err)
	}
	return &historytest.Events{{
		EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
		Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
			WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{Input: input},
		},
	}}
}

// A report counts all messages that could not be sent, and reads why for the latest ones only.
func TestReportOfUnsentMessages(t *testing.T) {
	t.Parallel()
	m := &mute{}
	report := func() digest.Unsent {
		reader := executions.New(m, "default", new(codec.Codec), "")
		o := reporting.New(changed.New(recovery.New(orders.New(settings.New(reader, settings.Configured{})))), "example.myshopify.com", "")
		r, err := o.Report(t.Context(), activities.ReportInput{Since: time.Now().Add(-24 * time.Hour)})
		require.NoError(t, err)
		return r.Unsent
	}
	require.Equal(t, digest.Unsent{}, report())
	m.unsent = 150
	out := report()
	require.Equal(t, 150, out.Count())
	require.Len(t, out.Messages, 100)
	require.Equal(t, 100, m.reads)
	require.Equal(t, digest.UnsentMessage{
		OrderID: "0", Key: "k", About: "receipt", Kind: "MessageRefused", Message: "no such number", At: time.Unix(1_000_000, 0).UTC(),
	}, out.Messages[0])
}
