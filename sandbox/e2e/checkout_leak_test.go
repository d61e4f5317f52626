package e2e_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/jobs"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/sandbox/internal/shopper"
	"github.com/giftbridge/giftbridge/workflows"
)

// wire notes what a client sends, and what it is answered.
type wire struct {
	under http.RoundTripper

	mu         sync.Mutex
	sent, told strings.Builder
	// asked are the addresses alone.
	asked strings.Builder
}

// watch notes what a client sends from now on.
func (w *wire) watch(c *shopper.Client) { w.under, c.HTTP.Transport = c.HTTP.Transport, w }

// RoundTrip implements http.RoundTripper.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	sent, err := httputil.DumpRequestOut(r, true)
	if err != nil {
		return nil, err
	}
	answer, err := w.under.RoundTrip(r)
	var told []byte
	if err == nil {
		told, err = httputil.DumpResponse(answer, true)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	_, _ = w.sent.Write(sent)
	_, _ = w.told.Write(told)
	_, _ = fmt.Fprintln(&w.asked, r.URL)
	return answer, err
}

// all returns everything that was sent and answered.
func (w *wire) all() (sent, told string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sent.String(), w.told.String()
}

// confided is a checkout in which everything is marked that must not be told: the keys of requests, who has typed codes, and
// codes. Its issuer is indiscreet.
type confided struct {
	checkouts
	*gossip

	wire  *wire
	log   *lines
	spans *collector
	// guessed is the code that was guessed last, which the issuer spreads as well; empty as long as nobody guesses.
	guessed atomic.Value
	// secrets are what must be nowhere, and codes what Temporal keeps encrypted.
	secrets, codes markers
	// planted is what may be everywhere. A search that does not find it would find nothing else.
	planted markers
}

func startConfided(t *testing.T) *confided {
	t.Helper()
	c := &confided{
		wire: new(wire), log: new(lines), spans: newCollector(t),
		secrets: markers{"key of the client": webKey}, codes: markers{}, planted: markers{"client": webShop},
	}
	var vendor atomic.Pointer[fourwayshoptest.Server]
	c.gossip = &gossip{
		rumour: func() string {
			said, _ := c.guessed.Load().(string)
			if v := vendor.Load(); v != nil {
				for _, card := range v.Cards() {
					said += " " + card.Barcode
				}
			}
			return said
		},
		spoil: c.spoiling(),
	}
	o := bothIssuers(fourwayshoptest.Options{})
	o.Log = zerolog.New(c.log).Level(zerolog.DebugLevel)
	o.Configure = func(cfg *config.Config) {
		cfg.FourWayShop.BaseURL = gossiping(t, cfg.FourWayShop.BaseURL, c.gossip)
		cfg.Metrics.Addr = "127.0.0.1:0"
		cfg.Traces.Endpoint = c.spans.URL
	}
	c.checkouts = startCheckouts(t, o)
	vendor.Store(c.Later)
	c.wire.watch(c.web)
	return c
}

// spoiling decides which requests are answered with an error: some looks, also while somebody guesses, and the first amount, of
// which that is the end.
func (c *confided) spoiling() func(string) int {
	var looks, amounts atomic.Int64
	statuses := []int{http.StatusServiceUnavailable, http.StatusInternalServerError, http.StatusTooManyRequests}
	return func(body string) int {
		switch {
		case body == "":
			if n := int(looks.Add(1)); n%2 == 0 && (n <= 2*len(statuses) || c.guessed.Load() != nil) {
				return statuses[n/2%len(statuses)]
			}
		case strings.Contains(body, "callback") && amounts.Add(1) <= 2: // It logs in again after the first.
			return http.StatusUnauthorized
		}
		return 0
	}
}

// key returns a marked idempotency key.
func (c *confided) key() string {
	key := fmt.Sprintf("IDEMPOTENCY-9e01c7-%d", len(c.secrets))
	c.secrets["key "+key] = key
	return key
}

// from adds a marked end user to a purchase.
func (c *confided) from(p shopper.Purchase) shopper.Purchase {
	p.EndUser = fmt.Sprintf("ENDUSER-51b2aa-%d", len(c.secrets))
	c.secrets["end user "+p.EndUser] = p.EndUser
	return p
}

// coded makes a card, and marks its code.
func (c *confided) coded() issuer.Code {
	code := c.card()
	c.codes["code "+strconv.Itoa(len(c.codes))] = string(code)
	return code
}

