package shopfront_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/sandbox/shopfront"
)

// browser is a shopper's browser without a script.
type browser struct {
	*http.Client

	t    *testing.T
	shop string
}

// visit opens a shop whose cards are at g.
func visit(t *testing.T, g *giftbridge) *browser {
	t.Helper()
	shop := shopfront.New(shopfront.Options{
		Giftbridge: g.URL, Key: apiKey, Currency: "USD", Pause: time.Millisecond,
		Samples: func() []shopfront.Sample { return []shopfront.Sample{{Code: code, Balance: "30.00 USD"}} },
	})
	t.Cleanup(func() { require.NoError(t, shop.Close()) })
	server := httptest.NewServer(shop)
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &browser{Client: &http.Client{Jar: jar, Transport: &http.Transport{}}, t: t, shop: server.URL}
}

func (b *browser) read(answer *http.Response, err error) string {
	b.t.Helper()
	require.NoError(b.t, err)
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	require.NoError(b.t, err)
	require.Equal(b.t, http.StatusOK, answer.StatusCode, string(body))
	require.Equal(b.t, b.shop+"/", answer.Request.URL.String(), "no form leaves the page")
	return string(body)
}

// open loads the page.
func (b *browser) open() string {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.shop+"/", http.NoBody)
	require.NoError(b.t, err)
	return b.read(b.Do(r))
}

var hidden = regexp.MustCompile(`name="order" value="(#\d+)"`)

// press presses a button of the page, and returns the page after it.
func (b *browser) press(action string, fields ...string) string {
	b.t.Helper()
	form := url.Values{"order": {hidden.FindStringSubmatch(b.open())[1]}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return b.read(b.PostForm(b.shop+"/"+action, form))
}

// becomes loads the page until it says so.
func (b *browser) becomes(says string) (page string) {
	b.t.Helper()
	require.Eventually(b.t, func() bool {
		page = b.open()
		return regexp.MustCompile(says).MatchString(page)
	}, 20*time.Second, 5*time.Millisecond, says)
	return page
}

// A card that has enough pays the order, once, and an order that is canceled gives it back.
func TestPayAndCancel(t *testing.T) {
	t.Parallel()
	g := newGiftbridge(t, 10000)
	b := visit(t, g)
	require.Contains(t, b.open(), "How do you want to pay?")
	require.Contains(t, b.press("balance", "code", "2900 0000 00016"), "There are 100.00 USD on this gift card.")
	require.Contains(t, b.press("pay", "code", code), "Your order is paid")
	require.Equal(t, 2000, g.left())
	require.NotContains(t, b.open(), code, "the code is forgotten once it was used")

	redeemed := g.seen("/redemptions")
	require.Len(t, redeemed, 1)
	require.Regexp(t, `^"\w{20,}"$`, redeemed[0].key)
	require.Regexp(t, `^\{"code":"2900000000016","amount":"80.00","currency":"USD","order":"#2001","end_user":"\w{20,}"\}$`, redeemed[0].body)

	require.Contains(t, b.press("cancel"), "80.00 USD are on the gift card again.")
	require.Equal(t, 10000, g.left())
	reversed := g.seen("/reversals")
	require.Len(t, reversed, 1)
	require.NotEqual(t, redeemed[0].key, reversed[0].key)

	page := b.press("again")
	require.Contains(t, page, "Your order #2002")
	require.Contains(t, page, "How do you want to pay?")
	g.requireDiscreet()
}

// Where there is too little on the card, the shopper is asked for another way to pay the rest, and only what the shopper agreed to
// is taken.
func TestTooLittleMoney(t *testing.T) {
	t.Parallel()
	g := newGiftbridge(t, 3000)
	b := visit(t, g)
	page := b.press("pay", "code", code)
	require.Contains(t, page, "There is less on this gift card than the order costs: 30.00 USD of 80.00 USD.")
	require.Contains(t, page, "Pay 30.00 USD with the gift card, and 50.00 USD another way")
	require.Equal(t, 3000, g.left())

	page = b.press("pay", "amount", "30.00")
	require.Contains(t, page, "50.00 USD are left to pay")
	require.Zero(t, g.left())
	redeemed := g.seen("/redemptions")
	require.Len(t, redeemed, 2)
	require.NotEqual(t, redeemed[0].key, redeemed[1].key, "another amount is another payment")

	page = b.press("another")
	require.Contains(t, page, "Your order is paid")
	require.Contains(t, page, "50.00 USD were paid another way")
	require.Contains(t, b.press("cancel"), "30.00 USD are on the gift card again.")
	require.Equal(t, 3000, g.left())
}

// The balance says as much before anything is charged.
func TestTooLittleBalance(t *testing.T) {
	t.Parallel()
	g := newGiftbridge(t, 3000)
	b := visit(t, g)
	require.Contains(t, b.press("balance", "code", code), "Pay 30.00 USD with the gift card, and 50.00 USD another way")
	for _, amount := range []string{"80.01", "0.00", "-1.00", "x"} {
		require.Contains(t, b.press("pay", "amount", amount), "How do you want to pay?", amount)
	}
	require.Empty(t, g.seen("/redemptions"))
	g.balance = 0
	require.Contains(t, b.press("balance", "code", code), "There is nothing left on this gift card.")
	require.Contains(t, b.press("another"), "80.00 USD were paid another way")
	require.Contains(t, b.press("cancel"), "Nothing was taken off a gift card.")
	require.Empty(t, g.seen("/redemptions"))
}

// A card that cannot be used says why in plain words, next to its field, and the shopper may try another one.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for kind, says := range map[string]string{
		"card_not_usable":         "This gift card cannot be used. Check its code.",
		"invalid_request":         "This gift card cannot be used. Check its code.",
		"card_expired":            "This gift card has expired.",
		"currency_mismatch":       "This gift card is not in USD, and the order is.",
		"partial_use_not_allowed": "it can only be spent as a whole",
		"card_busy":               "Another payment with this gift card is being made.",
		"rate_limited":            "These were too many attempts.",
		"insufficient_balance":    "There is nothing left on this gift card.",
		"unauthorized":            "Gift cards cannot be taken at the moment.",
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			g := newGiftbridge(t, 10000)
			b := visit(t, g)
			refuse := func(w http.ResponseWriter) { problem(w, http.StatusUnprocessableEntity, kind, "") }
			for _, button := range []string{"balance", "pay"} {
				g.next(refuse)
				page := b.press(button, "code", code)
				require.Contains(t, page, says)
				require.Contains(t, page, `role="alert"`)
				require.Contains(t, page, "Error: How do you want to pay?")
				require.NotContains(t, page, "only for developers")
			}
			require.Contains(t, b.press("pay", "code", code), "Your order is paid")
			redeemed := g.seen("/redemptions")
			require.Len(t, redeemed, 2)
			require.NotEqual(t, redeemed[0].key, redeemed[1].key, "what was refused is over")
		})
	}
}

