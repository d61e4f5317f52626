package besides_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/activities/messaging"
	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/digest/besides"
)

// A redemption is named as one word of a shell, or not at all: a client's name is not ours.
func TestRedemptionCommands(t *testing.T) {
	t.Parallel()
	r := digest.Redemption{Client: "checkout", ID: "3f2a6c1e9d0b4a57886f1c2d3e4f5a6b"}
	name := "'checkout/3f2a6c1e9d0b4a57886f1c2d3e4f5a6b'"
	require.Equal(t, "giftbridge cards redemptions "+name, besides.ShowRedemptionCommand(r))
	require.Equal(t, "giftbridge cards resolve "+name+" --moved --reason WHY", besides.ResolveRedemptionCommand(r))
	for _, client := range []string{"a'; rm -rf /", "-x", "a\nb", "a\ufffd"} {
		r.Client = client
		require.Empty(t, besides.ShowRedemptionCommand(r), client)
		require.Empty(t, besides.ResolveRedemptionCommand(r), client)
	}
}

// Each kind of failure of messages has words of its own, and whoever can do something about it is asked.
func TestUnsent(t *testing.T) {
	t.Parallel()
	said := map[string]bool{}
	for _, kind := range messaging.Kinds {
		m := digest.UnsentMessage{About: "receipt", Kind: kind}
		require.NotContains(t, besides.WhyUnsent(m), "unforeseen", kind)
		said[besides.WhyUnsent(m)] = true
	}
	require.Len(t, said, len(messaging.Kinds))
	require.Equal(t, digest.Shop, besides.ExplainUnsent(digest.UnsentMessage{Kind: messaging.MessageRefused}).Who)
	require.Equal(t, digest.Operator, besides.ExplainUnsent(digest.UnsentMessage{Kind: messaging.MessagesUnavailable}).Who)
	require.Equal(t, "the order could not be read in Shopify", besides.WhyUnsent(digest.UnsentMessage{Kind: "Unauthorized"}))
	require.Contains(t, besides.WhyUnsent(digest.UnsentMessage{About: "receipt", Kind: "Timeout"}), "unforeseen failure (Timeout)")
	require.Equal(t, "In stock", besides.WhatUnsent(digest.UnsentMessage{About: "in-stock"}))
}

// A message is named as words of a shell, or not at all.
func TestUnsentCommands(t *testing.T) {
	t.Parallel()
	m := digest.UnsentMessage{Name: "#1001", OrderID: "5001", Key: "3f2a6c1e9d0b4a57886f1c2d"}
	require.Equal(t, "giftbridge messages show '#1001'", besides.ShowUnsentCommand(m))
	require.Equal(t, "giftbridge messages resend '#1001' --key 3f2a6c1e --reason WHY", besides.ResendUnsentCommand(m))
	require.Equal(t, "giftbridge messages settle '#1001' --key 3f2a6c1e --note WHY", besides.SettleUnsentCommand(m))
	m.Variant = "7"
	require.Equal(t, "giftbridge messages show --variant 7", besides.ShowUnsentCommand(m))
	require.Empty(t, besides.ResendUnsentCommand(m), "a notice cannot be sent again")
	m.Variant, m.Product = "", "8"
	require.Equal(t, "giftbridge messages show --product 8", besides.ShowUnsentCommand(m))
	require.Empty(t, besides.ResendUnsentCommand(m), "nor one about a product")
	for _, bad := range []digest.UnsentMessage{{OrderID: "5001", Key: "'; rm"}, {OrderID: "$(x)", Key: "k"}, {OrderID: "5001"}} {
		require.Empty(t, besides.SettleUnsentCommand(bad))
	}
}

// An event and an endpoint are named as words of a shell, or not at all.
func TestRelayCommands(t *testing.T) {
	t.Parallel()
	e := digest.UndeliveredEvent{ID: "evt_3f2a6c1e9d0b"}
	require.Equal(t, "giftbridge relay replay --id evt_3f2a6c1e9d0b", besides.ReplayCommand(e))
	require.Equal(t, "giftbridge relay settle evt_3f2a6c1e9d0b --reason WHY", besides.SettleEventCommand(e))
	require.Equal(t, "giftbridge relay test orders", besides.TestEndpointCommand("orders"))
	require.Equal(t, "giftbridge relay resume products", besides.ResumeEndpointCommand("products"))
	for _, bad := range []string{"", "evt 1", "$(x)", "';"} {
		require.Empty(t, besides.ReplayCommand(digest.UndeliveredEvent{ID: bad}))
		require.Empty(t, besides.ResumeEndpointCommand(bad))
	}
}
