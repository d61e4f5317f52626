package workflows_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

func TestPollCounts(t *testing.T) {
	t.Parallel()
	first, second := pageOf(1, 2), pageOf(3, 1)
	first.Seen, first.LeftOut = 7, map[giftcard.Reason]int{giftcard.MixedOrder: 2, giftcard.Unpaid: 3}
	first.Mixed = []string{"#7", "#8"}
	second.Seen, second.LeftOut = 4, map[giftcard.Reason]int{
		giftcard.MixedOrder: 1, giftcard.NativeGiftCard: 1, giftcard.TestOrder: 1,
	}
	second.Mixed, second.Native, second.ServedVersion = []string{"#9"}, []string{"#10"}, "2026-10"
	e := newEnv(t).withOrders(0).withPages(first, second)
	out := e.poll(t, rules())
	require.Equal(t, workflows.PollOrdersResult{
		Since: noon.AddDate(0, 0, -3), Until: noon.Add(-time.Minute), Watermark: noon.Add(-time.Minute),
		Seen: 11, Started: 3,
		LeftOut: map[giftcard.Reason]int{
			giftcard.MixedOrder: 3, giftcard.Unpaid: 3, giftcard.NativeGiftCard: 1, giftcard.TestOrder: 1,
		},
		Mixed: []string{"#7", "#8", "#9"}, Native: []string{"#10"}, ServedVersion: "2026-10",
		Latest: idsOf(first, second),
	}, out)
	require.Equal(t,
		[]string{"2026-07-07T12:00:00Z to 2026-07-10T11:59:00Z: 11 seen, 3 started, 0 known."}, e.calls.details)
}

// The counts go on after the lists of names have reached their limit.
func TestPollNamesAreBounded(t *testing.T) {
	t.Parallel()
	const each, most = 150, 200
	var pages []activities.ListGiftCardOrdersResult
	for p := range 3 {
		page := activities.ListGiftCardOrdersResult{Seen: each, LeftOut: map[giftcard.Reason]int{giftcard.MixedOrder: each}}
		for i := range each {
			page.Mixed = append(page.Mixed, fmt.Sprint("mixed ", p*each+i))
			page.Native = append(page.Native, fmt.Sprint("native ", p*each+i))
		}
		pages = append(pages, page)
	}
	out := newEnv(t).withPages(pages...).poll(t, rules())
	require.Len(t, out.Mixed, most)
	require.Len(t, out.Native, most)
	require.Equal(t, "mixed 199", out.Mixed[most-1])
	require.Equal(t, 3*each, out.LeftOut[giftcard.MixedOrder])
}

func TestPollStartsOrders(t *testing.T) {
	t.Parallel()
	page := pageOf(1, 1)
	page.Orders[0] = orderNumber(1, 2, 1)
	e := newEnv(t).withOrders(0).withPages(page)
	in := rules()
	in.AuditPrefix, in.IssueTaskQueue, in.RetryBudget = "TWS-", workflows.IssueTaskQueue, workflows.Duration(time.Hour)
	in.AdditionalContent, in.WriteBack = "Try our new shop.", "tag"
	require.Equal(t, 1, e.poll(t, in).Started)
	require.Equal(t, []workflows.GiftCardOrderInput{{
		Order: page.Orders[0], AuditPrefix: "TWS-", IssueTaskQueue: workflows.IssueTaskQueue,
		RetryBudget: workflows.Duration(time.Hour), AdditionalContent: "Try our new shop.", WriteBack: "tag",
	}}, e.started)

	children := e.calls.of("gift-card-order/")
	require.Len(t, children, 1)
	options := children[0].child
	require.Equal(t, "gift-card-order/example.myshopify.com/5001", options.WorkflowID)
	require.Equal(t, enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE, options.WorkflowIDReusePolicy)
	require.Equal(t, enumspb.PARENT_CLOSE_POLICY_ABANDON, options.ParentClosePolicy)
	require.Equal(t, "Order #1001: 3 gift cards", options.StaticSummary)
	require.Regexp(t, "^"+regexp.QuoteMeta("**Order `#1001`**: 3 gift cards, ")+`[0-9.]+ [A-Z]{3}\. `+regexp.QuoteMeta(
		"[Open it in Shopify](https://example.myshopify.com/admin/orders/5001)\n\n"+
			"If it fails, `giftbridge orders show 5001` says why and what to do. "+
			"[Runbook](https://github.com/giftbridge/giftbridge/blob/main/docs/operations.md#failed-orders)")+"$",
		options.StaticDetails)
	require.Equal(t, temporal.NewSearchAttributes(
		workflows.ShopifyOrderName.ValueSet("#1001"),
		workflows.GiftCardSku.ValueSet([]string{"GIFT-25", "GIFT-50"}),
	), options.TypedSearchAttributes)
}

