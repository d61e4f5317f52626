package cashstar_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cashstar"
	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/rest"
)

var order = cashstar.CreateOrderRequest{
	AuditNumber:          "asd134",
	MerchantCode:         "TWS",
	InitialBalance:       "100.00",
	Currency:             "USD",
	Challenge:            "steve@example.com",
	ChallengeDescription: "your email address",
	Delivery: cashstar.Delivery{
		DeliveredBy: cashstar.DeliveredByCashStar,
		Method:      cashstar.MethodEmail,
		Target:      "steve@example.com",
		Scheduled:   time.Date(2099, 7, 16, 19, 20, 30, 0, time.FixedZone("", 3600)),
	},
	Message: cashstar.Message{From: "The Smiths", To: "grandma", Body: "Thanks so much"},
}

func start(t *testing.T, o cashstartest.Options) (*cashstar.Client, *cashstartest.Server) {
	t.Helper()
	o.Username, o.Password = "giftbridge", "hunter2"
	o.Merchants = []cashstartest.Merchant{
		{Name: "Widget Store", LegalName: "The Widget Store, Inc.", MerchantCode: "TWS", Currencies: []string{"USD"}},
		{Name: "Odd", LegalName: "Odd Ltd", MerchantCode: "a/b ?%é", Currencies: []string{"USD"}},
	}
	service := cashstartest.New(o)
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	return newClient(t, server.URL+"/v2/", "hunter2"), service
}

func newClient(t *testing.T, baseURL, password string) *cashstar.Client {
	t.Helper()
	c, err := cashstar.New(cashstar.Options{BaseURL: baseURL, Username: "giftbridge", Password: password})
	require.NoError(t, err)
	return c
}

func requireError(t *testing.T, err error, want rest.Outcome) *rest.Error {
	t.Helper()
	var e *rest.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, want, e.Outcome, err)
	require.Equal(t, "CashStar", e.Service)
	require.NotEmpty(t, e.Op)
	return e
}

func TestNewRefusesBadOptions(t *testing.T) {
	t.Parallel()
	good := cashstar.Options{BaseURL: "https://api.cashstar.com/v2", Username: "u", Password: "p"}
	_, err := cashstar.New(good)
	require.NoError(t, err)
	tests := map[string]func(*cashstar.Options){
		"no base URL":             func(o *cashstar.Options) { o.BaseURL = "" },
		"base URL without scheme": func(o *cashstar.Options) { o.BaseURL = "api.cashstar.com/v2" },
		"no username":             func(o *cashstar.Options) { o.Username = "" },
		"no password":             func(o *cashstar.Options) { o.Password = "" },
		"colon in the username":   func(o *cashstar.Options) { o.Username = "a:b" },
	}
	for name, spoil := range tests {
		o := good
		spoil(&o)
		_, err := cashstar.New(o)
		require.Error(t, err, name)
	}
}

func TestMerchants(t *testing.T) {
	t.Parallel()
	c, _ := start(t, cashstartest.Options{})
	got, err := c.Merchants(t.Context())
	require.NoError(t, err)
	require.Equal(t, []cashstar.Merchant{
		{Name: "Widget Store", LegalName: "The Widget Store, Inc.", MerchantCode: "TWS"},
		{Name: "Odd", LegalName: "Odd Ltd", MerchantCode: "a/b ?%é"},
	}, got)
}

func TestCreateOrder(t *testing.T) {
	t.Parallel()
	c, service := start(t, cashstartest.Options{})
	got, err := c.CreateOrder(t.Context(), order)
	require.NoError(t, err)
	require.NoError(t, got.Check(order))

	issued := service.Cards()[0]
	require.Equal(t, cashstar.Order{
		OrderNumber: issued.OrderNumber, OrderStatus: "ACTIVE", TransactionID: issued.TransactionID, AuditNumber: "asd134",
		Card: cashstar.Card{
			EGCCode: issued.EGCCode, MaskedNumber: "************" + issued.EGCNumber[12:], MerchantCode: "TWS",
			InitialBalance: "100.00", CurrentBalance: "100.00", Currency: "USD", Active: true, Status: "ACTIVE",
		},
	}, *got)
	require.Equal(t, cashstartest.Card{
		OrderNumber: issued.OrderNumber, TransactionID: issued.TransactionID, AuditNumber: "asd134",
		EGCCode: issued.EGCCode, EGCNumber: issued.EGCNumber, AccessCode: issued.AccessCode, URL: issued.URL,
		MerchantCode: "TWS", InitialBalance: "100.00", CurrentBalance: "100.00", Currency: "USD", Status: "ACTIVE",
		BalanceLastUpdated: issued.BalanceLastUpdated, Created: issued.Created,
		Challenge: "steve@example.com", ChallengeDescription: "your email address",
		DeliveredBy: "CASHSTAR", Method: "EMAIL", Target: "steve@example.com",
		Scheduled: issued.Scheduled,
		Message:   cashstartest.Message{From: "The Smiths", To: "grandma", Body: "Thanks so much"},
	}, issued)
	require.True(t, issued.Scheduled.Equal(order.Delivery.Scheduled))
}

