package e2e_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/giftbridge/giftbridge/internal/executions"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

// An order fails because its merchant is missing. The shop cancels the order and refunds it. The merchant is added, and
// the digest reruns the order by itself: no card is issued.
func TestCancelledOrdersAreNotIssuedWhenRunAgain(t *testing.T) {
	t.Parallel()
	for name, dedupes := range map[string]bool{"again while unclear": true, "at most once": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t, stack.Options{Configure: func(c *config.Config) { c.Issue.Dedupes = dedupes }})
			p, kept := w.PlaceKind(scenario.UnknownMerchant), w.PlaceKind(scenario.UnknownMerchant)
			w.poll()
			w.awaitFailed(2)
			require.True(t, w.Shop.UpdateOrder(p.ID, func(o *shopifytest.Order) {
				o.CancelledAt, o.FinancialStatus = time.Now(), "REFUNDED"
				o.Lines[0].Removed = o.Lines[0].Quantity
			}))
			w.addMerchant(cashstartest.Merchant{Name: "Stranger 1", MerchantCode: "STRANGER", Currencies: []string{"USD"}})
			w.digest()
			d := w.show(p, executions.Failed)
			require.Equal(t, string(giftcard.OrderChanged), d.Failure.Kind)
			require.Contains(t, d.Failure.Message, p.Name)
			require.Contains(t, d.Failure.Message, "the order was cancelled; no card was issued for it")
			require.Empty(t, w.Issuer.Cards())
			mails := w.Mail.Messages()
			require.Len(t, mails, 1)
			digest, err := mails[0].Parse()
			require.NoError(t, err)
			require.Contains(t, strings.Join(strings.Fields(digest.Text), " "), "If a card is still owed, issue it by hand")
			require.Equal(t, "MerchantUnknown", w.show(kept, executions.Failed).Failure.Kind)
		})
	}
}

// Units of an order are refunded while the issuer rejects it. The remaining units are issued. The failure says why the
// others are not. If the issuer may have made the card before, the doubt takes precedence.
func TestOrdersChangeWhileTheyWait(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault cashstartest.Fault
		kind  giftcard.Kind
		says  string
		// failed is the number of cards that fail. While one is in doubt, it counts as issued for the others.
		failed int
	}{
		"turned away": {
			cashstartest.Fault{Kind: cashstartest.RateLimit}, giftcard.OrderChanged, "the card was refunded or removed", 1,
		},
		"no answer": {
			cashstartest.Fault{Kind: cashstartest.ServerError},
			giftcard.OutcomeUnknown,
			"an earlier attempt may have issued it; since then, the card was refunded or removed", 3,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			issuer := hesitation{fault: tt.fault}
			w := start(t, stack.Options{CashStar: issuer.options("BUSY")})
			p := w.orderFor("BUSY", 3)
			w.poll()
			w.await("asked for each card", func() bool { return issuer.cards() == 3 })
			require.True(t, w.Shop.UpdateOrder(p.ID, func(o *shopifytest.Order) {
				o.FinancialStatus, o.Lines[0].Removed = "PARTIALLY_REFUNDED", 1
			}))
			issuer.letGo()
			d := w.show(p, executions.Failed)
			require.Len(t, d.Units.Failed, tt.failed)
			last := d.Units.Failed[tt.failed-1]
			require.Equal(t, 3, last.Unit)
			require.Equal(t, tt.kind, last.Kind)
			require.Contains(t, last.Message, tt.says)
			require.Contains(t, last.Message, p.Name)
			require.Len(t, w.Issuer.Cards(), 3-tt.failed)
		})
	}
}

// Of two cards, the issuer makes the second, and no answer comes for either. One is refunded, and both would be requested
// again at the same moment. The second one is in doubt, so the first one may be one too many: it is not issued before a
// person has looked.
func TestACardWaitsForTheOthersOfItsLine(t *testing.T) {
	t.Parallel()
	issuer := hesitation{fault: cashstartest.Fault{Kind: cashstartest.Drop}}
	w := start(t, stack.Options{CashStar: issuer.options("BUSY")})
	p := w.orderFor("BUSY", 2)
	w.poll()
	w.await("asked for each card", func() bool { return issuer.cards() == 2 })
	var second string
	require.True(t, w.Shop.UpdateOrder(p.ID, func(o *shopifytest.Order) {
		o.FinancialStatus, o.Lines[0].Removed = "PARTIALLY_REFUNDED", 1
		second = giftcard.AuditNumber(w.Config.Issue.AuditPrefix, w.Config.Shopify.Shop, strconv.FormatInt(o.ID, 10),
			strconv.FormatInt(o.Lines[0].ID, 10), 2)
	}))
	issuer.silent = func(auditNumber string) bool { return auditNumber == second }
	issuer.letGo()
	d := w.show(p, executions.Failed)
	require.Len(t, d.Units.Failed, 2)
	for _, u := range d.Units.Failed {
		require.Equal(t, giftcard.OutcomeUnknown, u.Kind, u.Message)
	}
	cards := w.Issuer.Cards()
	require.Len(t, cards, 1)
	require.Equal(t, second, cards[0].AuditNumber)
}
