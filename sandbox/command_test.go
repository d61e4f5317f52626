package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/cashstar"
	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/sandbox/internal/board"
	"github.com/giftbridge/giftbridge/sandbox/internal/output"
	"github.com/giftbridge/giftbridge/sandbox/internal/site"
	"github.com/giftbridge/giftbridge/sandbox/internal/temporalserver"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// execute runs the command as main does.
func execute(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	c := newCommand()
	c.SetArgs(args)
	c.SetOut(&out)
	c.SetErr(&errs)
	code = cli.Execute(c, &errs)
	return code, out.String(), errs.String()
}

// Other programs read the account in JSON, so its keys must not change.
func TestOnce(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := execute("--once", "--orders", "12", "--json", "--seed", "3")
	require.Equal(t, cli.ExitOK, code, stderr)
	var account map[string]any
	decoder := json.NewDecoder(strings.NewReader(stdout))
	require.NoError(t, decoder.Decode(&account))
	require.False(t, decoder.More(), "one object and nothing else")
	require.Subset(t, slices.Collect(maps.Keys(account)), []string{
		"orders_placed", "orders_eligible", "cards_expected", "cards_issued", "cards_duplicate", "cards_missing",
		"cards_unexpected", "orders_failed", "orders_left_out", "issuer_requests", "shop_requests", "seconds", "problems",
		"messages_sent", "messages_twice", "messages_early", "messages_missing", "events_taken", "events_unordered", "events_refused",
	})
	require.EqualValues(t, 12, account["orders_placed"])
	require.EqualValues(t, 5, account["orders_left_out"])
	require.EqualValues(t, 7, account["orders_eligible"])
	require.EqualValues(t, 1, account["orders_failed"])
	require.Positive(t, account["cards_expected"])
	require.Equal(t, account["cards_expected"], account["cards_issued"])
	require.Zero(t, account["cards_duplicate"])
	require.Zero(t, account["cards_missing"])
	require.Positive(t, account["seconds"])
	require.Positive(t, account["webhooks_answered"])
	require.Positive(t, account["messages_sent"])
	require.Zero(t, account["messages_missing"])
	require.Positive(t, account["events_taken"])
	require.Empty(t, account["problems"])
	require.Contains(t, stderr, "every expected card exists exactly once, and nothing else does")
}

// With polls alone, the account is the same.
func TestOnceWithoutWebhooks(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := execute("--once", "--orders", "3", "--json", "--no-webhooks")
	require.Equal(t, cli.ExitOK, code, stderr)
	var a account
	require.NoError(t, json.Unmarshal([]byte(stdout), &a))
	require.Equal(t, 3, a.OrdersPlaced)
	require.Positive(t, a.CardsExpected)
	require.Equal(t, a.CardsExpected, a.CardsIssued)
	require.Zero(t, a.WebhooksAnswered)
	require.Empty(t, a.Problems)
}

// A run that times out prints the account as far as it goes, and fails.
func TestOnceTimesOut(t *testing.T) {
	t.Parallel()
	code, stdout, stderr := execute("--once", "--orders", "10", "--timeout", "1ms")
	require.Equal(t, cli.ExitFailure, code)
	require.Regexp(t, `orders placed +10\n`, stdout, stderr)
	require.Contains(t, stdout, "PROBLEM ")
	require.Contains(t, stderr, "the account does not balance")
}

