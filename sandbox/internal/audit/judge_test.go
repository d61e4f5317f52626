package audit_test

import (
	"fmt"
	"go/build"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/sandbox/internal/audit"
	"github.com/giftbridge/giftbridge/sandbox/internal/audit/mails"
	"github.com/giftbridge/giftbridge/sandbox/internal/audit/runs"
)

// The auditor shares no code with what it audits: a rule that both took from one place could be wrong in both.
func TestAuditorStandsAlone(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{".", "mails", "runs"} {
		p, err := build.ImportDir(folder, 0)
		require.NoError(t, err)
		require.NotEmpty(t, p.Imports)
		for _, path := range p.Imports {
			first, _, _ := strings.Cut(path, "/")
			standard := !strings.Contains(first, ".")
			allowed := strings.HasPrefix(path, "go.temporal.io/api/") || strings.HasPrefix(path, "google.golang.org/grpc") ||
				strings.Contains(path, "/sandbox/internal/audit/")
			require.True(t, standard || allowed, "%s", path)
		}
	}
}

var began = time.Date(2026, time.July, 1, 12, 0, 0, 0, time.UTC)

var rules = audit.Rules{SKUs: []string{"GIFT-25", "GIFT-50"}, Companions: []string{"WRAP"}, CreatedFrom: began, Within: time.Minute}

// sold returns an order of two cards by a customer whom the issuer knows.
func sold(n int) audit.Order {
	return audit.Order{
		ID: int64(n), Name: fmt.Sprintf("#%d", n), CreatedAt: began, FinancialStatus: "PAID", Currency: "USD",
		Customer: &audit.Customer{DisplayName: "Widget  STORE", Email: fmt.Sprintf("buyer-%d@example.com", n)},
		Lines:    []audit.Line{{SKU: "GIFT-25", Quantity: 2, UnitPrice: "25.0"}},
	}
}

// made returns a card of such an order.
func made(n, unit int) audit.Card {
	return audit.Card{
		AuditNumber: fmt.Sprintf("%d-%d", n, unit), OrderNumber: fmt.Sprintf("9%d%d", n, unit), MerchantCode: "WS",
		InitialBalance: "25.00", Currency: "USD", Status: "ACTIVE", Target: fmt.Sprintf("buyer-%d@example.com", n),
	}
}

func flow(n int, state runs.State, kind string) runs.Workflow {
	return runs.Workflow{
		ID: fmt.Sprintf("gift-card-order/shop/%d", n), OrderID: fmt.Sprint(n), State: state, Kind: kind, Runs: 1,
	}
}

// These books balance: order 1 was issued, order 2 failed as it had to and is in a digest, and order 3 is mixed.
func books() audit.Books {
	stranger, mixed := sold(2), sold(3)
	stranger.Customer.DisplayName = "Stranger"
	mixed.Lines = append(mixed.Lines, audit.Line{SKU: "MUG", Quantity: 1, UnitPrice: "5.0"})
	return audit.Books{
		Orders: []audit.Order{sold(1), stranger, mixed},
		Merchants: []audit.Merchant{
			{Name: "Widget Store", LegalName: "Widget Store, Inc.", MerchantCode: "WS"},
			{Name: "Twin", MerchantCode: "T1"},
			{Name: "twin", MerchantCode: "T2"},
		},
		Cards:     []audit.Card{made(1, 1), made(1, 2)},
		Workflows: []runs.Workflow{flow(1, runs.Completed, ""), flow(2, runs.Failed, "MerchantUnknown")},
		Mails: []mails.Mail{
			{Rows: []mails.Row{{State: "mixed", Order: "#3"}}},
			{Rows: []mails.Row{{State: "failed", Order: "#2"}, {State: "recovered", Order: "#1"}}},
		},
	}
}

func TestBooksThatBalance(t *testing.T) {
	t.Parallel()
	a := books().Judge(rules)
	require.True(t, a.OK(), a.Problems)
	require.Equal(t, audit.Account{
		OrdersPlaced: 3, OrdersEligible: 2, UnitsExpected: 2, CardsIssued: 2, OrdersCompleted: 1, OrdersFailed: 1,
		OrdersLeftOut: 1, DigestMails: 2, Problems: []string{},
		Failed: []audit.FailedOrder{{Order: "#2", Kind: "MerchantUnknown", Expected: true, InDigest: true}},
	}, a)
}

