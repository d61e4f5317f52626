package shopify

import (
	"context"
	"regexp"

	"github.com/giftbridge/giftbridge/internal/shopify/adminapi"
)

// maxLines is the maximum number of lines in one order. Shopify allows 500 in a cart; an order created through its API
// may have more.
const maxLines = 20_000

var (
	numberPattern = regexp.MustCompile(`^[0-9]{1,20}$`)
	lineIDPattern = regexp.MustCompile(`^gid://shopify/LineItem/[0-9]{1,20}$`)
)

// order converts an order and completes its lines. It refuses an order that lacks what identifies orders and lines: a
// missing or invalid id would make two orders look like one.
func (c *Client) order(ctx context.Context, x *adminapi.Exchange, o *order) (Order, error) {
	if !numberPattern.MatchString(o.LegacyResourceId) || o.Id != orderIDPrefix+o.LegacyResourceId ||
		o.CreatedAt.IsZero() || o.UpdatedAt.IsZero() {
		return Order{}, x.Contradiction("an order without id or dates")
	}
	out := Order{
		ID:              o.Id,
		LegacyID:        o.LegacyResourceId,
		Name:            o.Name,
		Test:            o.Test,
		CreatedAt:       o.CreatedAt,
		UpdatedAt:       o.UpdatedAt,
		CancelledAt:     o.CancelledAt,
		FinancialStatus: o.DisplayFinancialStatus,
		Email:           o.Email,
		CurrencyCode:    o.CurrencyCode,
		Tips:            moneyOf(o.TotalTipReceivedSet.ShopMoney),
		NetPayment:      moneyOf(o.NetPaymentSet.ShopMoney),
	}
	if c.risk {
		if o.Risk == nil || o.Risk.Recommendation == "" {
			return Order{}, x.Contradiction("an order without a recommendation about its risk")
		}
		out.Recommendation = o.Risk.Recommendation
	}
	for _, t := range o.Transactions {
		if t.Status == "SUCCESS" && (t.Kind == "SALE" || t.Kind == "CAPTURE") && t.ProcessedAt.After(out.PaidAt) {
			out.PaidAt = t.ProcessedAt
		}
	}
	if cu := o.Customer; cu != nil {
		out.Customer = &Customer{
			LegacyID:    cu.LegacyResourceId,
			DisplayName: cu.DisplayName,
			FirstName:   cu.FirstName,
			LastName:    cu.LastName,
			Email:       cu.DefaultEmailAddress.EmailAddress,
		}
	}
	if pc, ok := o.PurchasingEntity.(*orderPurchasingEntityPurchasingCompany); ok {
		out.Company = &Company{ID: pc.Company.Id, Name: pc.Company.Name, ExternalID: pc.Company.ExternalId}
	}
	var err error
	out.LineItems, err = c.lines(ctx, x, o.Id, o.LineItems)
	return out, err
}

func moneyOf(m shopMoneyShopMoneyMoneyV2) Money {
	return Money{Amount: m.Amount, CurrencyCode: m.CurrencyCode}
}

// noLines returns an empty list of lines that is complete.
func noLines() lineItems {
	more := false
	return lineItems{Nodes: []lineItem{}, PageInfo: pageInfo{HasNextPage: &more}}
}

// lines converts a list of lines, and fetches the missing ones.
func (c *Client) lines(ctx context.Context, x *adminapi.Exchange, orderID string, list lineItems) ([]LineItem, error) {
	out, cursor, seen := []LineItem(nil), "", map[string]bool{}
	for {
		if list.Nodes == nil {
			return nil, x.Contradiction("order %s without a list of lines", orderID)
		}
		for i := range list.Nodes {
			id := list.Nodes[i].Id
			switch {
			case !lineIDPattern.MatchString(id):
				return nil, x.Contradiction("order %s has a line without id", orderID)
			case seen[id]:
				// Its cards would be counted twice and issued once. This check also stops a list that repeats itself.
				return nil, x.Contradiction("order %s has a line twice", orderID)
			case len(out) == maxLines:
				return nil, x.Contradiction("order %s has more than %d lines", orderID, maxLines)
			}
			seen[id] = true
			out = append(out, lineItemOf(&list.Nodes[i]))
		}
		next, err := nextCursor(x, list.PageInfo, cursor)
		if err != nil || next == "" {
			return out, err
		}
		cursor = next
		data, err := listLineItems(ctx, x, orderID, maxPageSize, cursor)
		if err != nil {
			return nil, err
		}
		if data.Order == nil {
			return nil, x.Contradiction("order %s vanished while its lines were read", orderID)
		}
		list = data.Order.LineItems
	}
}

func lineItemOf(l *lineItem) LineItem {
	money := l.OriginalUnitPriceSet.ShopMoney
	discounted := l.DiscountedUnitPriceAfterAllDiscountsSet.ShopMoney
	out := LineItem{
		ID:              l.Id,
		SKU:             l.Sku,
		Title:           l.Title,
		Vendor:          l.Vendor,
		IsGiftCard:      l.IsGiftCard,
		Quantity:        l.Quantity,
		CurrentQuantity: l.CurrentQuantity,
		UnitPrice:       Money{Amount: money.Amount, CurrencyCode: money.CurrencyCode},
		DiscountedPrice: Money{Amount: discounted.Amount, CurrencyCode: discounted.CurrencyCode},
	}
	for _, a := range l.CustomAttributes {
		out.Attributes = append(out.Attributes, Attribute{Key: a.Key, Value: a.Value})
	}
	return out
}

// nextCursor returns the cursor of the next page, empty at the end of the list. It refuses a list that has a next page
// but no cursor for it, or the same cursor again: the list would be cut off, or read forever.
func nextCursor(x *adminapi.Exchange, p pageInfo, after string) (string, error) {
	switch {
	case p.HasNextPage == nil:
		return "", x.Contradiction("a list that does not say whether it goes on")
	case !*p.HasNextPage:
		return "", nil
	case p.EndCursor == "" || p.EndCursor == after:
		return "", x.Contradiction("a list that goes on and does not move")
	}
	return p.EndCursor, nil
}
