package e2e_test

import (
	"flag"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/giftbridge/giftbridge/internal/executions"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/digest/digestmail"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/mail/mailtest"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// A temporary failure of the mail server loses no digest. If the server took the mail and could not say so, the same
// mail is sent again; otherwise it is sent once.
func TestDigestThroughMailTrouble(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{Configure: func(c *config.Config) { c.Digest.Rerun = false }})
	w.place(scenario.UnknownMerchant)
	w.poll()
	w.awaitFailed(1)
	tests := []struct {
		name  string
		fault mailtest.Fault
		mails int
	}{
		{"slow", mailtest.Fault{Kind: mailtest.Slow, Delay: 2 * time.Second}, 1},
		{"slow to greet", mailtest.Fault{Kind: mailtest.Silent, Delay: 2 * time.Second}, 1},
		{"down", mailtest.Fault{Kind: mailtest.Down}, 1},
		{"greylisting", mailtest.Fault{Kind: mailtest.Greylist}, 1},
		{"gone in the middle of the mail", mailtest.Fault{Kind: mailtest.CloseMidData}, 1},
		{"gone before it says goodbye", mailtest.Fault{Kind: mailtest.CloseAtQuit}, 1},
		{"gone before it says that it has the mail", mailtest.Fault{Kind: mailtest.CloseBeforeReply}, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w.Mail.Clear()
			w.Mail.Fail(tt.fault)
			out, d, err := w.tryDigest()
			require.NoError(t, err)
			require.True(t, out.Sent)
			mails := w.Mail.Messages()
			require.Len(t, mails, tt.mails)
			at := w.sendInput(d.WorkflowID).At
			for _, m := range mails {
				require.Equal(t, "<digest."+at.Format("20060102T150405Z")+"@sandbox.myshopify.com>",
					w.read(m).Header.Get("Message-Id"))
				require.Len(t, w.read(m).rows, 1)
			}
		})
	}
}

// A digest that cannot be sent fails visibly. The next digest reports what it would have reported, because it begins
// where the last digest that was sent ended.
func TestDigestRefused(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{Configure: func(c *config.Config) { c.Digest.Rerun = false }})
	w.place(scenario.UnknownMerchant)
	w.poll()
	w.awaitFailed(1)
	first, d, err := w.tryDigest()
	require.NoError(t, err)
	in := w.sendInput(d.WorkflowID)
	require.Equal(t, in.At.Add(-24*time.Hour), in.Since, "the first digest looks back for a day")
	requireTimeline(t, w.history(d.WorkflowID, ""),
		"WorkflowExecutionStarted",
		"ActivityTaskScheduled SendDigest", "ActivityTaskStarted", "ActivityTaskCompleted",
		"WorkflowExecutionCompleted")

	mixed := w.PlaceKind(scenario.Mixed)
	w.poll()
	for _, kind := range []mailtest.FaultKind{mailtest.RefuseRecipient, mailtest.RefuseMail, mailtest.RefuseSender} {
		w.Mail.Fail(mailtest.Fault{Kind: kind})
		_, d, err = w.tryDigest()
		require.ErrorContains(t, err, "InvalidRequest: sending the digest: send mail: ")
		require.NotContains(t, err.Error(), "example.com")
		require.Equal(t, "Failed", w.newest(d.WorkflowID).GetStatus().String())
		require.Equal(t, first.Until, w.sendInput(d.WorkflowID).Since)
		requireTimeline(t, w.history(d.WorkflowID, ""),
			"WorkflowExecutionStarted",
			"ActivityTaskScheduled SendDigest", "ActivityTaskStarted", "ActivityTaskFailed",
			"WorkflowExecutionFailed")
	}
	require.Len(t, w.Mail.Messages(), 1)

	// The poll that left an order out appears only in reports that are made at least ten seconds after it.
	w.Mail.Fail(mailtest.Fault{Kind: mailtest.Greylist, Times: 2})
	last, d, err := w.tryDigest()
	require.NoError(t, err)
	require.Equal(t, first.Until, w.sendInput(d.WorkflowID).Since)
	require.True(t, last.Until.After(first.Until))
	require.Equal(t, map[string][]string{"failed": {"#1001"}, "mixed": {mixed.Name}}, w.lastMail().states())

	_, d, err = w.tryDigest()
	require.NoError(t, err)
	require.Equal(t, last.Until, w.sendInput(d.WorkflowID).Since)
	require.Equal(t, map[string][]string{"failed": {"#1001"}}, w.lastMail().states())
	require.Equal(t, "no", w.lastMail().row(w, "#1001")["new"])
}

