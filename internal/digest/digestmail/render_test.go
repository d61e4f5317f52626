package digestmail_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html/atom"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/digest/digestmail"
	"github.com/giftbridge/giftbridge/internal/digest/sheet"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

var update = flag.Bool("update", false, "write the golden files")

func TestRender(t *testing.T) {
	t.Parallel()
	for name, report := range map[string]digest.Report{"full": full(), "quiet": quiet(), "recovered": recovered(), "paused": paused()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := render(t, report)
			golden(t, name+".txt", []byte("Subject: "+m.Subject+"\n\n"+m.Text))
			golden(t, name+".html", []byte(m.HTML))
			golden(t, name+".csv", m.CSV)
			require.LessOrEqual(t, len([]rune(longest(m.Text))), 78)
		})
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, got, 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), "%s; -update writes it", path)
}

// A report goes through Temporal as JSON on its way to be rendered.
func TestRenderAfterJSON(t *testing.T) {
	t.Parallel()
	b, err := json.Marshal(full())
	require.NoError(t, err)
	var r digest.Report
	require.NoError(t, json.Unmarshal(b, &r))
	require.Equal(t, render(t, full()), render(t, r))
}

// A report of an earlier release is readable, and a report of this release adds fields only where there is something to
// say.
func TestReportOfAnEarlierRelease(t *testing.T) {
	t.Parallel()
	const earlier = `{"date":"2026-08-22T16:00:00Z","time_zone":"Europe/Rome","shop":"example.myshopify.com",` +
		`"namespace":"gift-cards","window":{},"failed_orders":[{"name":"#1001","order_id":"581001","kind":"Timeout",` +
		`"message":"late","attempts":2,"failed_at":"2026-08-22T15:00:00Z","age":3600000000000,"link":"https://ui.example.com/x",` +
		`"command":"temporal workflow reset","rerun":"failed_again"}],"recovered":[{"name":"#1002","order_id":"581002",` +
		`"kind":"Timeout"}],"retrying":[{"name":"#1003","order_id":"581003","activity":"IssueCard","since":"2026-08-22T14:00:00Z"}],` +
		`"watermark":{},"left":[{"name":"#1004","order_id":"581004","reason":"mixed","cards":1}],"issued":{"orders":0,"cards":0}}`
	var r digest.Report
	require.NoError(t, json.Unmarshal([]byte(earlier), &r))
	again, err := json.Marshal(r)
	require.NoError(t, err)
	require.JSONEq(t, earlier, string(again))
	m := render(t, r)
	for _, name := range []string{"#1001", "#1002", "#1003", "#1004"} {
		require.Contains(t, m.Text, "\n"+name)
		require.Contains(t, m.HTML, name)
	}
}

func TestRenderTwiceIsTheSame(t *testing.T) {
	t.Parallel()
	first := render(t, full())
	for range 5 { // The order of maps differs each time.
		require.Equal(t, first, render(t, full()))
	}
}

func TestRenderInItsZone(t *testing.T) {
	t.Parallel()
	r := quiet()
	r.Date = time.Date(2026, 8, 22, 23, 30, 0, 0, time.UTC)
	require.Contains(t, render(t, r).Text, "Sunday, 23 August 2026", "it is past midnight in Rome")
	r.TimeZone = ""
	m := render(t, r)
	require.Contains(t, m.Text, "Saturday, 22 August 2026")
	require.Contains(t, m.Text, "All times are in UTC.")
	r.TimeZone = "Europe/Nowhere"
	_, err := digestmail.Render(r)
	require.ErrorContains(t, err, "load time zone")
}

// A winter order in a summer digest shows its local winter time.
func TestRenderAcrossTheClockChange(t *testing.T) {
	t.Parallel()
	r := quiet()
	o := order("1001", giftcard.Timeout, "late", 0)
	o.FailedAt = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	r.FailedOrders = []digest.FailedOrder{o}
	m := render(t, r)
	require.Contains(t, m.Text, "Failed 1 Mar 2026 13:00")
	require.Contains(t, string(m.CSV), "2026-03-01 13:00:00")
}

func TestRenderWithWhatIsKnown(t *testing.T) {
	t.Parallel()
	r := quiet()
	r.Window = digest.Window{To: evening}
	r.Watermark = digest.Watermark{Stale: true}
	r.FailedOrders = []digest.FailedOrder{{OrderID: "581001"}}
	r.Retrying = []digest.RetryingOrder{{Name: "#1002"}}
	m := render(t, r)
	require.Contains(t, m.Text, "\nUntil 22 Aug 2026 18:00\n")
	require.Contains(t, m.Text, "giftbridge has not been able to look for orders yet: no order has been seen.\n")
	require.Contains(t, m.Text, "\norder 581001\n  Unknown\n  Failed.\n")
	require.Contains(t, m.Text, "\n#1002\n  In progress.\n")
	r.Window, r.Watermark = digest.Window{}, digest.Watermark{}
	m = render(t, r)
	require.NotContains(t, m.Text, "Until")
	require.NotContains(t, m.Text, "been seen")
}

