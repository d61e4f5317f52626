package left

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/recovery"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/workflows"
)

// releaseOf returns a release of an order of which three cards were ordered and some are left, and the order in the
// shop.
func releaseOf(left int) (*Release, giftcard.Candidate) {
	line := giftcard.Line{ID: "900", SKU: "GIFT-25", Units: left, Price: "25.0", Currency: "USD"}
	o := giftcard.Order{Shop: "shop", ID: "5001", Name: "#1001", Lines: []giftcard.Line{line}}
	r := &Release{Order: o, Name: o.Name, ID: o.ID, workflowID: workflows.GiftCardOrderID(o.Shop, o.ID), runID: "left"}
	return r, giftcard.Candidate{Order: o, Lines: []giftcard.LineFacts{{Ordered: 3}}}
}

func cardsOf(units ...int) (audits []string) {
	for _, unit := range units {
		audits = append(audits, giftcard.AuditNumber("", "shop", "5001", "900", unit))
	}
	return audits
}

// A release issues as many cards as remain in the shop's order, less those that exist, which keep their numbers.
func TestReleaseChooses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		left         int
		exist, begun []int
		want         []int
		// taken are the cards to issue that were begun, and existing those that are left alone.
		taken, existing int
		amount          string
	}{
		"none exists":                {left: 3, want: []int{1, 2, 3}, amount: "75.00"},
		"one exists":                 {left: 3, exist: []int{2}, want: []int{1, 3}, existing: 1, amount: "50.00"},
		"one exists, one was given":  {left: 2, exist: []int{3}, want: []int{1}, existing: 1, amount: "25.00"},
		"none exists, two were left": {left: 2, want: []int{1, 2}, amount: "50.00"},
		"all that remain exist":      {left: 1, exist: []int{1}, existing: 1},
		"more exist than remain":     {left: 1, exist: []int{1, 3}, existing: 2},
		"one was begun":              {left: 3, begun: []int{2}, want: []int{2, 1, 3}, taken: 1, amount: "75.00"},
		"the last was begun":         {left: 1, begun: []int{3}, want: []int{3}, taken: 1, amount: "25.00"},
		"one exists, one was begun":  {left: 2, exist: []int{1}, begun: []int{3}, want: []int{3}, taken: 1, existing: 1, amount: "25.00"},
		"more were begun than remain": {
			left: 1, begun: []int{2, 3}, want: []int{2}, taken: 1, existing: 1, amount: "25.00",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, now := releaseOf(tt.left)
			m := made{exists: map[string]bool{}, begun: map[string]bool{}}
			for _, audit := range cardsOf(tt.exist...) {
				m.exists[audit] = true
			}
			for _, audit := range cardsOf(tt.begun...) {
				m.begun[audit] = true
			}
			err := r.choose(now, m)
			require.Equal(t, cardsOf(tt.want...), r.AuditNumbers)
			require.Equal(t, []int{tt.taken, tt.existing}, []int{r.Begun, r.Existing})
			require.Equal(t, tt.amount, r.Amount)
			if tt.want == nil {
				var nothing *NothingToRelease
				require.ErrorAs(t, err, &nothing)
				return
			}
			require.NoError(t, err)
		})
	}
}

// An order that was to be issued keeps its settings when it is released, whatever the poll's settings are today. A
// merchant that was found long ago is looked up again.
func TestReleaseKeepsTheSettings(t *testing.T) {
	t.Parallel()
	poll := workflows.PollOrdersInput{AuditPrefix: "NEW-", AdditionalContent: "new", RetryBudget: 1}
	earlier := workflows.GiftCardOrderInput{
		AuditPrefix: "OLD-", AdditionalContent: "old", Merchant: &activities.LookUpMerchantResult{MerchantCode: "TWS"},
	}
	require.Equal(t, workflows.GiftCardOrderInput{AuditPrefix: "OLD-", AdditionalContent: "old"}, settingsOf(poll, &earlier))
	require.NotNil(t, earlier.Merchant)
	require.Equal(t, workflows.GiftCardOrderInput{AuditPrefix: "NEW-", AdditionalContent: "new", RetryBudget: 1},
		settingsOf(poll, nil))
}

// Two releases of the same run are one request to Temporal, whoever makes them and for whatever reason.
func TestReleaseIsOneRequest(t *testing.T) {
	t.Parallel()
	o := New(recovery.New(orders.New(settings.New(&executions.Reader{
		Converter: converter.GetDefaultDataConverter(),
	}, settings.Configured{}))))
	r, _ := releaseOf(3)
	request := func(by, reason string) string {
		request, err := o.releaseRequest(r, workflows.GiftCardOrderInput{
			Order: r.Order, Release: &workflows.Release{RunID: r.runID, By: by, Reason: reason},
		})
		require.NoError(t, err)
		require.Equal(t, r.workflowID, request.GetWorkflowId())
		return request.GetRequestId()
	}
	first := request("Ann", "not issued by hand")
	require.Equal(t, first, request("Bob", "Ann is away"))
	r.runID = "changed"
	require.NotEqual(t, first, request("Ann", "not issued by hand"))
}

// A released order's cards go to the issuers that they had when it was taken in. What it has got since goes where the poll
// says, as does an order that was never taken in.
func TestReleaseKeepsIssuers(t *testing.T) {
	t.Parallel()
	item := func(code string) workflows.DeferredItem { return workflows.DeferredItem{Issuer: "acme", Item: code} }
	poll := workflows.PollOrdersInput{Deferred: map[string]workflows.DeferredItem{"OLD": item("NEW"), "ADDED": item("A"), "NOT": item("N")}}
	of := func(skus ...string) (o giftcard.Order) {
		for _, sku := range skus {
			o.Lines = append(o.Lines, giftcard.Line{SKU: sku})
		}
		return o
	}
	now := of("AT-ONCE", "OLD", "ADDED")
	for name, tt := range map[string]struct {
		earlier *workflows.GiftCardOrderInput
		want    map[string]workflows.DeferredItem
	}{
		"never taken in": {want: map[string]workflows.DeferredItem{"OLD": item("NEW"), "ADDED": item("A")}},
		"taken in when all were issued at once": {
			earlier: &workflows.GiftCardOrderInput{Order: of("AT-ONCE", "OLD")},
			want:    map[string]workflows.DeferredItem{"ADDED": item("A")},
		},
		"taken in with another item": {
			earlier: &workflows.GiftCardOrderInput{
				Order: of("OLD"), Deferred: map[string]workflows.DeferredItem{"OLD": item("BEFORE")},
			},
			want: map[string]workflows.DeferredItem{"OLD": item("BEFORE"), "ADDED": item("A")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, routed(poll, tt.earlier, now))
		})
	}
}
