package e2e_test

import (
	"flag"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/giftbridge/giftbridge/internal/orders"

	"github.com/stretchr/testify/require"
	historypb "go.temporal.io/api/history/v1"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/internal/audit"
	"github.com/giftbridge/giftbridge/sandbox/internal/programs"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

var previous = flag.String("previous", "",
	"folder with an older worker and starter for TestUpgradeFromPrevious; without it, the present ones: see .ci/upgrade")

// However the programs of an older commit are replaced by the current ones, or the other way round, while orders, a
// poll and a digest are in progress, no workflow task fails, and the books are the same as without the replacement.
func TestUpgradeFromPrevious(t *testing.T) {
	t.Parallel()
	present := programs.Folder(t)
	older := *previous
	if older == "" {
		older = present
	}
	tests := []struct {
		name     string
		releases []string
		killed   bool
	}{
		{"no upgrade", []string{present}, false},
		{"upgrade of workers that are stopped", []string{older, present}, false},
		{"upgrade of workers that are killed", []string{older, present}, true},
		{"upgrade and rollback of workers that are stopped", []string{older, present, older}, false},
		{"upgrade and rollback of workers that are killed", []string{older, present, older}, true},
	}
	all := make([]books, len(tests))
	t.Run("release", func(t *testing.T) {
		for i, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				t.Parallel()
				all[i] = replaceWorkers(t, tt.releases, tt.killed)
			})
		}
	})
	for i, tt := range tests {
		require.Equal(t, all[0], all[i], tt.name)
	}
}

// books holds what must not depend on which workers did the work, or on what happened to them.
type books struct {
	Account audit.Account
	// Cards are the issuer's cards, by audit number.
	Cards map[string]scenario.ExpectedCard
	// Orders are the states of the orders, by name, with the kind of their failure.
	Orders map[string]string
	// Digests are the contents of the digests: the one in progress, and one at the end.
	Digests []reported
}

// reported is the content of a digest.
type reported struct {
	Counts []int
	States map[string][]string
}

// replaceWorkers takes a system through releases, together with orders that wait in every possible way.
func replaceWorkers(t *testing.T, releases []string, killed bool) books {
	var issuer gate
	var shop shopGate
	var decline atomic.Bool
	t.Cleanup(func() { issuer.open(); shop.open() })
	cards := createOrderFault(issuer.pass)
	cards.Decline = func(c cashstartest.Card) string {
		if decline.Load() && strings.HasPrefix(c.Target, "friend-") {
			return "The card cannot be issued."
		}
		return ""
	}
	w := start(t, stack.Options{
		NoWorker: true, NoSchedule: true, CashStar: cards,
		Shopify: shopifytest.Options{BucketSize: 1e9, RestoreRate: 1e9, Faults: shopifytest.Faults{Next: shop.next}},
		Configure: func(c *config.Config) {
			c.CashStar.MaxRPS, c.CashStar.Timeout = 100, 40*time.Second // Both task queues have work.
			c.Poll.PageSize = 5
			c.Digest.RerunWait = *patience
			// The release before may not be able to read what is bound or compressed.
			c.Payload.BindNamespace, c.Payload.Compress = false, false
		},
	})
	workers := []*process{w.deploy(releases[0])}

	// What is complete, and what has failed.
	decline.Store(true)
	w.place(scenario.Single, scenario.TwoLines, scenario.UnknownMerchant, scenario.TwoLines, scenario.Mixed)
	w.poll()
	w.awaitFailed(3)
	decline.Store(false)

	issued := w.ledger()

	// What is in progress: a digest that waits for the orders that it reruns, orders, and a poll in the middle of its
	// work.
	issuer.shut()
	digest, err := w.Operator.DigestNow(w.ctx)
	require.NoError(t, err)
	underWay := w.place(slices.Repeat([]scenario.Kind{scenario.Single, scenario.SeveralUnits, scenario.TwoLines}, 7)...)
	shop.shutAfter(4) // The first page has the 5 orders from before.
	poll, err := w.Operator.PollNow(w.ctx)
	require.NoError(t, err)
	<-shop.reached
	underWay = underWay[:15]
	expected := -len(issued)
	for _, p := range w.Placed()[:5+len(underWay)] {
		expected += len(p.Cards)
	}
	w.await("all in flight", func() bool {
		waiting, retried := issuer.inFlight(issued)
		return waiting+retried == expected && waiting > 0 && retried > 0
	})

	var retried []string
	for _, p := range underWay {
		if issuer.retries(orderNumber(p)) {
			retried = append(retried, orderID(p))
		}
	}
	for i, letPass := range []func(){issuer.halve, issuer.open} {
		before := workers[len(workers)-1]
		replaced := i+1 < len(releases)
		if replaced && killed {
			before.kill()
		}
		if replaced {
			workers = append(workers, w.deploy(releases[i+1]))
		}
		shop.pass(func() { w.takeIn(i) })
		if replaced && !killed {
			before.stop()
		}
		shop.open()
		letPass()
		if replaced && !killed {
			before.ended()
		}
		// The digest checks its orders repeatedly. Of the orders, only the ones whose cards were lost with the first worker
		// show at once which worker has them, because the last step of the others may have been done by a worker that was
		// about to stop.
		lost := underWay
		if !killed || i > 0 {
			lost = nil
		}
		now := workers[len(workers)-1]
		w.await("taken over", func() bool {
			return now.was(w.lastTask(digest.WorkflowID)) && !slices.ContainsFunc(lost, func(p scenario.Placed) bool {
				return w.cardsOfOrder(p) > 0 && !now.was(w.lastTask(orderID(p)))
			})
		})
	}
	w.settle(4 + 21 + 2*duringChange)
	_, err = poll.Wait(w.ctx)
	require.NoError(t, err)
	first, err := digest.Wait(w.ctx)
	require.NoError(t, err)
	b := books{Digests: []reported{reportedBy(first, w.lastMail())}}
	b.Digests = append(b.Digests, reportedBy(w.digest(), w.lastMail()))

	for _, id := range append(retried, poll.WorkflowID, digest.WorkflowID) {
		tasks := w.tasks(id)
		require.True(t, workers[0].was(tasks[0]), "%s was not begun by the first worker", id)
		require.Equal(t, len(workers) == 1, workers[0].was(tasks[len(tasks)-1]), "who ended %s", id)
	}
	w.requireNoFailedTasks()
	b.Account = w.requireBalance()
	b.Account.AttemptsCutOff = 0
	b.Cards, b.Orders = w.ledger(), w.states()
	return b
}

