package mapping

import (
	"cmp"

	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/retail"
)

// Noticed returns what a notice is about: the variant, or else its product, which has neither options nor a price of its own.
func Noticed(v retail.Variant, by NotifyBy) retail.Variant {
	if by == NotifyByVariant {
		return v
	}
	v.Title, v.Price, v.ImageURL, v.Options = v.ProductTitle, v.LowestPrice, cmp.Or(v.ProductImageURL, v.ImageURL), nil
	return v
}

// Notice returns the structure of a product that is back in stock, or what keeps it from having one.
func Notice(v retail.Variant, r Rules) (messages.Notice, error) {
	v = Noticed(v, r.NotifyBy)
	f := messages.NoticeFields{
		ID: v.Product, Name: Line(v.Title), URL: WebURL(v.URL), ImageURL: Image(v, r.Image), Price: v.Price,
		Description: Line(v.Description), Attributes: r.Options.attributes(v.Vendor, v.Options),
	}
	f.Attributes.Gender = "" // Notices have no such field.
	if r.NotifyBy == NotifyByVariant {
		f.ID = v.Number
	}
	return messages.NewNotice(f)
}

// Image returns the address of a product's image, or of the one that stands in for it; empty if there is none.
func Image(v retail.Variant, standIn string) string {
	if u := WebURL(v.ImageURL); u != "" {
		return u
	}
	return WebURL(standIn)
}
