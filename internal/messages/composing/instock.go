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
// as it is now, and has one key a day. It does not wait for the end of quiet hours: see [Rules.OpenAt].
func InStock(v retail.Variant, r Rules, now time.Time) (*messages.Message, Reason) {
	page := mapping.WebURL(v.URL)
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
		Key: key(v.Number, messages.KindInStock, now.UTC().Format(time.DateOnly)), Kind: messages.KindInStock,
		Text: r.Texts.Render(texts.InStock, "", texts.View{
			Shop: r.ShopName, Product: v.Title, Amount: mapping.Money(v.Price), URL: page,
		}, true),
		Type: messages.TypeNotice, Data: data,
	}, ""
}
