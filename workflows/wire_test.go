package workflows_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/activities/delivery"
	"github.com/giftbridge/giftbridge/activities/spending"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake/skus"
	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/workflows"
)

func requireNone(t *testing.T, words []string, in ...string) {
	t.Helper()
	require.NotEmpty(t, in)
	for _, text := range in {
		for _, w := range words {
			require.NotContains(t, strings.ToLower(text), w)
		}
	}
}

// Names that histories, schedules, clients and people's saved queries depend on. They never change.
func TestNames(t *testing.T) {
	t.Parallel()
	var registered registry
	workflows.Register(&registered)
	require.Equal(t, registry{names: []string{
		"PollOrders", "GiftCardOrder", "LeftOrder", "SweepOrders", "WatchShop", "DailyDigest", "RerunOrders", "CancelCard",
		"ResolveCard", "ActOnOrder", "ChangedOrder", "DisputedOrder", "DeferredCard", "ClaimCode",
		"DeliveredCard", "ResendCard", "SpendCard", "ClaimRedemption", "OrderMessages", "BackInStock", "SweepMessages", "UnsentMessage",
		"Relay", "UndeliveredEvent",
	}}, registered)
	require.Equal(t, "giftbridge", workflows.TaskQueue)
	require.Equal(t, "giftbridge-issue", workflows.IssueTaskQueue)
	require.Equal(t, "resolve-card/shop/1/2", workflows.ResolveCardID("shop", "1", 2))
	require.Equal(t, "card-delivery/acme/k", workflows.CardDeliveryID("acme", "k"))
	require.Equal(t, "resend-card/shop/1/2", workflows.ResendCardID("shop", "1", 2))
	require.Equal(t, "order-messages/shop/1", workflows.OrderMessagesID("shop", "1"))
	require.Equal(t, "back-in-stock/shop/1", workflows.BackInStockID("shop", "1"))
	require.Equal(t, "unsent-message/shop/1/k", workflows.UnsentMessageID("shop", "1", "k"))
	require.Equal(t, "relay/orders/1", workflows.RelayID("orders", "1"))
	require.Equal(t, "undelivered/orders/1/e", workflows.UndeliveredEventID("orders", "1", "e"))
	require.Equal(t, "giftbridge-relay-orders", workflows.RelayTaskQueue("orders"))
	require.Equal(t, []string{"event", "mailbox"}, []string{workflows.EventSignal, workflows.MailboxQuery})
	require.Equal(t, "back-in-stock/shop/product-1", workflows.BackInStockID("shop", workflows.ProductNumber("1")))
	product, is := workflows.ParseProductNumber("product-1")
	require.Equal(t, []any{"1", true}, []any{product, is})
	_, is = workflows.ParseProductNumber("1")
	require.False(t, is)
	for _, id := range []string{workflows.OrderMessagesID("shop", "1"), workflows.BackInStockID("shop", "1")} {
		shop, number, err := workflows.ParseToldID(id)
		require.NoError(t, err)
		require.Equal(t, []string{"shop", "1"}, []string{shop, number})
	}
	shop, number, key, err := workflows.ParseUnsentMessageID(workflows.UnsentMessageID("shop", "1", "k"))
	require.NoError(t, err)
	require.Equal(t, []string{"shop", "1", "k"}, []string{shop, number, key})
	for _, bad := range []string{"", "order-messages/shop", "order-messages/shop/1/k", "unsent-message/shop/1", "unsent-message/shop//k", "shop/1"} {
		_, _, err := workflows.ParseToldID(bad)
		require.Error(t, err, bad)
		_, _, _, err = workflows.ParseUnsentMessageID(bad)
		require.Error(t, err, bad)
	}
	require.Equal(t, []string{"look", "resend", "messages", "in-stock"}, []string{
		workflows.LookSignal, workflows.ResendSignal, workflows.MessagesQuery, workflows.InStockSignal,
	})
	require.Equal(t, "sweep-messages", workflows.SweepMessagesScheduleID)
	require.Equal(t, "action/0a1b", workflows.ActOnOrderID("0a1b"))
	require.Equal(t, "disputed-order/shop/1/2", workflows.DisputedOrderID("shop", "1", "2"))
	require.Equal(t, "card-drain/acme/5001-A", workflows.DrainClaimID("acme", "5001-A", 1))
	require.Equal(t, "card-drain/acme/5001-A/2", workflows.DrainClaimID("acme", "5001-A", 2))
	require.Equal(t, "card/acme/0a1b", workflows.SpendCardID("acme", "0a1b"))
	require.Equal(t, "redemption/shop/0a1b", workflows.ClaimRedemptionID("shop", "0a1b"))
	require.Equal(t, "suspicious-callback-1", workflows.SuspiciousCallback)
	require.Equal(t, "unknown-redemption-1", workflows.UnknownRedemption)
	require.Equal(t, "IssueCard", activities.IssueCardType)
	require.Equal(t, "poll-orders", workflows.PollScheduleID)
	require.Equal(t, "watch-shop", workflows.WatchScheduleID)
	require.Equal(t, "poll-orders-by-hand/", workflows.PollByHandPrefix)
	require.Equal(t, map[string]enumspb.IndexedValueType{
		"ShopifyOrderName": enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		"GiftCardSku":      enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST,
	}, workflows.SearchAttributes())
}

