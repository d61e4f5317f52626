package doctor_test

import (
	"context"
	"errors"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/env"
	"github.com/giftbridge/giftbridge/internal/config/ops"
	"github.com/giftbridge/giftbridge/internal/doctor"
	"github.com/giftbridge/giftbridge/internal/doctor/shop"
	"github.com/giftbridge/giftbridge/internal/mail/mailtest"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

// today is a day in the quarter that follows the default version's.
var today = time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)

// patient is an installation with simulated services and without Temporal.
type patient struct {
	doctor.Options

	shop   shopifytest.Options
	issuer cashstartest.Options
	mail   mailtest.Options
	// proxy, if set, wraps the handler of the shop.
	proxy func(http.Handler) http.Handler
	// subscribe gives the shop the subscriptions to webhooks.
	subscribe bool
}

// examined examines an installation that differs in one respect from one with healthy services.
func examined(t *testing.T, change func(*patient)) doctor.Report {
	t.Helper()
	p := patient{
		shop:   shopifytest.Options{Variants: []shopifytest.Variant{{SKU: "GIFT-25"}, {SKU: "GIFT-25-SLEEVE", GiftCard: true}}},
		issuer: cashstartest.Options{Merchants: []cashstartest.Merchant{merchant("TWS", "USD")}},
		mail:   mailtest.Options{NoTLS: true, Username: "sender", Password: "mail-password"},
	}
	now := func() time.Time { return today }
	p.Timeout, p.Now, p.shop.Now = time.Minute, now, now
	p.TemporalProblem = errors.New("there is none here")
	c := config.Default()
	c.Shopify.Shop, c.Shopify.AccessToken = "simulated.myshopify.com", config.NewSecret(shopifytest.AccessToken)
	c.Orders.GiftCardSKUs = config.List{"GIFT-25"}
	c.CashStar.Username, c.CashStar.Password = "account", config.NewSecret("issuer-password")
	c.Payload.BindNamespace = true
	c.Payload.Keys = ops.PayloadKeys{{ID: "k1", Key: config.NewSecret(strings.Repeat("k", ops.PayloadKeySize))}}
	c.SMTP.TLS, c.SMTP.Username, c.SMTP.Password = config.TLSNone, "sender", config.NewSecret("mail-password")
	p.issuer.Username, p.issuer.Password = "account", "issuer-password"
	p.Config = c
	if change != nil {
		change(&p)
	}
	sim := shopifytest.New(p.shop)
	if p.subscribe {
		subscribed(sim, p.Config.Receiver.URL)
	}
	var front http.Handler = sim
	if p.proxy != nil {
		front = p.proxy(front)
	}
	shop, issuer := httptest.NewServer(front), httptest.NewServer(cashstartest.New(p.issuer))
	t.Cleanup(shop.Close)
	t.Cleanup(issuer.Close)
	catcher, err := mailtest.Start(p.mail)
	require.NoError(t, err)
	t.Cleanup(catcher.Stop)
	p.Config.Shopify.BaseURL, p.Config.CashStar.BaseURL = shop.URL, issuer.URL+"/v2/"
	if p.Config.SMTP.Username != "" || p.Config.SMTP.Host != "" {
		p.Config.SMTP.Host, p.Config.SMTP.Port = catcher.Host(), catcher.Port()
	}
	r := doctor.Run(t.Context(), p.Options)
	require.Empty(t, catcher.Messages())
	for _, c := range r.Checks {
		require.NotEmpty(t, c.Found, c.Name)
		require.Equal(t, c.Status == check.Warn || c.Status == check.Fail, c.Fix != "", "%+v", c)
		for _, secret := range []string{"issuer-password", "mail-password", shopifytest.AccessToken} {
			require.NotContains(t, c.Found+c.Fix, secret)
		}
	}
	return r
}

func merchant(code string, currencies ...string) cashstartest.Merchant {
	return cashstartest.Merchant{Name: code + " Store", MerchantCode: code, Currencies: currencies}
}

func checkOf(t *testing.T, r doctor.Report, name string) check.Check {
	t.Helper()
	for _, c := range r.Checks {
		if c.Name == name {
			return c
		}
	}
	require.Fail(t, "there is no check "+name)
	return check.Check{}
}

func TestHealthyServices(t *testing.T) {
	t.Parallel()
	r := examined(t, nil)
	require.Equal(t, []string{doctor.Temporal}, r.Failed())
	require.Equal(t, doctor.Summary{OK: 12, Fail: 1, Skip: 9}, r.Summary)
	require.Contains(t, checkOf(t, r, doctor.Temporal).Found, "there is none here")
	require.Equal(t, "not checked: see temporal", checkOf(t, r, doctor.Workers).Found)
	require.Equal(t, "2026-07, available until at least 2027-07-01", checkOf(t, r, shop.Version).Found)
	require.Equal(t, "read_orders, read_customers", checkOf(t, r, shop.Scopes).Found)
	require.Equal(t, "the account has 1", checkOf(t, r, doctor.Merchants).Found)
}

