package told

import (
	"cmp"

	"github.com/giftbridge/giftbridge/workflows"
)

// About are the shop's numbers of what customers are told about. All but one are empty.
type About struct {
	Order   string `json:"order_id,omitempty"`
	Variant string `json:"variant_id,omitempty"`
	Product string `json:"product_id,omitempty"`
}

// aboutOf returns what a number in a workflow ID stands for. notice reports whether the workflow is about a notice.
func aboutOf(number string, notice bool) About {
	product, is := workflows.ParseProductNumber(number)
	switch {
	case !notice:
		return About{Order: number}
	case is:
		return About{Product: product}
	}
	return About{Variant: number}
}

// Notice reports whether it is a variant or a product, of which all are told who asked for it.
func (a About) Notice() bool { return a.Variant+a.Product != "" }

// Number is the shop's number.
func (a About) Number() string { return cmp.Or(a.Order, a.Variant, a.Product) }

// OnRecord is the number as workflow IDs have it, so that a product is not taken for a variant.
func (a About) OnRecord() string {
	if a.Product != "" {
		return workflows.ProductNumber(a.Product)
	}
	return a.Number()
}

// called is what people call it. name is that of the order; it may be empty.
func (a About) called(name string) string {
	switch {
	case a.Product != "":
		return "product " + a.Product
	case a.Variant != "":
		return "variant " + a.Variant
	}
	return "order " + cmp.Or(name, a.Order)
}

// instead is what customers are told of in a shop where nothing is told of this.
func (a About) instead() string {
	if a.Product != "" {
		return "variants"
	}
	return "products"
}