func TestEveryKindIsExplained(t *testing.T) {
	t.Parallel()
	seen := map[string]giftcard.Kind{}
	for _, k := range append([]giftcard.Kind{"Panic"}, giftcard.Kinds...) {
		r := quiet()
		r.FailedOrders = []digest.FailedOrder{order("1001", k, "", time.Hour)}
		m := render(t, r)
		_, rest, ok := strings.Cut(m.Text, "===\n\n")
		require.True(t, ok, k)
		explanation, _, ok := strings.Cut(rest, "\n#1001")
		require.True(t, ok, k)
		explanation = strings.ReplaceAll(explanation, string(k), "")
		require.Empty(t, seen[explanation], "%s is explained like another kind", k)
		seen[explanation] = k
		require.Equal(t, k == "Panic", strings.Contains(explanation, "was not foreseen"), k)
		for _, body := range []string{m.Text, m.HTML} {
			require.Contains(t, body, k, "the runbook calls it so")
			require.NotContains(t, explanation, "CashStar", "the issuer's name is not known here")
		}
	}
}

// An order of which somebody took back that it is settled needs the shop: in a group of its own, which explains what
// happened, with a command for each decision.
func TestReopenedOrders(t *testing.T) {
	t.Parallel()
	reopened := func(id string) digest.LeftOrder {
		return digest.LeftOrder{
			Name: "#" + id, OrderID: "58" + id, Reason: giftcard.Reopened, Cards: 1, Amount: "50.00", Currency: "USD",
			Link: admin + "58" + id,
		}
	}
	r := quiet()
	r.Left = []digest.LeftOrder{reopened("1007")}
	m := render(t, r)
	require.Equal(t, "[giftbridge] 1 order waits, 50.00 USD; it needs you; new", m.Subject)
	require.Contains(t, m.Text, `
You: 1 order, 1 card, 50.00 USD
===============================

Settled by hand, and taken back
-------------------------------
1 order, 1 card, 50.00 USD
Somebody had recorded that these orders are settled, and took that back. Find
out whether a card is owed. giftbridge issues it only on request.

To have giftbridge issue its cards:
  giftbridge orders release '#1007'

To settle it again, with the reason in place of WHY:
  giftbridge orders settle '#1007' --note WHY

#1007: 1 card, 50.00 USD
  https://example.myshopify.com/admin/orders/581007
`)
	var commands []string
	for _, pre := range all(document(t, m.HTML), atom.Pre) {
		commands = append(commands, content(pre))
	}
	require.Equal(t, []string{"giftbridge orders release '#1007'", "giftbridge orders settle '#1007' --note WHY"}, commands)
	row := parse(t, m.CSV)[1]
	require.Equal(t, []string{"reopened", "shop", "#1007", "1", "50.00", "USD", "", "Settled by hand, and taken back"}, row[:8])

	r.Left = append(r.Left, reopened("1008"))
	m = render(t, r)
	text := strings.Join(strings.Fields(m.Text), " ")
	require.Contains(t, text, "one of them, such as the first: giftbridge orders release '#1007' To settle one of them again, "+
		"such as the first, with the reason in place of WHY: giftbridge orders settle '#1007' --note WHY #1007")
	require.Contains(t, m.Text, "\n#1008: 1 card, 50.00 USD\n")
}

// Orders are grouped by who has to act, and what each party has to do is added up.
func TestGroupedByWhoHasToAct(t *testing.T) {
	t.Parallel()
	r := many(13)
	r.Mixed, r.Native, r.Left, r.FailedPolls = nil, nil, nil, nil
	heads := regexp.MustCompile(`(?m)^((?:.+\n)+)=+$`).FindAllStringSubmatch(render(t, r).Text, -1)
	var got []string
	for _, h := range heads {
		got = append(got, strings.Join(strings.Fields(h[1]), " "))
	}
	require.Equal(t, []string{
		"You: 3 orders, 6 cards, 75.00 EUR and 75.00 GBP",
		"The issuer of the cards: 3 orders, 6 cards, 150.00 USD",
		"The operator of giftbridge: 4 orders, 7 cards, 25.00 EUR, 75.00 GBP and 75.00 USD",
		"Nobody (giftbridge tries again): 3 orders, 6 cards, 50.00 EUR and 100.00 USD",
	}, got)
	require.Regexp(t, "^13 orders, 25 cards, 150.00 EUR, 150.00 GBP and 325.00 USD are", render(t, r).Text)
	r.Reruns = false
	m := render(t, r)
	require.Contains(t, m.Text, "\nReady to be run again: 3 orders, ")
	require.NotContains(t, m.Text, "before each of these mails")
}

