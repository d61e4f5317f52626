package doctor

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/cashstar"
	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/doctor/exam"
	"github.com/giftbridge/giftbridge/internal/rest"
)

// The names of the checks. They must not change, because monitors read them.
const (
	CashStar  = "cashstar"
	Merchants = "merchants"
	Offers    = "offers"
)

// account examines the account at CashStar.
type account struct {
	*examination

	merchants []cashstar.Merchant
}

// cashStarExams returns the checks of the account; only one that says so if it is not used.
func (x *examination) cashStarExams() []exam.Exam {
	if !x.Config.IssuesAtOnce() {
		return []exam.Exam{{Name: CashStar, Do: func(context.Context) check.Check {
			return exam.OK("off: GIFT_CARD_SKUS is not set")
		}}}
	}
	a := &account{examination: x}
	return []exam.Exam{
		{Name: CashStar, Reads: []string{"CASHSTAR_", "PLAIN_HTTP_HOSTS"}, Do: a.credentials},
		{Name: Merchants, Needs: []string{CashStar}, Reads: []string{"MERCHANT_CODE"}, Do: a.merchantList},
		{
			Name: Offers, Needs: []string{Merchants}, Reads: []string{"CASHSTAR_", "PLAIN_HTTP_HOSTS", "MERCHANT_CODE"},
			Do: a.offers,
		},
	}
}

// credentials checks the credentials with the only request that changes nothing.
func (a *account) credentials(ctx context.Context) check.Check {
	issuer, err := app.NewCashStar(a.Config.CashStar)
	if err != nil {
		return exam.Fail(a.why(ctx, err), "set the CASHSTAR_* variables as described in docs/configuration.md")
	}
	a.merchants, err = issuer.Merchants(ctx)
	if err == nil {
		return exam.OK("credentials accepted")
	}
	const cureURL = "set CASHSTAR_BASE_URL to the address that CashStar gave, with its version (…/v2/), and allow " +
		"outbound connections to it from this machine"
	switch status := rest.StatusOf(err); {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return exam.Fail("credentials refused: "+a.why(ctx, err),
			"set CASHSTAR_USERNAME and CASHSTAR_PASSWORD to the account's credentials, "+
				"and check that CASHSTAR_BASE_URL is in the same environment (test or production)")
	case status == http.StatusNotFound, status == 0:
		return exam.Fail(a.why(ctx, err), cureURL)
	case status < http.StatusBadRequest:
		return exam.Fail(a.why(ctx, err), cureURL+"; the server that answered is not CashStar")
	}
	return exam.Fail(a.why(ctx, err), "try again later; if it still fails, ask CashStar and give the time of this request")
}

func (a *account) merchantList(context.Context) check.Check {
	code := a.Config.Issue.MerchantCode
	switch {
	case len(a.merchants) == 0:
		return exam.Fail("the account has no merchants: no card can be ordered",
			"ask CashStar to add merchants to the account")
	case code == "":
		return exam.OK("the account has %d", len(a.merchants))
	case !slices.ContainsFunc(a.merchants, func(m cashstar.Merchant) bool { return m.MerchantCode == code }):
		return exam.Fail(fmt.Sprintf("MERCHANT_CODE %s is not one of the account's %d merchants", code, len(a.merchants)),
			"set MERCHANT_CODE to one of the account's merchant codes (case-sensitive), or unset it")
	}
	return exam.OK("the account has %d, including MERCHANT_CODE %s", len(a.merchants), code)
}

// maxOffers is the number of merchants whose offers are looked at. Each takes two requests.
const maxOffers = 5

// offers looks at what the issuer offers for the merchants that orders get. It never fails. Assumed: a catalog without
// any value means that no card can be ordered; its inner shape is not published.
func (a *account) offers(ctx context.Context) check.Check {
	issuer, err := app.NewIssuer(a.Config)
	switch {
	case err != nil:
		return exam.Skip("not checked: " + a.why(ctx, err))
	case issuer.Offerer == nil:
		return exam.Skip("not checked: " + issuer.Words().Issuer + " does not show what it offers")
	}
	codes, looked := []string{a.Config.Issue.MerchantCode}, "MERCHANT_CODE "+a.Config.Issue.MerchantCode
	if codes[0] == "" {
		codes = a.firstCodes()
		looked = fmt.Sprintf("%d of the account's %d merchants", len(codes), len(a.merchants))
	}
	var bare []string
	for _, code := range codes {
		offer, err := issuer.Offerer.Offer(ctx, code)
		if err != nil {
			return exam.Warn("what is offered for merchant "+code+" cannot be read: "+a.why(ctx, err),
				"try again later; if it still fails, ask CashStar for the catalog of the merchant")
		}
		if offer.Items.Empty() {
			bare = append(bare, code)
		}
	}
	if len(bare) > 0 {
		return exam.Warn(fmt.Sprintf("the catalog is empty for %s (looked at %s): orders may be refused",
			strings.Join(bare, ", "), looked),
			"ask CashStar to offer gift cards for the merchant; giftbridge merchants show "+bare[0]+" prints what there is")
	}
	return exam.OK("something is offered for %s", looked)
}

// firstCodes returns the codes of the first merchants of the account.
func (a *account) firstCodes() []string {
	var codes []string
	for _, m := range a.merchants[:min(len(a.merchants), maxOffers)] {
		codes = append(codes, m.MerchantCode)
	}
	return codes
}