// An account that does not balance is a failure that says what is wrong.
func TestOnceFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		options stack.Options
		before  func(*stack.Stack)
		count   func(account) int
		problem string
	}{
		"an issuer that forgets what it has issued": {
			options: stack.Options{CashStar: cashstartest.Options{
				Merchants: scenario.Merchants(), Duplicates: cashstartest.IssueAgain,
			}},
			before: func(s *stack.Stack) {
				s.Issuer.Inject(cashstartest.Fault{
					Kind: cashstartest.Drop, Operation: cashstartest.CreateOrder, AfterCommit: true, Times: 2,
				})
			},
			count:   func(a account) int { return a.CardsDuplicate },
			problem: `duplicate: card `,
		},
		"an issuer that refuses every card": {
			options: stack.Options{CashStar: cashstartest.Options{
				Merchants: scenario.Merchants(),
				Fault: func(r cashstartest.Request) *cashstartest.Fault {
					if r.Operation != cashstartest.CreateOrder {
						return nil
					}
					return &cashstartest.Fault{Kind: cashstartest.ServerError, Status: http.StatusUnauthorized}
				},
			}},
			count:   func(a account) int { return a.CardsMissing },
			problem: `is failed \(Unauthorized\) and should be completed`,
		},
		"a card that nobody should have got": {
			options: stack.Options{CashStar: cashstartest.Options{Merchants: scenario.Merchants()}},
			before: func(s *stack.Stack) {
				issuer, err := app.NewCashStar(s.Config.CashStar)
				require.NoError(t, err)
				_, err = issuer.CreateOrder(t.Context(), cashstar.CreateOrderRequest{
					AuditNumber: "stray", MerchantCode: scenario.Merchants()[0].MerchantCode, InitialBalance: "25.00", Currency: "USD",
					Challenge: "somebody@example.com", ChallengeDescription: "your email address",
					Delivery: cashstar.Delivery{
						DeliveredBy: cashstar.DeliveredByCashStar, Method: cashstar.MethodEmail, Target: "somebody@example.com",
					},
				})
				require.NoError(t, err)
			},
			count:   func(a account) int { return a.CardsUnexpected },
			problem: `stray: card \S+, audit number stray, belongs to no order`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.options.UIPort = temporalserver.NoUI
			s, err := stack.Start(t.Context(), tt.options)
			require.NoError(t, err)
			defer func() { require.NoError(t, s.Stop()) }()
			if tt.before != nil {
				tt.before(s)
			}
			var out bytes.Buffer
			err = once(t.Context(), &flags{json: true, orders: 3, timeout: 2 * time.Minute}, s,
				scenario.NewCustomers(s.Shop, 1), output.Progress(io.Discard), &out)
			require.ErrorContains(t, err, "the account does not balance")
			var a account
			require.NoError(t, json.Unmarshal(out.Bytes(), &a))
			require.Positive(t, tt.count(a))
			require.Regexp(t, tt.problem, strings.Join(a.Problems, "\n"))
		})
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args []string
		says string
	}{
		"orders without once":  {[]string{"--orders", "5"}, "--orders needs --once"},
		"json without once":    {[]string{"--json"}, "--json needs --once"},
		"timeout without once": {[]string{"--timeout", "1m"}, "--timeout needs --once"},
		"every with once":      {[]string{"--once", "--every", "1s"}, "--every does not go with --once"},
		"no orders":            {[]string{"--once", "--orders", "0"}, "--orders 0: need 1 to 100000"},
		"too many orders":      {[]string{"--once", "--orders", "100001"}, "need 1 to 100000"},
		"orders too fast":      {[]string{"--every", "1ms"}, "--every 1ms: need at least 10ms"},
		"no such port":         {[]string{"--ui-port", "65536"}, "--ui-port 65536: need 0 to 65535"},
		"no such level": {
			[]string{"--log-level", "loud"}, `--log-level "loud": need one of debug, info, warn, error, off`,
		},
		"start page with once": {[]string{"--once", "--start-page-port", "0"}, "--start-page-port does not go with --once"},
		"no such start page":   {[]string{"--start-page-port", "-1"}, "--start-page-port -1: need 0 to 65535"},
		"no folder for mails": {
			[]string{"--mail-dir", "/no/such/folder"}, `--mail-dir "/no/such/folder": need a folder that can be written to`,
		},
		"a file for mails": {[]string{"--mail-dir", "command.go"}, `--mail-dir "command.go": need a folder`},
		"no such flag":     {[]string{"--twice"}, "--twice"},
		"an argument":      {[]string{"run"}, `"run"`},
		"no number":        {[]string{"--once", "--orders", "many"}, "many"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := execute(tt.args...)
			require.Equal(t, cli.ExitUsage, code, stderr)
			require.Contains(t, stderr, tt.says)
			require.Contains(t, stderr, "See 'sandbox --help'.")
			require.Empty(t, stdout)
		})
	}
}

