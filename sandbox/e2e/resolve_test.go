package e2e_test

import (
	"regexp"
	"testing"

	"github.com/giftbridge/giftbridge/internal/executions"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// Cards of several orders are resolved in one call, even while failed orders are being rerun.
func TestSeveralOrdersAreResolved(t *testing.T) {
	t.Parallel()
	tr := trouble{of: map[string]cashstartest.Fault{"LOST": {Kind: cashstartest.ServerError, Status: 503}}}
	issuer := tr.options()
	issuer.Duplicates = cashstartest.IssueAgain
	w := start(t, stack.Options{CashStar: issuer, Configure: func(c *config.Config) { c.Issue.Dedupes = false }})
	var orders []scenario.Placed
	for range 2 { // The second is the gate's next probe.
		p := w.orderFor("LOST", 1)
		w.poll()
		require.Equal(t, string(giftcard.OutcomeUnknown), w.show(p, executions.Failed).Failure.Kind)
		orders = append(orders, p)
	}
	tr.cured.Store(true)

	run, err := w.plain.ExecuteWorkflow(w.ctx, client.StartWorkflowOptions{
		ID: workflows.RerunOrdersID, TaskQueue: "that-nobody-polls",
	}, workflows.RerunOrdersType, workflows.RerunOrdersInput{})
	require.NoError(t, err)
	done := make(chan said, 1)
	go func() {
		done <- w.starter(nil, "orders", "resolve", orders[0].Name, orders[1].Name, "--not-issued", "--yes")
	}()
	w.await("on record", func() bool {
		for _, p := range orders {
			id := workflows.ResolveCardID(stack.Shop, orderNumber(p), 1)
			if _, err := w.plain.DescribeWorkflowExecution(w.ctx, id, ""); err != nil {
				return false
			}
		}
		return true
	})
	require.NoError(t, w.plain.TerminateWorkflow(w.ctx, workflows.RerunOrdersID, run.GetRunID(), "the test goes on"))
	out := <-done
	require.Equal(t, cli.ExitOK, out.code, out.stderr)
	for _, p := range orders {
		w.show(p, executions.Completed)
	}
	require.Equal(t, 2, w.cardsOf("LOST"))
}

// Temporal's database is lost, and orders that have their cards are taken in again. CashStar knows the cards, and the
// orders do not: a person resolves all of them at once, or one after the other.
func TestResolveAfterTheLossOfTemporal(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{CashStar: cashstartest.Options{Merchants: []cashstartest.Merchant{merchant("LOST")}}})
	orders := []scenario.Placed{w.orderFor("LOST", 1), w.orderFor("LOST", 1), w.orderFor("LOST", 2)}
	w.poll()
	for _, p := range orders {
		d := w.show(p, executions.Completed)
		_, err := w.plain.WorkflowService().DeleteWorkflowExecution(w.ctx, &workflowservice.DeleteWorkflowExecutionRequest{
			Namespace:         w.Temporal.Namespace(),
			WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: d.WorkflowID, RunId: d.RunID},
		})
		require.NoError(t, err)
		w.await("gone", func() bool {
			_, err := w.plain.DescribeWorkflowExecution(w.ctx, d.WorkflowID, "")
			return err != nil
		})
	}
	w.ok("poll", "--since", "1h")
	for _, p := range orders {
		require.Equal(t, string(giftcard.OutcomeUnknown), w.show(p, executions.Failed).Failure.Kind)
	}

	refused := w.asked("", "orders", "resolve", orders[0].Name)
	require.Equal(t, cli.ExitUsage, refused.code, refused.stderr)
	require.Equal(t, cli.ExitUsage, w.starter(nil, "orders", "resolve", "--all").code)
	require.Equal(t, cli.ExitUsage, w.starter(nil, "orders", "resolve", "--all", "--kind", "Timeout", "--issued").code)
	one := w.asked("issued\n", "orders", "resolve", orders[0].Name)
	require.Equal(t, cli.ExitOK, one.code, one.stderr)
	require.Regexp(t, regexp.QuoteMeta("Order "+orders[0].Name+", card 1: does the issuer have audit number SBX")+`\S+\?`, one.stderr)
	w.show(orders[0], executions.Completed)

	all := w.starter(nil, "orders", "resolve", "--all", "--kind", "outcomeunknown", "--issued", "--yes")
	require.Equal(t, cli.ExitOK, all.code, all.stderr)
	for _, p := range orders {
		w.show(p, executions.Completed)
	}
	require.Len(t, w.Issuer.Cards(), 4)
}
