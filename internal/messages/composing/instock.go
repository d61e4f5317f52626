package composing

import (
	"slices"
	"time"

	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/messages/mapping"
	"github.com/giftbridge/giftbridge/internal/messages/texts"
	"github.com/giftbridge/giftbridge/internal/retail"
)

// InStock returns the message to all who asked for a product, or the reason why there is none. It is composed from the product
// as it is now, and has one key a day. If customers asked for the product as a whole, the variant is only the one that is back. It does
// not wait for the end of quiet hours: see [Rules.OpenAt].
func InStock(v retail.Variant, r Rules, now time.Time) (*messages.Message, Reason) {
	v = mapping.Noticed(v, r.NotifyBy)
	page := mapping.WebURL(v.URL)
	about := v.Number
	if r.NotifyBy != NotifyByVariant {
		about = "product-" + v.Product
	}
	switch {
	case !slices.Contains(r.Kinds, messages.KindInStock):
		return nil, ReasonOff
	case page == "":
		return nil, ReasonUnpublished
	case !v.ForSale || v.Sellable < max(1, r.MinInStock):
		return nil, ReasonNotForSale
	case mapping.Image(v, r.Image) == "":
		return nil, ReasonNoImage
	}
	notice, err := mapping.Notice(v, r.mapping())
	if err != nil {
		return nil, ReasonIncomplete
	}
	data, err := notice.MarshalJSON()
	if err != nil {
		return nil, ReasonIncomplete
	}
	return &messages.Message{
		Key: key(about, messages.KindInStock, now.UTC().Format(time.DateOnly)), Kind: messages.KindInStock,
		Text: r.Texts.Render(texts.InStock, "", texts.View{
			Shop: r.ShopName, Product: v.Title, Amount: mapping.Money(v.Price), URL: page,
		}, true),
		Type: messages.TypeNotice, Data: data,
	}, ""
}
