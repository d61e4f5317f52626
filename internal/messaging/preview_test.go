package messaging_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/app/telling"
	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/messages/composing"
	"github.com/giftbridge/giftbridge/internal/messaging"
	"github.com/giftbridge/giftbridge/internal/retail"
	"github.com/giftbridge/giftbridge/internal/retail/payload"
)

func sample(t *testing.T) retail.Order {
	t.Helper()
	data, err := os.ReadFile("../retail/payload/testdata/order.json")
	require.NoError(t, err)
	o, err := payload.Parse(data)
	require.NoError(t, err)
	return *o
}

func rules(t *testing.T) composing.Rules {
	t.Helper()
	r, err := telling.Complete(composing.Rules{
		Kinds:    []messages.Kind{messages.KindReceipt, messages.KindShipment, messages.KindUpdate},
		ShopName: "Example Shop", ShopURL: "https://shop.example.com", Country: "US", StrictAddress: true,
	}, "", "en")
	require.NoError(t, err)
	return r
}

// The shop's own example is a cancelled test order: its customer is told nothing.
func TestNothingIsSentAboutATest(t *testing.T) {
	t.Parallel()
	o := sample(t)
	p := messaging.PreviewOf(o, composing.Told{}, rules(t), o.UpdatedAt)
	require.Equal(t, "#9999", p.Order)
	require.Len(t, p.Steps, 1)
	require.Equal(t, composing.ReasonTest, p.Steps[0].Dropped)
	require.Empty(t, p.Steps[0].Text)
	require.NotEmpty(t, p.Steps[0].Why)
}

func TestTheExampleAsIfReal(t *testing.T) {
	t.Parallel()
	o := messaging.AsIfReal(sample(t))
	p := messaging.PreviewOf(o, composing.Told{}, rules(t), o.UpdatedAt)
	require.Len(t, p.Steps, 1)
	s := p.Steps[0]
	require.Equal(t, messages.KindReceipt, s.Kind)
	require.Empty(t, s.Dropped)
	require.Equal(t, "…00", s.To)
	require.Contains(t, s.Text, "Example Shop")
	require.Contains(t, s.Text, "403.00")
	require.Equal(t, messages.TypeReceipt, s.Type)
	require.Contains(t, string(s.Data), "IPod Nano - 8GB")

	whole, err := json.Marshal(p)
	require.NoError(t, err)
	require.NotContains(t, string(whole), "4155550100", "no number is shown in full")
}

func TestWhatWasToldIsNotToldAgain(t *testing.T) {
	t.Parallel()
	o := messaging.AsIfReal(sample(t))
	var told composing.Told
	for _, s := range composing.Compose(o, told, rules(t), o.UpdatedAt).Steps {
		told.Apply(s.Tells)
	}
	p := messaging.PreviewOf(o, told, rules(t), o.UpdatedAt)
	require.Empty(t, p.Steps)
	require.NotNil(t, p.Steps, "a list in JSON")
}

func TestMasked(t *testing.T) {
	t.Parallel()
	require.Empty(t, messaging.Masked(""))
	require.Equal(t, "…7", messaging.Masked("7"))
	require.Equal(t, "…00", messaging.Masked("+14155550100"))
}
