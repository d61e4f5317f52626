package operator

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/internal/config"
)

func TestFailureOf(t *testing.T) {
	t.Parallel()
	app := temporal.NewApplicationError("refused", "CardDeclined")
	tests := map[string]struct {
		err  error
		want *Failure
	}{
		"none":       {nil, nil},
		"ours":       {fmt.Errorf("workflow: %w", app), &Failure{Kind: "CardDeclined", Message: "refused"}},
		"terminated": {&temporal.TerminatedError{}, &Failure{Kind: "Terminated", Message: "somebody terminated it"}},
		"canceled":   {temporal.NewCanceledError(), &Failure{Kind: "Canceled", Message: "somebody cancelled it"}},
		"other":      {errors.New("lost"), &Failure{Kind: "Unknown", Message: "lost"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, failureOf(tt.err))
		})
	}
	late := failureOf(temporal.NewTimeoutError(enumspb.TIMEOUT_TYPE_START_TO_CLOSE, nil))
	require.Equal(t, "Timeout", late.Kind)
	require.NotEmpty(t, late.Message)
}

// Every status that Temporal has is a state of ours, and each state is asked for by the statuses that make it up.
func TestStates(t *testing.T) {
	t.Parallel()
	for number, name := range enumspb.WorkflowExecutionStatus_name {
		state := stateOf(enumspb.WorkflowExecutionStatus(number))
		require.Contains(t, States, state, name)
	}
	require.Len(t, statuses, len(States))
	for _, s := range States {
		require.NoError(t, OrderFilter{State: s}.Validate())
	}
	require.NoError(t, OrderFilter{}.Validate())
	require.ErrorContains(t, OrderFilter{State: "lost"}.Validate(), `"lost"`)
}

// What a person types is never part of a query's grammar.
func TestQuote(t *testing.T) {
	t.Parallel()
	require.Equal(t, `'#1001'`, quote("#1001"))
	require.Equal(t, `''' OR ''1''=''1'`, quote("' OR '1'='1"))
	require.Equal(t, `'\\'' OR ''1''=''1'`, quote(`\' OR '1'='1`))
}

func TestLink(t *testing.T) {
	t.Parallel()
	o := &Operator{namespace: "gift cards"}
	o.cfg.Digest = config.Digest{TemporalUIURL: "https://ui.example.com/"}
	require.Equal(t,
		"https://ui.example.com/namespaces/gift%20cards/workflows/gift-card-order%2Fshop%2F1/run/history",
		o.Link("gift-card-order/shop/1", "run"))
}