// Whoever types a command that was part of this one learns where it is now.
func TestMovedCommands(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"chaos"}, {"chaos", "--seed", "7", "--minutes", "5"}, {"bench", "engine"}, {"bench", "--help"}} {
		code, stdout, stderr := execute(args...)
		require.Equal(t, cli.ExitUsage, code, stderr)
		require.Contains(t, stderr, args[0]+" is a command of its own: go run ./sandbox/"+args[0]+"\n")
		require.Empty(t, stdout)
	}
	_, stdout, _ := execute("--help")
	require.NotContains(t, stdout, "Available Commands")
}

// watched cancels a run when all expected texts have appeared in its output.
type watched struct {
	mu   sync.Mutex
	text bytes.Buffer
	left []*regexp.Regexp
	end  context.CancelFunc
}

func (w *watched) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text.Write(b)
	w.left = slices.DeleteFunc(w.left, func(r *regexp.Regexp) bool { return r.Match(w.text.Bytes()) })
	if len(w.left) == 0 {
		w.end()
	}
	return len(b), nil
}

// watch runs the sandbox without --once until it has written what matches all patterns, and returns what it has written.
func watch(t *testing.T, patterns []*regexp.Regexp, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	c := newCommand()
	var out bytes.Buffer
	seen := &watched{end: cancel, left: patterns}
	c.SetArgs(append(args, "--every", "100ms", "--temporal-port", "0", "--ui-port", "0", "--start-page-port", "0"))
	c.SetOut(&out)
	c.SetErr(seen)
	require.NoError(t, c.ExecuteContext(ctx))
	seen.mu.Lock()
	defer seen.mu.Unlock()
	text := seen.text.String()
	require.Empty(t, seen.left, text)
	require.Empty(t, out.String())
	return text
}

// Without --once the sandbox reports what happens until it is stopped, compares the books, and leaves nothing behind.
func TestWatch(t *testing.T) {
	t.Parallel()
	mails := t.TempDir()
	text := watch(t, []*regexp.Regexp{
		regexp.MustCompile(`\Aopen +http://127\.0\.0\.1:\d+/ .*\ntype +set -a; \. \S+; set \+a\nCtrl-C  .*\n`),
		regexp.MustCompile(`#1001 +single +1 card +issued \d+\.00 USD for WS\d\d\n`),
		regexp.MustCompile(`#1002 +several_units +\d cards +issued `),
		regexp.MustCompile(`#1003 +mixed .* left to people\n`),
		regexp.MustCompile(`#1004 +unpaid +left out\n`),
		regexp.MustCompile(`#1007 +unknown_merchant .* failed MerchantUnknown, as intended\n +-> http://127\.0\.0\.1:\d+/orders/1007\n`),
	}, "--mail-dir", mails)
	require.NotContains(t, text, "\x1b", "colour is for terminals")
	require.Regexp(t, `(?s)orders placed +\d+\n.*  failed +[1-9]\d*\n.*  missing +0\n  duplicate +0\n  unexpected +0\n`, text)
	require.NotContains(t, text, "PROBLEM")
	require.Contains(t, text, "the books balance: ")
	for line := range strings.Lines(text) {
		require.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), 80, line)
	}
	require.Equal(t, 1, strings.Count(text, " #1007 "), text)
	file := regexp.MustCompile(`set -a; \. (\S+); set \+a`).FindStringSubmatch(text)
	require.NotNil(t, file)
	require.NoFileExists(t, file[1])
	kept, err := os.ReadDir(mails)
	require.NoError(t, err)
	for _, file := range kept { // The mails that bring cards.
		require.Regexp(t, `^\d+\.eml$`, file.Name(), "the check of the folder leaves nothing there")
	}
}

