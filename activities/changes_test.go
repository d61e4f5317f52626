package activities_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/issuer"
)

// cancelling is an issuer that shows and cancels cards.
type cancelling struct{ issuer.Issuer }

func (cancelling) Words() issuer.Words { return issuer.Words{Issuer: "Acme"} }

func (cancelling) Inspect(_ context.Context, _, reference string) (issuer.State, error) {
	s := issuer.State{InitialBalance: "25.00", CurrentBalance: "25.00", Currency: "USD"}
	switch reference {
	case "spent":
		s.CurrentBalance = "4.50"
	case "unreadable":
		s.CurrentBalance, s.InitialBalance = "?", "?"
	case "cancelled":
		s.CurrentBalance, s.Cancelled, s.Status = "0.00", true, "CANCELLED"
	case "in other words":
		s.CurrentBalance = "25.0"
	}
	return s, nil
}

func (cancelling) Cancel(_ context.Context, c issuer.Cancellation) (issuer.State, error) {
	return issuer.State{Status: "gone: " + c.Reference, Cancelled: true}, nil
}

// knownCards is a fake of what Temporal knows of changed orders.
type knownCards struct {
	starts
	activities.KnownCards
	issued  map[string]int
	changes []intake.Change
}

func (k *knownCards) CardsOf(context.Context, string, string, activities.WorkflowRun) (activities.KnownCards, error) {
	return k.KnownCards, nil
}

func (k *knownCards) Issued(context.Context, string, []string) (map[string]int, error) {
	return k.issued, nil
}

func (k *knownCards) StartChanges(_ context.Context, changes []intake.Change, _ bool) (int, error) {
	k.changes = append(k.changes, changes...)
	return len(changes), nil
}

// twoPages is a shop with two pages of orders, of which each can be read.
type twoPages struct {
	intake.Source
	asked     []intake.Query
	read      []string
	updatedAt time.Time
}

func (s *twoPages) order(number string) *intake.Order {
	return &intake.Order{Candidate: giftcard.Candidate{
		Cancelled: number == "3", Paid: true, Lines: []giftcard.LineFacts{{Ordered: 3}},
		Order: giftcard.Order{ID: number, Name: "#" + number, Lines: []giftcard.Line{{ID: "9", SKU: "GIFT-25", Units: 1}}},
	}}
}

func (s *twoPages) Read(_ context.Context, number string) (*intake.Order, error) {
	order := s.order(number)
	order.UpdatedAt = s.updatedAt
	return order, nil
}

func (s *twoPages) ReadAll(_ context.Context, numbers []string) (map[string]intake.Lookup, error) {
	out := map[string]intake.Lookup{}
	for _, n := range numbers {
		out[n] = intake.Lookup{Order: s.order(n)}
	}
	s.read = append(s.read, numbers...)
	return out, nil
}

func (s *twoPages) Glance(_ context.Context, q intake.Query) (intake.GlancePage, error) {
	s.asked = append(s.asked, q)
	if q.Cursor != "" {
		return intake.GlancePage{Orders: []intake.Glance{
			{Number: "5", SKUs: []string{"PEN"}, Cancelled: true},
			{Number: "6", SKUs: []string{"PEN"}, MoreLines: true},
		}}, nil
	}
	return intake.GlancePage{NextCursor: "c", Orders: []intake.Glance{
		{Number: "1", SKUs: []string{"GIFT-25"}},
		{Number: "2", SKUs: []string{"GIFT-25"}, Reduced: []string{"GIFT-25"}},
		{Number: "3", SKUs: []string{"GIFT-25"}, Cancelled: true},
		{Number: "4", SKUs: []string{"GIFT-25", "PEN"}, Reduced: []string{"PEN"}},
	}}, nil
}

// A sweep reads in full only orders that were cancelled, or lost gift cards, and only if they were taken in.
func TestSweepChanges(t *testing.T) {
	t.Parallel()
	shop, known := &twoPages{}, &knownCards{issued: map[string]int{"2": 3, "3": 3}}
	at := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	out, err := execute[activities.SweepChangesResult](t, newEnv(&logs{}, &activities.Changes{Source: shop, Orders: known}),
		"SweepChanges", activities.SweepChangesInput{
			Shop: "shop", SKUs: []string{"GIFT-25"}, UpdatedFrom: at, UpdatedBefore: at.Add(time.Hour),
		})
	require.NoError(t, err)
	require.Equal(t, activities.SweepChangesResult{Seen: 5, Changed: 3, Started: 2}, out)
	require.Equal(t, []string{"2", "3"}, shop.read)
	require.Equal(t, []string{"2", "3"}, []string{known.changes[0].Order, known.changes[1].Order})
	window := intake.Query{UpdatedFrom: at, UpdatedBefore: at.Add(time.Hour), SKUs: []string{"GIFT-25"}}
	require.Equal(t, window, shop.asked[0])
	window.Cursor = "c"
	require.Equal(t, window, shop.asked[1])
}

