package workflows

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// Names by which clients and workers address workflows.
const (
	// TaskQueue is the common task queue.
	TaskQueue = "giftbridge"
	// IssueTaskQueue is the task queue of IssueCard if the issuer's rate is limited.
	IssueTaskQueue = "giftbridge-issue"

	// PollScheduleID is the schedule of PollOrders, and the prefix of its runs' workflow IDs.
	PollScheduleID = "poll-orders"
	// PollByHandPrefix is the prefix of the workflow IDs of polls that an operator requested.
	PollByHandPrefix = "poll-orders-by-hand/"

	// SweepScheduleID is the schedule of SweepOrders, and the prefix of its runs' workflow IDs.
	SweepScheduleID = "sweep-orders"
	// SweepByHandID is the workflow ID of a sweep that an operator requested: only one runs at a time.
	SweepByHandID = "sweep-orders-by-hand"

	// WatchScheduleID is the schedule of WatchShop, and the prefix of its runs' workflow IDs.
	WatchScheduleID = "watch-shop"

	// DigestScheduleID is the schedule of DailyDigest, and the prefix of its runs' workflow IDs.
	DigestScheduleID = "daily-digest"
	// RerunOrdersID is the workflow ID of RerunOrders: only one runs at a time.
	RerunOrdersID = "rerun-orders"

	// SweepMessagesScheduleID is the schedule of SweepMessages, and the prefix of its runs' workflow IDs.
	SweepMessagesScheduleID = "sweep-messages"

	// The workflow types as visibility shows them.
	PollOrdersType      = "PollOrders"
	GiftCardOrderType   = activities.OrderWorkflowType
	LeftOrderType       = "LeftOrder"
	SweepOrdersType     = "SweepOrders"
	WatchShopType       = "WatchShop"
	DailyDigestType     = "DailyDigest"
	RerunOrdersType     = "RerunOrders"
	CancelCardType      = "CancelCard"
	ResolveCardType     = "ResolveCard"
	ActOnOrderType      = "ActOnOrder"
	ChangedOrderType    = "ChangedOrder"
	DeferredCardType    = "DeferredCard"
	ClaimCodeType       = "ClaimCode"
	DeliveredCardType   = "DeliveredCard"
	ResendCardType      = "ResendCard"
	SpendCardType       = "SpendCard"
	ClaimRedemptionType = "ClaimRedemption"
	OrderMessagesType   = "OrderMessages"
	BackInStockType     = "BackInStock"
	SweepMessagesType   = "SweepMessages"
	UnsentMessageType   = "UnsentMessage"
)

// Search attributes of GiftCardOrder.
var (
	// ShopifyOrderName is the order's name ("#1001").
	ShopifyOrderName = temporal.NewSearchAttributeKeyKeyword("ShopifyOrderName")
	// GiftCardSku holds the order's gift-card SKUs.
	GiftCardSku = temporal.NewSearchAttributeKeyKeywordList("GiftCardSku")
)

const giftCardOrderPrefix = activities.OrderWorkflowPrefix

// GiftCardOrderID returns the workflow ID of an order. It ensures that an order is handled only once.
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

// PollByHandID returns the workflow ID of a poll that an operator requested, of the orders updated in [since, until).
func PollByHandID(since, until time.Time) string {
	return PollByHandPrefix + since.UTC().Format(time.RFC3339) + "/" + until.UTC().Format(time.RFC3339)
}

// ParsePollByHandID is the inverse of [PollByHandID].
func ParsePollByHandID(workflowID string) (since, until time.Time, err error) {
	rest, ok := strings.CutPrefix(workflowID, PollByHandPrefix)
	from, to, _ := strings.Cut(rest, "/")
	since, badSince := time.Parse(time.RFC3339, from)
	until, badUntil := time.Parse(time.RFC3339, to)
	if !ok || badSince != nil || badUntil != nil {
		return time.Time{}, time.Time{}, fmt.Errorf("workflow ID %q is not that of a poll by hand", workflowID)
	}
	return since, until, nil
}

// CancelCardID returns the workflow ID for cancelling one card of an order; unit counts from 1.
func CancelCardID(shop, orderID string, unit int) string {
	return fmt.Sprintf("cancel-card/%s/%s/%d", shop, orderID, unit)
}

