package session

import (
	"context"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

func TestCompletions(t *testing.T) {
	t.Parallel()
	failed := func(name, id string) executions.Order {
		return executions.Order{
			Name: name, ID: id, State: executions.Failed, Amount: "25.00", Currency: "USD",
			Failure: &executions.Failure{Kind: "CardDeclined", Message: "refused"},
		}
	}
	list := []executions.Order{
		failed("#1001", "5001"), failed("#1002", "5002"), failed("SHOP-7", "5003"), failed("a b; rm", "5004"),
		failed("#9", "5005"), failed("#9", "5006"),
		{Name: "#1010", ID: "5010", State: executions.Left, Reason: giftcard.MixedOrder},
	}
	const why = "\tCardDeclined, 25.00 USD"
	for name, tt := range map[string]struct {
		args  []string
		typed string
		want  []cobra.Completion
	}{
		"all": {want: []cobra.Completion{
			"1001" + why, "1002" + why, "SHOP-7" + why, "5004" + why, "5005" + why, "5006" + why, "1010\tleft (mixed)",
		}},
		"digits":           {typed: "100", want: []cobra.Completion{"1001" + why, "1002" + why}},
		"with a hash":      {typed: "#1001", want: []cobra.Completion{"#1001" + why}},
		"with only a hash": {typed: "#100"},
		"another":          {args: []string{"#1001"}, typed: "1", want: []cobra.Completion{"1002" + why, "1010\tleft (mixed)"}},
		"one by number":    {args: []string{"5001"}, typed: "100", want: []cobra.Completion{"1002" + why}},
		"a number":         {typed: "5004", want: []cobra.Completion{"5004" + why}},
		"something else":   {typed: "x"},
		"never a bad word": {typed: "a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, completions(list, tt.args, tt.typed))
		})
	}
}

// A reader that does not answer is not waited for.
func TestOfferedInTime(t *testing.T) {
	t.Parallel()
	held := make(chan struct{})
	defer close(held)
	require.Empty(t, offered(t.Context(), time.Nanosecond, func(context.Context) []executions.Order {
		<-held
		return []executions.Order{{Name: "#1"}}
	}, nil, ""))
	require.Len(t, offered(t.Context(), time.Hour, func(context.Context) []executions.Order {
		return []executions.Order{{Name: "#1"}}
	}, nil, ""), 1)
}
