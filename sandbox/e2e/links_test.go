package e2e_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/links"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// withLinks is a system whose digests have links, and the server of the pages behind them.
type withLinks struct {
	*system
	pages *httptest.Server
}

// startWithLinks starts a system whose digest does not run orders again before it is sent.
func startWithLinks(t *testing.T, o stack.Options) withLinks {
	t.Helper()
	var handler atomic.Pointer[http.Handler]
	pages := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*handler.Load()).ServeHTTP(w, r) }))
	t.Cleanup(pages.Close)
	configure := o.Configure
	o.Configure = func(c *config.Config) {
		c.Digest.Rerun = false
		c.Receiver.URL = pages.URL
		c.Links.Keys = links.SigningKeys{{ID: "k1", Secret: config.NewSecret(strings.Repeat("s", 32))}}
		if configure != nil {
			configure(c)
		}
	}
	w := start(t, o)
	page := app.ActionPage(w.Config, w.Operator, zerolog.Nop())
	handler.Store(&page)
	return withLinks{w, pages}
}

// links returns the links of an order in the newest mail: the one that runs it again, and the one that settles it. A link
// that the mail does not have is empty.
func (w withLinks) links(p scenario.Placed) (again, settle string) {
	w.t.Helper()
	text := w.lastMail().Text
	_, text, found := strings.Cut(text, "\n"+p.Name)
	require.True(w.t, found, "the mail does not list %s", p.Name)
	if next := regexp.MustCompile(`\n(#\d+|\S+\n-{3,})`).FindStringIndex(text); next != nil {
		text = text[:next[0]]
	}
	one := func(label string) string {
		m := regexp.MustCompile(label + `:\n  (http\S+/actions/\S+)`).FindStringSubmatch(text)
		if m == nil {
			return ""
		}
		return m[1]
	}
	return one("Run again"), one("Settle")
}

// get opens a link as a scanner does, and post as a person does who presses the button.
func (w withLinks) get(link string) (int, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.ctx, http.MethodGet, link, nil)
	require.NoError(w.t, err)
	return w.do(r)
}

func (w withLinks) post(link, note string) (int, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.ctx, http.MethodPost, link, strings.NewReader(url.Values{"note": {note}}.Encode()))
	require.NoError(w.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return w.do(r)
}

func (w withLinks) do(r *http.Request) (int, string) {
	w.t.Helper()
	answer, err := w.pages.Client().Do(r)
	require.NoError(w.t, err)
	defer func() { _ = answer.Body.Close() }()
	content, err := io.ReadAll(answer.Body)
	require.NoError(w.t, err)
	return answer.StatusCode, string(content)
}

// becomes waits until an order that has failed is in another state.
func (w withLinks) becomes(p scenario.Placed, state executions.State) {
	w.t.Helper()
	w.await(p.Name+" "+string(state), func() bool {
		order, err := w.Operator.Look(w.ctx, orderID(p))
		require.NoError(w.t, err)
		return order.State == state
	})
}

// used returns the number of uses of links on record.
func (w withLinks) used() int {
	w.t.Helper()
	return len(w.uses())
}

// uses returns the IDs of the workflows that the uses of links are.
func (w withLinks) uses() (ids []string) {
	w.t.Helper()
	page, err := w.plain.ListWorkflow(w.ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: w.Temporal.Namespace(), Query: "WorkflowType = '" + workflows.ActOnOrderType + "'",
	})
	require.NoError(w.t, err)
	for _, info := range page.GetExecutions() {
		ids = append(ids, info.GetExecution().GetWorkflowId())
		require.Regexp(w.t, `^action/[0-9a-f]{32}$`, ids[len(ids)-1])
	}
	return ids
}

