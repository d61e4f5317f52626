package report_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/sandbox/internal/audit"
	"github.com/giftbridge/giftbridge/sandbox/internal/audit/relayed"
	"github.com/giftbridge/giftbridge/sandbox/internal/lab/report"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan/happenings"
)

// Of what is wrong, people see everything: what the auditor found, and what was planned and did not happen.
func TestPrint(t *testing.T) {
	t.Parallel()
	r := report.Report{
		Account: audit.Account{
			CardsDuplicate: 3, MailsMissing: 8, MailsTwice: 9, Problems: []string{"duplicate: card 1"}, MoreProblems: 2,
			Failed: []audit.FailedOrder{{Order: "#7", Kind: "Timeout", InDigest: true}},
		},
		Relayed:       relayed.Tally{Events: 90, Delivered: 70, Unordered: 5, Mismarked: 6, LongestWait: 300},
		RelayBefallen: map[plan.What]int{happenings.RelayAway: 7},
		Faults:        map[plan.What]int{plan.WorkerKilled: 4}, NotSeen: []plan.What{plan.MailDown}, Exits: map[string]int{"shop": 5},
	}
	var out strings.Builder
	require.NoError(t, r.Print(&out))
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	fields := make([]string, 0, len(lines))
	for _, line := range lines {
		fields = append(fields, strings.Join(strings.Fields(line), " "))
	}
	for _, want := range []string{
		"duplicate 3", "mails missing 8", "mails twice 9", "#7 Timeout, expected false, in a digest true", string(plan.WorkerKilled) + " 4",
		string(plan.MailDown) + " 0, although the plan had it", "shop ended by itself 5 times", "PROBLEM duplicate: card 1",
		"PROBLEM and 2 more", "events for the ERP 90", "delivered 70", "out of order 5", "mismarked 6", "wait 0.00s median, 300s at most",
		string(happenings.RelayAway) + " 7 orders and products",
	} {
		require.Contains(t, fields, want, out.String())
	}
}
