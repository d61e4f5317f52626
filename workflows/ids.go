package workflows

import (
	"fmt"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// Names by which clients and workers address workflows.
const (
	// TaskQueue is the common task queue.
	TaskQueue = "giftbridge"
	// IssueTaskQueue is the task queue of IssueCard where the issuer's rate is limited.
	IssueTaskQueue = "giftbridge-issue"

	// PollScheduleID is the schedule of PollOrders, and the prefix of its runs' workflow IDs.
	PollScheduleID = "poll-orders"
	// PollByHandPrefix begins the workflow IDs of polls that somebody asked for.
	PollByHandPrefix = "poll-orders-by-hand/"

	// DigestScheduleID is the schedule of DailyDigest, and the prefix of its runs' workflow IDs.
	DigestScheduleID = "daily-digest"
	// RerunOrdersID is the workflow ID of RerunOrders: there is one at a time.
	RerunOrdersID = "rerun-orders"

	// The workflow types as visibility shows them.
	PollOrdersType    = "PollOrders"
	GiftCardOrderType = "GiftCardOrder"
	DailyDigestType   = "DailyDigest"
	RerunOrdersType   = "RerunOrders"
	CancelCardType    = "CancelCard"
	ResolveCardType   = "ResolveCard"
)

// Search attributes of GiftCardOrder.
var (
	// ShopifyOrderName is the order's name ("#1001").
	ShopifyOrderName = temporal.NewSearchAttributeKeyKeyword("ShopifyOrderName")
	// GiftCardSku holds the order's gift-card SKUs.
	GiftCardSku = temporal.NewSearchAttributeKeyKeywordList("GiftCardSku")
)

const giftCardOrderPrefix = "gift-card-order/"

// GiftCardOrderID is the workflow ID of an order. It is what makes an order once-only.
func GiftCardOrderID(shop, orderID string) string {
	return giftCardOrderPrefix + shop + "/" + orderID
}

// ParseGiftCardOrderID is the inverse of [GiftCardOrderID].
func ParseGiftCardOrderID(workflowID string) (shop, orderID string, err error) {
	rest, ok := strings.CutPrefix(workflowID, giftCardOrderPrefix)
	shop, orderID, found := strings.Cut(rest, "/")
	if !ok || !found || shop == "" || orderID == "" || strings.Contains(orderID, "/") {
		return "", "", fmt.Errorf("workflow ID %q is not a gift-card order's", workflowID)
	}
	return shop, orderID, nil
}

// CancelCardID is the workflow ID of cancelling one card of an order, units counted from 1.
func CancelCardID(shop, orderID string, unit int) string {
	return fmt.Sprintf("cancel-card/%s/%s/%d", shop, orderID, unit)
}

// ResolveCardID is the workflow ID of what a person has found out about one card of an order, units counted from 1.
func ResolveCardID(shop, orderID string, unit int) string {
	return fmt.Sprintf("resolve-card/%s/%s/%d", shop, orderID, unit)
}

// scheduledStartTime is the search attribute in which Temporal keeps for when a schedule meant a run.
var scheduledStartTime = temporal.NewSearchAttributeKeyTime("TemporalScheduledStartTime")

// searchAttributes are set at the start: an upsert would cost every order an event.
func searchAttributes(o giftcard.Order) temporal.SearchAttributes {
	return temporal.NewSearchAttributes(ShopifyOrderName.ValueSet(clip(o.Name)), GiftCardSku.ValueSet(o.SKUs()))
}

// clip keeps a value below the 255 characters that PostgreSQL visibility stores of a keyword.
func clip(s string) string {
	const most = 200
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}

// SearchAttributes returns the search attributes that a namespace must have, by name.
func SearchAttributes() map[string]enumspb.IndexedValueType {
	return map[string]enumspb.IndexedValueType{
		ShopifyOrderName.GetName(): ShopifyOrderName.GetValueType(),
		GiftCardSku.GetName():      GiftCardSku.GetValueType(),
	}
}