// A fault of one service is reported only for that service.
func TestFaultyServices(t *testing.T) {
	t.Parallel()
	at := func(s string) func() time.Time {
		now, err := time.Parse(time.DateOnly, s)
		require.NoError(t, err)
		return func() time.Time { return now }
	}
	on := func(day string) func(*patient) {
		return func(p *patient) { p.Now = at(day); p.shop.Now = p.Now }
	}
	const fail, warn, ok = check.Fail, check.Warn, check.OK
	tests := []struct {
		name   string
		change func(*patient)
		check  string
		status check.Status
		found  string
		cure   string
	}{
		{
			"the last day without a warning", on("2027-05-02"), shop.Version, ok, "until at least 2027-07-01", "",
		},
		{
			"a version that ends in 59 days", on("2027-05-03"), shop.Version, warn, "from 2027-07-01 on, in 59 days",
			"the newest is 2026-10",
		},
		{
			"a version past its twelve months", on("2027-07-02"), shop.Version, warn, "may be removed any day",
			"SHOPIFY_API_VERSION",
		},
		{
			"a version that is gone", func(p *patient) { p.Config.Shopify.APIVersion = "2025-07" }, shop.Version, fail,
			"2025-07 is no longer available; Shopify answered with 2026-01", "the newest is 2026-10",
		},
		{
			"a version that never was", func(p *patient) { p.Config.Shopify.APIVersion = "2027-01" }, shop.Version, fail,
			"Shopify has no version 2027-01", "the newest is 2026-10",
		},
		{
			"an answer that does not say its version", func(p *patient) { p.proxy = without("X-Shopify-API-Version") },
			shop.Version, ok, "2026-07, available until", "",
		},
		{
			"a client whose secret is wrong", func(p *patient) {
				p.shop.ClientID, p.shop.ClientSecret = "id", "right-secret"
				p.Config.Shopify.ClientID, p.Config.Shopify.ClientSecret = "id", config.NewSecret("wrong-secret")
			}, shop.Shopify, fail, "HTTP 401: invalid_client", "SHOPIFY_CLIENT_SECRET",
		},
		{
			"a client", func(p *patient) {
				p.shop.ClientID, p.shop.ClientSecret = "id", "right-secret"
				p.Config.Shopify.ClientID, p.Config.Shopify.ClientSecret = "id", config.NewSecret("right-secret")
			}, shop.Shopify, ok, "credentials accepted by simulated.myshopify.com", "",
		},
		{
			"a shop that fails", func(p *patient) {
				p.shop.Faults.Next = func(string) *shopifytest.Fault { return &shopifytest.Fault{Kind: shopifytest.FaultStatus} }
			}, shop.Shopify, fail, "HTTP 503", "try again",
		},
		{
			"old orders without the scope", func(p *patient) { p.Config.Orders.MaxOrderAge = 61 * 24 * time.Hour },
			shop.Scopes, fail, "lacks read_all_orders", "Dev Dashboard",
		},
		{
			"old orders with the scope", func(p *patient) {
				p.Config.Orders.MaxOrderAge = 61 * 24 * time.Hour
				p.shop.Scopes = []string{"read_orders", "read_customers", "read_all_orders", "read_products"}
			}, shop.Scopes, ok, "read_all_orders", "",
		},
		{
			"a tag without the scope", func(p *patient) { p.Config.Shopify.WriteBack = config.TagWriteBack },
			shop.Scopes, fail, "lacks write_orders", "Dev Dashboard",
		},
		{
			"a note with the scope", func(p *patient) {
				p.Config.Shopify.WriteBack = config.NoteWriteBack
				p.shop.Scopes = []string{"write_orders", "read_customers", "read_products"}
			}, shop.Scopes, ok, "write_orders", "",
		},
		{
			"fulfilment without the scope", func(p *patient) {
				p.Config.Shopify.WriteBack = config.FulfilWriteBack
				p.shop.Scopes = []string{
					"write_orders", "read_customers", "read_products", "read_merchant_managed_fulfillment_orders",
				}
			}, shop.Scopes, fail, "lacks write_merchant_managed_fulfillment_orders", "Dev Dashboard",
		},
		{
			"fulfilment with the scope", func(p *patient) {
				p.Config.Shopify.WriteBack = config.FulfilWriteBack
				p.shop.Scopes = []string{
					"read_orders", "read_customers", "read_products", "write_merchant_managed_fulfillment_orders",
				}
			}, shop.Scopes, ok, "write_merchant_managed_fulfillment_orders", "",
		},
		{
			"no scope for products", func(p *patient) { p.shop.Scopes = []string{"read_orders", "read_customers"} },
			shop.GiftCardSKUs, warn, "lacks read_products", "check in the shop's admin",
		},
		{
			"another spelling", func(p *patient) { p.shop.Variants = []shopifytest.Variant{{SKU: "Gift-25"}} },
			shop.GiftCardSKUs, fail, `no variant has GIFT-25; Shopify spells it "Gift-25"`, "GIFT_CARD_SKUS",
		},
		{
			"a native gift card among variants of a SKU", func(p *patient) {
				p.shop.Variants = []shopifytest.Variant{{SKU: "GIFT-25"}, {SKU: "GIFT-25", GiftCard: true}}
			}, shop.GiftCardSKUs, fail, "native Shopify gift card", "ordinary product",
		},
		{
			"a clock that is ahead", func(p *patient) { p.Now = func() time.Time { return today.Add(5 * time.Minute) } },
			shop.Clock, warn, "5m0s ahead of Shopify's", "NTP",
		},
		{
			"a clock that is behind", func(p *patient) { p.Now = func() time.Time { return today.Add(-61 * time.Second) } },
			shop.Clock, warn, "1m1s behind Shopify's", "NTP",
		},
		{
			"no merchants", func(p *patient) { p.issuer.Merchants = nil }, doctor.Merchants, fail, "has no merchants",
			"ask CashStar",
		},
		{
			"a merchant of the account", func(p *patient) { p.Config.Issue.MerchantCode = "TWS" }, doctor.Merchants, ok,
			"1, including MERCHANT_CODE TWS", "",
		},
		{
			"a merchant in another case", func(p *patient) { p.Config.Issue.MerchantCode = "tws" }, doctor.Merchants, fail,
			"tws is not one of the account's 1 merchants", "case-sensitive",
		},
		{
			"another mail password", func(p *patient) { p.mail.Password = "another" }, doctor.MailServer, fail, "login: 535",
			"SMTP_PASSWORD",
		},
		{
			"a mail server with an unknown certificate", func(p *patient) {
				p.mail.NoTLS, p.Config.SMTP.TLS = false, config.TLSStart
			}, doctor.MailServer, fail, "x509: certificate signed by unknown authority", "valid for SMTP_HOST",
		},
		{
			"payloads in the clear", func(p *patient) { p.Config.Payload.Encryption = ops.EncryptionOff },
			doctor.PayloadKeys, warn, "PAYLOAD_ENCRYPTION=off", "set PAYLOAD_ENCRYPTION=on",
		},
		{
			"payloads of any namespace", func(p *patient) { p.Config.Payload.BindNamespace = false },
			doctor.PayloadKeys, warn, "can be copied to other namespaces", "set PAYLOAD_BIND_NAMESPACE=true",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := examined(t, tt.change)
			c := checkOf(t, r, tt.check)
			require.Equal(t, tt.status, c.Status, "%+v", c)
			require.Contains(t, c.Found, tt.found)
			require.Contains(t, c.Fix, tt.cure)
			for _, other := range r.Checks {
				if other.Name != tt.check && other.Name != doctor.Temporal {
					require.Contains(t, []check.Status{check.OK, check.Skip}, other.Status, "%+v", other)
				}
			}
		})
	}
}

