package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/callback"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/fourwayshop"
	"github.com/giftbridge/giftbridge/internal/config/links"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/ledger"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/internal/programs"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

const (
	laterPassword = "4WSPASSWORD-7be1c0d95f23"
	callbackKey   = "CALLBACKKEY-3f9a1c77e20b48d6a5c49e01"
	cardIDKey     = "CARDIDKEY-b81d6e0f49c25a37d1e20f5a7c"
)

// later is an indiscreet issuer that makes cards later, and the system that has cards made by it. It notes the addresses
// of all callbacks that it is given.
type later struct {
	*system
	*gossip

	vendor *fourwayshoptest.Server
	spans  *collector
	log    *lines
	said   strings.Builder

	mu        sync.Mutex
	addresses []string
	// spoiled counts requests of each kind that are answered with an error.
	spoiled map[string]int
}

func startLater(t *testing.T) *later {
	t.Helper()
	l := &later{log: new(lines), spans: newCollector(t), spoiled: map[string]int{}}
	l.vendor = fourwayshoptest.New(fourwayshoptest.Options{
		Username: "leak-user", Password: laterPassword, Items: []ledger.Item{{Code: "GIFT50", Currency: "USD"}},
	})
	t.Cleanup(l.vendor.Stop)
	services := httptest.NewServer(l.vendor)
	t.Cleanup(services.Close)
	l.gossip = &gossip{rumour: l.rumour, spoil: l.spoil}
	address := gossiping(t, services.URL, l.gossip)
	l.system = start(t, stack.Options{
		Webhooks: true,
		Shopify: shopifytest.Options{
			Variants: append(scenario.Variants(), shopifytest.Variant{SKU: "LATER"}, shopifytest.Variant{SKU: "NONE"},
				shopifytest.Variant{SKU: "BAD"}),
		},
		Log: zerolog.New(l.log).Level(zerolog.DebugLevel),
		Configure: func(c *config.Config) {
			f := &c.FourWayShop
			f.Items = fourwayshop.Items{{SKU: "LATER", Code: "GIFT50"}, {SKU: "NONE", Code: "NOITEM"}, {SKU: "BAD", Code: "BADITEM"}}
			f.BaseURL, f.Username, f.Password = address+"/api/", "leak-user", config.NewSecret(laterPassword)
			f.EntityCode, f.BranchCode, f.Country, f.PriceList = "1", "WEB", "IT", "RETAIL"
			f.CallbackKeys = links.SigningKeys{{ID: "leak", Secret: config.NewSecret(callbackKey)}}
			f.CardIDKey = config.NewSecret(cardIDKey)
			c.Metrics.Addr = "127.0.0.1:0"
			c.Digest.RerunWait = 5 * time.Second
			c.Traces.Endpoint = l.spans.URL
		},
	})
	return l
}

// rumour is all that the issuer knows: barcodes, and where it calls back.
func (l *later) rumour() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	said := []string{"cards"}
	for _, c := range l.vendor.Cards() {
		said = append(said, c.Barcode)
	}
	return strings.Join(slices.Concat(said[max(0, len(said)-2):], l.addresses[max(0, len(l.addresses)-2):]), " ")
}

// spoil notes the addresses of callbacks, and decides which requests are answered with an error.
func (l *later) spoil(body string) int {
	var asked struct {
		Callback string `json:"callback"`
		Item     string `json:"itemCode"`
		Username string `json:"username"`
	}
	_ = json.Unmarshal([]byte(body), &asked) // A request to look at a card has no body.
	l.mu.Lock()
	defer l.mu.Unlock()
	if asked.Callback != "" {
		l.addresses = append(l.addresses, asked.Callback)
	}
	kind, statuses := "look", []int{http.StatusServiceUnavailable, http.StatusInternalServerError, http.StatusTooManyRequests}
	switch {
	case asked.Username != "" || asked.Callback != "" && asked.Item == "":
		return 0 // An activation that is answered with an error may have had an effect.
	case asked.Item == "BADITEM":
		return http.StatusUnauthorized
	case asked.Item != "":
		kind = "generate"
	}
	n := l.spoiled[kind]
	l.spoiled[kind]++
	if n < 2*len(statuses) && n%2 == 0 {
		return statuses[n/2]
	}
	return 0
}

// secrets are what must be nowhere at all, and codes what Temporal keeps encrypted.
func (l *later) secrets() (secrets, codes markers) {
	l.mu.Lock()
	defer l.mu.Unlock()
	secrets = markers{"password": laterPassword, "key of callbacks": callbackKey, "key of IDs of barcodes": cardIDKey}
	for i, address := range l.addresses {
		_, rest, _ := strings.Cut(address, callback.Path)
		_, token, _ := strings.Cut(rest, "/")
		secrets[fmt.Sprint("callback ", i)] = token
	}
	codes = markers{}
	for i, c := range l.vendor.Cards() {
		codes[fmt.Sprint("barcode ", i)] = c.Barcode
	}
	return secrets, codes
}

// order places an order.
func (l *later) order(sku string, units int) scenario.Placed {
	o := l.Shop.AddOrder(shopifytest.Order{
		Email: "buyer@example.com",
		Lines: []shopifytest.LineItem{{
			SKU: sku, Title: "Gift card", Quantity: units, UnitPrice: "50.0",
			Attributes: []shopifytest.Attribute{{Key: "Recipient email", Value: "friend@example.com"}},
		}},
	})
	return scenario.Placed{ID: o.ID, Name: o.Name}
}