func TestCreateOrderLeavesOutWhatIsEmpty(t *testing.T) {
	t.Parallel()
	var sent string
	c := stub(t, func(r *http.Request) (int, http.Header, string) {
		b := new(strings.Builder)
		_ = r.Write(b)
		sent = b.String()
		return 500, nil, ""
	})
	bare := order
	bare.Delivery.DeliveredBy, bare.Delivery.Scheduled, bare.Message = "", time.Time{}, cashstar.Message{}
	_, err := c.CreateOrder(t.Context(), bare)
	requireError(t, err, rest.Refused)
	_, body, _ := strings.Cut(sent, "\r\n\r\n")
	require.JSONEq(t, `{"order":{"audit_number":"asd134","egc":{"merchant_code":"TWS","initial_balance":"100.00",
		"currency":"USD","challenge":"steve@example.com","challenge_description":"your email address",
		"delivery":{"method":"EMAIL","target":"steve@example.com"}}}}`, body)
	require.Contains(t, sent, "User-Agent: giftbridge\r\n")
}

func TestBalanceAndCancelCard(t *testing.T) {
	t.Parallel()
	c, service := start(t, cashstartest.Options{})
	odd := order
	odd.MerchantCode = "a/b ?%é"
	_, err := c.CreateOrder(t.Context(), odd)
	require.NoError(t, err)
	code := service.Cards()[0].EGCCode

	card, err := c.Balance(t.Context(), odd.MerchantCode, code)
	require.NoError(t, err)
	require.Equal(t, "100.00", card.CurrentBalance)
	require.True(t, card.Active)

	_, err = c.Balance(t.Context(), "TWS", code)
	require.Equal(t, http.StatusNotFound, rest.StatusOf(err))

	card, err = c.CancelCard(t.Context(), odd.MerchantCode, code)
	require.NoError(t, err)
	require.Equal(t, "CANCELLED", card.Status)
	require.False(t, card.Active)
	require.Equal(t, cashstartest.StatusCancelled, service.Cards()[0].Status)

	_, err = c.CancelCard(t.Context(), odd.MerchantCode, code)
	e := requireError(t, err, rest.Refused)
	require.Equal(t, "the eGC is cancelled", e.Message)
}

func TestCardsAreAddressedByNothingElse(t *testing.T) {
	t.Parallel()
	c, service := start(t, cashstartest.Options{})
	for _, bad := range []string{"", ".", ".."} {
		_, err := c.CancelCard(t.Context(), bad, "x")
		require.ErrorContains(t, err, "merchant code")
		_, err = c.Balance(t.Context(), "TWS", bad)
		require.ErrorContains(t, err, "eGC code")
	}
	require.Empty(t, service.Stats().Requests)
}

func TestWrongCredentials(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(cashstartest.New(cashstartest.Options{Username: "giftbridge", Password: "hunter2"}))
	t.Cleanup(server.Close)
	_, err := newClient(t, server.URL+"/v2", "hunter3").Merchants(t.Context())
	require.Equal(t, http.StatusUnauthorized, requireError(t, err, rest.Refused).Status)
	_, err = newClient(t, server.URL+"/v2", "hunter2").Merchants(t.Context())
	require.NoError(t, err)
}

func TestDuplicate(t *testing.T) {
	t.Parallel()
	c, service := start(t, cashstartest.Options{})
	_, err := c.CreateOrder(t.Context(), order)
	require.NoError(t, err)
	_, err = c.CreateOrder(t.Context(), order)
	require.True(t, cashstar.IsDuplicate(err), err)

	other := order
	other.InitialBalance = "50.00"
	_, err = c.CreateOrder(t.Context(), other)
	require.Error(t, err)
	require.False(t, cashstar.IsDuplicate(err), err)
	require.Len(t, service.Cards(), 1)
}

func TestDuplicateAnsweredWithTheOrderThatExists(t *testing.T) {
	t.Parallel()
	c, service := start(t, cashstartest.Options{Duplicates: cashstartest.AnswerExisting})
	first, err := c.CreateOrder(t.Context(), order)
	require.NoError(t, err)
	second, err := c.CreateOrder(t.Context(), order)
	require.NoError(t, err)
	require.Equal(t, first, second)
	require.Len(t, service.Cards(), 1)
}

