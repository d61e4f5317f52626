package digest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

func TestCommand(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, number string
		kind         giftcard.Kind
		curable      bool
		rerun        digest.RerunOutcome
		want         string
	}{
		{name: "#1007", kind: giftcard.Timeout, curable: true, want: "giftbridge orders retry '#1007'"},
		{name: "#1007", kind: "Terminated", want: "giftbridge orders retry '#1007'"},
		{name: "#1007", kind: giftcard.OutcomeUnknown, want: "giftbridge orders resolve '#1007'"},
		{name: "#1007", kind: giftcard.UnexpectedResponse, want: "giftbridge orders retry '#1007' --force"},
		{name: "#1007", kind: giftcard.OrderChanged, want: "giftbridge orders release '#1007'"},
		{name: "#1007", kind: giftcard.InvalidRequest, want: "giftbridge orders fix '#1007' --email ADDRESS"},
		{name: "it's", number: "14", kind: giftcard.InvalidRequest, want: "giftbridge orders fix 14 --email ADDRESS"},
		{kind: giftcard.InvalidRequest},
		{name: "#1007", kind: giftcard.InvalidRequest, curable: true, want: "giftbridge orders retry '#1007'"},
		{name: "#1007", kind: giftcard.Timeout, curable: true, rerun: digest.StillRunning},
		{name: "a b", number: "14", kind: giftcard.Timeout, want: "giftbridge orders retry 'a b'"},
		{name: "it's", number: "14", kind: giftcard.Timeout, want: "giftbridge orders retry 14"},
		{name: "-rf", number: "14", kind: giftcard.Timeout, want: "giftbridge orders retry 14"},
		{name: "a\u202eb", number: "14", kind: giftcard.Timeout, want: "giftbridge orders retry 14"},
		{name: "a\ufffdb", number: "14", kind: giftcard.Timeout, want: "giftbridge orders retry 14"},
		{name: strings.Repeat("x", 100), number: "14", kind: giftcard.Timeout, want: "giftbridge orders retry 14"},
		{number: "14", kind: giftcard.Timeout, want: "giftbridge orders retry 14"},
		{number: "$(reboot)", kind: giftcard.Timeout},
		{kind: giftcard.Timeout},
	} {
		o := digest.FailedOrder{Name: tt.name, OrderID: tt.number, Kind: tt.kind, Rerun: tt.rerun}
		require.Equal(t, tt.want, digest.Command(o, tt.curable), "%+v", tt)
	}
}

// What can be done about an order that is left to people is one command each, or none if the order cannot be named.
func TestCommandsOfLeftOrders(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, number, want string }{
		{"#1007", "14", "'#1007'"}, {"it's", "14", "14"}, {"", "14", "14"}, {"", "$(reboot)", ""},
	} {
		o := digest.LeftOrder{Name: tt.name, OrderID: tt.number}
		if tt.want == "" {
			require.Empty(t, digest.ReleaseCommand(o)+digest.SettleCommand(o))
			continue
		}
		require.Equal(t, "giftbridge orders release "+tt.want, digest.ReleaseCommand(o))
		require.Equal(t, "giftbridge orders settle "+tt.want+" --note WHY", digest.SettleCommand(o))
	}
}