// A wrong variable is reported once, and the checks that read it are skipped.
func TestWrongVariables(t *testing.T) {
	t.Parallel()
	r := examined(t, func(p *patient) {
		p.Problems = &env.ValidationError{Problems: []env.Problem{
			{Name: "GIFT_CARD_SKUS", Text: "is not set: need SKUs"},
			{Name: "SMTP_PORT", Text: `"0": need a port`},
			{Name: "POLL_INTERVALL", Text: "unknown; did you mean POLL_INTERVAL?"},
		}}
	})
	require.Equal(t, []check.Check{
		{Name: doctor.Configuration, Status: check.Fail, Found: "GIFT_CARD_SKUS is not set", Fix: "need SKUs"},
		{Name: doctor.Configuration, Status: check.Fail, Found: `SMTP_PORT is "0"`, Fix: "need a port"},
		{
			Name: doctor.Configuration, Status: check.Fail, Found: "POLL_INTERVALL unknown; did you mean POLL_INTERVAL?",
			Fix: "rename or unset it; docs/configuration.md lists all names",
		},
	}, r.Checks[:3])
	require.Equal(t, []string{doctor.Configuration, doctor.Temporal}, r.Failed())
	require.Equal(t, "not checked: see configuration, GIFT_CARD_SKUS", checkOf(t, r, shop.GiftCardSKUs).Found)
	require.Equal(t, "not checked: see configuration, SMTP_PORT", checkOf(t, r, doctor.MailServer).Found)
	require.Equal(t, check.OK, checkOf(t, r, shop.Orders).Status)
}

