package cards

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cardmail"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/workflows"
)

func TestNumberOfTheCardToResend(t *testing.T) {
	t.Parallel()
	order := func(cards int) *orders.OrderDetails {
		return &orders.OrderDetails{Result: &workflows.GiftCardOrderResult{Cards: make([]workflows.IssuedCard, cards)}}
	}
	for _, tt := range []struct {
		unit, cards, want int
		says              string
	}{
		{cards: 1, want: 1},
		{unit: 2, cards: 3, want: 2},
		{cards: 3, says: "has 3 cards: say which by --unit"},
	} {
		got, err := (&resender{unit: tt.unit}).number(order(tt.cards))
		if tt.says != "" {
			require.ErrorContains(t, err, tt.says)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, tt.want, got)
	}
}

// sample runs the command that shows the mail of a made-up card.
func sample(t *testing.T, args ...string) (string, error) {
	t.Helper()
	cmd := newSample(&cli.Flags{})
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	cmd.SetArgs(args)
	err := cmd.Execute()
	return out.String(), err
}

func TestSample(t *testing.T) {
	t.Setenv("DELIVERY_FROM", "My Shop <cards@example.com>")
	text, err := sample(t)
	require.NoError(t, err)
	require.Contains(t, text, "Subject: Ada Lovelace sent you a gift card from My Shop")
	require.Contains(t, text, cardmail.Sample().Code)

	page, err := sample(t, "--html", "-")
	require.NoError(t, err)
	require.Contains(t, page, `src="data:image/png;base64,`)
	require.NotContains(t, page, `"cid:`)

	file := filepath.Join(t.TempDir(), "card.html")
	_, err = sample(t, "--html", file)
	require.NoError(t, err)
	written, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, page, string(written))

	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "card.txt.tmpl"), []byte("{{.Coed}}"), 0o600))
	t.Setenv("DELIVERY_TEMPLATES", folder)
	_, err = sample(t)
	require.ErrorContains(t, err, "DELIVERY_TEMPLATES: card.txt.tmpl")
	require.True(t, strings.HasPrefix(err.Error(), "DELIVERY_TEMPLATES"))
}
