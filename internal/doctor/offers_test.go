package doctor_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/doctor"
)

// What the issuer offers is looked at for the configured merchant, or for the first merchants of the account. It never
// fails the examination: the inner shape of a catalog is not published.
func TestOffers(t *testing.T) {
	t.Parallel()
	of := func(code string, merchants ...cashstartest.Merchant) func(*patient) {
		return func(p *patient) { p.Config.Issue.MerchantCode, p.issuer.Merchants = code, merchants }
	}
	a, b, bare := merchant("A", "USD"), merchant("B", "USD"), merchant("BARE")
	tests := map[string]struct {
		change func(*patient)
		status check.Status
		found  string
	}{
		"all": {of("", a, b), check.OK, "something is offered for 2 of the account's 2 merchants"},
		"one bare": {
			of("", a, bare, b), check.Warn, "the catalog is empty for BARE (looked at 3 of the account's 3 merchants)",
		},
		"not looked at": {
			of("", a, b, merchant("C", "USD"), merchant("D", "USD"), merchant("E", "USD"), bare), check.OK,
			"5 of the account's 6 merchants",
		},
		"configured":      {of("A", bare, a), check.OK, "something is offered for MERCHANT_CODE A"},
		"configured bare": {of("BARE", bare, a), check.Warn, "the catalog is empty for BARE (looked at MERCHANT_CODE BARE)"},
		"unknown code":    {of("X", a), check.Skip, "not checked: see merchants"},
		"cannot be read": {
			func(p *patient) {
				p.issuer.Fault = func(r cashstartest.Request) *cashstartest.Fault {
					if r.Operation != cashstartest.GetCatalog {
						return nil
					}
					return &cashstartest.Fault{Kind: cashstartest.ServerError, Status: http.StatusServiceUnavailable}
				}
			}, check.Warn, "what is offered for merchant TWS cannot be read: CashStar: ",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := checkOf(t, examined(t, tt.change), doctor.Offers)
			require.Equal(t, tt.status, c.Status, c.Found)
			require.Contains(t, c.Found, tt.found)
		})
	}
}