// starters runs a command of giftbridge and keeps its output.
func (l *later) starters(code int, args ...string) {
	l.t.Helper()
	c := l.command(l.ctx, programs.Starter, []string{"LOG_LEVEL=debug"}, args)
	out, _ := c.CombinedOutput()
	require.Equal(l.t, code, c.ProcessState.ExitCode(), "%s: %s", args, out)
	fmt.Fprintf(&l.said, "giftbridge %s\n%s\n", strings.Join(args, " "), out)
}

// Barcodes are money, and the addresses of callbacks are secrets: of what is written, nothing holds either but encrypted
// payloads, and those no address.
func TestNothingOfCardsMadeLaterLeaks(t *testing.T) {
	t.Parallel()
	l := startLater(t)
	good := l.order("LATER", 3)
	l.order("LATER", 1)
	var failed []scenario.Placed
	for _, sku := range []string{"NONE", "BAD", "BAD", "BAD", "BAD"} {
		failed = append(failed, l.order(sku, 1))
	}
	l.poll()
	l.settle(2 + len(failed))
	l.show(good, executions.Completed)
	l.callBack()

	l.starters(cli.ExitOK, "config")
	l.starters(cli.ExitOK, "status")
	l.starters(cli.ExitOK, "status", "--json")
	l.starters(cli.ExitOK, "orders", "list")
	l.starters(cli.ExitOK, "orders", "list", "--json")
	for _, p := range []scenario.Placed{failed[0], failed[1], good} {
		l.starters(cli.ExitOK, "orders", "show", p.Name)
		l.starters(cli.ExitOK, "orders", "show", p.Name, "--json")
	}
	l.starters(cli.ExitOK, "digest", "--dry-run")
	l.starters(cli.ExitOK, "digest", "--now")

	secrets, codes := l.secrets()
	all := both(secrets, codes)
	heard, told := l.all()
	require.GreaterOrEqual(t, len(codes), 4)
	for name := range codes {
		require.Contains(t, all.found(told), name, "the issuer spreads it")
	}
	require.Contains(t, all.found(heard), "callback 0")
	require.Contains(t, all.found(told), "callback 0")

	for _, url := range []string{l.MetricsURL(), "http://" + l.ReceiverMetricsAddr() + "/metrics"} {
		answer := l.request(http.MethodGet, url, nil, nil)
		require.Contains(t, string(answer.body), "giftbridge_")
		require.Empty(t, all.found(string(answer.body)), url)
	}
	kept, types := l.requireSealed(all, secrets)
	for _, kind := range []string{"GiftCardOrder", "DeferredCard", "ClaimCode", "DailyDigest"} {
		require.Positive(t, types[kind], kind)
	}
	for _, c := range l.vendor.Cards() {
		if c.Active {
			require.Contains(t, kept, c.Barcode, "what the key opens does hold it")
		}
	}
	l.StopReceiver()
	l.StopWorker() // They export their remaining spans.
	log := l.log.String()
	require.Contains(t, log, "a callback told nobody anything")
	require.Empty(t, all.found(log), "the log")
	require.Empty(t, all.found(l.said.String()), "the commands")
	digests := 0
	for _, m := range l.Mail.Messages() {
		if !slices.Contains(m.To, "operations@example.com") {
			continue // The recipient of a card gets its barcode.
		}
		digests++
		parsed, err := m.Parse()
		require.NoError(t, err)
		seen := []string{string(m.Data), fmt.Sprint(parsed.Header), parsed.Subject, parsed.Text, parsed.HTML}
		for _, a := range parsed.Attachments {
			seen = append(seen, a.Name, string(a.Data))
		}
		for _, s := range seen {
			require.Empty(t, all.found(s), "the digest")
		}
	}
	require.Positive(t, digests)
	l.spans.mu.Lock()
	defer l.spans.mu.Unlock()
	require.NotEmpty(t, l.spans.spans)
	for _, s := range l.spans.spans {
		require.Empty(t, all.found(s.String()), "a span")
	}
}

// callBack sends callbacks that come to nothing, with all that can be known in them: after the end of the card, without a
// meaning, to an address that is not one, and by a method that is not taken.
func (l *later) callBack() {
	l.t.Helper()
	l.mu.Lock()
	address := l.addresses[0]
	l.mu.Unlock()
	knows := l.rumour()
	body := func(v any) []byte {
		text, err := json.Marshal(v)
		require.NoError(l.t, err)
		return text
	}
	for _, c := range []struct {
		method, address string
		body            []byte
		status          int
	}{
		{http.MethodPost, address, body(map[string]any{"success": false, "message": "not valid: " + knows}), http.StatusNoContent},
		{http.MethodPost, address, []byte("<html>" + knows), http.StatusBadRequest},
		{http.MethodPost, address, bytes.Repeat([]byte(knows), 1<<14), http.StatusRequestEntityTooLarge},
		{http.MethodPost, address + "x", body(map[string]any{"success": true}), http.StatusNotFound},
		{http.MethodGet, address, nil, http.StatusMethodNotAllowed},
	} {
		r, err := http.NewRequestWithContext(l.ctx, c.method, c.address, bytes.NewReader(c.body))
		require.NoError(l.t, err)
		client := http.Client{Timeout: time.Minute}
		answer, err := client.Do(r)
		require.NoError(l.t, err)
		require.NoError(l.t, answer.Body.Close())
		require.Equal(l.t, c.status, answer.StatusCode, "%s", c.method)
	}
}