func TestPollByHandID(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	until := since.Add(36 * time.Hour)
	id := workflows.PollByHandID(since.In(time.FixedZone("CET", 3600)), until)
	require.Equal(t, "poll-orders-by-hand/2026-07-01T00:00:00Z/2026-07-02T12:00:00Z", id)
	gotSince, gotUntil, err := workflows.ParsePollByHandID(id)
	require.NoError(t, err)
	require.Equal(t, []time.Time{since, until}, []time.Time{gotSince, gotUntil})
	for _, bad := range []string{
		"", "poll-orders-by-hand/", "poll-orders-by-hand/mine", "poll-orders-by-hand/2026-07-01T00:00:00Z",
		"2026-07-01T00:00:00Z/2026-07-02T12:00:00Z", id + "/x", "poll-orders-2026-07-10T12:00:00Z",
	} {
		_, _, err := workflows.ParsePollByHandID(bad)
		require.ErrorContains(t, err, "not that of a poll by hand", bad)
	}
}

// registry records what is registered; methods that are not expected are nil and panic.
type registry struct {
	worker.WorkflowRegistry
	names []string
}

func (r *registry) RegisterWorkflowWithOptions(_ any, o workflow.RegisterOptions) {
	r.names = append(r.names, o.Name)
}

func TestGiftCardOrderID(t *testing.T) {
	t.Parallel()
	id := workflows.GiftCardOrderID(shop, "820982911946154508")
	require.Equal(t, "gift-card-order/example.myshopify.com/820982911946154508", id)
	gotShop, gotOrder, err := workflows.ParseGiftCardOrderID(id)
	require.NoError(t, err)
	require.Equal(t, []string{shop, "820982911946154508"}, []string{gotShop, gotOrder})
	for _, bad := range []string{
		"", "gift-card-order/", "gift-card-order/shop", "gift-card-order/shop/", "gift-card-order//1",
		"gift-card-order/shop/1/2", "poll-orders-2026-07-10T12:00:00Z", "x/gift-card-order/shop/1",
	} {
		_, _, err := workflows.ParseGiftCardOrderID(bad)
		require.Error(t, err, bad)
	}
}

// A name that was made very long is cut where PostgreSQL's visibility would refuse it; the order goes on.
func TestLongNamesAreCut(t *testing.T) {
	t.Parallel()
	page := pageOf(1, 1)
	page.Orders[0].Name = strings.Repeat("é", 300)
	e := newEnv(t).withOrders(0).withPages(page)
	require.Equal(t, 1, e.poll(t, rules()).Started)
	name, ok := e.calls.of("gift-card-order/")[0].child.TypedSearchAttributes.GetKeyword(workflows.ShopifyOrderName)
	require.True(t, ok)
	require.Equal(t, strings.Repeat("é", 200), name)
	require.Equal(t, page.Orders[0].Name, e.started[0].Order.Name)
}

