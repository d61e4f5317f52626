package e2e_test

import (
	"crypto/sha256"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/app/receiving"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/checkout"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/jobs"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/ledger"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/sandbox/internal/programs"
	"github.com/giftbridge/giftbridge/sandbox/internal/shopper"
	"github.com/giftbridge/giftbridge/sandbox/internal/site"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// The clients of the checkout, and their keys.
const (
	webShop, webKey     = "e2e-web-shop", "e2e-web-shop-key"
	kioskShop, kioskKey = "e2e-kiosk", "e2e-kiosk-key"
)

// shopWaits is how long a shop waits for an answer. A checkout answers within 11 seconds; the machine may be busy.
const shopWaits = 30 * time.Second

// checkouts are the checkouts of two clients, who spend cards at the receiver of a system.
type checkouts struct {
	till
	web, kiosk *shopper.Client
}

// startCheckouts starts a system with two clients that spend cards.
func startCheckouts(t *testing.T, o stack.Options) checkouts {
	t.Helper()
	configure := o.Configure
	o.Configure = func(c *config.Config) {
		c.Checkout.MaxRPS = 0
		c.Checkout.Clients = checkout.Clients{
			{Name: webShop, Hash: sha256.Sum256([]byte(webKey)), Rights: checkout.Rights},
			{Name: kioskShop, Hash: sha256.Sum256([]byte(kioskKey)), Rights: checkout.Rights},
		}
		if configure != nil {
			configure(c)
		}
	}
	w := start(t, o)
	url := w.Config.Receiver.URL
	return checkouts{w.hurried(1), w.client(url, webKey), w.client(url, kioskKey)}
}

// client returns a client of the receiver at an address.
func (w *system) client(url, key string) *shopper.Client {
	w.t.Helper()
	const connections = 8
	transport := &http.Transport{MaxIdleConnsPerHost: connections}
	w.t.Cleanup(transport.CloseIdleConnections)
	return &shopper.Client{BaseURL: url, Key: key, HTTP: &http.Client{Timeout: shopWaits, Transport: transport}}
}

// receiver starts a further receiver, and returns the web shop's client of it. The cards whose workflows it starts are in a
// hurry.
func (c checkouts) receiver(temporal client.Options, hurry int) (*receiving.Receiver, *shopper.Client) {
	c.t.Helper()
	further := c.Config
	further.Receiver.Addr = "127.0.0.1:0"
	r, err := receiving.Start(c.ctx, receiving.Options{Config: further, Temporal: temporal, Log: zerolog.Nop(), Hurry: hurry})
	require.NoError(c.t, err)
	c.t.Cleanup(r.Stop)
	return r, c.client("http://"+r.Addr(), webKey)
}

// purchase asks for an amount of a card.
func purchase(code issuer.Code, amount string) shopper.Purchase {
	return shopper.Purchase{Code: string(code), Amount: amount, Currency: "USD", Order: "#2001"}
}

// settled returns what has become of a purchase. Like a shop, it repeats the request with the same key until it knows.
func (c checkouts) settled(at *shopper.Client, key string, p shopper.Purchase) *shopper.Redemption {
	c.t.Helper()
	var out *shopper.Redemption
	c.await(key+" settled", func() bool {
		got, err := at.Redeem(c.ctx, key, p)
		problem := shopper.ProblemOf(err)
		switch {
		case err == nil:
			out = got
		case problem != nil && problem.Redemption != "":
			out, err = at.Redemption(c.ctx, problem.Redemption)
			require.NoError(c.t, err)
			require.Equal(c.t, shopper.Declined, out.State)
			require.Equal(c.t, problem.Type, out.Problem.Type)
		default:
			require.NotNil(c.t, problem, "%v", err)
			require.Contains(c.t, []string{string(redemption.InProgress), string(redemption.IssuerUnavailable)}, problem.Type)
			return false
		}
		return out.State != shopper.Pending
	})
	return out
}

// id returns the ID of the web shop's redemption with a key.
func (c checkouts) id(key string) string { return c.desk.RedemptionID(webShop, key) }

// entry returns a card as the issuer's ledger has it.
func (c checkouts) entry(code issuer.Code) ledger.Card {
	c.t.Helper()
	for _, card := range c.Later.Cards() {
		if card.Barcode == string(code) {
			return card
		}
	}
	require.Fail(c.t, "the issuer has no such card")
	return ledger.Card{}
}

// requireSpent requires that the issuer has taken amounts off a card so many times, and what it has left.
func (c checkouts) requireSpent(code issuer.Code, times int, left ledger.Hundredths) {
	c.t.Helper()
	card := c.entry(code)
	require.Equal(c.t, times, card.Spends)
	require.Equal(c.t, left, card.Amount)
	require.Zero(c.t, c.Later.Stats().SpentTwice)
}

// requireUnavailable requires the answer of a checkout that can ask nobody: the same request may be sent again.
func requireUnavailable(t *testing.T, err error) {
	t.Helper()
	problem := shopper.ProblemOf(err)
	require.NotNil(t, problem, "%v", err)
	require.Equal(t, http.StatusServiceUnavailable, problem.Status)
	require.Equal(t, string(redemption.IssuerUnavailable), problem.Type)
	require.Positive(t, problem.RetryAfter)
	require.Empty(t, problem.Redemption, "the key is not used up")
}

// pending is a request whose answer is awaited.
type pending struct {
	*shopper.Redemption
	err error
}

// again reports whether an answer asks for the same request once more. A machine that is busy may give it at any time.
func (p pending) again() bool {
	problem := shopper.ProblemOf(p.err)
	return problem != nil && problem.Redemption == "" && problem.Type == string(redemption.IssuerUnavailable)
}

// begin sends a request, and returns once the workflow of the card knows it. The answer comes later.
func (c checkouts) begin(at *shopper.Client, key string, p shopper.Purchase) <-chan pending {
	c.t.Helper()
	answer := make(chan pending, 1)
	go func() {
		var a pending
		for again := true; again && c.ctx.Err() == nil; again = a.again() {
			a.Redemption, a.err = at.Redeem(c.ctx, key, p)
		}
		answer <- a
	}()
	c.await(key+" known", func() bool {
		r, err := c.web.Redemption(c.ctx, c.id(key))
		return err == nil && r.State == shopper.Pending
	})
	return answer
}

// together sends the same request to several receivers at the same time, a few times each. It requires that the amount is taken,
// and that all answers are about the same redemption, or say that one of the others came first.
func (c checkouts) together(key string, p shopper.Purchase, receivers ...*shopper.Client) {
	c.t.Helper()
	const each = 3
	answers := make(chan pending, each*len(receivers))
	begun := make(chan struct{})
	for _, at := range receivers {
		for range each {
			go func() {
				<-begun
				r, err := at.Redeem(c.ctx, key, p)
				answers <- pending{r, err}
			}()
		}
	}
	close(begun)
	var first []pending
	for range cap(answers) {
		first = append(first, <-answers)
	}
	out := c.settled(c.web, key, p)
	require.Equal(c.t, shopper.Succeeded, out.State)
	require.Equal(c.t, c.id(key), out.ID)
	for _, at := range receivers {
		require.Equal(c.t, out, c.settled(at, key, p))
	}
	for _, a := range slices.DeleteFunc(first, pending.again) {
		if problem := shopper.ProblemOf(a.err); problem != nil {
			require.Equal(c.t, string(redemption.InProgress), problem.Type)
			require.Positive(c.t, problem.RetryAfter)
			require.Empty(c.t, problem.Redemption, "the key is not used up")
			continue
		}
		require.NoError(c.t, a.err)
		require.Equal(c.t, out.ID, a.ID)
	}
}

// Without workers, a shop is told in time that nobody can be asked. A worker that comes later takes nothing that no shop waits
// for, and the same key takes the amount then, once, even if it comes to two receivers at the same time.
func TestCheckoutWithoutWorkers(t *testing.T) {
	t.Parallel()
	o := bothIssuers(fourwayshoptest.Options{})
	o.NoWorker = true
	c := startCheckouts(t, o)
	code := c.card()
	_, err := c.web.Redeem(c.ctx, "k-1", purchase(code, "20.00"))
	requireUnavailable(t, err)

	require.NoError(t, c.StartWorker(c.ctx))
	events := func() []string { return types(c.history(c.workflow(code), "").GetEvents()) }
	const idle = "TimerStarted"
	c.await("idle", func() bool { all := events(); return all[len(all)-1] == idle })
	require.Equal(t, []string{
		"WorkflowExecutionStarted", "WorkflowTaskScheduled", "WorkflowTaskStarted", "WorkflowTaskCompleted", idle,
	}, events(), "the update is refused, and the issuer is not asked")
	known, err := c.desk.Redemption(c.ctx, webShop, c.id("k-1"))
	require.NoError(t, err)
	require.Nil(t, known)
	c.requireSpent(code, 0, 6000)

	_, other := c.receiver(c.TemporalOptions(), 1)
	c.together("k-1", purchase(code, "20.00"), c.web, other)
	c.requireSpent(code, 1, 4000)
}

// While Temporal is away, nothing is taken, and balances are told. The same key takes the amount at a receiver that reaches it.
func TestCheckoutWithoutTemporal(t *testing.T) {
	t.Parallel()
	c := startCheckouts(t, bothIssuers(fourwayshoptest.Options{}))
	code := c.card()
	away := c.TemporalOptions()
	away.HostPort = "127.0.0.1:1"
	_, lost := c.receiver(away, 1)
	on := new(wire)
	on.watch(lost)
	_, err := lost.Redeem(c.ctx, "k-1", purchase(code, "20.00"))
	requireUnavailable(t, err)
	_, answers := on.all()
	require.Contains(t, answers, "Content-Type: application/problem+json\r\n")
	require.Contains(t, answers, "Retry-After: ")
	var balance *shopper.Balance
	c.await("told a balance", func() bool {
		balance, err = lost.Balance(c.ctx, string(code), "")
		return err == nil
	})
	require.Equal(t, "60.00", balance.Balance)
	require.Empty(t, balance.Available, "what other checkouts hold is not known")
	c.requireSpent(code, 0, 6000)
	_, err = c.keyed.DescribeWorkflowExecution(c.ctx, workflows.ClaimRedemptionID(webShop, c.id("k-1")), "")
	require.True(t, executions.IsNotFound(err), "%v", err)

	require.Equal(t, shopper.Succeeded, c.settled(c.web, "k-1", purchase(code, "20.00")).State)
	c.requireSpent(code, 1, 4000)
}

// One key that comes to two receivers at the same time is one redemption.
func TestCheckoutOfOneKeyAtTwoReceivers(t *testing.T) {
	t.Parallel()
	c := startCheckouts(t, bothIssuers(fourwayshoptest.Options{}))
	_, other := c.receiver(c.TemporalOptions(), 1)
	code := c.card()
	const keys = 3
	for k := range keys {
		key := "k-" + strconv.Itoa(k)
		c.together(key, purchase(code, "10.00"), c.web, other)
		c.requireSpent(code, k+1, ledger.Hundredths(6000-1000*(k+1)))
	}
}

// A redemption has one outcome, whatever becomes of the receiver that has asked for it.
func TestCheckoutOutlivesReceivers(t *testing.T) {
	t.Parallel()
	c := startCheckouts(t, bothIssuers(fourwayshoptest.Options{}))
	code := c.card()
	r, leaving := c.receiver(c.TemporalOptions(), 1)
	c.Later.Queue().Pause(true)
	drained := c.begin(leaving, "k-1", purchase(code, "10.00"))
	stopped := make(chan struct{})
	go func() { r.Stop(); close(stopped) }()
	c.await("taking no more requests", func() bool {
		_, err := leaving.Redemption(c.ctx, c.id("k-1"))
		return err != nil && shopper.ProblemOf(err) == nil
	})
	c.Later.Queue().Pause(false)
	answer := <-drained
	require.NoError(t, answer.err, "a receiver that is stopped answers first")
	<-stopped
	out := c.settled(c.web, "k-1", purchase(code, "10.00"))
	require.Equal(t, shopper.Succeeded, out.State)
	require.Equal(t, out.ID, answer.ID)
	c.requireSpent(code, 1, 5000)

	port, err := site.FreePort(c.ctx)
	require.NoError(t, err)
	p := c.startProgram(programs.Folder(t), []string{programs.Giftbridge, "receiver"}, "RECEIVER_ADDR="+site.Loopback(port))
	c.Later.Queue().Pause(true)
	cutOff := c.begin(c.client("http://"+site.Loopback(port), webKey), "k-2", purchase(code, "10.00"))
	p.kill()
	answer = <-cutOff
	require.True(t, answer.err != nil || answer.State == shopper.Pending, "%+v", answer.Redemption)
	c.Later.Queue().Pause(false)
	require.Equal(t, shopper.Succeeded, c.settled(c.web, "k-2", purchase(code, "10.00")).State)
	c.requireSpent(code, 2, 4000)
}

// Another till spends at the issuer while a redemption waits there. Where the issuer refuses, the redemption is declined; where it
// lets the card go below zero, people are told.
func TestCheckoutBesideAnotherTill(t *testing.T) {
	t.Parallel()
	for name, overdraws := range map[string]bool{"the issuer refuses": false, "the issuer lets it through": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := bothIssuers(fourwayshoptest.Options{Rules: ledger.Rules{Overdraws: overdraws}})
			o.Configure = func(c *config.Config) { c.Metrics.Addr = "127.0.0.1:0" }
			c := startCheckouts(t, o)
			code := c.card()
			c.Later.Queue().Pause(true)
			answer := c.begin(c.web, "k-1", purchase(code, "40.00"))
			c.await("at the issuer", func() bool { return len(c.Later.Queue().Records()) == 1 })
			require.Empty(t, c.Later.Spend(string(code), 3000))
			c.Later.Queue().Pause(false)
			<-answer // It may have come before the issuer was ready.
			out := c.settled(c.web, "k-1", purchase(code, "40.00"))
			below := 0
			for series, value := range c.metrics() {
				if n, err := strconv.Atoi(value); err == nil && strings.HasPrefix(series, workflows.CardsBelowZero) {
					below += n
				}
			}
			if !overdraws {
				require.Equal(t, shopper.Declined, out.State)
				require.Equal(t, http.StatusUnprocessableEntity, out.Problem.Status)
				require.Zero(t, below)
				c.requireSpent(code, 1, 3000)
				return
			}
			require.Equal(t, shopper.Succeeded, out.State)
			require.Equal(t, 1, below)
			c.requireSpent(code, 2, -1000)
			c.await("listed", func() bool {
				noted, err := c.Operator.Redemptions.Look(c.ctx, time.Time{})
				require.NoError(t, err)
				return len(noted.Contradicted) == 1 && noted.Contradicted[0].ID == out.ID &&
					noted.Contradicted[0].BelowZero == "-10.00"
			})
		})
	}
}

