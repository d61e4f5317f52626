package besides_test

import (
	"testing"

	"github.com/stretchr/testify/require"

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
