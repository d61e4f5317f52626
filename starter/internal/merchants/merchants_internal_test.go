package merchants

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/issuer/accounts"
)

// acme is an issuer with accounts and offers.
type acme struct {
	accounts []issuer.Account
	offer    issuer.Offer
	err      error
}

func (acme) Words() issuer.Words {
	return issuer.Words{Issuer: "Acme", Account: "merchant", Accounts: "merchants", Key: "key", Reference: "code"}
}
func (acme) Dedupes() bool { return true }

func (acme) Issue(context.Context, issuer.Request) (issuer.Card, error) { return issuer.Card{}, nil }

func (a acme) Accounts(context.Context) ([]issuer.Account, error) { return a.accounts, a.err }

func (a acme) Offer(context.Context, string) (issuer.Offer, error) { return a.offer, a.err }

func from(t *testing.T, i issuer.Issuer) issuer.Abilities {
	t.Helper()
	found, err := issuer.Find(i)
	require.NoError(t, err)
	return found
}

func stores() acme {
	return acme{accounts: []issuer.Account{
		{Code: "TWS", Names: []string{"Widget Store", "The Widget Store, Inc."}},
		{Code: "EX1", Names: []string{"Example", "Example East"}},
		{Code: "EX2", Names: []string{"Example", "Example West"}},
	}}
}

func TestShowsWhatIsOffered(t *testing.T) {
	t.Parallel()
	a := stores()
	a.offer = issuer.Offer{
		Items: issuer.Listing{
			Name: "catalog", Facts: []issuer.Fact{{Name: "currency.1", Value: "USD\x1b[2J"}, {Name: "note", Value: "x"}}, Omitted: 3,
		},
		Designs: issuer.Listing{Name: "faceplates"},
	}
	shown, err := look(t.Context(), from(t, a), "TWS")
	require.NoError(t, err)
	require.Equal(t, merchant{"TWS", "Widget Store", "The Widget Store, Inc."}, shown.merchant)
	require.True(t, shown.Offers[1].Empty)
	require.NotNil(t, shown.Offers[1].Facts, "JSON shows an empty list")

	var out strings.Builder
	require.NoError(t, printOffer(&out, a.Words(), shown))
	require.Regexp(t, `merchant +TWS\nname +Widget Store\nlegal name +The Widget Store, Inc\.\n`+
		`catalog +currency\.1 +USD \[2J\n +note +x\n +and 3 more\nfaceplates +empty: Acme offers nothing here\n$`, out.String())
}

// bare is an issuer that does not show what it offers.
type bare struct{ issuer.Issuer }

func (bare) Dedupes() bool { return true }

func (bare) Issue(context.Context, issuer.Request) (issuer.Card, error) { return issuer.Card{}, nil }

func TestShowsNothingOfAnUnknownMerchant(t *testing.T) {
	t.Parallel()
	for code, says := range map[string]string{
		"NONE":         `"NONE" is not the code of one of Acme's 3 merchants; giftbridge merchants list prints them`,
		"tws":          "did you mean TWS?",
		"widget store": "did you mean TWS?",
	} {
		_, err := look(t.Context(), from(t, stores()), code)
		require.ErrorContains(t, err, says)
	}
	_, err := look(t.Context(), from(t, acme{err: errors.New("away")}), "TWS")
	require.ErrorContains(t, err, "away")
	_, err = look(t.Context(), from(t, bare{acme{}}), "TWS")
	require.EqualError(t, err, "Acme does not show what it offers")
}

