package order

import (
	"math/big"
	"strconv"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/goods"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/graphql"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/object"
)

func (o shown) lineItems(args map[string]any) (any, *graphql.Error) {
	return object.Page(args, "LineItemConnection", strconv.FormatInt(o.ID, 10), o.Lines,
		func(l *LineItem) int64 { return l.ID }, o.line)
}

// line returns a line as the API shows it.
func (o shown) line(l *LineItem) graphql.Object { return lineObject{l, o} }

type lineObject struct {
	*LineItem

	order shown
}

func (lineObject) TypeName() string { return "LineItem" }

func (l lineObject) Field(_ *graphql.Execution, name string, _ map[string]any) (any, *graphql.Error) {
	switch name {
	case "id":
		return object.GID("LineItem", l.ID), nil
	case "sku":
		return object.OrNull(l.SKU), nil
	case "title", "name":
		return l.Title, nil
	case "vendor":
		return object.OrNull(l.Vendor), nil
	case "isGiftCard":
		return l.GiftCard, nil
	case "requiresShipping":
		return l.ships(), nil
	case "quantity":
		return l.Quantity, nil
	case "unfulfilledQuantity":
		return l.Remaining(), nil
	case "currentQuantity":
		return l.Quantity - l.Removed, nil
	case "discountedUnitPriceAfterAllDiscountsSet":
		return l.order.bag(l.discounted()), nil
	case "originalUnitPriceSet":
		return l.order.bag(l.UnitPrice), nil
	case "discountAllocations":
		return l.discounts(), nil
	case "customAttributes":
		list := make([]graphql.Object, len(l.Attributes))
		for i := range l.Attributes {
			list[i] = l.Attributes[i].Object()
		}
		return list, nil
	case "weight":
		if l.Grams > 0 {
			return object.Fields{Name: "Weight", Values: map[string]any{"unit": "GRAMS", "value": l.Grams}}, nil
		}
	default:
		return l.product(name), nil
	}
	return nil, nil
}

// ships reports whether the line is sent as a parcel.
func (l *LineItem) ships() bool { return !l.GiftCard && !l.Digital }

// discounts returns what all units of the line were discounted by.
func (l lineObject) discounts() []graphql.Object {
	less := l.order.both(func(c conversion) *big.Rat {
		each := new(big.Rat).Sub(c.of(l.UnitPrice), c.of(l.discounted()))
		return each.Mul(each, big.NewRat(int64(l.Quantity), 1))
	})
	if number(l.UnitPrice).Cmp(number(l.discounted())) == 0 {
		return []graphql.Object{}
	}
	return []graphql.Object{object.Fields{Name: "DiscountAllocation", Values: map[string]any{"allocatedAmountSet": less}}}
}

// product returns what the line shows of its product: nothing, if the shop has none with the SKU.
func (l lineObject) product(name string) any {
	of := func(v goods.Variant) any {
		switch name {
		case "image":
			return v.Picture()
		case "product":
			return l.order.view.Goods.Product(v)
		}
		return l.order.view.Goods.Variant(v)
	}
	for _, v := range l.order.view.Goods.Variants {
		if l.SKU != "" && v.SKU == l.SKU {
			return of(v)
		}
	}
	return nil
}