// What no answer tells is asked again with the same key and the same body, and paid once.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	g := newGiftbridge(t, 10000)
	drop := func(_ http.ResponseWriter) { panic(http.ErrAbortHandler) }
	g.next(drop,
		func(w http.ResponseWriter) { problem(w, http.StatusServiceUnavailable, "issuer_unavailable", "") },
		func(w http.ResponseWriter) { say(w, http.StatusBadGateway, "<html>a proxy</html>") },
		func(w http.ResponseWriter) { problem(w, http.StatusConflict, "request_in_progress", "") },
		// Now it says nothing of the payment, which may have been made.
		func(w http.ResponseWriter) { problem(w, http.StatusTooManyRequests, "rate_limited", "") },
	)
	b := visit(t, g)
	b.press("pay", "code", code)
	b.becomes("Your order is paid")
	redeemed := g.seen("/redemptions")
	require.Len(t, redeemed, 6)
	for _, r := range redeemed {
		require.Equal(t, redeemed[0], r)
	}
	require.Equal(t, 2000, g.left())
}

// Whoever presses the button twice, or loads the page in the middle, pays once, with one key.
func TestPressedTwice(t *testing.T) {
	t.Parallel()
	g := newGiftbridge(t, 100000)
	g.gate = make(chan struct{})
	b := visit(t, g)
	b.open() // It sets the cookie.
	var presses sync.WaitGroup
	for range 4 {
		presses.Go(func() { b.press("pay", "code", code) })
	}
	page := b.becomes("The gift card is being charged")
	require.Contains(t, page, "you pay once")
	require.Contains(t, page, "data-waits")
	require.Contains(t, b.press("another"), "The gift card is being charged", "nothing else is paid before that is known")
	close(g.gate)
	presses.Wait()
	b.becomes("Your order is paid")
	require.Len(t, g.seen("/redemptions"), 1)
	require.Equal(t, 92000, g.left())
}

// A payment of which nobody knows is waited for. An order that is canceled meanwhile gives back what turns out to have been taken.
func TestPendingAndUnknown(t *testing.T) {
	t.Parallel()
	g := newGiftbridge(t, 10000)
	first := func(w http.ResponseWriter) {
		say(w, http.StatusAccepted, `{"id":"r-1","state":"pending","amount":"80.00","currency":"USD"}`)
	}
	g.next(first)
	g.taken["r-1"], g.states["r-1"] = 8000, "pending"
	b := visit(t, g)
	b.press("pay", "code", code)
	b.becomes("The gift card is being charged")
	g.become("unknown")
	page := b.becomes("Your payment is being looked into")
	require.Contains(t, page, "Do not pay again")
	page = b.press("cancel")
	require.Contains(t, page, "Your order is being canceled")
	require.Empty(t, g.seen("/reversals"))
	g.become("succeeded")
	b.becomes("80.00 USD are on the gift card again.")
	require.Len(t, g.seen("/reversals"), 1)
	require.Len(t, g.seen("/redemptions"), 1)
}

