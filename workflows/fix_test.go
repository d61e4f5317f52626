package workflows_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

// Corrections change what is asked for the corrected cards and for no other, the later ones last. Audit numbers stay the
// same, and each card looks at the order's other runs first.
func TestFixedOrder(t *testing.T) {
	t.Parallel()
	order := orderNumber(1, 3)
	order.Lines[0].Recipient.SendOn = "2026-12-24"
	audits := make([]string, 3)
	for i := range audits {
		audits[i] = giftcard.AuditNumber("", shop, order.ID, "900", i+1)
	}
	e := newEnv(t)
	e.order(t, workflows.GiftCardOrderInput{
		Order: order, HoldUnderpaid: true,
		Release: &workflows.Release{RunID: "failed", AuditNumbers: audits, Hold: true},
		Fixes: []workflows.Fix{
			{AuditNumbers: audits[1:], Email: "first@example.com", Message: "Hello"},
			{AuditNumbers: audits[2:], Email: "second@example.com", SendOn: workflows.SendNow},
		},
	})
	require.Len(t, e.issued, 3)
	asked := map[string]giftcard.Recipient{}
	for _, in := range e.issued {
		asked[in.AuditNumber] = in.Recipient
		require.Equal(t, in.AuditNumber != audits[0], in.Fixed)
		require.True(t, in.Again)
		require.Equal(t, []string{"GIFT-25"}, in.PaidFor, "nobody has decided that it is issued whatever was paid")
	}
	was := order.Lines[0].Recipient
	first, second := was, was
	first.Email, first.Message = "first@example.com", "Hello"
	second.Email, second.Message, second.SendOn = "second@example.com", "Hello", ""
	require.Equal(t, map[string]giftcard.Recipient{audits[0]: was, audits[1]: first, audits[2]: second}, asked)
	require.Equal(t, "grace@example.com", order.Lines[0].Recipient.Email)
}

// What a correction does not mention stays. The greeting of a buyer who wrote none comes from the buyer.
func TestFixApplies(t *testing.T) {
	t.Parallel()
	was := giftcard.Recipient{Email: "a@example.com", Name: "Ann", SendOn: "2026-12-24", Offset: "60"}
	buyer := giftcard.Customer{DisplayName: "Ada"}
	for name, tt := range map[string]struct {
		fix     workflows.Fix
		want    giftcard.Recipient
		changes []string
	}{
		"nothing": {workflows.Fix{}, was, nil},
		"the address": {
			workflows.Fix{Email: "b@example.com"},
			giftcard.Recipient{Email: "b@example.com", Name: "Ann", SendOn: "2026-12-24", Offset: "60"},
			[]string{"address"},
		},
		"the greeting": {
			workflows.Fix{Message: "Hi"},
			giftcard.Recipient{Email: "a@example.com", Name: "Ann", Message: "Hi", From: "Ada", SendOn: "2026-12-24", Offset: "60"},
			[]string{"message"},
		},
		"the day": {
			workflows.Fix{SendOn: "2026-12-31"},
			giftcard.Recipient{Email: "a@example.com", Name: "Ann", SendOn: "2026-12-31", Offset: "60"},
			[]string{"day of delivery"},
		},
		"at once": {
			workflows.Fix{SendOn: workflows.SendNow},
			giftcard.Recipient{Email: "a@example.com", Name: "Ann", Offset: "60"},
			[]string{"day of delivery"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, tt.fix.Apply(was, buyer))
			require.Equal(t, tt.changes, tt.fix.Changes())
		})
	}
}

// Corrections are in the inputs of orders: fields are added, never renamed or removed. An order without any is as before.
func TestFixesInHistories(t *testing.T) {
	t.Parallel()
	in := workflows.GiftCardOrderInput{
		Release: &workflows.Release{RunID: "r", AuditNumbers: []string{"a"}, By: "ann", Reason: "why", Hold: true},
		Fixes: []workflows.Fix{{
			AuditNumbers: []string{"a"}, Email: "e@example.com", Message: "m", SendOn: "now", By: "ann", At: noon, Note: "why",
		}},
	}
	const want = `{"release": {"run_id": "r", "audit_numbers": ["a"], "by": "ann", "reason": "why", "hold": true},
		"fixes": [{"audit_numbers": ["a"], "email": "e@example.com", "message": "m", "send_on": "now", "by": "ann",
			"at": "2026-07-10T12:00:00Z", "note": "why"}]}`
	var fields, wanted map[string]json.RawMessage
	for _, field := range []string{"release", "fixes"} {
		written, err := json.Marshal(in)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(written, &fields))
		require.NoError(t, json.Unmarshal([]byte(want), &wanted))
		require.JSONEq(t, string(wanted[field]), string(fields[field]))
	}
	written, err := json.Marshal(workflows.GiftCardOrderInput{Release: &workflows.Release{}})
	require.NoError(t, err)
	require.NotContains(t, string(written), "fixes")
	require.NotContains(t, string(written), "hold\"")
}