// buy takes an amount off a card, or tries to, and returns what has become of it.
func (c *confided) buy(code issuer.Code, amount string) *shopper.Redemption {
	c.t.Helper()
	return c.settled(c.web, c.key(), c.from(purchase(code, amount)))
}

// requireRefused requires how a request is refused.
func (c *confided) requireRefused(want redemption.Type, ask func() (*shopper.Redemption, error)) {
	c.t.Helper()
	c.await(string(want), func() bool {
		_, err := ask()
		if (pending{err: err}).again() {
			return false
		}
		problem := shopper.ProblemOf(err)
		require.NotNil(c.t, problem, "%v", err)
		require.Equal(c.t, string(want), problem.Type)
		return true
	})
}

// guess names codes that are nobody's, as one end user and as many, until the receiver refuses to look.
func (c *confided) guess() {
	c.t.Helper()
	one := c.from(purchase("", "10.00"))
	refused := 0
	for n := 0; refused < 2; n++ {
		p := one
		if refused == 1 {
			p = c.from(p)
		}
		p.Code = fmt.Sprintf("555111%07d", n)
		c.secrets["guess "+strconv.Itoa(n)] = p.Code
		c.guessed.Store(p.Code)
		_, err := c.web.Redeem(c.ctx, c.key(), p)
		problem := shopper.ProblemOf(err)
		require.NotNil(c.t, problem, "%v", err)
		if problem.Type == string(redemption.RateLimited) {
			refused++
		}
	}
}

// misuse sends what is no request of the API, with all that can be known in it.
func (c *confided) misuse(code issuer.Code) {
	c.t.Helper()
	key, user := c.key(), c.from(shopper.Purchase{}).EndUser
	body := fmt.Sprintf(`{"code":%q,"end_user":%q,"amount":%q,"currency":%q}`, code, user, code, user)
	for _, r := range []struct{ method, path, key, body string }{
		{http.MethodPost, "/v1/redemptions", webKey, body},
		{http.MethodPost, "/v1/redemptions", webKey, body[1:]},
		{http.MethodPost, "/v1/redemptions", webKey, strings.Repeat(body, 1000)},
		{http.MethodPost, "/v1/redemptions", webKey, `{"` + string(code) + user + `":1}`},
		{http.MethodPost, "/v1/redemptions", webKey + string(code) + user, body},
		{http.MethodPost, "/v1/balances?code=" + string(code), webKey, `{"code":7,"end_user":"` + user + `"}`},
		{http.MethodGet, "/v1/cards/" + string(code) + "?end_user=" + user, webKey, ""},
		{http.MethodPost, "/v1/redemptions/" + string(code) + "/reversals", webKey, body},
	} {
		out := c.request(r.method, c.Config.Receiver.URL+r.path, []byte(r.body), http.Header{
			"Authorization": {"Bearer " + r.key}, "Content-Type": {"application/json"},
			"Idempotency-Key": {strconv.Quote(key)}, "Cookie": {"session=" + user}, "User-Agent": {user},
		})
		require.GreaterOrEqual(c.t, out.status, http.StatusBadRequest, r.path)
		require.Less(c.t, out.status, http.StatusInternalServerError, r.path)
	}
}

// Codes, the keys of requests, and who has typed codes are told nobody: whatever becomes of the requests, none of it is in logs,
// traces, metrics, addresses, answers and commands, nor in what Temporal shows without the key. Codes alone are in
// encrypted payloads.
func TestNothingOfCheckoutsLeaks(t *testing.T) {
	t.Parallel()
	c := startConfided(t)
	spoilt := c.buy(c.coded(), "10.00")
	require.Equal(t, shopper.Declined, spoilt.State)

	code := c.coded()
	key, p := c.key(), c.from(purchase(code, "20.00"))
	taken := c.settled(c.web, key, p)
	require.Equal(t, shopper.Succeeded, taken.State)
	p.Amount = "21.00"
	c.requireRefused(redemption.KeyReused, func() (*shopper.Redemption, error) { return c.web.Redeem(c.ctx, key, p) })
	short := c.buy(code, "50.00")
	require.Equal(t, string(redemption.InsufficientBalance), short.Problem.Type)
	foreign := c.from(purchase(code, "1.00"))
	foreign.Currency = "EUR"
	require.Equal(t, string(redemption.CurrencyMismatch), c.settled(c.web, c.key(), foreign).Problem.Type)
	back := c.key()
	c.await("reversed", func() bool {
		r, err := c.web.Reverse(c.ctx, back, taken.ID)
		return err == nil && r.State == shopper.Reversed
	})
	c.requireRefused(redemption.AlreadyReversed, func() (*shopper.Redemption, error) {
		return c.web.Reverse(c.ctx, c.key(), taken.ID)
	})
	c.Later.Befall(fourwayshoptest.Trouble{
		Kind: jobs.Failed, Operation: fourwayshoptest.Update, Message: "refused for " + string(code),
	})
	require.Equal(t, shopper.Declined, c.buy(code, "5.00").State)
	c.await("told a balance", func() bool {
		_, err := c.web.Balance(c.ctx, string(code), c.from(p).EndUser)
		return err == nil
	})
	c.misuse(code)
	c.guess()
	said := c.ok("cards", "redemptions", webShop+"/"+taken.ID) + c.ok("cards", "redemptions", webShop+"/"+short.ID, "--json") +
		c.ok("cards", "redemptions", "--unknown") + c.ok("status") + c.ok("digest", "--dry-run")

	c.requireMarked()
	c.requireSilence(said)
	c.requireKept(taken.ID)
}

