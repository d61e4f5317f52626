package executions

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/internal/codec"
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
			require.Equal(t, tt.want, FailureOf(tt.err))
		})
	}
	late := FailureOf(temporal.NewTimeoutError(enumspb.TIMEOUT_TYPE_START_TO_CLOSE, nil))
	require.Equal(t, &Failure{Kind: "Timeout", Message: "not finished in time (StartToClose)"}, late)
}

// User input never becomes part of a query's grammar.
func TestQuote(t *testing.T) {
	t.Parallel()
	require.Equal(t, `'#1001'`, Quote("#1001"))
	require.Equal(t, `''' OR ''1''=''1'`, Quote("' OR '1'='1"))
	require.Equal(t, `'\\'' OR ''1''=''1'`, Quote(`\' OR '1'='1`))
}

func TestLink(t *testing.T) {
	t.Parallel()
	o := New(nil, "gift cards", new(codec.Codec), "https://ui.example.com/")
	require.Equal(t,
		"https://ui.example.com/namespaces/gift%20cards/workflows/gift-card-order%2Fshop%2F1/run/history",
		o.Link("gift-card-order/shop/1", "run"))
}