func TestFindsTheMerchant(t *testing.T) {
	t.Parallel()
	company := giftcard.Customer{ID: "7", CompanyName: "widget store", DisplayName: "Ada Example"}
	for name, tt := range map[string]struct {
		code  string
		by    []string
		who   giftcard.Customer
		known *takenIn
		want  string
		kind  giftcard.Kind
		says  []string
		never string
	}{
		"by the company": {
			by: []string{accounts.ByExternalID, accounts.ByCompany}, who: company, want: "TWS", never: "Ada",
			says: []string{
				`matched by +external_id, company\n`, `company +widget store\n`, `taken in +no\n`,
				`merchant +TWS \(Widget Store; The Widget Store, Inc\.\)\nwhy +the name of the company is a name of the merchant\n`,
			},
		},
		"by the external ID": {
			who: giftcard.Customer{CompanyExternalID: "EX2", DisplayName: "Widget Store"}, want: "EX2",
			says: []string{"the external ID of the company is the code of the merchant", `matched by +external_id, company, name\n`},
		},
		"by the customer's name": {
			who: giftcard.Customer{DisplayName: "Widget Store"}, want: "TWS",
			says: []string{"the name of the customer is a name of the merchant", `customer +Widget Store\n`},
		},
		"by configuration": {
			code: "EX1", who: company, want: "EX1", says: []string{"MERCHANT_CODE is set: all orders get this merchant"},
		},
		"by a code that is none": {
			code: "X", who: company, kind: giftcard.MerchantUnknown,
			says: []string{`merchant +none \(MerchantUnknown\)\n`, `the configured merchant code "X" is not one of Acme's 3`},
		},
		"several": {
			who: giftcard.Customer{ID: "7", DisplayName: "example"}, kind: giftcard.MerchantAmbiguous,
			says: []string{"matches 2 of Acme's merchants: EX1, EX2"},
		},
		"none, as the name does not count": {
			by: []string{accounts.ByCompany}, who: giftcard.Customer{ID: "7", DisplayName: "Widget Store"},
			kind: giftcard.MerchantUnknown, says: []string{"customer 7 is not one of Acme's 3 merchants"}, never: "Widget",
		},
		"a guest": {kind: giftcard.MerchantUnknown, says: []string{"placed without a customer account"}},
		"taken in with other rules and another customer": {
			by: []string{accounts.ByCompany}, who: company, want: "EX1", never: "widget",
			known: &takenIn{
				State: executions.Failed, MerchantCode: "TWS",
				matchBy: []string{accounts.ByName}, customer: &giftcard.Customer{DisplayName: "Example East"},
			},
			says: []string{
				`matched by +name\n`, "taken in +failed, with merchant TWS, which stays if a card exists",
				"changed +the shop's customer differs",
			},
		},
		"taken in": {
			who: company, want: "TWS", known: &takenIn{State: executions.Completed, MerchantCode: "TWS", customer: &company},
			says: []string{"taken in +completed, with the same merchant\n$"},
		},
		"left to people": {
			who: company, want: "TWS", known: &takenIn{State: executions.Left},
			says: []string{"taken in +left, no merchant is known yet\n$"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			order := giftcard.Order{ID: "5001", Name: "#1001", Customer: tt.who}
			got, err := find(t.Context(), from(t, stores()), tt.code, tt.by, order, tt.known)
			require.NoError(t, err)
			require.Equal(t, tt.kind, got.Kind)
			require.Equal(t, tt.want == "", got.Merchant == nil)
			if got.Merchant != nil {
				require.Equal(t, tt.want, got.Merchant.Code)
				require.NotEmpty(t, got.Merchant.Name)
				require.NotEmpty(t, got.MatchedBy)
			}
			var out strings.Builder
			require.NoError(t, printFinding(&out, got))
			require.Regexp(t, `^order +#1001 \(5001\)\n`, out.String())
			for _, says := range tt.says {
				require.Regexp(t, says, out.String())
			}
			if tt.never != "" {
				require.NotContains(t, strings.Split(out.String(), "merchant  ")[0], tt.never)
			}
		})
	}
	away := acme{err: &giftcard.Error{Kind: giftcard.Unavailable, Message: "away"}}
	_, err := find(t.Context(), from(t, away), "", nil, giftcard.Order{Customer: company}, nil)
	require.ErrorContains(t, err, "away", "that the issuer is away does not mean that there is no merchant")
}

// A shop all of whose cards are made later has no merchants: the commands say so, and ask nobody.
func TestWithoutMerchants(t *testing.T) {
	for name, value := range map[string]string{
		"SHOPIFY_SHOP": "example.myshopify.com", "SHOPIFY_ACCESS_TOKEN": "t", "CREATED_AT_MIN": "2026-07-01T00:00:00Z",
		"PAYLOAD_KEYS": "k1:" + base64.StdEncoding.EncodeToString(make([]byte, 32)), "RECEIVER_URL": "https://hooks.example.com",
		"FOURWAYSHOP_ITEMS": "GIFT-IT-50=ITEM50", "FOURWAYSHOP_BASE_URL": "https://cards.example.com/api/",
		"FOURWAYSHOP_USERNAME": "u", "FOURWAYSHOP_PASSWORD": "hush", "FOURWAYSHOP_ENTITY_CODE": "E1",
		"FOURWAYSHOP_BRANCH_CODE": "B1", "FOURWAYSHOP_COUNTRY": "IT", "FOURWAYSHOP_PRICE_LIST": "1",
		"SMTP_HOST": "smtp.example.com", "DIGEST_FROM": "giftbridge@example.com", "DIGEST_TO": "ops@example.com",
		"CALLBACK_KEYS": "k1:" + strings.Repeat("c", 32), "CARD_ID_KEY": strings.Repeat("i", 32),
	} {
		t.Setenv(name, value)
	}
	_, _, err := load()
	require.ErrorContains(t, err, "no issuer with merchants is used: GIFT_CARD_SKUS is not set")
}
