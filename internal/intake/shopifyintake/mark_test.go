package shopifyintake_test

import (
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/intake/shopifyintake"
	"github.com/giftbridge/giftbridge/internal/shopify"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

var markers = []string{"write_orders", "write_merchant_managed_fulfillment_orders"}

// marking returns a shop with an order of 3 cards in line 7, one in line 8, and a mug in line 9, and what marks it.
func marking(t *testing.T, o shopifytest.Order, faults shopifytest.Faults) (*shopifytest.Server, func(by string) error) {
	t.Helper()
	shop := shopifytest.New(shopifytest.Options{Scopes: markers, Faults: faults})
	web := httptest.NewServer(shop)
	t.Cleanup(web.Close)
	client, err := shopify.New(shopify.Options{
		BaseURL: web.URL, APIVersion: "2026-07", Token: shopify.StaticToken(shopifytest.AccessToken),
	})
	require.NoError(t, err)
	var marker intake.Marker = shopifyintake.New(client, shopifyintake.PropertyKeys{})
	o.Lines = []shopifytest.LineItem{
		{ID: 7, SKU: "GIFT-50", Quantity: 3}, {ID: 8, SKU: "GIFT-25", Quantity: 1}, {ID: 9, SKU: "MUG", Quantity: 1},
	}
	number := strconv.FormatInt(shop.AddOrder(o).ID, 10)
	return shop, func(by string) error {
		return marker.Mark(t.Context(), number, intake.Mark{By: by, Units: map[string]int{"7": 3, "8": 1}})
	}
}

func requireKind(t *testing.T, want giftcard.Kind, err error) {
	t.Helper()
	require.Error(t, err)
	kind, _ := giftcard.KindOf(err)
	require.Equal(t, want, kind, err)
}

// Other text, tags and lines stay as they are, and a second mark changes nothing, not even the time of the last change.
func TestMark(t *testing.T) {
	t.Parallel()
	const line = "giftbridge: 4 gift cards issued"
	for name, c := range map[string]struct {
		by     string
		before shopifytest.Order
		note   string
		tags   []string
		units  []int
	}{
		"note":                     {by: "note", note: line, units: []int{0, 0, 0}},
		"note after another":       {by: "note", before: shopifytest.Order{Note: "Ring twice."}, note: "Ring twice.\n" + line},
		"note after a line":        {by: "note", before: shopifytest.Order{Note: "Ring twice.\n"}, note: "Ring twice.\n" + line},
		"note that is there":       {by: "note", before: shopifytest.Order{Note: "a\r\n" + line + "\r\nb"}, note: "a\r\n" + line + "\r\nb"},
		"note that begins like it": {by: "note", before: shopifytest.Order{Note: line + "?"}, note: line + "?\n" + line},
		"tag":                      {by: "tag", before: shopifytest.Order{Tags: []string{"vip"}}, tags: []string{"vip", "giftbridge-issued"}},
		"fulfil":                   {by: "fulfil", units: []int{3, 1, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shop, mark := marking(t, c.before, shopifytest.Faults{})
			require.NoError(t, mark(c.by))
			once := shop.Orders()[0]
			if c.units == nil {
				c.units = []int{0, 0, 0}
			}
			require.Equal(t, []any{c.note, c.tags, c.units, 0}, []any{
				once.Note, once.Tags, []int{once.Lines[0].Fulfilled, once.Lines[1].Fulfilled, once.Lines[2].Fulfilled}, once.Notified,
			})
			require.NoError(t, mark(c.by))
			require.Equal(t, once, shop.Orders()[0])
		})
	}
}

// What a person has fulfilled is not fulfilled again, and of a line that has grown, only the cards are.
func TestFulfilsWhatRemains(t *testing.T) {
	t.Parallel()
	shop, mark := marking(t, shopifytest.Order{}, shopifytest.Faults{})
	id := shop.Orders()[0].ID
	require.True(t, shop.UpdateOrder(id, func(o *shopifytest.Order) {
		o.Lines[0].Fulfilled, o.Lines[1].Quantity = 2, 5
	}))
	for range 2 {
		require.NoError(t, mark(intake.ByFulfilment))
		o := shop.Orders()[0]
		require.Equal(t, []int{3, 1, 0}, []int{o.Lines[0].Fulfilled, o.Lines[1].Fulfilled, o.Lines[2].Fulfilled})
	}
}

func TestMarkThatIsRefused(t *testing.T) {
	t.Parallel()
	shop, mark := marking(t, shopifytest.Order{OnHold: true}, shopifytest.Faults{})
	before := shop.Orders()
	err := mark(intake.ByFulfilment)
	requireKind(t, giftcard.InvalidRequest, err)
	require.EqualError(t, err, "Shopify holds back the fulfilment of its gift cards (on_hold)")
	requireKind(t, giftcard.InvalidRequest, mark("poem"))
	shop.SetScopes("read_orders", "read_merchant_managed_fulfillment_orders")
	for _, by := range []string{intake.ByNote, intake.ByTag} {
		requireKind(t, giftcard.Unauthorized, mark(by))
	}
	require.Equal(t, before, shop.Orders())

	shop, mark = marking(t, shopifytest.Order{Note: longNote}, shopifytest.Faults{})
	requireKind(t, giftcard.InvalidRequest, mark(intake.ByNote))
	require.Equal(t, longNote, shop.Orders()[0].Note)
}

// A mark whose answer was lost is repeated, and is there once.
func TestMarkWhoseAnswerWasLost(t *testing.T) {
	t.Parallel()
	for by, mutation := range map[string]string{
		intake.ByNote: "orderUpdate", intake.ByTag: "tagsAdd", intake.ByFulfilment: "fulfillmentCreate",
	} {
		t.Run(by, func(t *testing.T) {
			t.Parallel()
			lost := 0
			shop, mark := marking(t, shopifytest.Order{}, shopifytest.Faults{Next: func(kind string) *shopifytest.Fault {
				if kind != mutation || lost > 0 {
					return nil
				}
				lost++
				return &shopifytest.Fault{Kind: shopifytest.FaultTruncated}
			}})
			requireKind(t, giftcard.Unavailable, mark(by))
			once := shop.Orders()[0]
			require.NoError(t, mark(by))
			require.Equal(t, once, shop.Orders()[0])
			require.Equal(t, 1, lost)
		})
	}
}

// longNote has no room for another line.
var longNote = strings.Repeat("x", 5000)