// Temporal ends a workflow that sets a search attribute of more than 2,048 bytes, so one order would stop every poll.
func TestPollBoundsSearchAttributes(t *testing.T) {
	t.Parallel()
	skus := func(n int, of func(int) string) []string {
		var all []string
		for i := range n {
			all = append(all, of(i))
		}
		return all
	}
	long := func(i int) string { return fmt.Sprintf("%03d", i) + strings.Repeat("X", 252) }
	tests := []struct {
		name       string
		skus, want []string
	}{
		{"as many as fit", skus(8, long), skus(7, long)},
		{
			"many short ones",
			skus(100, func(i int) string { return fmt.Sprintf("GIFT-%03d-XXXXXXXXX", i) }),
			skus(90, func(i int) string { return fmt.Sprintf("GIFT-%03d-XXXXXXXXX", i) }),
		},
		{"one alone", []string{strings.Repeat("é", 2000)}, []string{strings.Repeat("é", 948)}},
		{"one that JSON makes longer", []string{strings.Repeat("<", 2000)}, []string{strings.Repeat("<", 316)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			page := pageOf(1, 1)
			o := &page.Orders[0]
			o.Name, o.Lines = strings.Repeat("𝄞", 300), nil
			for i, sku := range tt.skus {
				o.Lines = append(o.Lines, giftcard.Line{ID: fmt.Sprint(i), SKU: sku, Units: 1, Price: "5", Currency: "USD"})
			}
			e := newEnv(t).withOrders(0).withPages(page)
			require.Equal(t, 1, e.poll(t, rules()).Started)
			options := e.calls.of("gift-card-order/")[0].child
			got, ok := options.TypedSearchAttributes.GetKeywordList(workflows.GiftCardSku)
			require.True(t, ok)
			for key, value := range options.TypedSearchAttributes.GetUntypedValues() {
				payload, err := converter.GetDefaultDataConverter().ToPayload(value)
				require.NoError(t, err)
				require.LessOrEqual(t, len(payload.GetData()), 2048, key.GetName())
			}
			require.Equal(t, tt.want, got)
			require.Equal(t, tt.skus, e.started[0].Order.SKUs(), "the order itself keeps them all")
			require.LessOrEqual(t, len(options.StaticSummary), 400, "what Temporal takes as a summary")
		})
	}
}

// A merchant that was found with an order is passed on with it.
func TestPollHandsMerchantsOn(t *testing.T) {
	t.Parallel()
	page := pageOf(1, 2)
	page.Merchants, page.MerchantsAt = map[string]string{page.Orders[1].ID: "TWS"}, noon
	e := newEnv(t).withOrders(0).withPages(page)
	require.Equal(t, 2, e.poll(t, rules()).Started)
	merchants := map[string]*activities.LookUpMerchantResult{}
	for _, o := range e.started {
		merchants[o.Order.ID] = o.Merchant
	}
	require.Equal(t, map[string]*activities.LookUpMerchantResult{
		page.Orders[0].ID: nil, page.Orders[1].ID: {MerchantCode: "TWS", At: noon},
	}, merchants)
}

// An order that is on two pages, because it changed in between, is one order.
func TestPollKnownOrders(t *testing.T) {
	t.Parallel()
	e := newEnv(t).withOrders(time.Hour).withPages(pageOf(1, 3), pageOf(3, 2))
	out := e.poll(t, rules())
	require.Equal(t, 4, out.Started)
	require.Equal(t, 1, out.Known)
	require.Len(t, e.started, 4)
}

// The next page is fetched while the children of this one start, and only a bounded number of starts is awaited at
// once.
func TestPollPrefetchesAndBoundsStarts(t *testing.T) {
	t.Parallel()
	const page, most = 120, 50
	e := newEnv(t).withOrders(0).withPages(pageOf(1, page), pageOf(1+page, page), pageOf(1+2*page, 1))
	require.Equal(t, 2*page+1, e.poll(t, rules()).Started)
	whats := e.calls.whats()
	require.Equal(t, []string{"ListGiftCardOrders", "ListGiftCardOrders", "gift-card-order/" + shop + "/5001"}, whats[:3])
	require.Equal(t, "ListGiftCardOrders", whats[2+page], "the third page, before the second page's children")
	var inFlight int
	for _, c := range e.calls.of("gift-card-order/") {
		inFlight = max(inFlight, c.inFlight)
	}
	require.Equal(t, most, inFlight)
}

