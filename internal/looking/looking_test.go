package looking_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/looking"
	"github.com/giftbridge/giftbridge/workflows"
)

// temporal records what is started.
type temporal struct {
	id, signal, workflow string
	signalled, input     any
	options              client.StartWorkflowOptions
	err                  error
}

func (c *temporal) SignalWithStartWorkflow(
	_ context.Context, id, signal string, arg any, o client.StartWorkflowOptions, flow any, args ...any,
) (client.WorkflowRun, error) {
	c.id, c.signal, c.signalled, c.options, c.workflow, c.input = id, signal, arg, o, flow.(string), args[0]
	return nil, c.err
}

func TestOrder(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)
	c := &temporal{}
	l := looking.Looker{Client: c, Hurry: 5}
	require.NoError(t, l.LookAt(t.Context(), "shop", "5001", "#1001", at))
	require.Equal(t, "order-messages/shop/5001", c.id)
	require.Equal(t, "look", c.signal)
	require.Equal(t, workflows.Look{UpdatedAt: at}, c.signalled)
	require.Equal(t, workflows.OrderMessagesInput{Shop: "shop", Order: "5001", Hurry: 5}, c.input)
	require.Equal(t, enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE, c.options.WorkflowIDReusePolicy)
	name, _ := c.options.TypedSearchAttributes.GetKeyword(workflows.ShopifyOrderName)
	require.Equal(t, "#1001", name)
	require.NoError(t, l.LookAt(t.Context(), "shop", "5001", "", at))
	require.Zero(t, c.options.TypedSearchAttributes.Size())

	c.err = &serviceerror.WorkflowExecutionAlreadyStarted{}
	require.NoError(t, l.LookAt(t.Context(), "shop", "5001", "", at), "nothing more is told of it")
	c.err = errors.New("away")
	require.EqualError(t, l.LookAt(t.Context(), "shop", "5001", "", at), "have order 5001 looked at: away")
}

func TestVariant(t *testing.T) {
	t.Parallel()
	c := &temporal{}
	l := looking.Looker{Client: c}
	require.NoError(t, l.Variant(t.Context(), "shop", "7", ""))
	require.Equal(t, []string{"back-in-stock/shop/7", "in-stock", "BackInStock"}, []string{c.id, c.signal, c.workflow})
	require.Equal(t, workflows.BackInStockInput{Shop: "shop", Variant: "7"}, c.input)
	require.Equal(t, workflows.InStock{Variant: "7"}, c.signalled)
	require.Equal(t, "Variant 7 may be in stock", c.options.StaticSummary)
	require.Equal(t, enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE, c.options.WorkflowIDReusePolicy, "tomorrow it may be told again")

	require.NoError(t, l.Variant(t.Context(), "shop", "7", "70"))
	require.Equal(t, "back-in-stock/shop/product-70", c.id, "no variant has such a number")
	require.Equal(t, workflows.BackInStockInput{Shop: "shop", Variant: "7", Product: "70"}, c.input)
	require.Equal(t, workflows.InStock{Variant: "7"}, c.signalled)
	require.Equal(t, "Product 70 may be in stock", c.options.StaticSummary)
	c.err = errors.New("away")
	require.EqualError(t, l.Variant(t.Context(), "shop", "7", ""), "have variant 7 looked at: away")
}
