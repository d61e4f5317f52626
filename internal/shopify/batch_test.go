package shopify_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/rest"
	"github.com/giftbridge/giftbridge/internal/shopify"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

// However Shopify charges for several ids, each query reads as many orders as Shopify permits.
func TestOrdersAreReadTogether(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		one     bool
		queries int
	}{
		"charged as one": {true, 1 + 2},  // 10, then 250 and the rest
		"charged each":   {false, 1 + 8}, // 10, then 34 or more at once
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, c := setup(t, shopifytest.Options{NodesCostOne: tt.one, BucketSize: 1e6}, shopify.Options{Company: true})
			var ids []string
			for i := range 280 {
				sim.AddOrder(shopifytest.Order{ID: int64(i + 1), Name: fmt.Sprintf("#%d", i+1)})
				ids = append(ids, fmt.Sprint(i+1))
			}
			found, err := c.GetOrders(t.Context(), append(ids, "999", "1"))
			require.NoError(t, err)
			require.Len(t, found, 281)
			for _, id := range ids {
				require.NoError(t, found[id].Err)
				require.Equal(t, "#"+id, found[id].Order.Name)
			}
			var missing *shopify.NotFoundError
			require.ErrorAs(t, found["999"].Err, &missing)
			require.Equal(t, tt.queries, sim.Stats().Requests["nodes"])
			require.Empty(t, sim.Stats().Errors)

			alone, err := c.GetOrder(t.Context(), "7")
			require.NoError(t, err)
			require.Equal(t, alone, found["7"].Order)
		})
	}
}

// A search for many orders costs a fraction of reading them by their ids, if Shopify charges each id.
func TestOrdersAreFound(t *testing.T) {
	t.Parallel()
	sim, c := setup(t, shopifytest.Options{BucketSize: 1e6}, shopify.Options{})
	var ids []string
	for i := range 250 {
		sim.AddOrder(shopifytest.Order{ID: int64(i + 1), Name: fmt.Sprintf("#%d", i+1)})
		if i != 0 {
			ids = append(ids, fmt.Sprint(i+1))
		}
	}
	found, err := c.FindOrders(t.Context(), append(ids, "999"))
	require.NoError(t, err)
	require.Len(t, found, 249, "neither the order that nobody asked for nor the one that does not exist")
	alone, err := c.GetOrder(t.Context(), "7")
	require.NoError(t, err)
	require.Equal(t, alone, found["7"])
	require.Equal(t, 1, sim.Stats().Requests["orders"])
	require.Empty(t, sim.Stats().Errors)

	_, err = c.FindOrders(t.Context(), []string{"1 OR 2"})
	require.ErrorContains(t, err, "is not the id of an order")
	_, err = c.FindOrders(t.Context(), make([]string, 251))
	require.ErrorContains(t, err, "need 1 to 250")
	_, err = c.FindOrders(t.Context(), nil)
	require.ErrorContains(t, err, "need 1 to 250")
}

// Shopify may charge more than before; fewer orders are then read at once.
func TestOrdersThatCostTooMuchTogether(t *testing.T) {
	t.Parallel()
	const tooDear = `{"errors":[{"message":"too dear","extensions":{"code":"MAX_COST_EXCEEDED","cost":1500,"maxCost":1000}}]}`
	one := func(id int) string {
		return fmt.Sprintf(`{"__typename":"Order","id":"gid://shopify/Order/%d","legacyResourceId":"%d",`+
			`"createdAt":"2026-01-01T00:00:00Z","updatedAt":"2026-01-01T00:00:00Z",`+
			`"lineItems":{"nodes":[],"pageInfo":{"hasNextPage":false}}}`, id, id)
	}
	c := canned(t, tooDear, `{"data":{"nodes":[`+one(1)+`]}}`, `{"data":{"nodes":[`+one(2)+`]}}`)
	found, err := c.GetOrders(t.Context(), []string{"1", "2"})
	require.NoError(t, err)
	require.Equal(t, "1", found["1"].Order.LegacyID)
	require.Equal(t, "2", found["2"].Order.LegacyID)

	_, err = canned(t, `{"data":{"nodes":[`+one(2)+`,`+one(1)+`]}}`).GetOrders(t.Context(), []string{"1", "2"})
	require.ErrorContains(t, err, "got another order")
	_, err = canned(t, `{"data":{"nodes":[`+one(1)+`]}}`).GetOrders(t.Context(), []string{"1", "2"})
	require.ErrorContains(t, err, "asked for 2 orders and got 1")
	_, err = canned(t, `{"data":{"nodes":[]}}`).GetOrders(t.Context(), []string{"gid://shopify/Order/1"})
	require.ErrorContains(t, err, "is not the id of an order")
}

// An order that is too large to be read does not prevent the others from being read.
func TestAnOrderThatIsTooLargeAmongOthers(t *testing.T) {
	t.Parallel()
	sim, c := setup(t, shopifytest.Options{}, shopify.Options{HTTPClient: &http.Client{}}) // A busy machine takes long for the answer.
	var ids []string
	for i := range 3 {
		o := shopifytest.Order{ID: int64(i + 1), Lines: []shopifytest.LineItem{{}}}
		if i == 1 {
			for range 100 { // More than the size limit of a response.
				o.Lines = append(o.Lines, shopifytest.LineItem{
					Attributes: []shopifytest.Attribute{{Key: "k", Value: strings.Repeat("x", 400_000)}},
				})
			}
		}
		sim.AddOrder(o)
		ids = append(ids, fmt.Sprint(i+1))
	}
	found, err := c.GetOrders(t.Context(), ids)
	require.NoError(t, err)
	for _, id := range ids {
		_, large := errors.AsType[*rest.TooLargeError](found[id].Err)
		require.Equal(t, id == "2", large, found[id].Err)
		require.Equal(t, id != "2", found[id].Order != nil)
	}
}