func TestPollContinuesAsNew(t *testing.T) {
	t.Parallel()
	first, second := pageOf(1, 250), pageOf(251, 250)
	first.Mixed, first.LeftOut = []string{"#1"}, map[giftcard.Reason]int{giftcard.MixedOrder: 1}
	e := newEnv(t).withOrders(time.Hour).withPages(first, second, pageOf(501, 1))
	e.SetLastCompletionResult(workflows.PollOrdersResult{Watermark: noon.Add(-20 * time.Minute)})
	e.ExecuteWorkflow(workflows.PollOrders, rules())
	in := e.continued(t)
	want := rules()
	want.Progress = &workflows.PollProgress{
		Rules: giftcard.Rules{
			SKUs: want.SKUs, CreatedFrom: want.CreatedAtMin, MaxAge: time.Duration(want.MaxOrderAge), TakenOver: want.CreatedAtMin,
		},
		Cursor: "page 3",
		Result: workflows.PollOrdersResult{
			Since: noon.Add(-30 * time.Minute), Until: noon.Add(-time.Minute), Watermark: noon.Add(-time.Minute),
			Seen: 500, Started: 500, Mixed: []string{"#1"}, LeftOut: map[giftcard.Reason]int{giftcard.MixedOrder: 1},
			Latest: idsOf(first, second),
		},
	}
	require.Equal(t, want, in)
	require.Len(t, e.listed, 2, "a page that the next run asks for is not asked for twice")
	require.Len(t, e.started, 500)
}

func idsOf(pages ...activities.ListGiftCardOrdersResult) []string {
	var ids []string
	for _, p := range pages {
		for _, o := range p.Orders {
			ids = append(ids, o.ID)
		}
	}
	return ids
}

// Polls overlap. An order that the last poll started is known without asking Temporal, in a continued run as well.
func TestPollDoesNotAskForKnownOrders(t *testing.T) {
	t.Parallel()
	again, anew := pageOf(1, 3), pageOf(4, 2)
	last := workflows.PollOrdersResult{Watermark: noon.Add(-20 * time.Minute), Latest: idsOf(pageOf(0, 3))}

	e := newEnv(t).withOrders(0).withPages(again, anew)
	e.SetLastCompletionResult(last)
	out := e.poll(t, rules())
	require.Equal(t, 3, out.Started)
	require.Equal(t, 2, out.Known)
	require.Len(t, e.started, 3)
	require.Equal(t, idsOf(again, anew), out.Latest, "the next poll overlaps this one, not the last")

	e = newEnv(t).withOrders(0).withPages(again, anew)
	e.SetLastCompletionResult(last)
	e.SetContinueAsNewSuggested(true)
	e.ExecuteWorkflow(workflows.PollOrders, rules())
	in := e.continued(t)
	require.Equal(t, last.Latest, in.Progress.Known)
	e = newEnv(t).withOrders(0).withPages(again, pageOf(2, 4))
	out = e.poll(t, in)
	var started []string
	for _, o := range e.started {
		started = append(started, o.Order.ID)
	}
	require.ElementsMatch(t, idsOf(pageOf(3, 3)), started)
	require.Equal(t, idsOf(again, pageOf(2, 4)), out.Latest)
}

// A poll by hand starts orders that have no workflow, whatever the scheduled polls remember, and remembers nothing
// itself.
func TestPollByHandAsksForAll(t *testing.T) {
	t.Parallel()
	e := newEnv(t).withOrders(0).withPages(pageOf(1, 2))
	e.SetLastCompletionResult(workflows.PollOrdersResult{Latest: idsOf(pageOf(1, 2))})
	in := rules()
	in.Since, in.Until = noon.Add(-time.Hour), noon
	out := e.poll(t, in)
	require.Equal(t, 2, out.Started)
	require.Empty(t, out.Latest)
}

// The result stays small, however many orders there were.
func TestPollRemembersSoMany(t *testing.T) {
	t.Parallel()
	const most = 2000
	before := idsOf(pageOf(1, most))
	in := rules()
	in.Progress = &workflows.PollProgress{Cursor: "page 2", Result: workflows.PollOrdersResult{
		Since: noon.Add(-time.Hour), Until: noon, Watermark: noon, Latest: before,
	}}
	next := pageOf(most+1, 3)
	out := newEnv(t).withOrders(0).withPages(pageOf(1, 0), next).poll(t, in)
	require.Equal(t, append(before[3:], idsOf(next)...), out.Latest)
}

// If the server suggests that a history is long enough, the poll continues as new.
func TestPollContinuesWhereSuggested(t *testing.T) {
	t.Parallel()
	e := newEnv(t).withOrders(0).withPages(pageOf(1, 1), pageOf(2, 1))
	e.SetContinueAsNewSuggested(true)
	e.ExecuteWorkflow(workflows.PollOrders, rules())
	require.Equal(t, "page 2", e.continued(t).Progress.Cursor)
}

// The last page ends a poll, however many children there were.
func TestPollDoesNotContinueWithoutNeed(t *testing.T) {
	t.Parallel()
	require.Equal(t, 600, newEnv(t).withOrders(0).withPages(pageOf(1, 600)).poll(t, rules()).Started)
}