// failedOrders is small enough for everyday use; docs/architecture.md has the figures for 5,000.
var failedOrders = flag.Int("failed-orders", 230, "how many failed orders TestDigestOfManyOrders makes, more than 200")

// Hundreds of failed orders make a readable mail, and none of them is in the digest's history.
func TestDigestOfManyOrders(t *testing.T) {
	t.Parallel()
	orders := *failedOrders
	w := start(t, stack.Options{Shopify: unlimited()})
	w.place(slices.Repeat([]scenario.Kind{scenario.UnknownMerchant}, orders)...)
	w.poll()
	w.awaitFailed(orders)
	out, d, err := w.tryDigest()
	require.NoError(t, err)
	require.Equal(t, []int{orders, orders, orders}, []int{out.Failed, out.FailedNew, out.Rerun})

	m := w.lastMail()
	require.Contains(t, m.Subject, "[giftbridge] "+printed(orders)+" orders wait, ")
	require.Len(t, m.rows, orders)
	for _, r := range m.rows {
		require.Equal(t, "failed_again", r["rerun"], r["order"])
	}
	require.Less(t, len(m.HTML), 100_000, "Gmail shows all of it")
	shown := strings.Count(m.Text, "/admin/orders/")
	require.Greater(t, shown, 100)
	for _, body := range []string{m.Text, m.HTML} {
		require.Equal(t, shown, strings.Count(body, "/admin/orders/"))
		require.Contains(t, body, "and "+printed(orders-shown)+" more: see the attached CSV")
		require.Equal(t, 1, strings.Count(body, "giftbridge orders retry --all-failed --kind MerchantUnknown"))
	}

	for _, id := range []string{d.WorkflowID, workflows.RerunOrdersID} {
		info := w.newest(id)
		t.Logf("%s: %d events, %d bytes", id, info.GetHistoryLength(), info.GetHistorySizeBytes())
		require.Less(t, info.GetHistoryLength(), int64(60+orders/10))
		require.Less(t, info.GetHistorySizeBytes(), int64(20_000+10*orders))
	}
	count, err := w.plain.CountWorkflow(w.ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: w.Temporal.Namespace(), Query: "WorkflowType = 'GiftCardOrder'",
	})
	require.NoError(t, err)
	require.Equal(t, int64(2*orders), count.GetCount(), "each order was run again once")
	require.Empty(t, w.Issuer.Cards())
}

// printed formats a number as mails do.
func printed(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}

// A recipient that the mail server refuses is reported in the result, by status, and in the next mail.
func TestDigestThatDidNotReachEverybody(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{Configure: func(c *config.Config) {
		c.Digest.Rerun, c.Digest.To = false, config.List{"operations@example.com", "gone@example.com"}
	}})
	w.place(scenario.UnknownMerchant)
	w.poll()
	w.awaitFailed(1)
	w.Mail.Fail(mailtest.Fault{Kind: mailtest.RefuseRecipient, Recipient: "gone@example.com"})
	first := w.digest()
	require.True(t, first.Sent)
	require.Contains(t, first.Refused, "recipient 2 of 2")
	require.NotContains(t, first.Refused, "example.com")
	require.Contains(t, w.starter(nil, "status").stdout, "the last digest did not reach all recipients")
	require.Empty(t, w.digest().Refused)
	require.Contains(t, w.lastMail().Text, "THE LAST DIGEST DID NOT REACH ALL RECIPIENTS")
	require.Contains(t, w.lastMail().Text, "recipient 2 of 2")
	w.digest()
	require.NotContains(t, w.lastMail().Text, "DID NOT REACH ALL RECIPIENTS")
}

