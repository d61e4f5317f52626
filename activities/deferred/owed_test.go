package deferred_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/internal/callback"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/token"
)

const shop = "example.myshopify.com"

// shopOf is a shop that has one order.
type shopOf struct {
	intake.Source
	order *intake.Order
	err   error
	reads *int
	risk  bool
}

func (s shopOf) WithRisk() intake.Source {
	s.risk = true
	return s
}

func (s shopOf) ReadAll(_ context.Context, numbers []string) (map[string]intake.Lookup, error) {
	*s.reads++
	if s.err != nil {
		return nil, s.err
	}
	if s.order == nil {
		return map[string]intake.Lookup{numbers[0]: {Err: intake.ErrNotFound}}, nil
	}
	o := *s.order
	if !s.risk {
		o.Risk = giftcard.RiskUnread
	}
	return map[string]intake.Lookup{numbers[0]: {Order: &o}}, nil
}

// acme is an issuer that counts what it is asked to activate, and the part of Temporal that an activation needs.
type acme struct {
	issuer.Deferred
	deferred.Temporal
	activated int
	requested intake.Requested
	away      error
}

func (*acme) Words() issuer.Words { return issuer.Words{Issuer: "Acme"} }

func (a *acme) Activate(context.Context, issuer.Activation) error {
	a.activated++
	return nil
}

func (*acme) IsFirst(context.Context, string, string) (bool, error) { return true, nil }

func (a *acme) Requested(_ context.Context, u deferred.Unit, _ []string) (intake.Requested, error) {
	if u.Issuer != "acme" {
		return intake.Requested{}, errors.New("another issuer")
	}
	return a.requested, a.away
}

func key(unit int) string { return giftcard.AuditNumber("P-", shop, "5001", "901", unit) }

// ordered is a paid order of three cards of a line, of which some are left.
func ordered(left int) *intake.Order {
	return &intake.Order{
		Candidate: giftcard.Candidate{
			Order: giftcard.Order{ID: "5001", Lines: []giftcard.Line{{
				ID: "901", SKU: "LATER", Units: left, Price: "50.0", Currency: "EUR",
			}}},
			Lines:      []giftcard.LineFacts{{Ordered: 3, Cost: giftcard.Amount{Number: "50.0", Currency: "EUR"}}},
			Paid:       true,
			NetPayment: giftcard.Amount{Number: "150.0", Currency: "EUR"}, Risk: giftcard.RiskAccepted,
		},
		Payment: "PAID",
	}
}

// activate executes the activity that gives a card its value.
func activate(t *testing.T, a *acme, source intake.Source, in deferred.ActivateCardInput) error {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(&deferred.Cards{
		Issuers:   map[string]issuer.Abilities{"acme": {Issuer: a, Deferred: a}},
		Callbacks: callback.New("https://receiver.example", token.Keys{{ID: "k", Secret: []byte(strings.Repeat("k", 32))}}),
		Temporal:  a, Orders: &deferred.OrderCheck{Reader: intake.NewReader(source, 0), Cards: a}, IDKey: []byte("id"), Now: time.Now,
	})
	_, err := env.ExecuteActivity(deferred.ActivateCardType, in)
	return err
}

func secondOfThree() deferred.ActivateCardInput {
	return deferred.ActivateCardInput{Attempt: 1, Code: "b-1", Unit: deferred.Unit{
		Issuer: "acme", Key: key(2), OrderName: "#1001", OrderWorkflowID: "gift-card-order/" + shop + "/5001", Number: 2, Item: "I50",
		Price: "50.00", Currency: "EUR", ReadAt: time.Now().Add(-time.Hour),
	}}
}

// requireNotSent requires that a card was certainly not given its value, and why.
func requireNotSent(t *testing.T, a *acme, err error, kind giftcard.Kind, says string) {
	t.Helper()
	app, ok := errors.AsType[*temporal.ApplicationError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, string(kind), app.Type(), app.Message())
	require.Contains(t, app.Message(), says)
	require.Contains(t, app.Message(), "order #1001, card 2, activating it: ")
	var said deferred.NotSent
	require.NoError(t, app.Details(&said))
	require.True(t, said.NotSent)
	require.Zero(t, a.activated)
}

