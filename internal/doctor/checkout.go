package doctor

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/checkout/api"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/doctor/exam"
	"github.com/giftbridge/giftbridge/internal/doctor/page"
)

// Checkout is the name of the check of the API at which checkouts spend cards. It must not change, because monitors read it.
const Checkout = "checkout"

// checkoutExams returns the check of the API at which checkouts spend cards; none if no card could be spent.
func (x *examination) checkoutExams() []exam.Exam {
	if !x.Config.FourWayShop.On() && len(x.Config.Checkout.Clients) == 0 {
		return nil
	}
	return []exam.Exam{{Name: Checkout, Reads: []string{"RECEIVER_URL", "CHECKOUT_"}, Do: x.checkout}}
}

// checkout asks the receiver whether it serves the API, in a way that names no card and needs no key. Which clients it knows
// cannot be asked: only they have the keys.
func (x *examination) checkout(ctx context.Context) check.Check {
	base, clients := x.Config.Receiver.URL, x.Config.Checkout.Clients
	if len(clients) > 0 && !x.Config.FourWayShop.On() {
		return exam.Fail("CHECKOUT_CLIENTS is set, and FOURWAYSHOP_ITEMS is not: there is no card that could be spent, and the "+
			"receiver does not start", "set FOURWAYSHOP_ITEMS, or unset CHECKOUT_CLIENTS")
	}
	answer, err := page.Read(ctx, strings.TrimSuffix(base, "/")+api.Path+api.RouteBalances)
	serves := err == nil && answer.Status == http.StatusMethodNotAllowed && answer.Header.Get(api.RequestIDHeader) != ""
	switch {
	case err != nil && len(clients) == 0:
		return exam.OK("off: CHECKOUT_CLIENTS is not set here")
	case err != nil:
		return exam.Fail(base+" does not answer: "+page.WithoutAddress(x.why(ctx, err)), "see the check receiver")
	case serves && x.Config.FourWayShop.Reversals:
		return exam.OK("the receiver serves it, and gives back what was taken")
	case serves:
		return exam.OK("the receiver serves it; what was taken is not given back: FOURWAYSHOP_REVERSALS is not set")
	case len(clients) == 0:
		return exam.OK("off: the receiver serves none, and CHECKOUT_CLIENTS is not set here")
	}
	return exam.Fail(fmt.Sprintf("CHECKOUT_CLIENTS is set, and %s serves no checkout (it answers %d)", base, answer.Status),
		"give the receiver the same CHECKOUT_CLIENTS, have RECEIVER_SERVES contain "+config.ServeCheckout+", and have a proxy in "+
			"front pass on paths below "+api.Path)
}
