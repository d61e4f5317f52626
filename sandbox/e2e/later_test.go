package e2e_test

import (
	"cmp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/fourwayshop"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/jobs"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/ledger"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// bothIssuers returns the options of a stack with an issuer of each kind.
func bothIssuers(o fourwayshoptest.Options) stack.Options {
	o.Takes = cmp.Or(o.Takes, 50*time.Millisecond)
	return stack.Options{Later: true, FourWayShop: o}
}

// Orders of cards that are made later, and of cards of both issuers, that arrive by webhook.
func TestLaterCardsByWebhook(t *testing.T) {
	t.Parallel()
	w := startReceiving(t, bothIssuers(fourwayshoptest.Options{}))
	for _, p := range w.place(scenario.LaterKinds()...) {
		w.announced(p)
	}
	a := w.requireBalance()
	require.Greater(t, a.CardsIssued, a.CardsMadeLater)
	require.GreaterOrEqual(t, a.CardsMadeLater, 5)
	require.NotZero(t, w.Later.Stats().Callbacks[204])
}

// The same by polls, with every setting of what the issuer does not publish the other way round.
func TestLaterCardsByPollOfAnotherVendor(t *testing.T) {
	t.Parallel()
	w := start(t, bothIssuers(fourwayshoptest.Options{
		Rules:         ledger.Rules{Second: ledger.Overwrites, HidesInactive: true, ActivatesEarly: true, Overdraws: true},
		RefusalStatus: 400, Italian: true, Texts: true, NoExpiry: true, CallbackTries: 3, CallbackPause: time.Second,
	}))
	placed := w.place(scenario.LaterKinds()...)
	w.poll()
	for _, p := range placed {
		w.show(p, executions.Completed)
	}
	a := w.requireBalance()
	require.GreaterOrEqual(t, a.CardsMadeLater, 5)
}

// Whatever befalls requests and jobs, there is one card for each unit.
func TestLaterCardsOfABadDay(t *testing.T) {
	t.Parallel()
	w := start(t, bothIssuers(fourwayshoptest.Options{Rules: ledger.Rules{Second: ledger.Refused}, TokenLife: time.Second}))
	soon := 2 * time.Second
	w.Later.Befall(
		fourwayshoptest.Trouble{Kind: jobs.Never, Operation: fourwayshoptest.Generate},
		fourwayshoptest.Trouble{Kind: jobs.Never, Operation: fourwayshoptest.Update},
		fourwayshoptest.Trouble{Kind: jobs.Early},
		fourwayshoptest.Trouble{Kind: jobs.Twice},
		fourwayshoptest.Trouble{Kind: jobs.Garbled},
		fourwayshoptest.Trouble{Kind: jobs.Late, Delay: soon},
		fourwayshoptest.Trouble{Kind: jobs.Lag, Operation: fourwayshoptest.Update, Delay: soon},
		fourwayshoptest.Trouble{Kind: jobs.Stalled, Operation: fourwayshoptest.Update, Delay: soon},
		fourwayshoptest.Trouble{Kind: jobs.Failed, Operation: fourwayshoptest.Update},
	)
	for _, committed := range []bool{false, true} {
		w.Later.Inject(
			fourwayshoptest.Fault{Kind: fourwayshoptest.ServerError, Operation: fourwayshoptest.Generate, AfterCommit: committed},
			fourwayshoptest.Fault{Kind: fourwayshoptest.Drop, Operation: fourwayshoptest.Update, AfterCommit: true},
		)
	}
	placed := w.place(scenario.MadeLaterTwice, scenario.MadeLaterTwice, scenario.MadeLaterTwice, scenario.BothIssuers)
	w.poll()
	for _, p := range placed {
		w.show(p, executions.Completed)
	}
	w.requireBalance()
	stats := w.Later.Stats()
	require.Len(t, stats.Troubles, 8, "%v", stats.Troubles)
	require.NotZero(t, stats.Faults["drop_after_commit"])
}

// laterOrder places an order of one card that is made later.
func (w *system) laterOrder(sku, price string) scenario.Placed { return w.laterCards(1, sku, price) }

// laterCards places an order of cards that are made later.
func (w *system) laterCards(cards int, sku, price string) scenario.Placed {
	o := w.Shop.AddOrder(shopifytest.Order{
		Email: "buyer@example.com",
		Lines: []shopifytest.LineItem{{SKU: sku, Title: "Gift card", Quantity: cards, UnitPrice: price}},
	})
	return scenario.Placed{ID: o.ID, Name: o.Name}
}

// What the issuer cannot make is a failed order that says why, and nothing gets a value. Nothing is lost: once the issuer can
// make it, another run of the order has it made.
func TestLaterCardsThatCannotBeMade(t *testing.T) {
	t.Parallel()
	o := bothIssuers(fourwayshoptest.Options{Items: append(scenario.Items(),
		ledger.Item{Code: "EURO", Currency: "EUR"}, ledger.Item{Code: "PAST", Currency: "USD", ValidFor: -time.Hour})})
	o.Configure = func(c *config.Config) {
		for _, code := range []string{"NOTHING", "EURO", "PAST"} {
			c.FourWayShop.Items = append(c.FourWayShop.Items, fourwayshop.Item{SKU: "SKU-" + code, Code: code})
		}
	}
	o.Shopify.Variants = append(scenario.Variants(),
		shopifytest.Variant{SKU: "SKU-NOTHING"}, shopifytest.Variant{SKU: "SKU-EURO"}, shopifytest.Variant{SKU: "SKU-PAST"})
	w := start(t, o)
	var placed []scenario.Placed
	cases := []struct {
		sku, price string
		kind       giftcard.Kind
		says       string
	}{
		{"SKU-NOTHING", "30.0", giftcard.InvalidRequest, "itemCode not found"},
		{"SKU-EURO", "30.0", giftcard.InvalidRequest, "cards of the item EURO are in EUR, and the order is in USD"},
		{scenario.LaterProducts()[0].SKU, "31.0", giftcard.InvalidRequest, "amount not allowed"},
		{scenario.LaterProducts()[0].SKU, "0.0", giftcard.InvalidRequest, "above zero"},
		{"SKU-PAST", "30.0", giftcard.UnexpectedResponse, "expired"},
	}
	for _, c := range cases {
		placed = append(placed, w.laterOrder(c.sku, c.price))
	}
	w.poll()
	for i, p := range placed {
		f := w.show(p, executions.Failed).Failure
		require.Equal(t, string(cases[i].kind), f.Kind, f.Message)
		require.Contains(t, f.Message, cases[i].says)
		require.Contains(t, f.Message, p.Name)
	}
	require.Zero(t, w.Later.Stats().Activations)

	product := scenario.LaterProducts()[0]
	for _, item := range []ledger.Item{
		{Code: "NOTHING", Currency: "USD"},
		{Code: "EURO", Currency: "USD"},
		{Code: "PAST", Currency: "USD"},
		{Code: product.Item, Currency: "USD", Amounts: []string{product.Price + "0", "31.00"}},
	} {
		w.Later.AddItem(item)
	}
	made := 0
	for i, p := range placed {
		if cases[i].price == "0.0" {
			continue // No issuer makes that.
		}
		w.rerun(workflows.RerunOrdersInput{Orders: []string{orderID(p)}, Force: true, Reason: "the issuer has the item now"})
		require.Len(t, w.show(p, executions.Completed).Result.Cards, 1)
		made++
	}
	require.Equal(t, made, w.Later.Stats().Activations)
}