// Where only an amount of which nobody knows makes it too little, the card is busy: the money may be there.
func TestCheckoutOfReservedMoney(t *testing.T) {
	t.Parallel()
	c := startCheckouts(t, bothIssuers(fourwayshoptest.Options{}))
	code := c.card()
	_, quick := c.receiver(c.TemporalOptions(), 1000)
	c.Later.Befall(fourwayshoptest.Trouble{Kind: jobs.Stalled, Operation: fourwayshoptest.Update, Delay: time.Hour})
	require.Equal(t, shopper.Unknown, c.settled(quick, "k-0", purchase(code, "20.00")).State)
	busy := func(key, amount string, partial bool, available string) {
		p := purchase(code, amount)
		p.Partial = partial
		out := c.settled(c.web, key, p)
		require.Equal(t, shopper.Declined, out.State)
		if available != "" {
			require.Equal(t, string(redemption.InsufficientBalance), out.Problem.Type)
			require.Equal(t, available, out.Problem.Available)
			return
		}
		require.Equal(t, string(redemption.CardBusy), out.Problem.Type)
	}
	busy("k-1", "40.01", false, "")
	busy("k-2", "60.00", false, "")
	busy("k-3", "60.00", true, "")
	busy("k-4", "60.01", false, "40.00")
	c.requireSpent(code, 0, 6000)
}