// ResolveCardID returns the workflow ID for what a person has found out about one card of an order; unit counts from 1.
func ResolveCardID(shop, orderID string, unit int) string {
	return fmt.Sprintf("resolve-card/%s/%s/%d", shop, orderID, unit)
}

// ActOnOrderID returns the workflow ID for the use of a link of a mail. The link's ID does not reveal the link, and each
// link is used once.
func ActOnOrderID(linkID string) string { return "action/" + linkID }

const deferredCardPrefix = "card-issue/"

// DeferredCardID returns the workflow ID of a card that its issuer makes later. The unit's key is the part that keeps the
// card from being made twice. Only after the workflow has failed in a way that certainly made no card of value, the card is
// made anew, under an ID with the next number; numbers count from 1.
func DeferredCardID(issuerName, key string, number int) string {
	id := deferredCardPrefix + issuerName + "/" + key
	if number > 1 {
		id += fmt.Sprintf("/%d", number)
	}
	return id
}

// ClaimCodeID returns the workflow ID that claims a code for one unit, by an ID of the code that does not reveal it.
func ClaimCodeID(issuerName, codeID string) string { return "barcode/" + issuerName + "/" + codeID }

// SpendCardID returns the workflow ID of a card that is spent, by an ID of its code that does not reveal it.
func SpendCardID(issuerName, codeID string) string { return "card/" + issuerName + "/" + codeID }

// ClaimRedemptionID returns the workflow ID that claims an idempotency key of a client. id is the redemption's, which does not
// reveal the key.
func ClaimRedemptionID(client, id string) string { return "redemption/" + client + "/" + id }

// CardDeliveryID returns the workflow ID for the record that the card of a unit was sent.
func CardDeliveryID(issuerName, key string) string { return "card-delivery/" + issuerName + "/" + key }

// OrderMessagesPrefix is the prefix of the workflow IDs of the messages of orders, and UnsentMessagePrefix that of messages that could
// not be sent.
const (
	OrderMessagesPrefix = "order-messages/"
	UnsentMessagePrefix = "unsent-message/"
)

// OrderMessagesID returns the workflow ID of the messages of an order, by the shop's number of it.
func OrderMessagesID(shop, order string) string { return OrderMessagesPrefix + shop + "/" + order }

const backInStockPrefix = "back-in-stock/"

// BackInStockID returns the workflow ID of the notices about a variant, by the shop's number of it, or about a product, by its
// [ProductNumber].
func BackInStockID(shop, number string) string { return backInStockPrefix + shop + "/" + number }

const productPrefix = "product-"

// ProductNumber returns the shop's number of a product in such a way that it is not taken for that of a variant.
func ProductNumber(product string) string { return productPrefix + product }

// ParseProductNumber is the inverse of [ProductNumber]. It reports whether the number is that of a product.
func ParseProductNumber(number string) (product string, is bool) {
	return strings.CutPrefix(number, productPrefix)
}

// ParseToldID returns the shop and its number of the order, the variant or the product of a workflow ID of [OrderMessagesID] or
// [BackInStockID]. That of a product is its [ProductNumber].
func ParseToldID(workflowID string) (shop, number string, err error) {
	rest, ok := strings.CutPrefix(workflowID, OrderMessagesPrefix)
	if !ok {
		rest, ok = strings.CutPrefix(workflowID, backInStockPrefix)
	}
	shop, number, _ = strings.Cut(rest, "/")
	if !ok || shop == "" || number == "" || strings.Contains(number, "/") {
		return "", "", fmt.Errorf("workflow ID %q is not that of messages", workflowID)
	}
	return shop, number, nil
}

// UnsentMessageID returns the workflow ID of a message that could not be sent. order is the shop's number of the order; for a notice,
// that of the variant, or the [ProductNumber].
func UnsentMessageID(shop, order, key string) string {
	return UnsentMessageIDs(shop, order) + key
}

// UnsentMessageIDs returns what the workflow IDs of the messages of an order, a variant or a product that could not be sent begin with.
func UnsentMessageIDs(shop, order string) string {
	return UnsentMessagePrefix + shop + "/" + order + "/"
}

