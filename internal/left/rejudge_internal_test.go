package left

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

// What the poll's rules hold today, they hold in a release that judges again.
func TestRejudgeHonoursWhatIsHeld(t *testing.T) {
	t.Parallel()
	created := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	sound := func(change func(*giftcard.Candidate)) giftcard.Candidate {
		c := giftcard.Candidate{
			Order: giftcard.Order{CreatedAt: created, Lines: []giftcard.Line{
				{ID: "1", SKU: "GIFT", Units: 1, Price: "50.00", Currency: "USD"},
			}},
			Lines: []giftcard.LineFacts{{Ordered: 1, Cost: giftcard.Amount{Number: "50.00", Currency: "USD"}}},
			Paid:  true, PaidAt: created, Risk: giftcard.RiskAccepted,
			NetPayment: giftcard.Amount{Number: "50.00", Currency: "USD"},
		}
		change(&c)
		return c
	}
	same := func(*giftcard.Candidate) {}
	underpaid := func(c *giftcard.Candidate) { c.NetPayment.Number = "10.00" }
	doubted := func(c *giftcard.Candidate) { c.Risk = giftcard.RiskDoubted }
	late := func(c *giftcard.Candidate) { c.PaidAt = created.Add(3 * time.Hour) }
	hold := workflows.PollOrdersInput{
		SKUs: []string{"GIFT"}, HoldUnderpaid: true, HoldRisky: true, MaxOrderAge: workflows.Duration(2 * time.Hour),
	}
	issue := workflows.PollOrdersInput{SKUs: []string{"GIFT"}, MaxOrderAge: workflows.Duration(4 * time.Hour)}
	for name, tt := range map[string]struct {
		poll   workflows.PollOrdersInput
		was    giftcard.Reason
		change func(*giftcard.Candidate)
		want   giftcard.Reason
	}{
		"underpaid":               {hold, giftcard.Underpaid, underpaid, giftcard.Underpaid},
		"mixed before, underpaid": {hold, giftcard.MixedOrder, underpaid, giftcard.Underpaid},
		"underpaid, issued now":   {issue, giftcard.Underpaid, underpaid, ""},
		"paid in full by now":     {hold, giftcard.Underpaid, same, ""},
		"doubted":                 {hold, giftcard.Risky, doubted, giftcard.Risky},
		"doubted, issued now":     {issue, giftcard.Risky, doubted, ""},
		"no longer doubted":       {hold, giftcard.Risky, same, ""},
		"paid late":               {hold, giftcard.PaidLate, late, giftcard.PaidLate},
		"not late by another age": {issue, giftcard.PaidLate, late, ""},
		"reopened by a person":    {hold, giftcard.Reopened, same, giftcard.Reopened},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, reason := rejudge(tt.poll, tt.was, sound(tt.change))
			require.Equal(t, tt.want, reason)
		})
	}
}
