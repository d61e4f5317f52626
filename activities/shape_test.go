package activities_test

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/activities/delivery"
	"github.com/giftbridge/giftbridge/activities/spending"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake/skus"
)

// The names of activities are in the histories of running workflows, so they never change. An activity that is no
// longer used stays until no history names it.
func TestActivityNames(t *testing.T) {
	t.Parallel()
	want := map[reflect.Type][]string{
		reflect.TypeFor[*activities.Orders]():    {"ListGiftCardOrders", "RecordDisputes", "Sweep", "WriteBack"},
		reflect.TypeFor[*activities.GiftCards](): {"CancelCard", "IssueCard", "LookUpMerchant"},
		reflect.TypeFor[*activities.Digest]():    {"SendDigest"},
		reflect.TypeFor[*activities.Reruns]():    {"CountRunningOrders", "RerunFailedOrders"},
		reflect.TypeFor[*activities.Decisions](): {"SettleOrder"},
		reflect.TypeFor[*activities.Watch]():     {"CheckProducts", "LookAtSubscriptions", "PollGap", "RepairSubscriptions"},
		reflect.TypeFor[*delivery.Deliveries]():  {"DeliverCard", "ResendCard"},
		reflect.TypeFor[*spending.Tills]():       {"LookAtFunds", "MoveAmount"},
		reflect.TypeFor[*activities.Changes]():   {"CompareOrder", "InspectCard", "SweepChanges"},
		reflect.TypeFor[*deferred.Cards](): {
			"ActivateCard", "BeginCard", "ClaimCard", "DrainCard", "GenerateCard", "LookAtBalance", "LookAtCard",
		},
	}
	for of, names := range want {
		require.Equal(t, names, methods(of), of)
	}
}

func methods(of reflect.Type) []string {
	var names []string
	for method := range of.Methods() {
		names = append(names, method.Name)
	}
	slices.Sort(names)
	return names
}

// Every exported method of these structs is registered as an activity. With one struct as input and one as output,
// fields can be added without breaking running workflows.
func TestActivityShape(t *testing.T) {
	t.Parallel()
	for _, of := range []reflect.Type{
		reflect.TypeFor[*activities.Orders](), reflect.TypeFor[*activities.GiftCards](), reflect.TypeFor[*activities.Digest](),
		reflect.TypeFor[*activities.Decisions](),
		reflect.TypeFor[*activities.Watch](),
		reflect.TypeFor[*activities.Changes](),
		reflect.TypeFor[*deferred.Cards](),
		reflect.TypeFor[*delivery.Deliveries](),
		reflect.TypeFor[*spending.Tills](),
	} {
		for method := range of.Methods() {
			f := method.Type
			require.Equal(t, 3, f.NumIn(), method.Name) // the receiver is the first
			require.Equal(t, reflect.TypeFor[context.Context](), f.In(1), method.Name)
			require.Equal(t, reflect.Struct, f.In(2).Kind(), method.Name)
			require.Equal(t, method.Name+"Input", f.In(2).Name())
			require.Equal(t, 2, f.NumOut(), method.Name)
			require.Equal(t, reflect.Struct, f.Out(0).Kind(), method.Name)
			require.Equal(t, method.Name+"Result", f.Out(0).Name())
			require.Equal(t, reflect.TypeFor[error](), f.Out(1), method.Name)
		}
	}
}

