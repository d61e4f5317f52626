package intake_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
)

// smallShop is a source with some orders.
type smallShop struct {
	intake.Source
	orders []giftcard.Order
	err    error
}

func (s smallShop) Read(_ context.Context, number string) (*intake.Order, error) {
	for _, o := range s.orders {
		if o.ID == number {
			return &intake.Order{Candidate: giftcard.Candidate{Order: o}}, nil
		}
	}
	return nil, errors.Join(s.err, intake.ErrNotFound)
}

// List finds all orders with a name that contains the given one, as Shopify's search compares tokens.
func (s smallShop) List(_ context.Context, q intake.Query) (intake.Page, error) {
	var page intake.Page
	for _, o := range s.orders {
		if strings.Contains(o.Name, strings.TrimPrefix(q.Name, "#")) {
			page.Orders = append(page.Orders, &intake.Order{Candidate: giftcard.Candidate{Order: o}})
		}
	}
	return page, s.err
}

func TestFind(t *testing.T) {
	t.Parallel()
	s := smallShop{orders: []giftcard.Order{
		{ID: "5001", Name: "#1001"}, {ID: "5002", Name: "#1001-A"}, {ID: "5003", Name: "#1003"}, {ID: "5004", Name: "#1003"},
	}}
	for _, by := range [][]string{{"", "#1001"}, {"1001", "1001", "#1001"}, {"5001"}, {"5001", "5001"}} {
		o, err := intake.Find(t.Context(), s, by[0], by[1:]...)
		require.NoError(t, err, by)
		require.Equal(t, "5001", o.Order.ID, by)
	}
	_, err := intake.Find(t.Context(), s, "", "#1003")
	require.EqualError(t, err, `"#1003" is the name of 2 orders; use the number of one of them: 5003, 5004`)
	for _, none := range [][]string{{""}, {"", ""}, {"", " "}, {"", "#100"}, {"9"}, {"9", "9", "#9"}, {"", "x"}} {
		_, err = intake.Find(t.Context(), s, none[0], none[1:]...)
		require.ErrorIs(t, err, intake.ErrNotFound, none)
	}
	s.err = errors.New("away")
	_, err = intake.Find(t.Context(), s, "", "#1001")
	require.ErrorContains(t, err, "away")
}
