package reporting_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/changed"
	"github.com/giftbridge/giftbridge/internal/codec"
	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/recovery"
	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/internal/reporting"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/workflows"
)

// spending is a Temporal with one card in doubt, which may not answer.
type spending struct {
	idle

	kept []*workflows.Redemption
	away bool
}

func (s *spending) ListWorkflow(
	_ context.Context, in *workflowservice.ListWorkflowExecutionsRequest,
) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	out := &workflowservice.ListWorkflowExecutionsResponse{}
	if strings.Contains(in.GetQuery(), "TemporalChangeVersion = 'unknown-redemption-1'") {
		out.Executions = []*workflowpb.WorkflowExecutionInfo{{
			Execution: &commonpb.WorkflowExecution{WorkflowId: "card/acme/1"},
		}}
	}
	return out, nil
}

func (s *spending) QueryWorkflow(context.Context, string, string, string, ...any) (converter.EncodedValue, error) {
	if s.away {
		return nil, errors.New("no worker")
	}
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(s.kept)
	return client.NewValue(payloads), err
}

func (*spending) DescribeWorkflowExecution(
	context.Context, string, string,
) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	return nil, serviceerror.NewNotFound("its record has expired")
}

// A report names the redemptions that need somebody, and since when they do.
func TestReportOfRedemptions(t *testing.T) {
	t.Parallel()
	now := time.Now().UTC().Truncate(time.Second)
	kept := func(id string, s redemption.State, ago time.Duration) *workflows.Redemption {
		return &workflows.Redemption{Client: "checkout", Redemption: redemption.Redemption{
			ID: id, State: s, Amount: "20.00", Currency: "EUR", Order: "#2001", SettledAt: now.Add(-ago),
		}}
	}
	back := kept("b", redemption.Succeeded, 3*time.Hour)
	back.Taken = "12.50"
	back.Reversal = &workflows.Reversal{State: redemption.Unknown, SettledAt: now.Add(-time.Hour)}
	denied, old := kept("c", redemption.Succeeded, 3*time.Hour), kept("d", redemption.Succeeded, 8*24*time.Hour)
	denied.Contradicted, old.Contradicted = true, true
	c := &spending{kept: []*workflows.Redemption{
		kept("a", redemption.Unknown, 2*time.Hour), back, denied, old, kept("e", redemption.Succeeded, time.Hour),
	}}
	report := func() digest.Redeeming {
		reader := executions.New(c, "default", new(codec.Codec), "")
		o := reporting.New(changed.New(recovery.New(orders.New(settings.New(reader, settings.Configured{})))), "example.myshopify.com", "")
		r, err := o.Report(t.Context(), activities.ReportInput{Since: now.Add(-24 * time.Hour)})
		require.NoError(t, err)
		return r.Redeeming
	}
	told := func(id, amount string, ago time.Duration) digest.Redemption {
		return digest.Redemption{Client: "checkout", ID: id, Amount: amount, Currency: "EUR", Order: "#2001", Since: now.Add(-ago)}
	}
	givenBack := told("b", "12.50", time.Hour)
	givenBack.Back = true
	require.Equal(t, digest.Redeeming{
		Unknown:      []digest.Redemption{told("a", "20.00", 2*time.Hour), givenBack},
		Contradicted: []digest.Redemption{told("c", "20.00", 3*time.Hour)},
	}, report())
	c.away = true
	require.Equal(t, digest.Redeeming{Unread: 1}, report())
}
