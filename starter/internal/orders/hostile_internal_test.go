package orders

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/workflows"
)

// hostile is an order name that an older release may have taken in, or a code that an issuer may return.
const hostile = "#1\x1b[2J\u202e100\u200b1\u009b\ttab\nline"

func requireHarmless(t *testing.T, text string) {
	t.Helper()
	for _, r := range text {
		require.False(t, (unicode.IsControl(r) && r != '\n') || unicode.Is(unicode.Cf, r), "%U", r)
	}
}

// Nothing that a command prints affects the terminal, or is displayed differently from what it is.
func TestOutputIsHarmless(t *testing.T) {
	t.Parallel()
	d := &orders.OrderDetails{
		Order:  executions.Order{Name: hostile, ID: hostile, SKUs: hostile, Failure: &executions.Failure{Kind: hostile, Message: hostile}},
		Result: &workflows.GiftCardOrderResult{MerchantCode: hostile, Cards: []workflows.IssuedCard{{Unit: 1}}},
		Runs:   []orders.Run{{RunID: "r", Failure: &executions.Failure{Kind: hostile, Message: hostile}}},
	}
	d.Result.Cards[0].OrderNumber, d.Result.Cards[0].MaskedNumber = hostile, hostile
	var list, order, encoded, question bytes.Buffer
	require.NoError(t, printOrders(&list, []executions.Order{d.Order}, time.Now(), 0))
	require.NoError(t, printOrder(&order, d, true))
	require.NoError(t, cli.JSON(&encoded, d))
	cmd := &cobra.Command{}
	cmd.SetContext(t.Context())
	cmd.SetErr(&question)
	cmd.SetIn(bytes.NewBufferString("n\n"))
	require.ErrorIs(t, cli.Confirm(cmd, false, "Cancel card 1 of order "+hostile+"?"), cli.ErrDeclined)
	for _, b := range []*bytes.Buffer{&list, &order, &encoded, &question} {
		require.Contains(t, b.String(), "#1")
		requireHarmless(t, b.String())
	}
	require.Equal(t, 2, bytes.Count(list.Bytes(), []byte("\n")), "a row is a line")

	var back orders.OrderDetails
	require.NoError(t, json.Unmarshal(encoded.Bytes(), &back))
	require.Equal(t, hostile, back.Name, "JSON says what is there")
}