// The cards of an order that remain after a refund must exist. The others may exist if they were made in time.
func TestOrdersOfWhichMoneyIsGivenBack(t *testing.T) {
	t.Parallel()
	back := began.Add(time.Hour)
	limit := back.Add(rules.Within)
	card := func(unit int, at time.Time) audit.Card {
		c := made(4, unit)
		c.Created = at
		return c
	}
	for name, tt := range map[string]struct {
		left     int
		state    runs.State // empty if it was never taken in
		kind     string
		unnamed  bool
		cards    []audit.Card
		problem  string
		moneyOf  int
		expected int
	}{
		"whole, never taken in":          {},
		"whole, taken in and refused":    {state: runs.Failed, kind: "OrderChanged"},
		"whole, in doubt":                {state: runs.Failed, kind: "OutcomeUnknown"},
		"whole, issued before":           {state: runs.Completed, cards: []audit.Card{card(1, began), card(2, limit)}, moneyOf: 2},
		"whole, issued too late":         {state: runs.Completed, cards: []audit.Card{card(1, limit.Add(1))}, problem: "too late: card 941"},
		"whole, issued three times":      {state: runs.Completed, cards: []audit.Card{card(1, began), card(2, began), card(3, began)}, problem: "duplicate", moneyOf: 2},
		"whole, failed of something":     {state: runs.Failed, kind: "Timeout", problem: "failed as Timeout"},
		"whole, unnamed":                 {state: runs.Failed, kind: "OrderChanged", unnamed: true, problem: "unseen"},
		"whole, still running":           {state: runs.Running, problem: "is running"},
		"in part, what is left":          {left: 1, state: runs.Failed, kind: "OrderChanged", cards: []audit.Card{card(2, limit.Add(time.Hour))}, expected: 1},
		"in part, both in time":          {left: 1, state: runs.Completed, cards: []audit.Card{card(2, back), card(1, limit)}, moneyOf: 1, expected: 1},
		"in part, the second too late":   {left: 1, state: runs.Completed, cards: []audit.Card{card(2, limit.Add(1)), card(1, began)}, problem: "too late: card 942", expected: 1},
		"in part, nothing":               {left: 1, state: runs.Failed, kind: "OrderChanged", problem: "missing: 1 of 1", expected: 1},
		"in part, and never taken in":    {left: 1, problem: "has no workflow", expected: 1, cards: []audit.Card{card(1, began)}},
		"in part, cards of another sort": {left: 1, state: runs.Completed, cards: []audit.Card{card(1, began), made(99, 1)}, problem: "stray", expected: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, r := books(), rules
			r.GivenBack = map[int64]time.Time{4: back}
			o := sold(4)
			o.FinancialStatus, o.Lines[0].Removed = "REFUNDED", 2
			if tt.left > 0 {
				o.FinancialStatus, o.Lines[0].Removed = "PARTIALLY_REFUNDED", 2-tt.left
			}
			b.Orders = append(b.Orders, o)
			b.Cards = append(b.Cards, tt.cards...)
			if tt.state != "" {
				b.Workflows = append(b.Workflows, flow(4, tt.state, tt.kind))
			}
			if tt.state == runs.Failed && !tt.unnamed {
				last := &b.Mails[len(b.Mails)-1]
				last.Rows = append(last.Rows, mails.Row{State: "failed", Order: "#4"})
			}
			a := b.Judge(r)
			require.Equal(t, tt.expected, a.UnitsExpected-2)
			require.Equal(t, tt.moneyOf, a.CardsOfMoneyBack)
			if tt.problem == "" {
				require.Empty(t, a.Problems)
				return
			}
			require.NotEmpty(t, a.Problems)
			require.Contains(t, a.Problems[0], tt.problem, a.Problems)
		})
	}
}