// With polls alone, the polls find the orders.
func TestWatchWithoutWebhooks(t *testing.T) {
	t.Parallel()
	text := watch(t, []*regexp.Regexp{
		regexp.MustCompile(`#1001 +single +1 card +issued `),
		regexp.MustCompile(`poll +\d+ orders? seen, \d+ of them new\n`),
	}, "--no-webhooks")
	require.Contains(t, text, "the books balance: ")
}

// A port that is in use is explained with the flags that choose others.
func TestPortClash(t *testing.T) {
	t.Parallel()
	listener, err := site.Listen(t.Context(), 0)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, listener.Close()) }) // After the parallel subtests.
	_, taken, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	tests := map[string]struct {
		args []string
		hint string
	}{
		"the start page": {
			[]string{"--start-page-port", taken, "--temporal-port", "0", "--ui-port", "0"}, "--start-page-port 0 pick",
		},
		"the codec server": {
			[]string{"--codec-port", taken, "--start-page-port", "0"}, "--temporal-port 0 --ui-port 0 --codec-port 0 pick",
		},
		"once": {[]string{"--once", "--codec-port", taken}, "--codec-port 0 pick"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, _, stderr := execute(tt.args...)
			require.Equal(t, cli.ExitFailure, code)
			require.Contains(t, stderr, "address already in use; is another sandbox running? "+tt.hint)
		})
	}
}

// An order that is retried says so; what the issuer says is on the board as well, and that an order is redacted.
func TestLook(t *testing.T) {
	t.Parallel()
	s, err := stack.Start(t.Context(), stack.Options{
		UIPort: temporalserver.NoUI, CashStar: cashstartest.Options{Merchants: scenario.Merchants()},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop()) })
	s.Issuer.Inject(cashstartest.Fault{Kind: cashstartest.ServerError, Operation: cashstartest.CreateOrder, Times: 3})
	var out bytes.Buffer
	w := watcher{printer: &printer{w: &out, began: time.Now(), page: "http://127.0.0.1:8234/"}, s: s, orders: board.New(func(id string) string { return id })}
	w.orders.Place(placed(scenario.NewCustomers(s.Shop, 1).Place(), time.Now()))
	require.Eventually(t, func() bool {
		require.NoError(t, w.look(t.Context()))
		return strings.Contains(out.String(), "#1001   single           1 card   issued ")
	}, 2*time.Minute, 100*time.Millisecond)
	require.Regexp(t, `#1001   single           1 card   retrying, attempt \d:\n +IssueCard \S+`, out.String())
	require.Equal(t, board.Counts{Placed: 1, Issued: 1, Cards: 1}, w.orders.Counts())
	link := w.orders.Link("1001")
	require.Contains(t, link, "/workflows/gift-card-order%2F")
	_, err = s.Operator.Redact(t.Context(), workflows.GiftCardOrderID(stack.Shop, w.orders.Latest(1)[0].ID), "Ann")
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		require.NoError(t, w.look(t.Context()))
		return strings.Contains(out.String(), "#1001   single           1 card   redacted\n")
	}, 2*time.Minute, 100*time.Millisecond)
	require.Equal(t, board.Counts{Placed: 1, Issued: 1, Cards: 1}, w.orders.Counts())
	require.NotEqual(t, link, w.orders.Link("1001"), "the run to which it led is removed")
}

// In an outage, each look asks about some of the running orders, and in the end about all of them.
func TestTurns(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 20, 21, 90, 500} {
		asked := map[int]bool{}
		w := watcher{}
		for range n/atOnce + 1 {
			of := 0
			for i := range n {
				if w.turn(i, n) {
					asked[i] = true
					of++
				}
			}
			require.LessOrEqual(t, of, atOnce)
			w.asked++
		}
		require.Len(t, asked, n)
	}
}

// A shell reads the values in the file unchanged, whatever characters they contain.
func TestEnvironmentFile(t *testing.T) {
	t.Parallel()
	file, err := writeEnvironment([]string{"A=1", "B=a b=c", "C="})
	require.NoError(t, err)
	defer os.Remove(file)
	written, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "A='1'\nB='a b=c'\nC=''\n", string(written))
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "there are passwords in it")
}