// ParseUnsentMessageID is the inverse of [UnsentMessageID].
func ParseUnsentMessageID(workflowID string) (shop, order, key string, err error) {
	const parts = 3
	rest, ok := strings.CutPrefix(workflowID, UnsentMessagePrefix)
	found := strings.SplitN(rest, "/", parts)
	if !ok || len(found) != parts || slices.Contains(found, "") {
		return "", "", "", fmt.Errorf("workflow ID %q is not that of a message that could not be sent", workflowID)
	}
	return found[0], found[1], found[2], nil
}

// ResendCardID returns the workflow ID for sending one card of an order once more; unit counts from 1.
func ResendCardID(shop, orderID string, unit int) string {
	return ResendCardIDs(shop, orderID) + strconv.Itoa(unit)
}

// ResendCardIDs returns what the workflow IDs for sending cards of an order once more begin with.
func ResendCardIDs(shop, orderID string) string { return "resend-card/" + shop + "/" + orderID + "/" }

// DrainClaimID returns the workflow ID that claims for one run to take the value of a card back. Only after a run has failed
// without having done so, another one may, under an ID with the next number; numbers count from 1.
func DrainClaimID(issuerName, key string, number int) string {
	id := "card-drain/" + issuerName + "/" + key
	if number > 1 {
		id += fmt.Sprintf("/%d", number)
	}
	return id
}

const changedOrderPrefix = "changed-order/"

// ChangedOrderID returns the workflow ID for a change of an order, by the hash of the change. It ensures that a change is
// acted on once, whoever saw it.
func ChangedOrderID(shop, orderID, hash string) string {
	return ChangedOrderIDs(shop, orderID) + hash
}

// ChangedOrderIDs returns what the workflow IDs of all changes of an order begin with.
func ChangedOrderIDs(shop, orderID string) string {
	return changedOrderPrefix + shop + "/" + orderID + "/"
}

// ParseChangedOrderID returns the shop and the order of a workflow ID of [ChangedOrderID].
func ParseChangedOrderID(workflowID string) (shop, orderID string, err error) {
	parts := strings.Split(workflowID, "/")
	if len(parts) != 4 || parts[0]+"/" != changedOrderPrefix || parts[1] == "" || parts[2] == "" || parts[3] == "" {
		return "", "", fmt.Errorf("workflow ID %q is not that of a changed order", workflowID)
	}
	return parts[1], parts[2], nil
}

// scheduledStartTime is the search attribute in which Temporal stores the time for which a schedule planned a run.
var scheduledStartTime = temporal.NewSearchAttributeKeyTime("TemporalScheduledStartTime")

// searchAttributes returns the search attributes to set at the start: an upsert would cost every order an event.
func searchAttributes(o giftcard.Order) temporal.SearchAttributes {
	return temporal.NewSearchAttributes(
		ShopifyOrderName.ValueSet(clip(o.Name)), GiftCardSku.ValueSet(fitting(o.SKUs(), maxAttribute)))
}

// Bounds in bytes of JSON, with room for what surrounds the text. Temporal ends a workflow that exceeds its own
// bounds. That workflow would be the poll, which would end on the same order every time.
const (
	// maxAttribute stays below the 2,048 bytes of a search attribute.
	maxAttribute = 1900
	// maxSummaryName stays below the 400 bytes of a summary, including its other words and its encryption.
	maxSummaryName = 200
)

// fitting returns as many of the leading texts as fit. If not even the first fits, it is cut. An order can be found by
// these SKUs; its input has all of them.
func fitting(texts []string, most int) []string {
	for i, s := range texts {
		const quotesAndComma = 3
		size := jsonSize(s) + quotesAndComma
		if size <= most {
			most -= size
			continue
		}
		if i == 0 {
			return []string{cut(s, most-quotesAndComma)}
		}
		return texts[:i]
	}
	return texts
}

// cut returns as many leading characters of s as take at most the given number of bytes in JSON.
func cut(s string, most int) string {
	for i, r := range s {
		if most -= jsonSize(string(r)); most < 0 {
			return s[:i]
		}
	}
	return s
}

// jsonSize returns the largest size that encoding/json can produce for s, without the quotes.
func jsonSize(s string) int {
	const escaped = 6 // \u003c
	n := 0
	for _, r := range s {
		if r < ' ' || r == utf8.RuneError || strings.ContainsRune("\"\\<>&\u007f\u2028\u2029", r) {
			n += escaped
			continue
		}
		n += utf8.RuneLen(r)
	}
	return n
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