// without returns a proxy that removes a header from responses.
func without(header string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer := httptest.NewRecorder()
			next.ServeHTTP(answer, r)
			answer.Header().Del(header)
			maps.Copy(w.Header(), answer.Header())
			w.WriteHeader(answer.Code)
			_, _ = w.Write(answer.Body.Bytes())
		})
	}
}

// A service that does not answer delays the examination no longer than the time-out.
func TestSilence(t *testing.T) {
	t.Parallel()
	r := examined(t, func(p *patient) {
		p.Timeout = time.Millisecond
		p.shop.Faults.Next = func(string) *shopifytest.Fault {
			return &shopifytest.Fault{Kind: shopifytest.FaultSlow, Delay: shopifytest.Duration(time.Hour)}
		}
	})
	c := checkOf(t, r, shop.Shopify)
	require.Equal(t, check.Fail, c.Status)
	require.Equal(t, "no answer within 1ms", c.Found)
	require.Contains(t, c.Fix, "SHOPIFY_BASE_URL")
	require.Equal(t, "not checked: see shopify", checkOf(t, r, shop.Orders).Found)
}

// A client's own time-out may expire before the check's.
func TestSilenceForAClient(t *testing.T) {
	t.Parallel()
	r := examined(t, func(p *patient) {
		p.Config.CashStar.Timeout = time.Millisecond
		p.issuer.Fault = func(cashstartest.Request) *cashstartest.Fault {
			return &cashstartest.Fault{Kind: cashstartest.Slow, Delay: time.Hour}
		}
	})
	require.Equal(t, "no answer in time", checkOf(t, r, doctor.CashStar).Found)
}

// A server accepts connections but never answers.
func TestSilentTemporal(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	r := examined(t, func(p *patient) {
		p.TemporalProblem, p.Temporal.HostPort, p.Timeout = nil, l.Addr().String(), time.Millisecond
	})
	c := checkOf(t, r, doctor.Temporal)
	require.Equal(t, l.Addr().String()+" cannot be reached: no answer within 1ms", c.Found)
	require.Contains(t, c.Fix, "TEMPORAL_ADDRESS")
}

// An interrupted examination does not wait for the time-outs.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := doctor.Run(ctx, doctor.Options{
		Config: config.Default(), Timeout: time.Hour, Temporal: client.Options{HostPort: "127.0.0.1:1"},
	})
	require.Contains(t, r.Failed(), doctor.Temporal)
}

// A fault that many variables share is reported once, and no request is sent to services that read one of them.
func TestFaultSharedByManyVariables(t *testing.T) {
	t.Parallel()
	r := examined(t, func(p *patient) {
		p.Problems = &env.ValidationError{Problems: []env.Problem{
			{
				Name: "TEMPORAL_ADDRESS", Also: []string{"CASHSTAR_PASSWORD", "SMTP_HOST"},
				Text: "3 values have quotes around them, A, B, C: need the bare values; why",
			},
			{Name: "TEMPORAL_NAMESPACE", Text: "has quotes around its value: need the bare value"},
		}}
	})
	require.Equal(t, check.Check{
		Name: doctor.Configuration, Status: check.Fail, Found: "3 values have quotes around them, A, B, C",
		Fix: "need the bare values; why",
	}, r.Checks[0])
	require.Equal(t, "TEMPORAL_NAMESPACE has quotes around its value", r.Checks[1].Found)
	require.Equal(t, "need the bare value", r.Checks[1].Fix)
	require.Equal(t, "not checked: see configuration, CASHSTAR_PASSWORD", checkOf(t, r, doctor.CashStar).Found)
	require.Equal(t, check.Skip, checkOf(t, r, doctor.MailServer).Status)
}

// The connection works, so no other check would report it.
func TestUnverifiedTemporalCertificate(t *testing.T) {
	t.Parallel()
	r := examined(t, func(p *patient) { p.TemporalUnverified = true })
	require.Equal(t, check.OK, r.Checks[0].Status)
	c := r.Checks[1]
	require.Equal(t, doctor.Configuration, c.Name)
	require.Equal(t, check.Warn, c.Status)
	require.Contains(t, c.Found, "TEMPORAL_TLS_DISABLE_HOST_VERIFICATION")
	require.Contains(t, c.Fix, "TEMPORAL_TLS_SERVER_CA_CERT_PATH")
	require.Equal(t, doctor.Summary{OK: 12, Warn: 1, Fail: 1, Skip: 9}, r.Summary)
}