func TestFaults(t *testing.T) {
	t.Parallel()
	type fault = cashstartest.Fault
	tests := []struct {
		name    string
		fault   fault
		outcome rest.Outcome
		status  int
		cards   int
	}{
		{"503", fault{Kind: cashstartest.ServerError, RetryAfter: "3"}, rest.Refused, 503, 0},
		{"500 after commit", fault{Kind: cashstartest.ServerError, Status: 500, AfterCommit: true}, rest.Refused, 500, 1},
		{"drop", fault{Kind: cashstartest.Drop}, rest.NoAnswer, 0, 0},
		{"drop after commit", fault{Kind: cashstartest.Drop, AfterCommit: true}, rest.NoAnswer, 0, 1},
		{"420", fault{Kind: cashstartest.RateLimit, RetryAfter: "3"}, rest.Refused, 420, 0},
		{"429", fault{Kind: cashstartest.RateLimit, Status: 429, RetryAfter: "3"}, rest.Refused, 429, 0},
		{"HTML", fault{Kind: cashstartest.HTML}, rest.Unreadable, 200, 0},
		{"HTML after commit", fault{Kind: cashstartest.HTML, AfterCommit: true}, rest.Unreadable, 200, 1},
		{"malformed", fault{Kind: cashstartest.Malformed}, rest.Unreadable, 200, 1},
		{"truncated", fault{Kind: cashstartest.Truncated}, rest.Unreadable, 200, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, service := start(t, cashstartest.Options{})
			service.Inject(tt.fault)
			_, err := c.CreateOrder(t.Context(), order)
			e := requireError(t, err, tt.outcome)
			require.Equal(t, tt.status, e.Status)
			require.Len(t, service.Cards(), tt.cards)
			if tt.fault.RetryAfter != "" {
				require.Equal(t, 3*time.Second, e.RetryAfter)
			}
			requireNoLeak(t, err, service)

			_, err = c.CreateOrder(t.Context(), order) // as a retry would
			if tt.cards == 1 {
				require.True(t, cashstar.IsDuplicate(err), err)
			} else {
				require.NoError(t, err)
			}
			require.Len(t, service.Cards(), 1)
		})
	}
}

func TestWrongMerchantIsContradictory(t *testing.T) {
	t.Parallel()
	c, service := start(t, cashstartest.Options{})
	service.Inject(cashstartest.Fault{Kind: cashstartest.WrongMerchant, Times: 2})
	got, err := c.CreateOrder(t.Context(), order)
	require.NoError(t, err)
	e := requireError(t, got.Check(order), rest.Contradictory)
	require.ErrorContains(t, e, `ordered merchant code "TWS", answered "NOT-THE-ONE"`)

	_, err = c.Balance(t.Context(), "TWS", got.Card.EGCCode)
	requireError(t, err, rest.Contradictory)
	requireNoLeak(t, err, service)
}

func TestTimeouts(t *testing.T) {
	t.Parallel()
	for _, afterCommit := range []bool{false, true} {
		c, service := start(t, cashstartest.Options{})
		service.Inject(cashstartest.Fault{Kind: cashstartest.Slow, Delay: time.Hour, AfterCommit: afterCommit})
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		_, err := c.CreateOrder(ctx, order)
		cancel()
		requireError(t, err, rest.TimedOut)
		requireNoLeak(t, err, service)
	}
}

func TestDefaultTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := stub(t, func(r *http.Request) (int, http.Header, string) {
			<-r.Context().Done()
			return 500, nil, ""
		})
		begin := time.Now()
		_, err := c.Merchants(t.Context())
		require.Error(t, err)
		require.Equal(t, cashstar.DefaultTimeout, time.Since(begin))
	})
}

func TestTimeoutOption(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(server.Close)
	hc := &http.Client{Timeout: time.Hour}
	c, err := cashstar.New(cashstar.Options{
		BaseURL: server.URL, Username: "u", Password: "p", HTTPClient: hc, Timeout: 20 * time.Millisecond,
	})
	require.NoError(t, err)
	_, err = c.Merchants(t.Context())
	requireError(t, err, rest.TimedOut)
	require.Equal(t, &http.Client{Timeout: time.Hour}, hc, "the caller's client is left alone")
}

// requireNoLeak checks that an error holds no secrets and no personal data.
func requireNoLeak(t *testing.T, err error, service *cashstartest.Server) {
	t.Helper()
	secrets := []string{"hunter2", "Z2lmdGJyaWRnZT", "steve@example.com", "The Smiths", "grandma", "Thanks so much"}
	for _, c := range service.Cards() {
		secrets = append(secrets, c.EGCNumber, c.URL, c.EGCCode)
	}
	for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err)} {
		for _, secret := range secrets {
			require.NotContains(t, text, secret)
		}
	}
}
