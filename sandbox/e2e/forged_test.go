package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// An attacker reaches Temporal but has no key. Workflows that the attacker starts issue no card and run no poll.
func TestForgedWorkflowsIssueNothing(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{})
	forged := giftcard.Order{
		Shop: stack.Shop, ID: "4711", Name: "#1", Customer: giftcard.Customer{ID: "1", DisplayName: scenario.Merchants()[0].Name},
		Lines: []giftcard.Line{{
			ID: "1", SKU: scenario.SKUs()[0], Units: 5, Price: "100.0", Currency: "USD",
			Recipient: giftcard.Recipient{Email: "me@example.net"},
		}},
	}
	for id, in := range map[string]any{
		workflows.GiftCardOrderID(stack.Shop, forged.ID): workflows.GiftCardOrderInput{Order: forged},
		workflows.PollByHandPrefix + "mine":              workflows.PollOrdersInput{SKUs: scenario.SKUs(), PageSize: 10},
	} {
		name := workflows.GiftCardOrderType
		if _, poll := in.(workflows.PollOrdersInput); poll {
			name = workflows.PollOrdersType
		}
		_, err := w.plain.ExecuteWorkflow(w.ctx, client.StartWorkflowOptions{ID: id, TaskQueue: workflows.TaskQueue}, name, in)
		require.NoError(t, err)
		w.await("refused", func() bool {
			d, err := w.plain.DescribeWorkflowExecution(w.ctx, id, "")
			require.NoError(t, err)
			return d.GetPendingWorkflowTask().GetAttempt() > 1
		})
		require.Contains(t, w.workflowTaskFailure(id, "").GetMessage(), "it is not encrypted, though PAYLOAD_ENCRYPTION is on")
	}
	require.Empty(t, w.Issuer.Cards())
	require.Empty(t, w.Shop.Stats().Requests)

	// A client with a key is served.
	honest := w.PlaceKind(scenario.Single)
	w.poll()
	w.show(honest, "completed")
	require.Len(t, w.Issuer.Cards(), 1)
}
