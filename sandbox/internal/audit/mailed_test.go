package audit_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/sandbox/internal/audit"
	"github.com/giftbridge/giftbridge/sandbox/internal/audit/mails"
	"github.com/giftbridge/giftbridge/sandbox/internal/audit/runs"
)

// mail returns a change of books: another mail of a card of theirs, changed.
func mail(unit int, change func(*mails.Card)) func(*audit.Books) {
	return func(b *audit.Books) {
		m := mailed(1, unit)
		if change != nil {
			change(&m)
		}
		b.CardMails = append(b.CardMails, m)
	}
}

func unanswered(n int) func(*audit.Books) {
	return func(b *audit.Books) { b.CardMails[n].Unanswered = true }
}

func anew(m *mails.Card) { m.MessageID = "<anew@shop>" }

// Each mail that is missing, too many or astray is found.
func TestMailsThatAreWrong(t *testing.T) {
	t.Parallel()
	missing := func(a audit.Account) int { return a.MailsMissing }
	twice := func(a audit.Account) int { return a.MailsTwice }
	unexpected := func(a audit.Account) int { return a.MailsUnexpected }
	for name, tt := range map[string]struct {
		changes []func(*audit.Books)
		count   func(audit.Account) int
		says    string
	}{
		"none arrived": {
			[]func(*audit.Books){func(b *audit.Books) { b.CardMails = b.CardMails[1:] }},
			missing, "mails missing: 1 of 2 of order #1, whose workflow is completed",
		},
		"a copy without need": {
			[]func(*audit.Books){mail(1, nil)}, twice, "mails twice: one of a card of order #1, key LAB1-1, needless copies: 1",
		},
		"a copy after the one that was needed": {
			[]func(*audit.Books){unanswered(0), mail(1, nil), mail(1, nil)}, twice, "needless copies: 1",
		},
		"a copy, as that of another card was unanswered": {
			[]func(*audit.Books){unanswered(1), mail(1, nil)}, twice, "needless copies: 1",
		},
		"a copy, as an attempt for another order was cut off": {
			[]func(*audit.Books){mail(1, nil), func(b *audit.Books) {
				b.Workflows = append(b.Workflows, runs.Workflow{OrderID: "9", MailsCutOff: 1})
			}}, twice, "needless copies: 1",
		},
		"another mail that nobody asked for": {
			[]func(*audit.Books){mail(2, anew)},
			twice,
			"mails twice: another one of a card of order #1, key LAB1-2, which nobody asked for",
		},
		"another mail, although the first was unanswered": {
			[]func(*audit.Books){unanswered(1), mail(2, anew)}, twice, "mails twice: another one",
		},
		"more mails than a person asked for": {
			[]func(*audit.Books){
				mail(2, anew), mail(1, func(m *mails.Card) { m.MessageID = "<third@shop>" }),
				func(b *audit.Books) { b.Workflows[0].Resent = 1 },
			}, twice, "mails twice: another one",
		},
		"a stranger's address": {
			[]func(*audit.Books){func(b *audit.Books) { b.CardMails[0].To = []string{"stranger@example.com"} }},
			unexpected, "mails unexpected: one of a card of order #1, key LAB1-1, went to an address",
		},
		"a stranger's address, beside the right one": {
			[]func(*audit.Books){func(b *audit.Books) { b.CardMails[0].To = append(b.CardMails[0].To, "stranger@example.com") }},
			unexpected, "mails unexpected: one of a card of order #1, key LAB1-1, went to an address",
		},
		"a copy to a stranger's address": {
			[]func(*audit.Books){unanswered(0), mail(1, func(m *mails.Card) { m.To = []string{"stranger@example.com"} })},
			unexpected, "mails unexpected: one of a card of order #1, key LAB1-1, went to an address",
		},
		"the address of the card of another line": {
			[]func(*audit.Books){func(b *audit.Books) {
				later := b.Orders[0].Lines[1]
				b.Orders[0].Lines[1].Quantity = 2
				later.Quantity, later.Attributes = 2, []audit.Property{{Key: "Recipient email", Value: "friend@example.com"}}
				b.Orders[0].Lines = append(b.Orders[0].Lines, later)
			}},
			unexpected, "mails unexpected: one of a card of order #1, key LAB1-2, went to an address",
		},
		"a card without value": {
			[]func(*audit.Books){mail(1, func(m *mails.Card) { m.Words[1] = "orphan" })},
			unexpected, "mails unexpected: 1 with a card of item ITEM that must not be handed over",
		},
		"a card of another value": {
			[]func(*audit.Books){func(b *audit.Books) { b.Later.Cards[1].Amount = "60.00" }},
			unexpected, "mails unexpected: 1 with a card of item ITEM that must not be handed over",
		},
		"a card that is no longer active": {
			[]func(*audit.Books){func(b *audit.Books) { b.Later.Cards[1].Active = false }},
			unexpected, "mails unexpected: 1 with a card of item ITEM that must not be handed over",
		},
		"a card too many": {
			[]func(*audit.Books){func(b *audit.Books) {
				c := madeLater(1, 1)
				c.Barcode = "another"
				b.Later.Cards = append(b.Later.Cards, c)
			}, mail(1, func(m *mails.Card) { m.Words[1] = "another" })},
			unexpected, "mails unexpected: 1 with a card of item ITEM that must not be handed over",
		},
		"no card": {
			[]func(*audit.Books){mail(1, func(m *mails.Card) { m.Words = m.Words[2:] })}, unexpected, "mails unexpected: one with 0 cards",
		},
		"two cards": {
			[]func(*audit.Books){mail(1, func(m *mails.Card) { m.Words = append(m.Words, "1/2") })},
			unexpected, "mails unexpected: one with 2 cards",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, r := soldLater()
			for _, change := range tt.changes {
				change(&b)
			}
			a := b.Judge(r)
			require.Equal(t, 1, tt.count(a))
			require.Contains(t, fmt.Sprint(a.Problems), tt.says)
			r.NoCardMails = true
			require.NotContains(t, fmt.Sprint(b.Judge(r).Problems), "mails")
		})
	}
}