// A link of the mail runs a failed order again, once, and only if nothing has happened to the order since. A scanner that
// follows it changes nothing.
func TestLinksRunAgain(t *testing.T) {
	t.Parallel()
	tr := trouble{of: map[string]cashstartest.Fault{"FIRST": declined, "SECOND": declined}}
	w := startWithLinks(t, stack.Options{CashStar: tr.options()})
	first, second := w.orderFor("FIRST", 1), w.orderFor("SECOND", 2)
	w.poll()
	w.awaitFailed(2)
	require.True(t, w.digest().Sent)
	again, _ := w.links(first)
	for range 2 {
		status, content := w.get(again)
		require.Equal(t, http.StatusOK, status)
		require.Contains(t, content, "Run order "+first.Name+" again?")
		require.Contains(t, content, "CardDeclined")
	}
	require.Zero(t, w.used())
	require.Len(t, w.runs(orderID(first)), 1)

	tr.cured.Store(true)
	status, content := w.post(again, "")
	require.Equal(t, http.StatusOK, status, content)
	require.Contains(t, content, "Running again: order "+first.Name)
	d := w.show(first, executions.Completed)
	require.Len(t, d.Result.Cards, 1)
	for range 2 {
		status, content = w.post(again, "")
		require.Equal(t, http.StatusGone, status)
		require.Contains(t, content, "This link was used")
	}
	require.Len(t, w.runs(orderID(first)), 2)
	require.Equal(t, 1, w.cardsOf("FIRST"))

	// The other order is run again at a prompt, and fails again: its link is out of date.
	tr.cured.Store(false)
	overtaken, settle := w.links(second)
	w.rerun(workflows.RerunOrdersInput{Orders: []string{orderID(second)}, Reason: "ada@desk"})
	w.show(second, executions.Failed)
	for _, link := range []string{overtaken, settle} {
		status, content = w.get(link)
		require.Equal(t, http.StatusGone, status)
		require.Contains(t, content, "This link is out of date")
		status, content = w.post(link, "refunded")
		require.Equal(t, http.StatusGone, status)
		require.Contains(t, content, "Nothing was done")
	}
	status, _ = w.post(overtaken[:len(overtaken)-4]+"AAAA", "")
	require.Equal(t, http.StatusNotFound, status)
	require.Len(t, w.runs(orderID(second)), 2)
	w.await("the use of the link in the list", func() bool { return w.used() == 1 })
}

// A link of the mail settles an order that failed, or that is left to people. The record says so, and which mail it was.
func TestLinksSettle(t *testing.T) {
	t.Parallel()
	w := startWithLinks(t, stack.Options{})
	failed, mixed := w.PlaceKind(scenario.UnknownMerchant), w.PlaceKind(scenario.Mixed)
	w.poll()
	w.awaitFailed(1)
	w.show(mixed, executions.Left)
	w.await("a mail with both orders", func() bool {
		return w.digest().Sent && len(w.lastMail().states()) == 2
	})
	day := regexp.MustCompile(`\d{4}-\d\d-\d\d`)
	for _, p := range []scenario.Placed{failed, mixed} {
		again, settle := w.links(p)
		require.Equal(t, p.Name == failed.Name, again != "", "nothing runs an order again that is left to people")
		status, content := w.post(settle, " ")
		require.Equal(t, http.StatusBadRequest, status, content)
		status, content = w.post(settle, "refunded, ticket 4711")
		require.Equal(t, http.StatusOK, status, content)
		d := w.show(p, executions.Settled)
		require.Equal(t, "refunded, ticket 4711", d.Left.Note)
		require.Regexp(t, `^link of the digest of `+day.String()+`$`, d.Left.By)
		require.Regexp(t, `(?m)^settled +by link of the digest of `+day.String()+`, `, w.ok("orders", "show", p.Name))
		status, content = w.get(settle)
		require.Equal(t, http.StatusGone, status)
		require.Contains(t, content, "By now, the order is settled.")
		if again != "" {
			status, content = w.post(again, "")
			require.Equal(t, http.StatusGone, status)
			require.Contains(t, content, "is settled")
		}
	}
	require.Equal(t, giftcard.Settled, w.show(mixed, executions.Settled).Left.Reason)
	require.False(t, w.digest().Sent, "nothing is left to report")
	require.Empty(t, w.Issuer.Cards())
}

// Without workers, a use of a link is recorded, and done when a worker is back. While failed orders are being run again,
// it waits.
func TestLinksWithoutWorkers(t *testing.T) {
	t.Parallel()
	tr := trouble{of: map[string]cashstartest.Fault{"LATER": declined}}
	w := startWithLinks(t, stack.Options{CashStar: tr.options()})
	failed, other := w.orderFor("LATER", 1), w.PlaceKind(scenario.UnknownMerchant)
	w.poll()
	w.awaitFailed(2)
	require.True(t, w.digest().Sent)
	again, _ := w.links(failed)
	_, settle := w.links(other)
	w.StopWorker()
	for link, action := range map[string]string{again: "run again", settle: "settled"} {
		status, content := w.post(link, "ticket 4711")
		require.Equal(t, http.StatusAccepted, status)
		require.Contains(t, content, action+" as soon as a worker is free")
		status, content = w.get(link)
		require.Equal(t, http.StatusGone, status)
		require.Contains(t, content, action+" as soon as a worker is free")
	}
	tr.cured.Store(true)
	require.NoError(t, w.StartWorker(w.ctx))
	w.becomes(failed, executions.Completed)
	w.becomes(other, executions.Settled)
	require.Equal(t, "ticket 4711", w.show(other, executions.Settled).Left.Note)
	require.Equal(t, 1, w.cardsOf("LATER"))
}

