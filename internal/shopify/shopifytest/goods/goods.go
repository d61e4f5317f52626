// Package goods has the products of a simulated shop. A variant is a product of its own unless it names another.
package goods

import (
	"cmp"
	"hash/fnv"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/graphql"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/object"
)

// Variant is a variant of a product, limited to the fields that are simulated. In the JSON of the control routes, its
// fields have the same names in lower case, with underscores.
type Variant struct {
	SKU string `json:"sku"`
	// Handle is the name of the product in addresses: variants of the same one are one product, and have to agree in what is the
	// product's. Empty means the SKU, so that the variant is the only one of its product. Webhooks about orders do not know it.
	Handle string `json:"handle,omitempty"`
	// Price is the price in the shop's currency; empty means "25.00".
	Price string `json:"price,omitempty"`
	// Title is the title of the product, and Status its status; empty means ACTIVE.
	Title  string `json:"title,omitempty"`
	Status string `json:"status,omitempty"`
	// GiftCard is true if Shopify itself issues a gift card for the product.
	GiftCard bool `json:"gift_card,omitempty"`
	// Vendor is the vendor of the product, and Description its description without markup.
	Vendor      string `json:"vendor,omitempty"`
	Description string `json:"description,omitempty"`
	// Image is the address of the variant's own image, and ProductImage that of the product. URL is the product's page; a
	// product without one is not published. All are null if they are empty.
	Image        string `json:"image,omitempty"`
	ProductImage string `json:"product_image,omitempty"`
	URL          string `json:"url,omitempty"`
	// Options tell the variant from others; a product has at most three, and those without a name do not exist.
	Options [3]Option `json:"options,omitzero"`
	// Grams is the weight of a unit; 0 if it is not known.
	Grams int `json:"grams,omitempty"`
	// Tracked is set if the shop counts the units, and Stock is how many there are then. A variant that is not tracked is
	// always for sale.
	Tracked bool `json:"tracked,omitempty"`
	Stock   int  `json:"stock,omitempty"`
}

// Option is a choice such as Size, and its value.
type Option struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// InStock reports whether the variant can be sold. The shop tells its apps when that becomes true.
func (v Variant) InStock() bool { return !v.Tracked || v.Stock > 0 }

// Products returns variants by their products, in the order in which they come.
func Products(variants []Variant) (out [][]Variant) {
	places := map[int64]int{}
	for _, v := range variants {
		i, known := places[v.ProductID()]
		if !known {
			i = len(out)
			places[v.ProductID()] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], v)
	}
	return out
}

// Restocked returns the variants that came back into stock by a change: what the topic variants/in_stock reports. A new
// variant was not out of stock before.
func Restocked(before, after []Variant) []Variant {
	var out []Variant
	for _, v := range after {
		i := slices.IndexFunc(before, func(x Variant) bool { return x.SKU == v.SKU })
		if i >= 0 && !before[i].InStock() && v.InStock() {
			out = append(out, v)
		}
	}
	return out
}

// ProductID returns the id of the product with a handle: for most, the SKU of their only variant.
func ProductID(handle string) int64 {
	h := fnv.New32a()
	h.Write([]byte(handle))
	return 7_000_000_000_000 + 2*int64(h.Sum32())
}

// ProductID returns the id of the product, and ID that of the variant.
func (v Variant) ProductID() int64 { return ProductID(cmp.Or(v.Handle, v.SKU)) }

// ID returns the id of the variant.
func (v Variant) ID() int64 { return ProductID(v.SKU) + 1 }

// Caption returns the title of the variant, which its options make.
func (v Variant) Caption() string {
	o := v.options()
	if len(o) == 0 {
		return "Default Title"
	}
	values := make([]string, len(o))
	for i, x := range o {
		values[i] = x.Value
	}
	return strings.Join(values, " / ")
}

// Cost returns the price of the variant.
func (v Variant) Cost() string { return cmp.Or(v.Price, "25.00") }

// Catalogue is what a shop sells. Currency is that of the prices.
type Catalogue struct {
	Currency string
	Variants []Variant
}

// lowest returns the price of the cheapest variant of the product of a variant.
func (c Catalogue) lowest(of Variant) string {
	lowest, least := of.Cost(), amount(of.Cost())
	for _, v := range c.Variants {
		if price := amount(v.Cost()); v.ProductID() == of.ProductID() && price.Cmp(least) < 0 {
			lowest, least = v.Cost(), price
		}
	}
	return lowest
}

// amount returns the value of a price; 0 for a text that is none.
func amount(price string) *big.Rat {
	r, ok := new(big.Rat).SetString(price)
	if !ok {
		return new(big.Rat)
	}
	return r
}

// Variant returns a variant as the API shows it.
func (c Catalogue) Variant(v Variant) graphql.Object {
	media := object.Connection{Name: "MediaConnection", Nodes: []graphql.Object{}}
	if v.Image != "" {
		media.Nodes = append(media.Nodes, mediaImage(v.Image))
	}
	return object.Fields{Name: "ProductVariant", Values: map[string]any{
		"id": object.GID("ProductVariant", v.ID()), "legacyResourceId": decimal(v.ID()), "title": v.Caption(),
		"sku": object.OrNull(v.SKU), "price": v.Cost(), "product": c.Product(v),
		"availableForSale": v.InStock(), "sellableOnlineQuantity": v.Stock, "selectedOptions": v.selected(), "media": media,
	}}
}

// Product returns the product of a variant as the API shows it.
func (c Catalogue) Product(v Variant) graphql.Object {
	lowest := object.Fields{Name: "MoneyV2", Values: map[string]any{"amount": c.lowest(v), "currencyCode": c.Currency}}
	values := map[string]any{
		"id": object.GID("Product", v.ProductID()), "legacyResourceId": decimal(v.ProductID()), "title": v.Title,
		"status": cmp.Or(v.Status, "ACTIVE"), "isGiftCard": v.GiftCard, "vendor": v.Vendor, "description": v.Description,
		"onlineStoreUrl": object.OrNull(v.URL), "hasOnlyDefaultVariant": len(v.options()) == 0, "featuredMedia": nil,
		"priceRangeV2": object.Fields{Name: "ProductPriceRangeV2", Values: map[string]any{"minVariantPrice": lowest}},
	}
	if v.ProductImage != "" {
		values["featuredMedia"] = mediaImage(v.ProductImage)
	}
	return object.Fields{Name: "Product", Values: values}
}

// Picture returns the image that a line of an order with the variant has, nil if there is none.
func (v Variant) Picture() any {
	if url := cmp.Or(v.Image, v.ProductImage); url != "" {
		return image(url)
	}
	return nil
}

func (v Variant) options() []Option {
	var out []Option
	for _, o := range v.Options {
		if o.Name != "" {
			out = append(out, o)
		}
	}
	return out
}

// selected returns the options as the API shows them: a variant without any has one that customers do not see.
func (v Variant) selected() []graphql.Object {
	list := v.options()
	if len(list) == 0 {
		list = []Option{{"Title", "Default Title"}}
	}
	out := make([]graphql.Object, len(list))
	for i, o := range list {
		out[i] = object.Fields{Name: "SelectedOption", Values: map[string]any{"name": o.Name, "value": o.Value}}
	}
	return out
}

func decimal(id int64) string { return strconv.FormatInt(id, 10) }

func image(url string) graphql.Object {
	return object.Fields{Name: "Image", Values: map[string]any{"url": url}}
}

func mediaImage(url string) graphql.Object {
	return object.Fields{Name: "MediaImage", Values: map[string]any{"id": "gid://shopify/MediaImage/1", "image": image(url)}}
}
