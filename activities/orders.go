package activities

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/issuer/accounts"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/internal/rest"
)

// Orders reads the shop's orders, and marks those whose cards exist.
type Orders struct {
	Source intake.Source
	// Marker is used by WriteBack only.
	Marker intake.Marker
	// Shop is the shop's domain. It is part of the identity of every order, unless the input sets another shop.
	Shop string
	// Accounts, if set, adds the accounts of customers to the orders that are listed. MerchantCode, if set, is the
	// account of every order.
	Accounts     *accounts.List
	MerchantCode string
	Now          func() time.Time
	// Claims prevents orders that are left to people from being issued later. If nil, they are only listed by name.
	Claims Claims
	// Intake starts the orders that a sweep finds.
	Intake Intake
	// Disputes reads disputes, and Records records them. If either is nil, no disputes are recorded.
	Disputes intake.Disputes
	Records  DisputeRecords

	claimed claimed
}

// ListGiftCardOrdersInput selects one page of the orders of a window.
type ListGiftCardOrdersInput struct {
	Rules giftcard.Rules `json:"rules"`
	// UpdatedFrom and UpdatedBefore are the window, by the orders' update time.
	UpdatedFrom   time.Time `json:"updated_from"`
	UpdatedBefore time.Time `json:"updated_before"`
	PageSize      int       `json:"page_size"`
	// Cursor continues after an earlier page of the same window and rules; empty for the first page.
	Cursor string `json:"cursor,omitempty"`
	// Shop is the shop in the identity of the orders; empty means [Orders].Shop.
	Shop string `json:"shop,omitempty"`
	// MatchBy is what merchants are matched by; empty means every attribute.
	MatchBy []string `json:"match_by,omitempty"`
	// Webhooks is set if webhooks announce the shop's orders.
	Webhooks bool `json:"webhooks,omitempty"`
	// Later are the SKUs of cards that their issuers make later. They need no merchant.
	Later []string `json:"later,omitempty"`
}

// ListGiftCardOrdersResult is one page: its gift-card orders, and counts of the other orders that the search found.
type ListGiftCardOrdersResult struct {
	Orders []giftcard.Order `json:"orders,omitempty"`
	// ReadAt is when Orders were read from Shopify.
	ReadAt time.Time `json:"read_at,omitzero"`
	// Merchants holds the merchant codes of these orders, by order number, as far as they were available, and
	// MerchantsAt is when they were found. The other orders look up their merchants themselves.
	Merchants   map[string]string `json:"merchants,omitempty"`
	MerchantsAt time.Time         `json:"merchants_at,omitzero"`
	// Known are the numbers of the gift-card orders that are not in Orders because they have a workflow.
	Known []string `json:"known,omitempty"`
	// Unannounced are the numbers of those of Orders that a webhook should have announced by now.
	Unannounced []string `json:"unannounced,omitempty"`
	// NextCursor is empty on the last page.
	NextCursor string                  `json:"next_cursor,omitempty"`
	Seen       int                     `json:"seen"`
	LeftOut    map[giftcard.Reason]int `json:"left_out,omitempty"`
	// Mixed and Native are the names of the orders left out as mixed and as native gift cards, because people must know
	// them.
	Mixed  []string `json:"mixed,omitempty"`
	Native []string `json:"native,omitempty"`
	// ServedVersion is the API version that answered, if it is not the requested one.
	ServedVersion string `json:"served_version,omitempty"`
}

// maxVersion is far longer than the names of API versions ("2026-07").
const maxVersion = 100

// ListGiftCardOrdersType is the name of [Orders.ListGiftCardOrders] in Temporal.
const ListGiftCardOrdersType = "ListGiftCardOrders"

// ListGiftCardOrders fetches one page of the shop's orders and applies the rules. Shopify's search only finds
// candidates; orders that are not gift-card orders are counted and dropped. Merchants that are available are returned
// with their orders: a look-up by each order would cost it an activity.
//
// A page that is too large to be read, or too large for a history, is fetched again as a smaller one. A single order
// that is too large loses its lines, so that it fails where people see it instead of failing every poll from now on.
func (o *Orders) ListGiftCardOrders(ctx context.Context, in ListGiftCardOrdersInput) (ListGiftCardOrdersResult, error) {
	for {
		out, err := o.listPage(ctx, in)
		_, tooLarge := errors.AsType[*rest.TooLargeError](err)
		switch {
		case tooLarge && in.PageSize > 1:
			in.PageSize /= 2
			continue
		case tooLarge:
			out, err = o.listWithoutLines(ctx, in)
		}
		if err != nil {
			return ListGiftCardOrdersResult{}, failure(ctx, "listing orders", err, untilTimeout)
		}
		orders, err := json.Marshal(out.Orders)
		switch {
		case err != nil:
			return ListGiftCardOrdersResult{}, failure(ctx, "listing orders", err, untilTimeout)
		case len(orders) <= intake.MaxBytes:
			o.findMerchants(ctx, in, &out)
			return out, nil
		case in.PageSize > 1:
			in.PageSize /= 2
		default:
			activity.GetLogger(ctx).Error("order is too large to be handled", "order", out.Orders[0].Name, "bytes", len(orders))
			out.Orders[0].Lines = nil
			return out, nil
		}
	}
}