// No history, no list and no log has a link: whoever knows one can use it.
func TestLinksAreInTheMailAlone(t *testing.T) {
	t.Parallel()
	w := startWithLinks(t, stack.Options{Configure: plainly})
	p := w.PlaceKind(scenario.UnknownMerchant)
	w.poll()
	w.awaitFailed(1)
	_, d, err := w.tryDigest()
	require.NoError(t, err)
	_, settle := w.links(p)
	token := settle[strings.LastIndex(settle, "/")+1:]
	status, _ := w.post(settle, "ticket 4711")
	require.Equal(t, http.StatusOK, status)
	histories := w.history(d.WorkflowID, d.RunID).String()
	w.await("the use of the link in the list", func() bool { return w.used() == 1 })
	for _, id := range w.uses() {
		histories += w.history(id, "").String() + w.newest(id).String()
	}
	require.Contains(t, histories, "ticket 4711", "payloads are not encrypted here")
	require.NotContains(t, histories, token)
	require.NotContains(t, histories, token[:60])

	w.PlaceKind(scenario.UnknownMerchant)
	w.poll()
	w.awaitFailed(1)
	require.NotContains(t, w.ok("digest", "preview", "--html", "-"), "/actions/")
}

// Histories of uses of links: an order is run again and another is settled, a use waits for another re-run to end, and
// uses find that there is nothing to do.
func TestHistoriesOfLinks(t *testing.T) {
	t.Parallel()
	w := startWithLinks(t, stack.Options{Configure: plainly})
	placed := make([]scenario.Placed, 4)
	for i := range placed {
		placed[i] = w.PlaceKind(scenario.UnknownMerchant)
	}
	w.poll()
	w.awaitFailed(len(placed))
	require.True(t, w.digest().Sent)
	kept := func(name, link string) {
		known := w.uses()
		status, content := w.post(link, "ticket 4711")
		require.Contains(t, []int{http.StatusOK, http.StatusAccepted, http.StatusConflict}, status, content)
		var id string
		w.await("the use of the link in the list", func() bool {
			i := slices.IndexFunc(w.uses(), func(id string) bool { return !slices.Contains(known, id) })
			if i >= 0 {
				id = w.uses()[i]
			}
			return i >= 0
		})
		require.NoError(t, w.plain.GetWorkflow(w.ctx, id, "").Get(w.ctx, nil))
		w.keep(name, id, "")
	}
	again, _ := w.links(placed[0])
	kept("ActOnOrder/run-again", again)
	_, settle := w.links(placed[1])
	kept("ActOnOrder/settled", settle)

	// A workflow that no worker runs, for a while.
	_, err := w.plain.ExecuteWorkflow(w.ctx,
		client.StartWorkflowOptions{ID: workflows.RerunOrdersID, TaskQueue: "nobody"}, workflows.RerunOrdersType,
		workflows.RerunOrdersInput{})
	require.NoError(t, err)
	again, _ = w.links(placed[2])
	ended := time.AfterFunc(2*time.Second, func() {
		_ = w.plain.TerminateWorkflow(w.ctx, workflows.RerunOrdersID, "", "the test goes on")
	})
	defer ended.Stop()
	kept("ActOnOrder/waits-for-another-rerun", again)
	w.show(placed[2], executions.Failed)

	// The order is decided about between the look and the use.
	in := workflows.ActOnOrderInput{
		Order: orderID(placed[3]), RunID: w.newest(orderID(placed[3])).GetExecution().GetRunId(), Name: placed[3].Name, By: "link",
	}
	w.rerun(workflows.RerunOrdersInput{Orders: []string{orderID(placed[3])}, Reason: "ada@desk"})
	w.show(placed[3], executions.Failed)
	for action, name := range map[workflows.OrderAction]string{
		workflows.RunAgain: "ActOnOrder/run-again-too-late", workflows.SettleOrder: "ActOnOrder/settled-too-late",
	} {
		in.Action = action
		id := workflows.ActOnOrderID(string(action))
		run, err := w.Operator.Client.ExecuteWorkflow(w.ctx, client.StartWorkflowOptions{ID: id, TaskQueue: workflows.TaskQueue},
			workflows.ActOnOrderType, in)
		require.NoError(t, err)
		var out workflows.ActOnOrderResult
		require.NoError(t, run.Get(w.ctx, &out))
		require.Equal(t, workflows.ActOnOrderResult{LeftAlone: "it was run again, or decided about, meanwhile"}, out)
		w.keep(name, id, "")
	}
	in.Action = "issue"
	run, err := w.Operator.Client.ExecuteWorkflow(w.ctx,
		client.StartWorkflowOptions{ID: workflows.ActOnOrderID("unknown"), TaskQueue: workflows.TaskQueue}, workflows.ActOnOrderType, in)
	require.NoError(t, err)
	require.ErrorContains(t, run.Get(w.ctx, nil), "there is no action issue")
	w.keep("ActOnOrder/unknown-action", workflows.ActOnOrderID("unknown"), "")
}
