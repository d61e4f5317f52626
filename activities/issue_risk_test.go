package activities_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/intake/shopifyintake"
	"github.com/giftbridge/giftbridge/internal/shopify"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

// An order that has waited is read again, however fresh it is, and no card is issued for one that Shopify has come to doubt.
func TestIssueCardOfAnOrderThatMayBeDoubted(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		recommendation string
		in             activities.IssueCardInput
		reads          int
		doubted        bool
	}{
		"fresh":                         {"CANCEL", activities.IssueCardInput{HoldRisky: true}, 0, false},
		"waited, not held":              {"CANCEL", activities.IssueCardInput{Waited: true}, 1, false},
		"waited, to cancel":             {"CANCEL", activities.IssueCardInput{Waited: true, HoldRisky: true}, 1, true},
		"waited, to investigate":        {"INVESTIGATE", activities.IssueCardInput{Waited: true, HoldRisky: true}, 1, true},
		"waited, accepted":              {"ACCEPT", activities.IssueCardInput{Waited: true, HoldRisky: true}, 1, false},
		"waited, not judged":            {"", activities.IssueCardInput{Waited: true, HoldRisky: true}, 1, false},
		"waited, a word of a later API": {"REVIEW", activities.IssueCardInput{Waited: true, HoldRisky: true}, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shop := shopifytest.New(shopifytest.Options{})
			o := order("#1001")
			o.Recommendation = tt.recommendation
			o = shop.AddOrder(o)
			i := newIssuing(t, cashstartest.Options{})
			c, err := shopify.New(shopify.Options{BaseURL: serve(t, shop), APIVersion: "2026-07", Token: token})
			require.NoError(t, err)
			i.gifts.Orders = intake.NewReader(shopifyintake.New(c, keys), 0)
			in, id := secondCard(), strconv.FormatInt(o.ID, 10)
			in.ReadAt, in.HoldRisky, in.Waited = time.Now(), tt.in.HoldRisky, tt.in.Waited
			in.AuditNumber = giftcard.AuditNumber("", shopDomain, id, strconv.FormatInt(o.Lines[0].ID, 10), 1)
			_, err = i.inWorkflow(t, "gift-card-order/"+shopDomain+"/"+id, in)
			require.Equal(t, tt.reads, shop.Stats().Requests["nodes"])
			if !tt.doubted {
				require.NoError(t, err)
				require.Len(t, i.issuer.Cards(), 1)
				return
			}
			var app *temporal.ApplicationError
			require.ErrorAs(t, err, &app)
			require.Equal(t, string(giftcard.OrderChanged), app.Type())
			require.Contains(t, app.Message(), "Shopify now recommends to cancel the order or to investigate it")
			require.Empty(t, i.issuer.Cards())
		})
	}
}
