package workflows_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

// The Web UI says of an order that is left to people why that is, and which command issues or settles it.
func TestListingOfLeft(t *testing.T) {
	t.Parallel()
	left := activities.LeftOrder{
		Shop: "example.myshopify.com", ID: "5001", Name: "#1001", Reason: giftcard.MixedOrder, Cards: 2, Amount: "50.00", Currency: "USD",
	}
	listing := workflows.ListingOfLeft(left)
	require.Equal(t, "Order #1001 is left to people", listing.Summary)
	require.Equal(t, "**Order `#1001`**: 2 gift cards, 50.00 USD, left to people because other items were ordered with its gift "+
		"cards. [Open it in Shopify](https://example.myshopify.com/admin/orders/5001)\n\n"+
		"`giftbridge orders release 5001` issues its cards, `giftbridge orders settle 5001` records that nothing is left to do. "+
		"[Runbook](https://github.com/giftbridge/giftbridge/blob/main/docs/operations.md#an-order-is-left-to-people)",
		listing.Details)

	left.Reason, left.Amount = giftcard.Settled, ""
	listing = workflows.ListingOfLeft(left)
	require.Equal(t, "Order #1001 is settled", listing.Summary)
	require.Contains(t, listing.Details, "2 gift cards, settled by hand.")
	require.Contains(t, listing.Details, "`giftbridge orders show 5001` says by whom")
}

// The name of an order cannot become Markdown of its own.
func TestDetailsOfAHostileName(t *testing.T) {
	t.Parallel()
	o := giftcard.Order{Shop: "example.myshopify.com", ID: "5001", Name: "` [free](https://evil.example) `" + strings.Repeat("#", 1000)}
	details := workflows.ListingOf(o).Details
	require.Less(t, len(details), 1000)
	name, _, ok := strings.Cut(strings.TrimPrefix(details, "**Order `"), "`**")
	require.True(t, ok)
	require.True(t, strings.HasPrefix(name, "' [free](https://evil.example) '"))
}

// Every link to the runbook leads to one of its sections.
func TestDetailsLinkToTheRunbook(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/operations.md")
	require.NoError(t, err)
	anchors := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(string(text), -1) {
		anchors[strings.ReplaceAll(strings.ToLower(m[1]), " ", "-")] = true
	}
	for _, listing := range []workflows.Listing{
		workflows.ListingOf(giftcard.Order{}),
		workflows.ListingOfLeft(activities.LeftOrder{Reason: giftcard.MixedOrder}),
		workflows.ListingOfLeft(activities.LeftOrder{Reason: giftcard.Settled}),
	} {
		m := regexp.MustCompile(`operations\.md#([a-z-]+)\)`).FindStringSubmatch(listing.Details)
		require.NotNil(t, m, listing.Details)
		require.True(t, anchors[m[1]], m[1])
	}
}
