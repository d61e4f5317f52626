package digestmail_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/digest/digestmail"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// address is as long as a real one.
func address(action string) func(digest.Run) string {
	return func(r digest.Run) string {
		return "https://cards.example.com/actions/" + action + "-" + r.RunID + strings.Repeat("x", 150)
	}
}

var links = digestmail.Links{Again: address("again"), Settle: address("settle"), Validity: "3 days"}

// withRuns names the run of each order in a report, as reports do.
func withRuns(r digest.Report) digest.Report {
	for i := range r.FailedOrders {
		o := &r.FailedOrders[i]
		o.Run = digest.Run{WorkflowID: "gift-card-order/shop/" + o.OrderID, RunID: "run-" + o.OrderID}
		o.RunsAgain = o.Kind.Curable() || !digest.Explained(o.Kind)
	}
	for i := range r.Left {
		r.Left[i].Run = digest.Run{WorkflowID: "gift-card-order/shop/" + r.Left[i].OrderID, RunID: "run-" + r.Left[i].OrderID}
	}
	return r
}

// The mails of an installation with links, on a bad day and on the worst days. The CSV, which is passed on, has none.
func TestMailsWithLinks(t *testing.T) {
	t.Parallel()
	for _, n := range []int{12, 5000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			r := withRuns(many(n))
			m, err := digestmail.RenderWith(r, links)
			require.NoError(t, err)
			require.Less(t, len(m.HTML), clipped)
			require.NotContains(t, string(m.CSV), "/actions/")
			require.LessOrEqual(t, len([]rune(longest(m.Text))), 78)
			if n == 12 {
				golden(t, "links.txt", []byte("Subject: "+m.Subject+"\n\n"+m.Text))
				golden(t, "links.html", []byte(m.HTML))
			}
			for _, action := range []string{"/actions/again-", "/actions/settle-"} {
				require.Positive(t, strings.Count(m.HTML, action))
				require.Equal(t, strings.Count(m.HTML, action), strings.Count(m.Text, action))
			}
		})
	}
}

// Without links, the mail is the same to the byte whether or not the runs of the orders are known.
func TestMailWithoutLinks(t *testing.T) {
	t.Parallel()
	without := render(t, many(12))
	require.Equal(t, without, render(t, withRuns(many(12))))
	none, err := digestmail.RenderWith(withRuns(many(12)), digestmail.Links{})
	require.NoError(t, err)
	require.Equal(t, without, none)
	unnamed, err := digestmail.RenderWith(many(12), links)
	require.NoError(t, err)
	require.Equal(t, without, unnamed, "nothing is said of links if no order has one")
}

// An order that a re-run does not cure can only be settled, and one that is running again has no link.
func TestLinksFitTheOrder(t *testing.T) {
	t.Parallel()
	r := quiet()
	cured, stuck := order("1001", giftcard.Timeout, "late", 0), order("1002", giftcard.InvalidRequest, "no address", 0)
	running := order("1003", giftcard.Timeout, "late", 0)
	running.Rerun = digest.StillRunning
	r.FailedOrders = []digest.FailedOrder{cured, stuck, running}
	r.Left = []digest.LeftOrder{
		{Name: "#1004", OrderID: "581004", Reason: giftcard.MixedOrder}, {Name: "#1005", OrderID: "581005", Reason: giftcard.NativeGiftCard},
	}
	r = withRuns(r)
	r.FailedOrders[1].RunsAgain = false
	m, err := digestmail.RenderWith(r, links)
	require.NoError(t, err)
	for _, body := range []string{m.Text, m.HTML} {
		for _, link := range []string{"again-run-581001", "settle-run-581001", "settle-run-581002", "settle-run-581004", "settle-run-581005"} {
			require.Equal(t, 1, strings.Count(body, link), link)
		}
		for _, link := range []string{"again-run-581002", "run-581003", "again-run-581004", "again-run-581005"} {
			require.NotContains(t, body, link)
		}
	}
	require.Contains(t, strings.Join(strings.Fields(m.Text), " "), "The links work for 3 days and once")

	hostile := digestmail.Links{Again: func(digest.Run) string { return "javascript:alert(1)" }, Settle: func(digest.Run) string { return "" }}
	m, err = digestmail.RenderWith(r, hostile)
	require.NoError(t, err)
	require.Equal(t, render(t, r), m)
}