// Of three cards one is owed, and of a cancelled order none. The highest-numbered cards come first.
func TestCompareOrder(t *testing.T) {
	t.Parallel()
	card := func(unit int) activities.ExistingCard {
		return activities.ExistingCard{Unit: unit, AuditNumber: giftcard.AuditNumber("", "shop", "2", "9", unit), EGCCode: "e"}
	}
	known := &knownCards{KnownCards: activities.KnownCards{
		Cards: []activities.ExistingCard{card(2), card(3), card(1)}, InDoubt: []int{4},
	}}
	can, err := issuer.Find(struct {
		cancelling
		issuer.Direct
	}{})
	require.NoError(t, err)
	changes := &activities.Changes{Source: &twoPages{}, Orders: known, Issuer: can}
	in := activities.CompareOrderInput{Shop: "shop", OrderID: "2", OrderName: "#2"}
	out, err := execute[activities.CompareOrderResult](t, newEnv(&logs{}, changes), "CompareOrder", in)
	require.NoError(t, err)
	require.Equal(t, activities.CompareOrderResult{
		Existing: 3, Left: 1, InDoubt: []int{4}, CanCancel: true, Lines: []activities.ComparedLine{{
			LineID: "9", TooMany: 2, Cards: []activities.ExistingCard{card(3), card(2), card(1)},
		}},
	}, out)

	known.Cards = known.Cards[:1]
	out, err = execute[activities.CompareOrderResult](t, newEnv(&logs{}, changes), "CompareOrder", in)
	require.NoError(t, err)
	require.Empty(t, out.Lines, "the only card is owed")
	known.Waits = "its cards are being issued"
	out, err = execute[activities.CompareOrderResult](t, newEnv(&logs{}, changes), "CompareOrder", in)
	require.NoError(t, err)
	require.Equal(t, activities.CompareOrderResult{Waits: known.Waits}, out)
}

// Only a card whose balance is known to be all that it was issued with counts as unspent.
func TestInspectCard(t *testing.T) {
	t.Parallel()
	can, err := issuer.Find(struct {
		cancelling
		issuer.Direct
	}{})
	require.NoError(t, err)
	for reference, want := range map[string]activities.InspectCardResult{
		"unspent":        {Balance: "25.00", Currency: "USD"},
		"in other words": {Balance: "25.0", Currency: "USD"},
		"spent":          {Spent: true, Balance: "4.50", Currency: "USD"},
		"unreadable":     {Spent: true, Balance: "?", Currency: "USD"},
		"cancelled":      {Spent: true, Cancelled: true, Balance: "0.00", Currency: "USD"},
	} {
		out, err := execute[activities.InspectCardResult](t, newEnv(&logs{}, &activities.Changes{Issuer: can}), "InspectCard",
			activities.InspectCardInput{OrderName: "#2", Unit: 1, EGCCode: reference})
		require.NoError(t, err)
		require.Equal(t, want, out, reference)
	}
}

// A shop that still shows the order as it was before the change is asked again: the change would be lost otherwise, because
// it is acted on once.
func TestCompareOrderWaitsForTheChange(t *testing.T) {
	t.Parallel()
	changedAt := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		shown time.Time
		waits bool
	}{
		"as it was before": {changedAt.Add(-time.Second), true},
		"as it was seen":   {changedAt, false},
		"changed since":    {changedAt.Add(time.Second), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changes := &activities.Changes{Source: &twoPages{updatedAt: tt.shown}, Orders: &knownCards{}}
			out, err := execute[activities.CompareOrderResult](t, newEnv(&logs{}, changes), "CompareOrder",
				activities.CompareOrderInput{Shop: "shop", OrderID: "2", OrderName: "#2", UpdatedAt: changedAt})
			require.NoError(t, err)
			require.Equal(t, tt.waits, out.Waits != "")
		})
	}
}

// A card that is to be cancelled only if it is unspent is looked at right before: its owner may have spent it while the issuer
// was away.
func TestCancelUnspentCard(t *testing.T) {
	t.Parallel()
	can, err := issuer.Find(struct {
		cancelling
		issuer.Direct
	}{})
	require.NoError(t, err)
	for reference, status := range map[string]string{
		"unspent": "gone: unspent", "in other words": "gone: in other words", "cancelled": "CANCELLED", "spent": "", "unreadable": "",
	} {
		in := activities.CancelCardInput{OrderName: "#2", Unit: 1, EGCCode: reference, Unspent: true}
		out, err := execute[activities.CancelCardResult](t, newEnv(&logs{}, &activities.GiftCards{Issuer: can}), "CancelCard", in)
		if status == "" {
			failed := requireKind(t, err, giftcard.CardDeclined, "order #2, cancelling card 1")
			require.Contains(t, failed.Message(), "was not cancelled")
		} else {
			require.NoError(t, err)
			require.Equal(t, status, out.Status, reference)
		}
		in.Unspent = false
		out, err = execute[activities.CancelCardResult](t, newEnv(&logs{}, &activities.GiftCards{Issuer: can}), "CancelCard", in)
		require.NoError(t, err)
		require.Equal(t, "gone: "+reference, out.Status, "a person may cancel what was spent")
	}
}
