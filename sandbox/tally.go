package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/sandbox/internal/audit"
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
	p.print(tally(p.screen(), books.Judge(rules)))
}

// tally shows the auditor's account. What is open is neither missing nor left out.
func tally(screen board.Screen, a audit.Account) string {
	var b strings.Builder
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