// The inputs and results of workflows are in histories and in the schedule: fields are added, never renamed or removed.
func TestFieldsInHistories(t *testing.T) {
	t.Parallel()
	result := workflows.PollOrdersResult{
		Since: noon, Until: noon, Watermark: noon, Seen: 6, Started: 1, Known: 2,
		LeftOut: map[giftcard.Reason]int{giftcard.MixedOrder: 1}, Mixed: []string{"#1"}, Native: []string{"#2"},
		ServedVersion: "2026-10", Latest: []string{"5001"},
	}
	const resultJSON = `{"since": "2026-07-10T12:00:00Z", "until": "2026-07-10T12:00:00Z",
		"watermark": "2026-07-10T12:00:00Z", "seen": 6, "started": 1, "known": 2, "left_out": {"mixed": 1},
		"mixed": ["#1"], "native": ["#2"], "served_version": "2026-10", "latest": ["5001"]}`
	card := workflows.IssuedCard{Unit: 1, LineID: "900", IssueCardResult: activities.IssueCardResult{
		AuditNumber: "a", OrderNumber: "7", EGCCode: "e", MaskedNumber: "***1", Amount: "25.00", Currency: "USD",
	}}
	const cardJSON = `{"unit": 1, "line_id": "900", "audit_number": "a", "order_number": "7", "egc_code": "e",
		"masked_number": "***1", "amount": "25.00", "currency": "USD"}`
	poll := rules()
	poll.IncludeTest, poll.AuditPrefix, poll.IssueTaskQueue = true, "TWS-", "giftbridge-issue"
	poll.RetryBudget = workflows.Duration(time.Hour)
	withContent := rules()
	withContent.AdditionalContent = "Try our new shop."
	withWriteBack := rules()
	withWriteBack.WriteBack = "tag"
	watched := workflows.WatchShopResult{
		LookedAt: noon, Products: activities.CheckProductsResult{
			Findings:  []skus.Finding{{SKU: "GIFT-25", Flaw: skus.Unsold, Product: "Card", Detail: "archived"}},
			Unchecked: "no scope",
		},
		ProductsFailed: &workflows.WatchFailure{Kind: giftcard.Unavailable, Message: "away"},
		Webhooks: &workflows.WatchedWebhooks{
			Found: activities.LookAtSubscriptionsResult{
				Own: 9, Right: 8, Wrong: []string{"w"}, Problems: []string{"p"}, Unused: []string{"u"},
			},
			NotSetUp: true, Left: []string{"l"}, Failed: &workflows.WatchFailure{Kind: giftcard.Timeout, Message: "late"},
			GoodAt: noon, GapFrom: noon, Held: true,
			Repaired: &workflows.RepairedWebhooks{At: noon, Topics: []string{"t"}, Since: noon, Until: noon, Poll: "id"},
		},
	}
	byHand := workflows.PollOrdersInput{Since: noon, Until: noon, Progress: &workflows.PollProgress{
		Rules: giftcard.Rules{SKUs: []string{"GIFT-25"}, CreatedFrom: noon}, Cursor: "c", Result: result, Known: []string{"5000"},
	}}
	tests := []struct {
		name  string
		value any
		want  string
	}{
		{
			"what was found out about a card",
			workflows.ResolveCardInput{
				CardResolution: workflows.CardResolution{Issued: true, RunID: "r"}, By: "ops", Reason: "seen",
			},
			`{"issued": true, "run_id": "r", "by": "ops", "reason": "seen"}`,
		},
		{"card that was sent", workflows.CardDelivery{SentAt: noon}, `{"sent_at": "2026-07-10T12:00:00Z"}`},
		{"item that is mailed", workflows.DeferredItem{Issuer: "a", Item: "i", Deliver: true}, `{"issuer": "a", "item": "i", "deliver": true}`},
		{"item that is not mailed", workflows.DeferredItem{Issuer: "a", Item: "i"}, `{"issuer": "a", "item": "i"}`},
		{
			"card to send once more",
			workflows.ResendCardInput{
				ResendCardInput: delivery.ResendCardInput{
					Unit: deferred.Unit{Issuer: "a", Key: "k"}, Email: "a@example.com",
				}, By: "ops", Reason: "lost",
			},
			`{"issuer": "a", "key": "k", "order_name": "", "order_workflow_id": "", "unit": 0, "item": "", "price": "",
			"currency": "", "email": "a@example.com", "by": "ops", "reason": "lost"}`,
		},
		{
			"what was found out about a card that is made later",
			workflows.ResolveCardInput{CardResolution: workflows.CardResolution{RunID: "r", Card: "c"}, By: "ops", Reason: "seen"},
			`{"issued": false, "run_id": "r", "card": "c", "by": "ops", "reason": "seen"}`,
		},
		{
			"cancellation of a card that was made later",
			workflows.CancelCardInput{By: "ops", Reason: "why", Later: &deferred.Unit{
				Issuer: "acme", Key: "a", OrderName: "#1", OrderWorkflowID: "o", Number: 2, Item: "i", Price: "50.00", Currency: "EUR",
			}},
			`{"order_name": "", "unit": 0, "merchant_code": "", "egc_code": "", "by": "ops", "reason": "why", "later": {
			"issuer": "acme", "key": "a", "order_name": "#1", "order_workflow_id": "o", "unit": 2, "item": "i", "price": "50.00",
			"currency": "EUR"}}`,
		},
		{"cancellation that failed", workflows.CancelCardFailure{Clean: true}, `{"clean": true}`},
		{"cancellation of an empty card", workflows.CancelCardFailure{Empty: true}, `{"clean": false, "empty": true}`},
		{
			"whose card is made",
			workflows.CardMemo{Order: "o", Unit: 2, Price: "50.00", Currency: "EUR"},
			`{"order": "o", "unit": 2, "price": "50.00", "currency": "EUR"}`,
		},
		{
			"what a link is used for",
			workflows.ActOnOrderInput{Order: "o", RunID: "r", Name: "#1", Action: workflows.RunAgain, By: "link", Note: "n"},
			`{"order": "o", "run_id": "r", "name": "#1", "action": "again", "by": "link", "note": "n"}`,
		},
		{
			"what a link is used for without a note",
			workflows.ActOnOrderInput{Order: "o", RunID: "r", Name: "#1", Action: workflows.SettleOrder, By: "link"},
			`{"order": "o", "run_id": "r", "name": "#1", "action": "settle", "by": "link"}`,
		},
		{"what became of a link", workflows.ActOnOrderResult{RunID: "r"}, `{"run_id": "r"}`},
		{"what a link did not do", workflows.ActOnOrderResult{LeftAlone: "w"}, `{"left_alone": "w"}`},
		{
			"rerun of one run",
			workflows.RerunOrdersInput{Orders: []string{"o"}, Run: "r", Reason: "why"},
			`{"orders": ["o"], "run": "r", "reason": "why"}`,
		},
		{
			"schedule's record", poll,
			`{"skus": ["GIFT-25", "GIFT-50"], "created_at_min": "2026-07-07T12:00:00Z", "max_order_age": "336h0m0s",
			"overlap": "10m0s", "settle_delay": "1m0s", "page_size": 100, "include_test": true, "audit_prefix": "TWS-",
			"issue_task_queue": "giftbridge-issue", "retry_budget": "1h0m0s"}`,
		},
		{
			"schedule's record with a text for the cards", withContent,
			`{"skus": ["GIFT-25", "GIFT-50"], "created_at_min": "2026-07-07T12:00:00Z", "max_order_age": "336h0m0s",
			"overlap": "10m0s", "settle_delay": "1m0s", "page_size": 100, "additional_content": "Try our new shop."}`,
		},
		{
			"order with a text for the cards",
			workflows.GiftCardOrderInput{Order: giftcard.Order{ID: "5001", CreatedAt: noon}, AdditionalContent: "Try our new shop."},
			`{"order": {"shop": "", "id": "5001", "name": "", "created_at": "2026-07-10T12:00:00Z", "customer": {}, "lines": null},
			"additional_content": "Try our new shop."}`,
		},
		{
			"schedule's record with a mark in the shop", withWriteBack,
			`{"skus": ["GIFT-25", "GIFT-50"], "created_at_min": "2026-07-07T12:00:00Z", "max_order_age": "336h0m0s",
			"overlap": "10m0s", "settle_delay": "1m0s", "page_size": 100, "write_back": "tag"}`,
		},
		{
			"order with a mark in the shop",
			workflows.GiftCardOrderInput{Order: giftcard.Order{ID: "5001", CreatedAt: noon}, WriteBack: "tag"},
			`{"order": {"shop": "", "id": "5001", "name": "", "created_at": "2026-07-10T12:00:00Z", "customer": {}, "lines": null},
			"write_back": "tag"}`,
		},
		{
			"marked order",
			workflows.GiftCardOrderResult{MerchantCode: "TWS", WrittenBack: "tag"},
			`{"merchant_code": "TWS", "cards": null, "written_back": "tag"}`,
		},
		{
			"order whose mark was refused",
			workflows.GiftCardOrderResult{
				MerchantCode: "TWS", WriteBackFailed: &workflows.WriteBackFailure{Kind: giftcard.Unauthorized, Message: "no"},
			},
			`{"merchant_code": "TWS", "cards": null, "write_back_failed": {"kind": "Unauthorized", "message": "no"}}`,
		},
		{
			"continued poll by hand", byHand,
			`{"skus": null, "created_at_min": "0001-01-01T00:00:00Z", "max_order_age": "0s", "overlap": "0s",
			"settle_delay": "0s", "page_size": 0,
			"since": "2026-07-10T12:00:00Z", "until": "2026-07-10T12:00:00Z", "progress": {
			"rules": {"skus": ["GIFT-25"], "created_from": "2026-07-10T12:00:00Z"}, "cursor": "c",
			"result": ` + resultJSON + `, "known": ["5000"]}}`,
		},
		{"poll's result", result, resultJSON},
		{
			"watch's record",
			workflows.WatchShopInput{SKUs: []string{"GIFT-25"}, ReceiverURL: "https://gifts.example.com"},
			`{"skus": ["GIFT-25"], "receiver_url": "https://gifts.example.com"}`,
		},
		{
			"watch's result", watched,
			`{"looked_at": "2026-07-10T12:00:00Z", "products": {"findings": [{"sku": "GIFT-25", "flaw": "unsold",
			"product": "Card", "detail": "archived"}], "unchecked": "no scope"},
			"products_failed": {"kind": "Unavailable", "message": "away"},
			"webhooks": {"found": {"own": 9, "right": 8, "wrong": ["w"], "problems": ["p"], "unused": ["u"]},
			"not_set_up": true, "left": ["l"], "failed": {"kind": "Timeout", "message": "late"},
			"good_at": "2026-07-10T12:00:00Z", "gap_from": "2026-07-10T12:00:00Z", "held": true,
			"repaired": {"at": "2026-07-10T12:00:00Z", "topics": ["t"], "since": "2026-07-10T12:00:00Z",
			"until": "2026-07-10T12:00:00Z", "poll": "id"}}}`,
		},
		{
			"changed order",
			workflows.ChangedOrderInput{
				Shop: shop, OrderID: "5001", OrderName: "#1001", UpdatedAt: noon, Cancel: true,
				Settled: &workflows.ChangeSettled{By: "ops", Note: "seen"},
			},
			`{"shop": "example.myshopify.com", "order_id": "5001", "order_name": "#1001",
			"updated_at": "2026-07-10T12:00:00Z", "cancel": true,
			"settled": {"by": "ops", "note": "seen"}}`,
		},
		{
			"changed order's result",
			workflows.ChangedOrderResult{
				OrderCancelled: true, Existing: 3, Left: 0, Cancelled: []int{2}, InDoubt: []int{3}, At: noon,
				TooMany: []workflows.CardTooMany{{
					Unit: 1, AuditNumber: "a", Amount: "25.00", Currency: "USD", Why: workflows.CardSpent, Balance: "4.50",
				}},
			},
			`{"order_cancelled": true, "existing": 3, "left": 0, "cancelled": [2], "in_doubt": [3],
			"at": "2026-07-10T12:00:00Z", "too_many": [{"unit": 1, "audit_number": "a", "amount": "25.00", "currency": "USD",
			"why": "spent", "balance": "4.50"}]}`,
		},
		{
			"sweep's result with changes",
			workflows.SweepOrdersResult{From: noon, Changes: &workflows.SweptChanges{
				SweepChangesResult: activities.SweepChangesResult{Seen: 3, Changed: 2, Started: 1}, Since: noon, Until: noon,
			}},
			`{"seen": 0, "candidates": 0, "known": 0, "found": 0, "from": "2026-07-10T12:00:00Z", "changes": {"seen": 3,
			"changed": 2, "started": 1, "since": "2026-07-10T12:00:00Z", "until": "2026-07-10T12:00:00Z"}}`,
		},
		{
			"order",
			workflows.GiftCardOrderInput{
				Order: giftcard.Order{Shop: shop, ID: "5001", Name: "#1001", CreatedAt: noon, Lines: []giftcard.Line{{
					ID: "900", SKU: "GIFT-25", Units: 1, Price: "25.0", Currency: "USD",
					Recipient: giftcard.Recipient{Email: "a@example.com"},
				}}},
				AuditPrefix: "TWS-", IssueTaskQueue: "giftbridge-issue", RetryBudget: workflows.Duration(90 * time.Second),
				Merchant: &activities.LookUpMerchantResult{MerchantCode: "TWS", At: noon},
			},
			`{"order": {"shop": "example.myshopify.com", "id": "5001", "name": "#1001",
			"created_at": "2026-07-10T12:00:00Z", "customer": {}, "lines": [{"id": "900", "sku": "GIFT-25", "units": 1,
			"price": "25.0", "currency": "USD", "recipient": {"email": "a@example.com"}}]},
			"audit_prefix": "TWS-", "issue_task_queue": "giftbridge-issue", "retry_budget": "1m30s",
			"merchant": {"merchant_code": "TWS", "at": "2026-07-10T12:00:00Z"}}`,
		},
		{
			"order's result",
			workflows.GiftCardOrderResult{MerchantCode: "TWS", Cards: []workflows.IssuedCard{card}},
			`{"merchant_code": "TWS", "cards": [` + cardJSON + `]}`,
		},
		{
			"order's failure",
			workflows.OrderFailure{
				Issued: []workflows.IssuedCard{card},
				Failed: []workflows.UnitFailure{{Unit: 2, AuditNumber: "b", Kind: giftcard.CardDeclined, Message: "no"}},
			},
			`{"issued": [` + cardJSON + `],
			"failed": [{"unit": 2, "audit_number": "b", "kind": "CardDeclined", "message": "no"}]}`,
		},
		{
			"card that is spent",
			workflows.SpendCardInput{
				Card: spending.Card{Issuer: "acme", Code: "c"}, Movements: 2, Forgotten: noon, Hurry: 60,
				Redemptions: []*workflows.Redemption{{
					Redemption: redemption.Redemption{ID: "r", State: redemption.Unknown, Amount: "5.00", Currency: "EUR", Taken: "5.00"},
					Client:     "shop", Partial: true, Movement: 1, Contradicted: true, BelowZero: "-1.00",
					Reversal: &workflows.Reversal{
						ID: "b", State: redemption.Declined, Problem: redemption.NotSupported, Movement: 2, AskedAt: noon, SettledAt: noon,
					},
					Resolved: &workflows.RedemptionResolution{ID: "r", Reversing: true, Moved: true, By: "ada", Reason: "why", At: noon},
				}},
			},
			`{"issuer": "acme", "code": "c", "movements": 2, "forgotten": "2026-07-10T12:00:00Z", "hurry": 60, "redemptions": [{
			"id": "r", "state": "unknown", "amount": "5.00", "currency": "EUR", "taken": "5.00", "client": "shop",
			"partial": true, "movement": 1, "contradicted": true, "below_zero": "-1.00",
			"reversal": {"id": "b", "state": "declined", "problem": "not_supported", "movement": 2,
			"asked_at": "2026-07-10T12:00:00Z", "settled_at": "2026-07-10T12:00:00Z"},
			"resolved": {"id": "r", "reversing": true, "moved": true, "by": "ada", "reason": "why", "at": "2026-07-10T12:00:00Z"}}]}`,
		},
		{
			"what is asked of a card",
			workflows.SpendUpdateInput{
				SpendRequest: workflows.SpendRequest{
					ID: "r", Client: "shop", Order: "#1", Amount: "5.00", Currency: "EUR", Partial: true,
				},
				Until: noon, ClaimedAt: noon,
			},
			`{"id": "r", "client": "shop", "order": "#1", "amount": "5.00", "currency": "EUR", "partial": true,
			"until": "2026-07-10T12:00:00Z", "claimed_at": "2026-07-10T12:00:00Z"}`,
		},
		{
			"what is asked back",
			workflows.ReverseUpdateInput{ID: "r", ReversalID: "b", Until: noon},
			`{"id": "r", "reversal_id": "b", "until": "2026-07-10T12:00:00Z"}`,
		},
		{
			"claim of an idempotency key",
			workflows.RedemptionClaim{Body: "b", CardWorkflowID: "card/acme/0a", Issuer: "acme"},
			`{"body": "b", "card_workflow_id": "card/acme/0a", "issuer": "acme"}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			written, err := json.Marshal(tt.value)
			require.NoError(t, err)
			require.JSONEq(t, tt.want, string(written))
			read := reflect.New(reflect.TypeOf(tt.value))
			require.NoError(t, json.Unmarshal(written, read.Interface()))
			require.Equal(t, tt.value, read.Elem().Interface())
		})
	}
}

func TestDurationInInput(t *testing.T) {
	t.Parallel()
	var in workflows.PollOrdersInput
	require.NoError(t, json.Unmarshal([]byte(`{"overlap": "10m"}`), &in))
	require.Equal(t, workflows.Duration(10*time.Minute), in.Overlap)
	require.Error(t, json.Unmarshal([]byte(`{"overlap": "ten minutes"}`), &in))
}