// What is as it should be, although it looks otherwise, is no problem.
func TestMailsThatAreRight(t *testing.T) {
	t.Parallel()
	unsent := func(b *audit.Books) { b.CardMails = b.CardMails[1:] }
	for name, tt := range map[string]struct {
		changes  []func(*audit.Books)
		repeated int
	}{
		"the answer to the first was lost": {[]func(*audit.Books){unanswered(0), mail(1, nil)}, 1},
		"an attempt was cut off": {
			[]func(*audit.Books){mail(1, nil), func(b *audit.Books) { b.Workflows[0].MailsCutOff = 1 }}, 1,
		},
		"both": {
			[]func(*audit.Books){unanswered(0), mail(1, nil), mail(1, nil), func(b *audit.Books) { b.Workflows[0].MailsCutOff = 1 }}, 2,
		},
		"only the first arrived, and was unanswered": {[]func(*audit.Books){unanswered(0)}, 0},
		"a person asked for it": {
			[]func(*audit.Books){mail(1, anew), func(b *audit.Books) { b.Workflows[0].Resent = 1 }}, 0,
		},
		"a person asked for it, at another address": {
			[]func(*audit.Books){mail(1, func(m *mails.Card) {
				anew(m)
				m.To = []string{"hopper@example.com"}
			}), func(b *audit.Books) { b.Workflows[0].Resent = 1 }}, 0,
		},
		"a line for a friend": {[]func(*audit.Books){func(b *audit.Books) {
			later := b.Orders[0].Lines[1]
			b.Orders[0].Lines[1].Quantity = 2
			later.Quantity, later.Attributes = 2, []audit.Property{{Key: "Recipient email", Value: " friend@example.com"}}
			b.Orders[0].Lines = append(b.Orders[0].Lines, later)
			b.CardMails[1].To = []string{"friend@example.com"}
		}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, r := soldLater()
			for _, change := range tt.changes {
				change(&b)
			}
			a := b.Judge(r)
			require.Empty(t, a.Problems)
			require.Equal(t, tt.repeated, a.MailsRepeated)
		})
	}
	t.Run("the order has failed, and a digest names it", func(t *testing.T) {
		t.Parallel()
		b, r := soldLater()
		unsent(&b)
		b.Workflows[0] = flow(1, runs.Failed, "InvalidRequest")
		r.NoDigest = false
		require.Equal(t, 1, b.Judge(r).MailsMissing, "nobody has seen it")
		b.Mails = []mails.Mail{{Rows: []mails.Row{{State: "failed", Order: "#1"}}}}
		a := b.Judge(r)
		require.Zero(t, a.MailsMissing)
		require.Equal(t, []string{"order #1 is failed (InvalidRequest) and should be completed"}, a.Problems)
	})
	t.Run("the order is open", func(t *testing.T) {
		t.Parallel()
		b, r := soldLater()
		unsent(&b)
		b.Workflows[0], r.OpenSince = flow(1, runs.Running, ""), began
		require.Empty(t, b.Judge(r).Problems)
	})
}