// The audit numbers of cards that have to be looked up are in the mail, unless the message has them. The CSV has all.
func TestAuditNumbers(t *testing.T) {
	t.Parallel()
	var many []string
	for i := range 12 {
		many = append(many, fmt.Sprint("SBX", 100+i))
	}
	for name, tt := range map[string]struct {
		kind    giftcard.Kind
		message string
		numbers []string
		want    string
	}{
		"one":                  {giftcard.OutcomeUnknown, "lost", many[:1], " Audit number SBX100 Failed"},
		"two":                  {giftcard.UnexpectedResponse, "odd", many[:2], " Audit numbers SBX100, SBX101 Failed"},
		"many":                 {giftcard.OutcomeUnknown, "lost", many, " SBX109 and 2 more Failed"},
		"in the message":       {giftcard.OutcomeUnknown, "SBX100 was lost", many[:1], ""},
		"nothing to look up":   {giftcard.Timeout, "late", many[:1], ""},
		"none, as in the past": {giftcard.OutcomeUnknown, "lost", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := quiet()
			o := order("1001", tt.kind, tt.message, time.Hour)
			o.AuditNumbers = tt.numbers
			r.FailedOrders = []digest.FailedOrder{o}
			m := render(t, r)
			require.Contains(t, strings.Join(strings.Fields(m.Text), " "), tt.want)
			require.Equal(t, tt.want != "", strings.Contains(m.Text, "  Audit number"))
			require.Equal(t, strings.Join(tt.numbers, " "), parse(t, m.CSV)[1][17])
		})
	}
}

func TestRenderThousands(t *testing.T) {
	t.Parallel()
	r := quiet()
	for i := range 5000 {
		r.FailedOrders = append(r.FailedOrders, order(fmt.Sprint(10000+i), giftcard.Timeout, strings.Repeat("late ", 1000),
			time.Duration(i)*time.Minute))
		r.FailedPolls = append(r.FailedPolls, digest.FailedPoll{At: evening, Message: "down"})
		r.Mixed = append(r.Mixed, fmt.Sprint("#M", i))
	}
	r.FailedTotal = 5100
	m := render(t, r)
	shown := strings.Count(m.Text, "\n#1")
	require.Equal(t, shown, strings.Count(m.HTML, `<a href="https://example.myshopify.com/admin/orders/`))
	require.Greater(t, shown, 80)
	require.Equal(t, shown, strings.Count(m.Text, "\n#M"), "each group gets the same number of rows")
	for _, body := range []string{m.Text, m.HTML} {
		require.Equal(t, 2, strings.Count(body, fmt.Sprintf("and %s more: see the attached CSV", thousands(5000-shown))))
		require.Contains(t, body, "and 4,995 more: see the attached CSV")
		require.Contains(t, body, "100 orders more failed and are not in this mail")
		require.Contains(t, body, fmt.Sprintf("This mail lists %d of 10,000 orders. The attached CSV has all of them.", 2*shown))
		require.Less(t, len(body), clipped)
	}
	require.Less(t, len(m.CSV), 6<<20)
	records := parse(t, m.CSV)
	require.Len(t, records, 1+3*5000)
	require.Equal(t, "#10000", records[1][2])
	require.Equal(t, "#14999", records[5000][2])
}

func thousands(n int) string { return fmt.Sprintf("%d,%03d", n/1000, n%1000) }

// parse reads a CSV as Excel does: without a byte order mark it is not read as UTF-8.
func parse(t require.TestingT, b []byte) [][]string {
	b, marked := bytes.CutPrefix(b, []byte("\xef\xbb\xbf"))
	require.True(t, marked, "a byte order mark")
	records, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	require.NoError(t, err)
	require.Equal(t, sheet.Columns, records[0])
	return records
}

func TestLinksLeadToTheWeb(t *testing.T) {
	t.Parallel()
	for _, link := range []string{
		"javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//example.com", "/relative", "https://", "%", "",
		"http://name:secret@example.com/", "http://example.com/" + strings.Repeat("x", 3000),
	} {
		r := recovered()
		r.Recovered[0].ShopLink, r.Recovered[0].Link = link, link
		m := render(t, r)
		require.NotContains(t, m.HTML, "<a ", link)
		require.NotContains(t, m.Text, "  http", link)
		for _, record := range parse(t, m.CSV)[1:] {
			require.Empty(t, record[14]+record[18], link)
		}
	}
	r := recovered()
	r.Recovered[0].ShopLink = "https://example.com/a b\u202e?x=\"><script>"
	m := render(t, r)
	require.Contains(t, m.Text, "https://example.com/a%20b%E2%80%AE?x=")
	require.NotContains(t, m.HTML, "<script")
}

// A command is exact or absent.
func TestCommandsAreExact(t *testing.T) {
	t.Parallel()
	for _, c := range []string{
		"giftbridge \u202e", "giftbridge \xff", "giftbridge 'a  b'", "giftbridge\treset", "giftbridge reset\nrm x", strings.Repeat("x", 3000),
	} {
		r := quiet()
		r.FailedOrders = []digest.FailedOrder{{Name: "x", Command: c}}
		m := render(t, r)
		require.NotContains(t, m.Text, "To run it again", c)
		require.Empty(t, parse(t, m.CSV)[1][15], c)
		require.NotContains(t, m.HTML, "<pre>", c)
	}
}
