package audit_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/sandbox/internal/audit"
	"github.com/giftbridge/giftbridge/sandbox/internal/audit/mails"
	"github.com/giftbridge/giftbridge/sandbox/internal/audit/runs"
)

// soldLater are books that balance: order 1 has two cards that were made later, and one that was made at once.
func soldLater() (audit.Books, audit.Rules) {
	o := sold(1)
	o.Lines = append(o.Lines, audit.Line{SKU: "LATER", Quantity: 3, Removed: 1, UnitPrice: "30.0"})
	r := rules
	r.SKUs = append([]string{"LATER"}, rules.SKUs...)
	r.Later = map[string]string{"LATER": "ITEM"}
	b := audit.Books{
		Orders:    []audit.Order{o},
		Merchants: []audit.Merchant{{Name: "Widget Store", MerchantCode: "WS"}},
		Cards:     []audit.Card{made(1, 1), made(1, 2)},
		Workflows: []runs.Workflow{flow(1, runs.Completed, "")},
		Later:     audit.Later{Cards: []audit.LaterCard{madeLater(1, 1), madeLater(1, 2), {Barcode: "orphan", ItemCode: "ITEM"}}},
		CardMails: []mails.Card{mailed(1, 1), mailed(1, 2)},
	}
	r.NoDigest = true
	return b, r
}

// madeLater returns a card that was made later for a unit of an order.
func madeLater(order, unit int) audit.LaterCard {
	return audit.LaterCard{
		Barcode: fmt.Sprint(order, "/", unit), ItemCode: "ITEM", Currency: "USD", Active: true, Activations: 1, Amount: "30.00",
		Movements: []audit.Movement{{Amount: "30.00", Payload: fmt.Sprintf("LAB%d-%d", order, unit)}},
	}
}

// mailed returns the mail of such a card.
func mailed(order, unit int) mails.Card {
	return mails.Card{
		MessageID: fmt.Sprintf("<%d/%d@shop>", order, unit), To: []string{fmt.Sprintf("buyer-%d@example.com", order)},
		Words: []string{"Number:", fmt.Sprint(order, "/", unit), "Value:", "$30.00"},
	}
}

func TestCardsMadeLaterBalance(t *testing.T) {
	t.Parallel()
	b, r := soldLater()
	a := b.Judge(r)
	require.Empty(t, a.Problems)
	require.Equal(t, 4, a.UnitsExpected)
	require.Equal(t, 4, a.CardsIssued)
	require.Equal(t, 2, a.CardsMadeLater)
	require.Equal(t, 1, a.CardsNeverUsed)
	require.Equal(t, 2, a.CardMails)
}

// An order of such cards alone needs no merchant.
func TestCardsMadeLaterNeedNoMerchant(t *testing.T) {
	t.Parallel()
	b, r := soldLater()
	b.Orders[0].Lines, b.Merchants, b.Cards = b.Orders[0].Lines[1:], nil, nil
	require.Empty(t, b.Judge(r).Problems)
	b.Orders[0].Lines[0].UnitPrice = "0.0"
	require.Contains(t, b.Judge(r).Problems[0], "which nobody ordered")
}

func TestCardsMadeLaterThatAreWrong(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*audit.Later)
		count  func(audit.Account) int
		says   string
	}{
		"missing": {
			func(l *audit.Later) { l.Cards = l.Cards[1:] },
			func(a audit.Account) int { return a.CardsMissing }, "missing: 1 of 2 cards of order #1 that are made later",
		},
		"twice, each active": {
			func(l *audit.Later) {
				c := madeLater(1, 1)
				c.Barcode = "another"
				l.Cards = append(l.Cards, c)
			},
			func(a audit.Account) int { return a.CardsDuplicate }, "duplicate: two cards of order #1, key LAB1-1",
		},
		"activated twice": {
			func(l *audit.Later) { l.Cards[0].Activations = 2 },
			func(a audit.Account) int { return a.CardsActivatedTwice }, "activated 2 times",
		},
		"of two owners": {
			func(l *audit.Later) { l.Cards[0].Movements = append(l.Cards[0].Movements, l.Cards[1].Movements...) },
			func(a audit.Account) int { return a.CardsOfTwo }, "two owners: a card of item ITEM",
		},
		"of another value": {
			func(l *audit.Later) { l.Cards[0].Amount = "60.00" },
			func(a audit.Account) int { return a.CardsUnexpected }, "is worth 60.00 USD, which nobody ordered",
		},
		"of nobody": {
			func(l *audit.Later) { l.Cards[0].Movements = nil },
			func(a audit.Account) int { return a.CardsUnexpected }, "stray: a card of item ITEM was activated for nobody",
		},
		"no longer active": {
			func(l *audit.Later) { l.Cards[0].Active = false },
			func(audit.Account) int { return 1 }, "is not active",
		},
		"money given away": {
			func(l *audit.Later) { l.GivenAway = map[string]string{"USD": "30.00"} },
			func(audit.Account) int { return 1 }, "given away: 30.00 USD",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, r := soldLater()
			tt.change(&b.Later)
			a := b.Judge(r)
			require.Equal(t, 1, tt.count(a))
			require.Contains(t, fmt.Sprint(a.Problems), tt.says)
		})
	}
}