// A payment that was declined after a while leaves the shopper where the payment began.
func TestDeclinedLater(t *testing.T) {
	t.Parallel()
	g := newGiftbridge(t, 3000)
	g.next(
		func(w http.ResponseWriter) {
			say(w, http.StatusAccepted, `{"id":"r-1","state":"pending","amount":"80.00","currency":"USD"}`)
		},
		func(w http.ResponseWriter) {
			say(w, http.StatusOK, `{"id":"r-1","state":"declined","amount":"80.00","currency":"USD",`+
				`"problem":{"type":"insufficient_balance","available":"30.00","currency":"USD"}}`)
		})
	b := visit(t, g)
	b.press("pay", "code", code)
	b.becomes("Pay 30.00 USD with the gift card, and 50.00 USD another way")
}

// An issuer may not give anything back. A request to give back is repeated with its key until it is answered.
func TestReversals(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		answer func(http.ResponseWriter)
		says   string
		left   int
	}{
		"not supported": {
			func(w http.ResponseWriter) { problem(w, http.StatusUnprocessableEntity, "not_supported", "") },
			"does not give 80.00 USD back", 2000,
		},
		"declined": {
			func(w http.ResponseWriter) {
				say(w, http.StatusOK, `{"id":"r-1","state":"succeeded","amount":"80.00","taken":"80.00","currency":"USD","reversal":{"state":"declined"}}`)
			},
			"does not give 80.00 USD back", 2000,
		},
		"by somebody else": {
			func(w http.ResponseWriter) { problem(w, http.StatusConflict, "already_reversed", "") },
			"80.00 USD are on the gift card again", 2000,
		},
		"lost": {func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, "80.00 USD are on the gift card again", 10000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGiftbridge(t, 10000)
			b := visit(t, g)
			require.Contains(t, b.press("pay", "code", code), "Your order is paid")
			g.next(tt.answer)
			b.press("cancel")
			b.becomes(tt.says)
			require.Equal(t, tt.left, g.left())
			reversed := g.seen("/reversals")
			for _, r := range reversed {
				require.Equal(t, reversed[0].key, r.key)
			}
		})
	}
}

// A smaller cart costs less.
func TestCart(t *testing.T) {
	t.Parallel()
	g := newGiftbridge(t, 6000)
	b := visit(t, g)
	require.Contains(t, b.press("balance", "code", code), "Pay 60.00 USD with the gift card, and 20.00 USD another way")
	for _, none := range []string{"2", "-1", "x", ""} {
		require.Contains(t, b.press("remove", "item", none), "Two cups")
	}
	page := b.press("remove", "item", "1")
	require.NotContains(t, page, "Two cups")
	require.Contains(t, page, "Pay 49.00 USD with the gift card<")
	require.NotContains(t, page, "another way</button></form>")
	require.Contains(t, b.press("remove", "item", "0"), "Coffee grinder", "an empty cart cannot be paid")
	require.Contains(t, b.press("pay"), "Your order is paid")
	require.Equal(t, 1100, g.left())
	require.Contains(t, b.press("remove", "item", "0"), "Coffee grinder")
}

// Forms of other pages, of other orders and of no page do nothing.
func TestForms(t *testing.T) {
	t.Parallel()
	g := newGiftbridge(t, 10000)
	b := visit(t, g)
	require.Contains(t, b.press("pay", "order", "#1", "code", code), "How do you want to pay?")
	require.Contains(t, b.press("pay", "code", " "), "Enter the code of a gift card.")
	require.Contains(t, b.press("try", "code", code), `value="`+code+`" autocomplete="off"`)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.shop+"/pay", http.NoBody)
	require.NoError(t, err)
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	answer, err := b.Do(r)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusForbidden, answer.StatusCode)
	require.Empty(t, g.seen("/redemptions"))
}

// The browser gets nothing that belongs to the shop's server, and keeps nothing.
func TestHeaders(t *testing.T) {
	t.Parallel()
	b := visit(t, newGiftbridge(t, 10000))
	b.Jar = nil
	for path, contentType := range map[string]string{
		"/": "text/html; charset=utf-8", "/page.css": "text/css; charset=utf-8", "/page.js": "text/javascript; charset=utf-8",
		"/standing.json": "application/json",
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.shop+path, http.NoBody)
		require.NoError(t, err)
		answer, err := b.Do(r)
		require.NoError(t, err)
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, contentType, answer.Header.Get("Content-Type"))
		require.Equal(t, "no-store", answer.Header.Get("Cache-Control"))
		require.Contains(t, answer.Header.Get("Content-Security-Policy"), "default-src 'none'")
		require.NotContains(t, string(body), apiKey)
		if path == "/" || path == "/standing.json" {
			require.Regexp(t, `^shopfront=\w+; Path=/; HttpOnly; SameSite=Strict$`, answer.Header.Get("Set-Cookie"))
		}
	}
}
