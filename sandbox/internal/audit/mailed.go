package audit

import (
	"slices"
	"strconv"
	"strings"

	"github.com/giftbridge/giftbridge/sandbox/internal/audit/mails"
)

// judgeCardMails requires that exactly one mail of each card that was made later, and of no other card, arrived at its
// recipient's address. Mails with one Message-ID are one mail to their reader.
func (b Books) judgeCardMails(a *Account, verdicts []verdict, cards map[string]handedOver) {
	a.CardMails = len(b.CardMails)
	arrived := b.sortMails(a)
	p := b.newPost(verdicts)
	missing := map[string]int{}
	for _, c := range b.Later.Cards {
		card, ok := cards[c.Barcode]
		of := arrived[c.Barcode]
		switch {
		case ok && len(of) == 0:
			missing[card.order]++
		case ok:
			p.judge(a, card, of)
		case len(of) > 0:
			a.MailsUnexpected += len(of)
			a.Problem("mails unexpected: %d with a card of item %s that must not be handed over", len(of), c.ItemCode)
		}
	}
	for _, v := range verdicts {
		// Of an order that has failed before people's eyes, they know that mails were not sent.
		if n := missing[strconv.FormatInt(v.order.ID, 10)]; n > 0 && !v.open && !v.seen {
			a.MailsMissing += n
			a.Problem("mails missing: %d of %d of order %s, whose workflow %s", n, len(v.later), v.order.Name, v.ended)
		}
	}
}

// sortMails returns the mails of each card in the ledger, by its barcode.
func (b Books) sortMails(a *Account) map[string][]mails.Card {
	known, arrived := map[string]bool{}, map[string][]mails.Card{}
	for _, c := range b.Later.Cards {
		known[c.Barcode] = true
	}
	for _, m := range b.CardMails {
		of := map[string]bool{}
		for _, word := range m.Words {
			if known[word] {
				of[word] = true
			}
		}
		if len(of) != 1 {
			a.MailsUnexpected++
			a.Problem("mails unexpected: one with %d cards", len(of))
			continue
		}
		for barcode := range of {
			arrived[barcode] = append(arrived[barcode], m)
		}
	}
	return arrived
}

// post is what remains of what was owed to recipients, and of what excuses mails, by the shop's ID of the order.
type post struct {
	owed map[string]map[mailedUnit]int
	// unclear counts attempts to mail a card of which nobody knows whether the mail was sent, and resent the mails that a
	// person asked for.
	unclear, resent map[string]int
}

func (b Books) newPost(verdicts []verdict) post {
	p := post{owed: map[string]map[mailedUnit]int{}, unclear: map[string]int{}, resent: map[string]int{}}
	for _, v := range verdicts {
		id := strconv.FormatInt(v.order.ID, 10)
		p.owed[id] = map[mailedUnit]int{}
		for _, u := range v.later {
			p.owed[id][u]++
		}
	}
	for _, w := range b.Workflows {
		p.unclear[w.OrderID], p.resent[w.OrderID] = w.MailsCutOff, w.Resent
	}
	return p
}

// judge judges the mails of a card, in the order of their arrival.
func (p post) judge(a *Account, card handedOver, arrived []mails.Card) {
	var ids []string
	copies := map[string][]mails.Card{}
	for _, m := range arrived {
		if copies[m.MessageID] == nil {
			ids = append(ids, m.MessageID)
		}
		copies[m.MessageID] = append(copies[m.MessageID], m)
	}
	for i, id := range ids {
		needless := p.needless(card.order, copies[id])
		a.MailsRepeated += len(copies[id]) - 1 - needless
		if needless > 0 {
			a.MailsTwice += needless
			a.Problem("mails twice: one of a card of order %s, key %s, needless copies: %d", card.name, card.key, needless)
		}
		switch {
		case i == 0:
			p.address(a, card, copies[id])
		case p.resent[card.order] > 0:
			p.resent[card.order]--
		default:
			a.MailsTwice++
			a.Problem("mails twice: another one of a card of order %s, key %s, which nobody asked for", card.name, card.key)
		}
	}
}

// needless returns how many copies of a mail were sent although the one before was known to have arrived.
func (p post) needless(order string, copies []mails.Card) (n int) {
	for _, before := range copies[:len(copies)-1] {
		switch {
		case before.Unanswered:
		case p.unclear[order] > 0:
			p.unclear[order]--
		default:
			n++
		}
	}
	return n
}

// address requires that all copies of the first mail of a card went to one address, which is owed such a card.
func (p post) address(a *Account, card handedOver, copies []mails.Card) {
	u := mailedUnit{card.laterUnit, strings.Join(copies[0].To, ", ")}
	strayed := slices.ContainsFunc(copies, func(m mails.Card) bool { return !slices.Equal(m.To, copies[0].To) })
	if strayed || p.owed[card.order][u] == 0 {
		a.MailsUnexpected++
		a.Problem("mails unexpected: one of a card of order %s, key %s, went to an address to which it does not belong", card.name, card.key)
		return
	}
	p.owed[card.order][u]--
}