// deploy deploys a release: its schedules, and then a worker of it, which is polling when deploy returns.
func (w *system) deploy(folder string, env ...string) *process {
	w.t.Helper()
	out, err := w.commandIn(w.ctx, folder, programs.Starter, env, []string{"schedules"}).CombinedOutput()
	require.NoError(w.t, err, string(out))
	return w.startProcessIn(folder, env...)
}

// duringChange is the number of orders that are taken in at a change.
const duringChange = 6

// takeIn has new orders taken in by whichever workers are running.
func (w *system) takeIn(change int) {
	w.t.Helper()
	since := time.Now()
	w.place(slices.Repeat([]scenario.Kind{scenario.Single, scenario.SeveralUnits}, duringChange/2)...)
	until := time.Now().Add(time.Duration(change+1) * time.Minute) // Each of these polls has an ID of its own.
	poll, err := w.Operator.PollWindow(w.ctx, since, until)
	require.NoError(w.t, err)
	_, err = poll.Wait(w.ctx)
	require.NoError(w.t, err)
}

func (w *system) cardsOfOrder(p scenario.Placed) int {
	n := 0
	for _, c := range w.Issuer.Cards() {
		if slices.ContainsFunc(p.Cards, func(e scenario.ExpectedCard) bool { return e.Target == c.Target }) {
			n++
		}
	}
	return n
}

// tasks returns the identities that did the workflow tasks of a workflow's newest run.
func (w *system) tasks(workflowID string) []string {
	w.t.Helper()
	return doneBy(w.history(workflowID, ""))
}

func (w *system) lastTask(workflowID string) string {
	w.t.Helper()
	tasks := w.tasks(workflowID)
	return tasks[len(tasks)-1]
}

// doneBy returns the identities that did the workflow tasks of a history, in order.
func doneBy(h *historypb.History) []string {
	var out []string
	for _, e := range h.GetEvents() {
		if a := e.GetWorkflowTaskCompletedEventAttributes(); a != nil {
			out = append(out, a.GetIdentity())
		}
	}
	return out
}

// was reports whether an identity is this worker's. The SDK's identity begins with the process ID.
func (p *process) was(identity string) bool {
	return strings.HasPrefix(identity, strconv.Itoa(p.PID())+"@")
}

// ledger returns the issuer's cards.
func (w *system) ledger() map[string]scenario.ExpectedCard {
	out := map[string]scenario.ExpectedCard{}
	for _, c := range w.Issuer.Cards() {
		out[c.AuditNumber] = scenario.ExpectedCard{
			Target: c.Target, Amount: c.InitialBalance, Currency: c.Currency, MerchantCode: c.MerchantCode,
		}
	}
	return out
}

// states returns the outcome of each order.
func (w *system) states() map[string]string {
	w.t.Helper()
	orders, err := w.Operator.ListOrders(w.ctx, orders.OrderFilter{})
	require.NoError(w.t, err)
	out := map[string]string{}
	for _, o := range orders {
		out[o.Name] = string(o.State)
		if o.Failure != nil {
			out[o.Name] += " " + o.Failure.Kind
		}
	}
	return out
}

// reportedBy returns what a digest said about orders that failed. It leaves out mixed orders, which are listed as often
// as polls have seen them.
func reportedBy(r workflows.DailyDigestResult, m mail) reported {
	states := m.states()
	delete(states, "mixed")
	return reported{Counts: []int{r.Failed, r.FailedNew, r.Recovered, r.Rerun}, States: states}
}