// The inputs and results of activities are in histories, too: fields are added, never renamed or removed.
func TestActivityFieldsInHistories(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		value any
		want  string
	}{
		{
			activities.ListGiftCardOrdersInput{
				Rules:       giftcard.Rules{SKUs: []string{"GIFT-50"}, CreatedFrom: at},
				UpdatedFrom: at, UpdatedBefore: at, PageSize: 100, Cursor: "c",
			},
			`{"rules": {"skus": ["GIFT-50"], "created_from": "2026-07-01T00:00:00Z"},
			"updated_from": "2026-07-01T00:00:00Z", "updated_before": "2026-07-01T00:00:00Z", "page_size": 100, "cursor": "c"}`,
		},
		{
			activities.ListGiftCardOrdersResult{
				NextCursor: "c", Seen: 3, LeftOut: map[giftcard.Reason]int{giftcard.MixedOrder: 1, giftcard.NativeGiftCard: 1},
				Mixed: []string{"#1"}, Native: []string{"#2"}, ServedVersion: "2026-10",
				Merchants: map[string]string{"5001": "TWS"}, MerchantsAt: at,
			},
			`{"next_cursor": "c", "seen": 3, "left_out": {"mixed": 1, "native_gift_card": 1},
			"mixed": ["#1"], "native": ["#2"], "served_version": "2026-10",
			"merchants": {"5001": "TWS"}, "merchants_at": "2026-07-01T00:00:00Z"}`,
		},
		{
			activities.SettleOrderInput{Order: "o", RunID: "r", By: "link", Note: "n"},
			`{"order": "o", "run_id": "r", "by": "link", "note": "n"}`,
		},
		{
			deferred.BeginCardInput{
				Unit:   deferred.Unit{Issuer: "a", Key: "k", OrderName: "#1", OrderWorkflowID: "w", Number: 1, Item: "i", Price: "5", Currency: "EUR"},
				SendTo: &deferred.SendTo{Email: "a@example.com", SendOn: "2026-07-02", Offset: "-120", At: at},
			},
			`{"issuer": "a", "key": "k", "order_name": "#1", "order_workflow_id": "w", "unit": 1, "item": "i", "price": "5",
			"currency": "EUR", "send_to": {"email": "a@example.com", "send_on": "2026-07-02", "offset": "-120",
			"at": "2026-07-01T00:00:00Z"}}`,
		},
		{deferred.BeginCardResult{SendOn: at}, `{"send_on": "2026-07-01T00:00:00Z"}`},
		{deferred.BeginCardResult{}, `{}`},
		{
			delivery.DeliverCardInput{
				Unit: deferred.Unit{Issuer: "a", Key: "k"}, Card: deferred.Card{Code: "c", Price: "5", Currency: "EUR"},
				To: giftcard.Recipient{Email: "a@example.com"}, WaitedForDay: true,
			},
			`{"issuer": "a", "key": "k", "order_name": "", "order_workflow_id": "", "unit": 0, "item": "", "price": "",
			"currency": "", "card": {"code": "c", "price": "5", "currency": "EUR"}, "to": {"email": "a@example.com"}, "waited_for_day": true}`,
		},
		{delivery.DeliverCardResult{SentAt: at}, `{"sent_at": "2026-07-01T00:00:00Z"}`},
		{delivery.ResendCardResult{SentAt: at}, `{"sent_at": "2026-07-01T00:00:00Z"}`},
		{spending.LookAtFundsInput{Card: spending.Card{Issuer: "a", Code: "c"}}, `{"issuer": "a", "code": "c"}`},
		{
			spending.LookAtFundsResult{Active: true, Balance: "5.00", Currency: "EUR", ValidUntil: at, InParts: true},
			`{"active": true, "balance": "5.00", "currency": "EUR", "valid_until": "2026-07-01T00:00:00Z", "in_parts": true}`,
		},
		{
			spending.MoveAmountInput{
				Card: spending.Card{Issuer: "a", Code: "c"}, Step: spending.Reversing, Amount: "5.00", Currency: "EUR", Reference: "r",
				Number: 2, NotAfter: at,
			},
			`{"issuer": "a", "code": "c", "step": "reverse", "amount": "5.00", "currency": "EUR", "reference": "r", "number": 2,
			"not_after": "2026-07-01T00:00:00Z"}`,
		},
		{
			spending.MoveAmountResult{Refused: giftcard.Timeout, Message: "m", Unclear: "u"},
			`{"refused": "Timeout", "message": "m", "unclear": "u"}`,
		},
		{spending.MoveAmountResult{}, `{}`},
		{activities.SettleOrderResult{RunID: "r"}, `{"run_id": "r"}`},
		{activities.SettleOrderResult{LeftAlone: "why"}, `{"left_alone": "why"}`},
		{
			activities.RerunFailedOrdersInput{Orders: []string{"o"}, Run: "r", Reason: "why", Since: at},
			`{"orders": ["o"], "run": "r", "reason": "why", "since": "2026-07-01T00:00:00Z"}`,
		},
		{
			activities.LookUpMerchantInput{OrderName: "#1", Customer: giftcard.Customer{ID: "77"}, RetryBudget: time.Hour},
			`{"order_name": "#1", "customer": {"id": "77"}, "retry_budget": 3600000000000}`,
		},
		{
			activities.SweepChangesInput{Shop: "s", SKUs: []string{"G"}, UpdatedFrom: at, UpdatedBefore: at, Cancel: true},
			`{"shop": "s", "skus": ["G"], "updated_from": "2026-07-01T00:00:00Z", "updated_before": "2026-07-01T00:00:00Z",
			"cancel": true}`,
		},
		{
			activities.CompareOrderInput{Shop: "s", OrderID: "5", OrderName: "#1", UpdatedAt: at},
			`{"shop": "s", "order_id": "5", "order_name": "#1", "updated_at": "2026-07-01T00:00:00Z"}`,
		},
		{
			activities.CompareOrderResult{
				Cancelled: true, Existing: 2, Left: 1, InDoubt: []int{3}, CanCancel: true, Lines: []activities.ComparedLine{{
					LineID: "9", TooMany: 1, Cards: []activities.ExistingCard{{
						Unit: 1, AuditNumber: "a", MerchantCode: "TWS", EGCCode: "e", Amount: "25.00", Currency: "USD",
					}},
				}},
			},
			`{"cancelled": true, "existing": 2, "left": 1, "in_doubt": [3], "can_cancel": true, "lines": [{"line_id": "9",
			"too_many": 1, "cards": [{"unit": 1, "audit_number": "a", "merchant_code": "TWS", "egc_code": "e",
			"amount": "25.00", "currency": "USD"}]}]}`,
		},
		{
			activities.ComparedLine{
				TooMany: 1, Cards: []activities.ExistingCard{{Unit: 1, AuditNumber: "a", Issuer: "acme", Item: "i"}}, CanCancel: true,
			},
			`{"too_many": 1, "cards": [{"unit": 1, "audit_number": "a", "issuer": "acme", "item": "i"}], "can_cancel": true}`,
		},
		{
			deferred.DrainCardResult{Attempt: 2, Before: true, Unclear: "why"},
			`{"attempt": 2, "before": true, "unclear": "why"}`,
		},
		{
			deferred.LookAtBalanceResult{Cancelled: true, Spent: true, Unclear: true, Balance: "0.00", Currency: "EUR"},
			`{"cancelled": true, "spent": true, "unclear": true, "balance": "0.00", "currency": "EUR"}`,
		},
		{
			activities.InspectCardInput{OrderName: "#1", Unit: 2, MerchantCode: "TWS", EGCCode: "e"},
			`{"order_name": "#1", "unit": 2, "merchant_code": "TWS", "egc_code": "e"}`,
		},
		{
			activities.InspectCardResult{Cancelled: true, Spent: true, Balance: "1.00", Currency: "USD"},
			`{"cancelled": true, "spent": true, "balance": "1.00", "currency": "USD"}`,
		},
		{
			activities.LookUpMerchantResult{MerchantCode: "TWS", At: at},
			`{"merchant_code": "TWS", "at": "2026-07-01T00:00:00Z"}`,
		},
		{
			activities.IssueCardInput{
				OrderName: "#1", Unit: 2, AuditNumber: "a", MerchantCode: "TWS", Price: "50.0", Currency: "USD",
				Recipient: giftcard.Recipient{Email: "ada@example.com"}, At: at, RetryBudget: time.Hour,
			},
			`{"order_name": "#1", "unit": 2, "audit_number": "a", "merchant_code": "TWS", "price": "50.0",
			"currency": "USD", "recipient": {"email": "ada@example.com"}, "at": "2026-07-01T00:00:00Z",
			"retry_budget": 3600000000000}`,
		},
		{
			activities.IssueCardInput{OrderName: "#1", Unit: 2, AuditNumber: "a", AdditionalContent: "Try our new shop.", At: at},
			`{"order_name": "#1", "unit": 2, "audit_number": "a", "merchant_code": "", "price": "", "currency": "",
			"recipient": {}, "additional_content": "Try our new shop.", "at": "2026-07-01T00:00:00Z"}`,
		},
		{
			activities.WriteBackInput{OrderName: "#1", OrderID: "5", By: "tag", Units: map[string]int{"9": 2}, RetryBudget: time.Hour},
			`{"order_name": "#1", "order_id": "5", "by": "tag", "units": {"9": 2}, "retry_budget": 3600000000000}`,
		},
		{
			activities.IssueCardResult{
				AuditNumber: "a", OrderNumber: "7", EGCCode: "e", MaskedNumber: "***", Amount: "50.00", Currency: "USD",
				Existed: true,
			},
			`{"audit_number": "a", "order_number": "7", "egc_code": "e", "masked_number": "***", "amount": "50.00",
			"currency": "USD", "existed": true}`,
		},
		{
			activities.CancelCardInput{OrderName: "#1", Unit: 2, MerchantCode: "TWS", EGCCode: "e", Unspent: true},
			`{"order_name": "#1", "unit": 2, "merchant_code": "TWS", "egc_code": "e", "unspent": true}`,
		},
		{activities.CancelCardResult{Status: "CANCELLED"}, `{"status": "CANCELLED"}`},
		{
			activities.RerunFailedOrdersInput{
				Orders: []string{"w"}, Kinds: []giftcard.Kind{giftcard.Timeout}, Force: true, Reason: "r", Since: at,
				PageToken: []byte("p"),
			},
			`{"orders": ["w"], "kinds": ["Timeout"], "force": true, "reason": "r", "since": "2026-07-01T00:00:00Z",
			"page_token": "cA=="}`,
		},
		{
			activities.RerunFailedOrdersResult{
				Rerun: 1, LeftAlone: 2, Orders: []activities.RerunOrder{{WorkflowID: "w", RunID: "r", LeftAlone: "l"}},
				PageToken: []byte("p"),
			},
			`{"rerun": 1, "left_alone": 2, "orders": [{"workflow_id": "w", "run_id": "r", "left_alone": "l"}],
			"page_token": "cA=="}`,
		},
		{activities.CountRunningOrdersInput{Since: at}, `{"since": "2026-07-01T00:00:00Z"}`},
		{activities.CountRunningOrdersResult{Running: 3}, `{"running": 3}`},
		{
			activities.SendDigestInput{At: at, Since: at, RerunSince: at, SendEmpty: true},
			`{"at": "2026-07-01T00:00:00Z", "since": "2026-07-01T00:00:00Z", "rerun_since": "2026-07-01T00:00:00Z",
			"send_empty": true}`,
		},
		{
			activities.SendDigestResult{Until: at, Sent: true, Failed: 5, FailedNew: 1, Recovered: 2, Retrying: 3, Mixed: 4},
			`{"until": "2026-07-01T00:00:00Z", "sent": true, "failed": 5, "failed_new": 1, "recovered": 2, "retrying": 3,
			"mixed": 4}`,
		},
		{
			activities.SendDigestResult{Until: at, Sent: true, WithoutLinks: true},
			`{"until": "2026-07-01T00:00:00Z", "sent": true, "failed": 0, "failed_new": 0, "recovered": 0, "retrying": 0,
			"mixed": 0, "without_links": true}`,
		},
		{activities.CheckProductsInput{SKUs: []string{"GIFT-25"}}, `{"skus": ["GIFT-25"]}`},
		{
			activities.CheckProductsResult{
				Findings: []skus.Finding{{SKU: "GIFT-25", Flaw: skus.Respelled, Product: "p", Detail: "d"}}, Unchecked: "u",
			},
			`{"findings": [{"sku": "GIFT-25", "flaw": "respelled", "product": "p", "detail": "d"}], "unchecked": "u"}`,
		},
		{activities.LookAtSubscriptionsInput{URL: "u"}, `{"url": "u"}`},
		{
			activities.LookAtSubscriptionsResult{
				Own: 2, Right: 1, Wrong: []string{"w"}, Problems: []string{"p"}, Unused: []string{"u"},
			},
			`{"own": 2, "right": 1, "wrong": ["w"], "problems": ["p"], "unused": ["u"]}`,
		},
		{activities.RepairSubscriptionsInput{URL: "u"}, `{"url": "u"}`},
		{activities.RepairSubscriptionsResult{Refused: []string{"r"}}, `{"refused": ["r"]}`},
		{
			activities.PollGapInput{Since: at, Until: at},
			`{"since": "2026-07-01T00:00:00Z", "until": "2026-07-01T00:00:00Z"}`,
		},
		{activities.PollGapResult{Poll: "id"}, `{"poll": "id"}`},
		{
			activities.FailureDetails{Status: 403, Code: "ACCESS_DENIED", RequestID: "r"},
			`{"status": 403, "code": "ACCESS_DENIED", "request_id": "r"}`,
		},
	}
	for _, tt := range tests {
		t.Run(reflect.TypeOf(tt.value).Name(), func(t *testing.T) {
			t.Parallel()
			written, err := json.Marshal(tt.value)
			require.NoError(t, err)
			require.JSONEq(t, tt.want, string(written))
		})
	}
}