// A continued run uses what it was given: no last result, and no new window, whatever the clock says.
func TestPollContinuedRun(t *testing.T) {
	t.Parallel()
	second, third := pageOf(501, 2), activities.ListGiftCardOrdersResult{
		Seen: 1, LeftOut: map[giftcard.Reason]int{giftcard.Unpaid: 1},
	}
	e := newEnv(t).withOrders(0).withPages(pageOf(1, 0), second, third)
	e.SetLastCompletionResult("not a poll's result")
	e.SetStartTime(noon.Add(time.Hour))
	in := rules()
	in.Progress = &workflows.PollProgress{
		Rules:  giftcard.Rules{SKUs: []string{"GIFT-9"}, CreatedFrom: noon.AddDate(0, 0, -9)},
		Cursor: "page 2",
		Result: workflows.PollOrdersResult{
			Since: noon.Add(-time.Hour), Until: noon, Watermark: noon, Seen: 500, Started: 500,
		},
	}
	require.Equal(t, workflows.PollOrdersResult{
		Since: noon.Add(-time.Hour), Until: noon, Watermark: noon, Seen: 503, Started: 502,
		LeftOut: map[giftcard.Reason]int{giftcard.Unpaid: 1}, Latest: idsOf(second),
	}, e.poll(t, in))
	require.Equal(t, activities.ListGiftCardOrdersInput{
		Rules: in.Progress.Rules, UpdatedFrom: noon.Add(-time.Hour), UpdatedBefore: noon, PageSize: 100, Cursor: "page 2",
	}, e.listed[0])
}

// However many runs a window takes, each order is requested once.
func TestPollOverManyRuns(t *testing.T) {
	t.Parallel()
	var pages []activities.ListGiftCardOrdersResult
	for p := range 9 {
		pages = append(pages, pageOf(1+p*250, 250))
	}
	in, runs := rules(), 0
	var ids []string
	for {
		e := newEnv(t).withOrders(0).withPages(slices.Clone(pages)...)
		e.ExecuteWorkflow(workflows.PollOrders, in)
		runs++
		for _, o := range e.started {
			ids = append(ids, o.Order.ID)
		}
		if e.GetWorkflowError() == nil {
			var out workflows.PollOrdersResult
			require.NoError(t, e.GetWorkflowResult(&out))
			require.Equal(t, 9*250, out.Started)
			require.Equal(t, 9*250, out.Seen)
			break
		}
		in = e.continued(t)
	}
	require.Equal(t, 5, runs)
	slices.Sort(ids)
	require.Len(t, slices.Compact(ids), 9*250)
}

// A poll that has stood still since it read a page rereads the page: its orders may have been cancelled, or become too
// old.
func TestPollOfAnOldPage(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		readAt  time.Time
		lists   int
		started []string
	}{
		"of an hour ago":        {noon.Add(-time.Hour), 1, []string{"5001", "5002"}},
		"of longer ago":         {noon.Add(-time.Hour - time.Second), 2, []string{"5002"}},
		"of an earlier release": {time.Time{}, 1, []string{"5001", "5002"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t).withOrders(time.Second)
			lists := 0
			e.list = func(in activities.ListGiftCardOrdersInput) (activities.ListGiftCardOrdersResult, error) {
				require.Empty(t, in.Cursor)
				if lists++; lists > 1 {
					page := pageOf(2, 1)
					page.ReadAt = noon
					return page, nil
				}
				page := pageOf(1, 2)
				page.ReadAt = tt.readAt
				return page, nil
			}
			out := e.poll(t, rules())
			require.Equal(t, tt.lists, lists)
			require.Equal(t, len(tt.started), out.Started)
			var started []string
			for _, in := range e.started {
				started = append(started, in.Order.ID)
				if lists == 1 {
					require.Equal(t, tt.readAt, in.ReadAt)
				} else {
					require.Equal(t, noon, in.ReadAt)
				}
			}
			require.ElementsMatch(t, tt.started, started)
		})
	}
}

// The shop in workflow IDs and audit numbers is the one of the settled identity. Without one, the worker's settings say.
func TestPollKeepsTheShopOfItsIdentity(t *testing.T) {
	t.Parallel()
	for want, identity := range map[string]*workflows.Identity{"first.myshopify.com": {Shop: "first.myshopify.com"}, "": nil} {
		e := newEnv(t).withOrders(0).withPages(pageOf(1, 1), pageOf(2, 1))
		in := rules()
		in.Identity = identity
		e.poll(t, in)
		require.Len(t, e.listed, 2)
		for _, asked := range e.listed {
			require.Equal(t, want, asked.Shop)
		}
	}
}