// requireMarked requires that there was something to find.
func (c *confided) requireMarked() {
	c.t.Helper()
	sent, _ := c.wire.all()
	heard, told := c.all()
	names := c.secrets.found(sent)
	for _, kind := range []string{"key IDEMPOTENCY", "end user ", "guess ", "key of the client"} {
		require.Contains(c.t, strings.Join(names, "\n"), kind)
	}
	for name := range c.codes {
		require.Contains(c.t, c.codes.found(sent), name)
		require.Contains(c.t, c.codes.found(heard), name, "the issuer is asked")
		require.Contains(c.t, c.codes.found(told), name, "the issuer spreads it")
	}
	require.NotEmpty(c.t, c.secrets.found(told), "the issuer spreads what was guessed")
}

// requireSilence searches what people see. Each search finds what is planted, and nothing that is marked.
func (c *confided) requireSilence(said string) {
	c.t.Helper()
	all := both(c.secrets, c.codes)
	search := func(where, text string, planted markers) {
		require.NotEmpty(c.t, planted.found(text), where)
		require.Empty(c.t, all.found(text), where)
	}
	_, told := c.wire.all()
	search("the answers", told, markers{"type": string(redemption.InsufficientBalance)})
	c.wire.mu.Lock()
	search("the addresses", c.wire.asked.String(), markers{"path": "/v1/redemptions"})
	c.wire.mu.Unlock()
	search("the commands", said, c.planted)
	worker := c.request(http.MethodGet, c.MetricsURL(), nil, nil)
	search("the worker's metrics", string(worker.body), markers{"workflow": workflows.SpendCardType})
	receiver := c.request(http.MethodGet, "http://"+c.ReceiverMetricsAddr()+"/metrics", nil, nil)
	search("the receiver's metrics", string(receiver.body), c.planted)
	c.StopReceiver()
	c.StopWorker() // They export their remaining spans.
	search("the log", c.log.String(), c.planted)
	c.spans.mu.Lock()
	defer c.spans.mu.Unlock()
	var spans strings.Builder
	for _, s := range c.spans.spans {
		_, _ = io.WriteString(&spans, s.String()+"\n")
	}
	search("the spans", spans.String(), c.planted)
}

// requireKept searches what Temporal stores.
func (c *confided) requireKept(id string) {
	c.t.Helper()
	kept, types := c.requireSealed(both(c.secrets, c.codes), c.secrets)
	for _, kind := range []string{workflows.SpendCardType, workflows.ClaimRedemptionType} {
		require.Positive(c.t, types[kind], kind)
	}
	require.NotEmpty(c.t, c.codes.found(kept), "what the key opens does hold them")
	claim := workflows.ClaimRedemptionID(webShop, id)
	run, err := c.plain.DescribeWorkflowExecution(c.ctx, claim, "")
	require.NoError(c.t, err)
	for _, m := range []proto.Message{run, c.history(c.running(workflows.SpendCardType)[0].GetExecution().GetWorkflowId(), "")} {
		wire, err := proto.Marshal(m)
		require.NoError(c.t, err)
		require.NotEmpty(c.t, markers{"client": webShop, "update": workflows.SpendUpdate}.found(string(wire)), "the search finds what is plain")
	}
}