// ReadOrder reads an order of the shop, by Shopify's number, so that the rules can be applied to it. It is not an
// activity. It also reads what the shop's platform recommends about the order's risk: whoever asks may judge it by any rules.
func ReadOrder(ctx context.Context, o *Orders, number string) (giftcard.Candidate, error) {
	found, err := o.Source.WithRisk().Read(ctx, number)
	if err != nil {
		return giftcard.Candidate{}, err
	}
	return found.In(o.Shop), nil
}

// findMerchants finds the merchants of all orders of a page at once. It never fails a page: an issuer that is
// unavailable must not keep orders from being taken in.
func (o *Orders) findMerchants(ctx context.Context, in ListGiftCardOrdersInput, page *ListGiftCardOrdersResult) {
	var orders []giftcard.Order
	for _, order := range page.Orders {
		if order.HasOtherThan(in.Later) {
			orders = append(orders, order)
		}
	}
	if o.Accounts == nil || len(orders) == 0 {
		return
	}
	page.Merchants, page.MerchantsAt = o.Accounts.MatchAhead(ctx, o.MerchantCode, in.MatchBy, orders), o.Now().UTC()
}

// Merchant returns the merchant of an order of the page, or nil if it was not found.
func (r ListGiftCardOrdersResult) Merchant(orderID string) *LookUpMerchantResult {
	code, ok := r.Merchants[orderID]
	if !ok {
		return nil
	}
	return &LookUpMerchantResult{MerchantCode: code, At: r.MerchantsAt}
}

// listPage lists a page and applies the rules to its orders.
func (o *Orders) listPage(ctx context.Context, in ListGiftCardOrdersInput) (ListGiftCardOrdersResult, error) {
	return o.list(ctx, in, false)
}

// listWithoutLines is listPage for an order whose lines are too large to be read. The shop's search found the order by
// a SKU, so it is treated as a gift-card order if everything else about it is right. It then fails because its lines
// are missing, where people see it.
func (o *Orders) listWithoutLines(ctx context.Context, in ListGiftCardOrdersInput) (ListGiftCardOrdersResult, error) {
	out, err := o.list(ctx, in, true)
	for i := range out.Orders {
		activity.GetLogger(ctx).Error("order is too large to be read", "order", out.Orders[i].Name)
		out.Orders[i].Lines = nil
	}
	return out, err
}

func (o *Orders) list(
	ctx context.Context, in ListGiftCardOrdersInput, withoutLines bool,
) (ListGiftCardOrdersResult, error) {
	readAt := o.Now().UTC()
	page, err := intake.For(in.Rules, o.Source).List(ctx, intake.Query{
		UpdatedFrom:   in.UpdatedFrom,
		UpdatedBefore: in.UpdatedBefore,
		CreatedFrom:   in.Rules.SearchFrom(),
		SKUs:          in.Rules.SKUs,
		PageSize:      in.PageSize,
		Cursor:        in.Cursor,
		WithoutLines:  withoutLines,
	})
	if err != nil {
		return ListGiftCardOrdersResult{}, err
	}
	out := ListGiftCardOrdersResult{
		NextCursor: page.NextCursor, Seen: len(page.Orders), LeftOut: map[giftcard.Reason]int{},
	}
	log := activity.GetLogger(ctx)
	if page.ServedVersion != "" && page.ServedVersion != page.Version {
		out.ServedVersion = printable.Line(page.ServedVersion, maxVersion)
		log.Error("Shopify answered with another API version than configured: it is time to upgrade",
			"configured", page.Version, "served", out.ServedVersion)
	}
	var left []LeftOrder
	for _, found := range page.Orders {
		if withoutLines && len(in.Rules.SKUs) > 0 { // This line stands for the lines that were not read.
			found.Order.Lines = []giftcard.Line{{SKU: in.Rules.SKUs[0], Units: 1}}
		}
		order, reason := intake.Judge(in.Rules, cmp.Or(in.Shop, o.Shop), found, o.Now())
		switch reason {
		case "":
			out.Orders = append(out.Orders, order)
			if in.Webhooks && readAt.Sub(found.UpdatedAt) > unannouncedAfter {
				out.Unannounced = append(out.Unannounced, order.ID)
			}
			continue
		case giftcard.MixedOrder:
			out.Mixed = append(out.Mixed, found.Order.Name)
		case giftcard.NativeGiftCard:
			out.Native = append(out.Native, found.Order.Name)
			log.Error("order left out: Shopify itself issues a gift card for this product; "+
				"turn that off or remove the SKU from GIFT_CARD_SKUS", "order", found.Order.Name)
		}
		out.LeftOut[reason]++
		if reason.LeftToPeople() {
			left = append(left, LeftOrderOf(order, reason))
		}
	}
	left = o.dropKnown(ctx, cmp.Or(in.Shop, o.Shop), &out, left)
	if len(out.Orders) > 0 {
		out.ReadAt = readAt
	}
	return out, o.claim(ctx, left)
}