// Each case has one thing that is wrong, and the one problem that the audit must report for it.
func TestBooksThatDoNotBalance(t *testing.T) {
	t.Parallel()
	type change = func(*audit.Books)
	tests := map[string]struct {
		change  change
		problem string
		count   func(audit.Account) int
	}{
		"a duplicate": {
			func(b *audit.Books) { b.Cards = append(b.Cards, made(1, 3)) },
			"duplicate: card 913 of order #1, audit number 1-3",
			func(a audit.Account) int { return a.CardsDuplicate },
		},
		"a missing card": {
			func(b *audit.Books) { b.Cards = b.Cards[:1] },
			"missing: 1 of 2 cards of order #1, whose workflow is completed",
			func(a audit.Account) int { return a.CardsMissing },
		},
		"a wrong amount": {
			func(b *audit.Books) { b.Cards = append(b.Cards, made(1, 3)); b.Cards[2].InitialBalance = "52.00" },
			"wrong: card 913 of order #1, audit number 1-3, is 52.00 USD for merchant WS, which nobody ordered",
			func(a audit.Account) int { return a.CardsUnexpected },
		},
		"a wrong merchant": {
			func(b *audit.Books) { b.Cards = append(b.Cards, made(1, 3)); b.Cards[2].MerchantCode = "T1" },
			"wrong: card 913 of order #1, audit number 1-3, is 25.00 USD for merchant T1, which nobody ordered",
			func(a audit.Account) int { return a.CardsUnexpected },
		},
		"a stray card": {
			func(b *audit.Books) { b.Cards = append(b.Cards, made(7, 1)) },
			"stray: card 971, audit number 7-1, belongs to no order",
			func(a audit.Account) int { return a.CardsUnexpected },
		},
		"a card of an order that had to fail": {
			func(b *audit.Books) { b.Cards = append(b.Cards, made(2, 1)) },
			"stray: card 921, audit number 2-1, belongs to no order",
			func(a audit.Account) int { return a.CardsUnexpected },
		},
		"a card that was cancelled": {
			func(b *audit.Books) { b.Cards[1].Status = "CANCELLED" },
			"card 912, audit number 1-2, is CANCELLED", nil,
		},
		"a failure that nobody was told of": {
			func(b *audit.Books) { b.Mails[1].Rows = b.Mails[1].Rows[1:] },
			"unseen: order #2 is failed (MerchantUnknown), and no digest names it",
			func(a audit.Account) int { return a.FailuresUnseen },
		},
		"a failure that was forgotten": {
			func(b *audit.Books) { b.Mails = append(b.Mails, mails.Mail{}) },
			"order #2 is failed, and the last digest no longer names it", nil,
		},
		"a failure that is none": {
			func(b *audit.Books) { b.Mails[1].Rows[1].State = "failed" },
			"the last digest calls orders failed that are not: #1", nil,
		},
		"a mixed order that nobody was told of": {
			func(b *audit.Books) { b.Mails[0].Rows[0].State = "native" },
			"unseen: order #3 is mixed, and no digest names it",
			func(a audit.Account) int { return a.MixedUnseen },
		},
		"an order that should have failed": {
			func(b *audit.Books) { b.Workflows[1] = flow(2, runs.Completed, ""); b.Mails[1].Rows = nil },
			"order #2 should have failed as MerchantUnknown and is completed",
			func(a audit.Account) int { return a.NotFailed },
		},
		"an order that should not have failed": {
			func(b *audit.Books) {
				b.Workflows[0] = flow(1, runs.Failed, "Timeout")
				b.Mails[1].Rows[1].State = "failed"
			},
			"order #1 is failed (Timeout) and should be completed",
			func(a audit.Account) int { return a.WronglyFailed },
		},
		"another reason": {
			func(b *audit.Books) { b.Workflows[1].Kind = "InvalidRequest" },
			"order #2 failed as InvalidRequest and should have failed as MerchantUnknown", nil,
		},
		"an order that still runs": {
			func(b *audit.Books) { b.Workflows[0] = flow(1, runs.Running, "") },
			"order #1 should be completed and is running",
			func(a audit.Account) int { return a.OrdersRunning },
		},
		"an order that nobody took up": {
			func(b *audit.Books) { b.Workflows = b.Workflows[1:] },
			"order #1 has no workflow", nil,
		},
		"an order that should have been left out": {
			func(b *audit.Books) { b.Workflows = append(b.Workflows, flow(3, runs.Completed, "")) },
			"order #3 should have been left out and has a workflow, which is completed",
			func(a audit.Account) int { return a.Stray },
		},
		"a workflow without an order": {
			func(b *audit.Books) { b.Workflows = append(b.Workflows, flow(8, runs.Completed, "")) },
			"workflow gift-card-order/shop/8 belongs to no order of the shop", nil,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := books()
			tt.change(&b)
			a := b.Judge(rules)
			require.Equal(t, []string{tt.problem}, a.Problems)
			if tt.count != nil {
				require.Equal(t, 1, tt.count(a))
			}
		})
	}
}

