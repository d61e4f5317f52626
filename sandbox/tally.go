package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/sandbox/internal/audit"
	"github.com/giftbridge/giftbridge/sandbox/internal/audit/runs"
	"github.com/giftbridge/giftbridge/sandbox/internal/board"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

const (
	// tallyTimeout limits how long reading the books may take when somebody wants the sandbox to end.
	tallyTimeout = 30 * time.Second
	// openFor is how long ago an order may have been placed to be counted as open: the time that a poll and the cards
	// take at most, when nothing is wrong.
	openFor = 15 * time.Second
)

// tally compares the books of a system that runs, and prints the result. The next digest is not
// due yet, so none has to name the failed orders.
func (p *printer) tally(ctx context.Context, s *stack.Stack, every time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, tallyTimeout)
	defer cancel()
	rules := s.Rules()
	rules.NoDigest = true
	rules.OpenSince = time.Now().Add(-openFor - every)
	books, err := s.Books(ctx)
	if err != nil {
		p.sayf("the books could not be read: %v", err)
		return
	}
	redacted, err := s.Operator.ListOrders(ctx, orders.OrderFilter{State: executions.Redacted})
	if err != nil {
		p.sayf("the redacted orders could not be listed: %v", err)
		return
	}
	books, decided := undecided(books, redacted)
	p.print(tally(p.screen(), books.Judge(rules), decided))
}

// undecided returns the books without the orders about which a person has decided, by a command or in the Web UI, and how
// many those are. What becomes of them is what that person wanted, and not what the rules say.
func undecided(books audit.Books, redacted []executions.Order) (audit.Books, int) {
	decided := map[string]bool{}
	for _, w := range books.Workflows {
		if w.ByHand {
			decided[w.OrderID] = true
		}
	}
	for _, o := range redacted {
		decided[o.ID] = true
	}
	for _, c := range books.Cards {
		if c.Status == "CANCELLED" {
			decided[board.OrderOf(c.AuditNumber)] = true
		}
	}
	books.Orders = slices.DeleteFunc(slices.Clone(books.Orders), func(o audit.Order) bool {
		return decided[strconv.FormatInt(o.ID, 10)]
	})
	books.Workflows = slices.DeleteFunc(slices.Clone(books.Workflows), func(w runs.Workflow) bool { return decided[w.OrderID] })
	books.Cards = slices.DeleteFunc(slices.Clone(books.Cards), func(c audit.Card) bool {
		return decided[board.OrderOf(c.AuditNumber)]
	})
	books.Later.Cards = slices.DeleteFunc(slices.Clone(books.Later.Cards), func(c audit.LaterCard) bool {
		return len(c.Movements) > 0 && decided[board.OrderOf(c.Movements[0].Payload)]
	})
	return books, len(decided)
}

// tally shows the auditor's account. What is open is neither missing nor left out. decided is the number of orders about
// which a person has decided, which the account does not have.
func tally(screen board.Screen, a audit.Account, decided int) string {
	var b strings.Builder
	a.OrdersPlaced += decided
	for _, row := range []struct {
		what string
		n    int
	}{
		{"orders placed", a.OrdersPlaced},
		{"  completed", a.OrdersCompleted},
		{"  failed", a.OrdersFailed},
		{"  left out", a.OrdersLeftOut},
		{"  still open", a.OrdersOpen},
		{"cards expected", a.UnitsExpected},
		{"  issued", a.CardsIssued},
		{"  still to come", a.CardsOpen},
		{"  missing", a.CardsMissing},
		{"  duplicate", a.CardsDuplicate},
		{"  unexpected", a.CardsUnexpected},
		{"digests sent", a.DigestMails},
	} {
		fmt.Fprintf(&b, "%-17s%d\n", row.what, row.n)
		if row.what == "  still open" && decided > 0 {
			fmt.Fprintf(&b, "  by hand        %d (you have decided about these; they are not judged)\n", decided)
		}
	}
	for _, problem := range a.Problems {
		b.WriteString(screen.Problem(problem))
	}
	if a.MoreProblems > 0 {
		b.WriteString(screen.Problem("and " + board.Count(a.MoreProblems, "more problem")))
	}
	if a.OK() {
		b.WriteString(screen.Good("the books balance: no card is missing, and none is there twice"))
	}
	return b.String()
}