// An order whose cards were issued counts once, whoever runs it again, and whenever.
func TestDigestCountsOrdersOnce(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{})
	issued := w.PlaceKind(scenario.SeveralUnits)
	failed := w.PlaceKind(scenario.UnknownMerchant) // It makes the digests wait until reports include what has just ended.
	w.poll()
	d := w.show(issued, executions.Completed)
	w.show(failed, executions.Failed)
	cards := fmt.Sprintf("1 order, %d cards", len(issued.Cards))
	again := func() {
		run := w.newest(orderID(issued)).GetExecution().GetRunId()
		w.resetRun(orderID(issued), run, firstTask)
		w.await("run again", func() bool { return w.newest(orderID(issued)).GetExecution().GetRunId() != run })
		w.show(issued, executions.Completed)
	}
	again()
	w.digest()
	require.Contains(t, w.lastMail().Text, cards)
	again()
	w.digest()
	require.Contains(t, w.lastMail().Text, "0 orders, 0 cards")
	require.Len(t, d.Result.Cards, len(issued.Cards))
}

// An order that fails for the first time while a digest reruns others is not reported as rerun.
func TestDigestOfAnOrderThatFailsMeanwhile(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{})
	before := w.PlaceKind(scenario.UnknownMerchant)
	w.poll()
	d := w.show(before, executions.Failed)
	since := time.Now().UTC()
	meanwhile := w.PlaceKind(scenario.UnknownMerchant)
	w.poll()
	w.show(meanwhile, executions.Failed)
	retried := w.starter(nil, "orders", "retry", before.Name, "--yes", "--force")
	require.Equal(t, cli.ExitOK, retried.code, retried.stderr)
	w.failsAgain(before, d.RunID)
	w.awaitFailed(3)
	report, err := w.Operator.Report(w.ctx, activities.ReportInput{Since: since.Add(-time.Hour), RerunSince: since})
	require.NoError(t, err)
	reruns := map[string]digest.RerunOutcome{}
	for _, o := range report.FailedOrders {
		reruns[o.Name] = o.Rerun
	}
	require.Equal(t, map[string]digest.RerunOutcome{
		before.Name: digest.FailedAgain, meanwhile.Name: digest.NotTried,
	}, reruns)
}

// The report says why giftbridge cannot look for new orders while it is still trying, and not only once it has given up.
func TestReportOfAPollThatKeepsFailing(t *testing.T) {
	t.Parallel()
	var down atomic.Bool
	w := start(t, stack.Options{Shopify: shopifytest.Options{Faults: shopifytest.Faults{
		Next: func(kind string) *shopifytest.Fault {
			if kind != "orders" || !down.Load() {
				return nil
			}
			return &shopifytest.Fault{Kind: shopifytest.FaultStatus, Status: http.StatusServiceUnavailable}
		},
	}}})
	down.Store(true)
	poll, err := w.Operator.PollNow(w.ctx)
	require.NoError(t, err)
	report := func() digest.Report {
		r, err := w.Operator.Report(w.ctx, activities.ReportInput{Since: time.Now().Add(-time.Hour)})
		require.NoError(t, err)
		return r
	}
	var trying digest.Report
	w.await("being tried again", func() bool {
		trying = report()
		return trying.Polling != nil && trying.Polling.Attempt > 1
	})
	require.Equal(t, giftcard.Unavailable, trying.Polling.Kind)
	require.Contains(t, trying.Polling.Message, "503")
	require.WithinDuration(t, time.Now(), trying.Polling.Since, time.Minute)
	trying.Watermark.Stale = true
	mail, err := digestmail.Render(trying)
	require.NoError(t, err)
	require.Contains(t, strings.Join(strings.Fields(mail.Text), " "), "giftbridge has been trying to look for new orders since ")

	down.Store(false)
	_, err = poll.Wait(w.ctx)
	require.NoError(t, err)
	w.await("no longer reported", func() bool { return report().Polling == nil })
}