// Before the first digest is due, nobody has to be told of failures.
func TestBooksWithoutADigest(t *testing.T) {
	t.Parallel()
	b, r := books(), rules
	b.Mails = nil
	require.Len(t, b.Judge(r).Problems, 2, "a failed order and a mixed one")
	r.NoDigest = true
	require.Empty(t, b.Judge(r).Problems)
	b.Workflows[1].Kind = "InvalidRequest"
	require.Len(t, b.Judge(r).Problems, 1)
}

// Books that are read while the system runs are judged by what has ended.
func TestBooksOfARunningSystem(t *testing.T) {
	t.Parallel()
	later, running := sold(5), flow(1, runs.Running, "")
	later.CreatedAt = began.Add(time.Hour)
	tests := map[string]struct {
		change   func(*audit.Books)
		since    time.Time
		orders   int
		cards    int
		problems []string
	}{
		"nothing is open": {since: began},
		"an order that was only just placed": {
			change: func(b *audit.Books) { b.Orders = append(b.Orders, later) }, since: began, orders: 1, cards: 2,
		},
		"an order whose workflow runs": {
			change: func(b *audit.Books) { b.Workflows[0], b.Cards = running, b.Cards[:1] }, since: began, orders: 1, cards: 1,
		},
		"an order that was placed long before": {
			change: func(b *audit.Books) { b.Orders = append(b.Orders, later) }, since: began.Add(2 * time.Hour),
			problems: []string{"missing: 2 of 2 cards of order #5, whose workflow does not exist", "order #5 has no workflow"},
		},
		"a card too many of an open order": {
			change: func(b *audit.Books) { b.Workflows[0], b.Cards = running, append(b.Cards, made(1, 3)) }, since: began, orders: 1,
			problems: []string{"duplicate: card 913 of order #1, audit number 1-3"},
		},
		"an order that has ended without a card": {
			change: func(b *audit.Books) { b.Cards = b.Cards[:1] }, since: began.Add(time.Hour),
			problems: []string{"missing: 1 of 2 cards of order #1, whose workflow is completed"},
		},
		"an order that should have been left out": {
			change: func(b *audit.Books) { b.Workflows = append(b.Workflows, flow(3, runs.Running, "")) }, since: began,
			problems: []string{"order #3 should have been left out and has a workflow, which is running"},
		},
		"the system is at rest": {
			change:   func(b *audit.Books) { b.Workflows[0] = running },
			problems: []string{"order #1 should be completed and is running"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, r := books(), rules
			r.OpenSince = tt.since
			if tt.change != nil {
				tt.change(&b)
			}
			a := b.Judge(r)
			require.Equal(t, append([]string{}, tt.problems...), a.Problems)
			require.Equal(t, tt.orders, a.OrdersOpen)
			require.Equal(t, tt.cards, a.CardsOpen)
		})
	}
}

// Two cards with one audit number are wrong, even if they belong to an order with two identical cards.
func TestOneAuditNumberForTwoCards(t *testing.T) {
	t.Parallel()
	b := books()
	b.Cards[1].AuditNumber = b.Cards[0].AuditNumber
	require.Equal(t, []string{"audit number 1-1 has 2 cards"}, b.Judge(rules).Problems)
}

func TestProblemsAreBounded(t *testing.T) {
	t.Parallel()
	b := books()
	for range 70 {
		b.Cards = append(b.Cards, made(7, 1))
	}
	a := b.Judge(rules)
	require.Len(t, a.Problems, 50)
	require.Equal(t, 21, a.MoreProblems, "70 stray cards, and one audit number of them all")
}
