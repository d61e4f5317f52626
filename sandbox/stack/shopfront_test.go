package stack_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest"
	"github.com/giftbridge/giftbridge/sandbox/internal/temporalserver"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

// visitor is somebody at the example of a checkout, whose browser has no script.
type visitor struct {
	t      *testing.T
	client *http.Client
	shop   string
}

func (v *visitor) send(r *http.Request, err error) string {
	v.t.Helper()
	require.NoError(v.t, err)
	answer, err := v.client.Do(r)
	require.NoError(v.t, err)
	defer func() { require.NoError(v.t, answer.Body.Close()) }()
	page, err := io.ReadAll(answer.Body)
	require.NoError(v.t, err)
	require.Equal(v.t, http.StatusOK, answer.StatusCode)
	return string(page)
}

func (v *visitor) open() string {
	v.t.Helper()
	return v.send(http.NewRequestWithContext(v.t.Context(), http.MethodGet, v.shop+"/", http.NoBody))
}

var hidden = regexp.MustCompile(`name="order" value="(#\d+)"`)

// press presses a button, and waits until the page says something.
func (v *visitor) press(button, says string, fields url.Values) {
	v.t.Helper()
	fields.Set("order", hidden.FindStringSubmatch(v.open())[1])
	answer, err := v.client.PostForm(v.shop+"/"+button, fields)
	require.NoError(v.t, err)
	require.NoError(v.t, answer.Body.Close())
	require.Eventually(v.t, func() bool { return strings.Contains(v.open(), says) }, time.Minute, 50*time.Millisecond, says)
}

// At the example of a checkout, cards of the issuer that makes them later are spent through the real receiver, and given back.
func TestCheckout(t *testing.T) {
	t.Parallel()
	s, err := stack.Start(t.Context(), stack.Options{
		UIPort: temporalserver.NoUI, NoSchedule: true, Later: true,
		FourWayShop: fourwayshoptest.Options{Takes: scenario.QueueTakes},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop()) })
	card := s.Later.Issue(scenario.LaterProducts()[1].Item, 6000)
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	v := &visitor{t: t, client: &http.Client{Jar: jar}, shop: s.ShopfrontURL}
	require.Contains(t, v.open(), "Use "+card+", with 60.00 USD")

	v.press("pay", "This gift card cannot be used", url.Values{"code": {"4440000000000"}})
	v.press("balance", "60.00 USD of 80.00 USD", url.Values{"code": {card}})
	v.press("pay", "60.00 USD of 80.00 USD", url.Values{"code": {card}})
	v.press("pay", "20.00 USD are left to pay", url.Values{"amount": {"60.00"}})
	left := func() string { return s.Later.Cards()[0].Amount.String() }
	require.Equal(t, "0.00", left())
	require.NotContains(t, v.open(), card)
	v.press("another", "Your order is paid", url.Values{})
	v.press("cancel", "60.00 USD are on the gift card again", url.Values{})
	require.Equal(t, "60.00", left())

	v.press("again", "How do you want to pay", url.Values{})
	require.Contains(t, v.open(), "with 60.00 USD")
	v.press("remove", "Pay 49.00 USD with the gift card", url.Values{"item": {"1"}})
	v.press("pay", "Your order is paid", url.Values{"code": {card}})
	require.Equal(t, "11.00", left())

	books, err := s.Books(t.Context())
	require.NoError(t, err)
	require.Len(t, books.Later.Cards, 1)
	require.Equal(t, "60.00", books.Later.Cards[0].Amount, "the auditor compares what was bought")
	require.Len(t, books.Later.Cards[0].Movements, 1)
}

// Without cards that can be spent, there is no checkout.
func TestNoCheckout(t *testing.T) {
	t.Parallel()
	s, err := stack.Start(t.Context(), stack.Options{UIPort: temporalserver.NoUI, NoWorker: true, NoSchedule: true, Links: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop()) })
	require.Empty(t, s.ShopfrontURL)
	require.Empty(t, s.Config.Checkout.Clients)
}