// Before a card gets its value, the order is read again, unless it was read a moment ago.
func TestActivateCardReadsTheOrderAgain(t *testing.T) {
	t.Parallel()
	cancelled := ordered(3)
	cancelled.Cancelled = true
	for name, tt := range map[string]struct {
		in    func(*deferred.ActivateCardInput)
		order *intake.Order
		reads int
		want  string // empty if the card gets its value
	}{
		"fresh":                {in: func(in *deferred.ActivateCardInput) { in.ReadAt = time.Now() }, order: cancelled},
		"read long ago":        {order: ordered(3), reads: 1},
		"cancelled":            {order: cancelled, reads: 1, want: "the order was cancelled; no card was issued for it"},
		"deleted":              {reads: 1, want: "Shopify no longer shows the order"},
		"from before releases": {in: func(in *deferred.ActivateCardInput) { in.ReadAt = time.Time{} }, order: ordered(3), reads: 1},
		"run again": {
			in:    func(in *deferred.ActivateCardInput) { in.ReadAt, in.Again = time.Now(), true },
			order: cancelled, reads: 1, want: "cancelled",
		},
		"waited": {
			in:    func(in *deferred.ActivateCardInput) { in.ReadAt, in.Waited = time.Now(), true },
			order: cancelled, reads: 1, want: "cancelled",
		},
		"second attempt": {
			in:    func(in *deferred.ActivateCardInput) { in.ReadAt, in.Attempt = time.Now(), 2 },
			order: cancelled, reads: 1, want: "cancelled",
		},
		"its price was changed": {
			in:    func(in *deferred.ActivateCardInput) { in.Price = "40.00" },
			order: ordered(3), reads: 1, want: "its price is now 50.0 EUR, and was 40.00 EUR",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, reads, in := &acme{}, 0, secondOfThree()
			if tt.in != nil {
				tt.in(&in)
			}
			err := activate(t, a, shopOf{order: tt.order, reads: &reads}, in)
			require.Equal(t, tt.reads, reads)
			if tt.want != "" {
				requireNotSent(t, a, err, giftcard.OrderChanged, tt.want)
				return
			}
			require.NoError(t, err)
			require.Equal(t, 1, a.activated)
		})
	}
}

// What was paid and the risk count if the order was taken in under rules that say so.
func TestActivateCardHolds(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		order func(*intake.Order)
		hold  func(*deferred.Unit)
		want  string
	}{
		"underpaid": {
			order: func(o *intake.Order) { o.NetPayment.Number = "20.0" },
			hold:  func(u *deferred.Unit) { u.PaidFor = []string{"LATER"} },
			want:  "money was refunded: the net payment of 20.0 EUR does not cover the remaining gift cards",
		},
		"risky": {
			order: func(o *intake.Order) { o.Risk = giftcard.RiskDoubted },
			hold:  func(u *deferred.Unit) { u.HoldRisky = true },
			want:  "Shopify now recommends to cancel the order or to investigate it (RISK=hold)",
		},
		"not risky": {order: func(*intake.Order) {}, hold: func(u *deferred.Unit) { u.HoldRisky = true }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := ordered(3)
			tt.order(o)
			a, reads, in := &acme{}, 0, secondOfThree()
			require.NoError(t, activate(t, a, shopOf{order: o, reads: &reads}, func() deferred.ActivateCardInput {
				free := in
				if tt.want == "" {
					tt.hold(&free.Unit)
				}
				return free
			}()))
			if tt.want == "" {
				return
			}
			b := &acme{}
			tt.hold(&in.Unit)
			requireNotSent(t, b, activate(t, b, shopOf{order: o, reads: &reads}, in), giftcard.OrderChanged, tt.want)
		})
	}
}

// Of the cards of a line that lost units, those that exist come first. While another one is being given its value, nobody
// knows yet, and the card is tried again later.
func TestActivateCardOfAReducedLine(t *testing.T) {
	t.Parallel()
	third := map[string]bool{key(3): true}
	for name, tt := range map[string]struct {
		left      int
		requested intake.Requested
		kind      giftcard.Kind
		says      string
	}{
		"the third is left out":       {left: 2},
		"the third exists":            {left: 2, requested: intake.Requested{Issued: third}, kind: giftcard.OrderChanged, says: "2 of 3 cards"},
		"the third may exist soon":    {left: 2, requested: intake.Requested{Open: third}, kind: giftcard.Unavailable, says: "not yet known"},
		"one is left":                 {left: 1, kind: giftcard.OrderChanged, says: "1 of 3 cards of its line remain"},
		"one is left, whatever comes": {left: 1, requested: intake.Requested{Open: third}, kind: giftcard.OrderChanged, says: "1 of 3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, reads := &acme{requested: tt.requested}, 0
			err := activate(t, a, shopOf{order: ordered(tt.left), reads: &reads}, secondOfThree())
			if tt.kind != "" {
				requireNotSent(t, a, err, tt.kind, tt.says)
				return
			}
			require.NoError(t, err)
			require.Equal(t, 1, a.activated)
		})
	}
}

// If neither the shop nor Temporal can say whether a card is owed, it is not given its value, and is tried again later.
func TestActivateCardWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	reads := 0
	a := &acme{}
	away := giftcard.Errorf(giftcard.Unavailable, "the shop is away")
	requireNotSent(t, a, activate(t, a, shopOf{err: away, reads: &reads}, secondOfThree()), giftcard.Unavailable,
		"read the order again: the shop is away")
	a.away = giftcard.Errorf(giftcard.Unavailable, "Temporal is away")
	requireNotSent(t, a, activate(t, a, shopOf{order: ordered(2), reads: &reads}, secondOfThree()), giftcard.Unavailable, "Temporal is away")
	in := secondOfThree()
	in.OrderWorkflowID = "something-else"
	requireNotSent(t, a, activate(t, a, shopOf{order: ordered(3), reads: &reads}, in), giftcard.InvalidRequest, "only for an order")
}
