package digestmail_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// clipped is the size of the HTML in bytes from which Gmail may clip a mail: it does so at 102 kB.
const clipped = 100_000

// says are messages of failed orders, as activities and executions make them.
var says = map[giftcard.Kind]string{
	giftcard.MerchantUnknown: "order %s, looking up its merchant: customer 1014 is not one of CashStar's 40 merchants: it " +
		"has to be added at CashStar",
	giftcard.MerchantAmbiguous:  "order %s, looking up its merchant: customer 1015 fits 2 of CashStar's merchants: A1, B2",
	giftcard.InvalidRequest:     "order %s, card 1: the recipient's e-mail address is missing",
	giftcard.OrderChanged:       "order %s, card 1: it was cancelled; no card was issued for it",
	giftcard.Unauthorized:       "order %s, card 1: CashStar: create order: refused: HTTP 401: wrong password",
	giftcard.CardDeclined:       "order %s, card 1: CashStar: create order: refused: HTTP 402: Guthaben zu niedrig für Händler",
	giftcard.UnexpectedResponse: "order %s, card 1: CashStar: create order: the card is another merchant's",
	giftcard.OutcomeUnknown:     "order %s, card 1: CashStar's answer was lost; look up audit number %s there",
	giftcard.RateLimited:        "order %s, card 1: CashStar: create order: refused: HTTP 420: slow down",
	giftcard.Unavailable:        "order %s, card 1: CashStar: create order: refused: HTTP 503: the service is not available",
	giftcard.Timeout:            "order %s, card 1: CashStar: create order: no answer within 30s",
	"Terminated":                "somebody terminated it: asked by Ann",
	"Canceled":                  "somebody cancelled it",
}

// many is a report of n failed orders, which take turns with all kinds of failure and three currencies. From 12 orders
// on, it has everything else that a report can contain, too.
func many(n int) digest.Report {
	r := quiet()
	kinds := append([]giftcard.Kind{"Terminated", "Canceled"}, giftcard.Kinds...)
	for i := range n {
		kind, name, number := kinds[(i+2)%len(kinds)], fmt.Sprint("#", 1001+i), fmt.Sprint(5000000001001+i)
		audit := fmt.Sprintf("SBX%s-N4MZOLDBD3K%d", number, i%10)
		age := time.Duration(i+1) * 37 * time.Minute
		cards := 1 + i%3
		o := digest.FailedOrder{
			Name: name, OrderID: number, Kind: kind, Attempts: 1 + i%4, FailedAt: evening.Add(-age), Age: age,
			Message: strings.NewReplacer("%s there", audit+" there", "%s", name).Replace(says[kind]),
			Worth: digest.Worth{
				Cards: cards, Amount: fmt.Sprintf("%d.00", 25*cards), Currency: []string{"USD", "USD", "EUR", "GBP"}[i%4],
			},
			New: age < 24*time.Hour, ExpiresAt: evening.Add(30*24*time.Hour - age), AuditNumbers: []string{audit},
			ShopLink: admin + number, Link: ui + number + "/0198c7a2-7b1e-7c3f-9a52-5d1f5f0e6b11/history",
		}
		if kind.Curable() {
			o.Rerun = []digest.RerunOutcome{digest.FailedAgain, digest.StillRunning}[i%20/19]
		}
		o.Command = digest.Command(o, kind.Curable())
		r.FailedOrders = append(r.FailedOrders, o)
	}
	if n >= 12 {
		everything := full()
		r.Recovered, r.Retrying, r.FailedPolls = everything.Recovered, everything.Retrying, everything.FailedPolls
		r.Left, r.LeftBefore, r.Mixed, r.Native = everything.Left, everything.LeftBefore, everything.Mixed, everything.Native
	}
	return r
}

// The mails that people get on a day with one failed order, on a bad day, and on the worst days.
func TestMails(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 12, 250, 5000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			m := render(t, many(n))
			name := fmt.Sprint("orders-", n)
			golden(t, name+".txt", []byte("Subject: "+m.Subject+"\n\n"+m.Text))
			golden(t, name+".html", []byte(m.HTML))
			golden(t, name+".csv", abridged(m.CSV))
			require.Less(t, len(m.HTML), clipped)
			require.LessOrEqual(t, utf8.RuneCountInString(m.Subject), 60)
			require.LessOrEqual(t, len([]rune(longest(m.Text))), 78)
		})
	}
}

// abridged returns a table as it is, or the beginning, the end and the hash of a long one.
func abridged(table []byte) []byte {
	const ends = 20
	lines := bytes.SplitAfter(table, []byte("\n"))
	if len(lines) < 1000 {
		return table
	}
	out := bytes.Join(lines[:ends], nil)
	out = fmt.Appendf(out, "[%d bytes, SHA-256 %x]\r\n", len(table), sha256.Sum256(table))
	return append(out, bytes.Join(lines[len(lines)-ends:], nil)...)
}

// Every order is in the mail, or the mail says how many are in the CSV only.
func TestMailsAccountForEveryOrder(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 12, 250, 5000} {
		m := render(t, many(n))
		for _, body := range []string{m.Text, visible(t, m.HTML)} {
			listed, left := 0, 0
			for line := range strings.Lines(body) {
				var more string
				if _, err := fmt.Sscanf(line, "and %s more: see the attached CSV", &more); err == nil {
					left += digits(t, more)
				}
				if strings.HasPrefix(line, "#1") {
					listed++
				}
			}
			require.Equal(t, len(parse(t, m.CSV))-1-len(many(n).FailedPolls), listed+left, n)
			require.Equal(t, left > 0, strings.Contains(strings.Join(strings.Fields(body), " "), "The attached CSV has all of them."))
			if n == 5000 {
				require.Greater(t, listed, 150, "the mail uses the space that it has")
			}
		}
	}
}

func digits(t *testing.T, s string) (n int) {
	t.Helper()
	_, err := fmt.Sscan(strings.ReplaceAll(s, ",", ""), &n)
	require.NoError(t, err)
	return n
}

// Whatever a report contains, Gmail shows all of the mail.
func TestHTMLIsNeverClipped(t *testing.T) {
	t.Parallel()
	escaped := strings.Repeat(`"`, 600) // Each takes five bytes in HTML.
	link := "https://example.com/" + strings.Repeat("%22", 600)
	kinds := append([]giftcard.Kind{"Terminated"}, giftcard.Kinds...)
	reasons := append([]giftcard.Reason{giftcard.Reopened}, giftcard.Reasons...)
	for name, n := range map[string]int{"a few": 20, "many": 1000} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := full()
			r.Shop, r.Refused, r.FailedOrders, r.Left, r.Disputed = escaped, escaped, nil, nil, nil
			r.Polling.Message, r.Watch = escaped, digest.Watch{Repaired: &digest.Repaired{}}
			worth := digest.Worth{Cards: 1, Amount: escaped, Currency: escaped}
			for i := range n {
				r.FailedOrders = append(r.FailedOrders, digest.FailedOrder{
					Name: escaped, Kind: kinds[i%len(kinds)], Worth: worth, Message: escaped, ShopLink: link, FailedAt: evening,
					Attempts: 2, New: true, ExpiresAt: evening.Add(time.Hour), AuditNumbers: []string{escaped}, Rerun: digest.FailedAgain,
					Command: "giftbridge " + strings.Repeat("'", 480),
				})
				r.Left = append(r.Left, digest.LeftOrder{
					Name: escaped, Reason: reasons[i%len(reasons)], Amount: escaped, Currency: escaped, Link: link,
				})
				r.Changed = append(r.Changed, digest.ChangedOrder{
					Name: escaped, Worth: worth, Units: []int{1}, AuditNumbers: []string{escaped}, Kept: []string{escaped},
					Kind: kinds[i%len(kinds)], Message: escaped, At: evening, New: true, ShopLink: link,
				})
				r.Disputed = append(r.Disputed, digest.DisputedOrder{Name: escaped, Kind: escaped, Status: escaped, Link: link, New: true})
				r.Retrying = append(r.Retrying, digest.RetryingOrder{Name: escaped, Worth: worth, Message: escaped, ShopLink: link})
				r.Recovered = append(r.Recovered, digest.RecoveredOrder{Name: escaped, Worth: worth, ShopLink: link})
				r.FailedPolls = append(r.FailedPolls, digest.FailedPoll{Message: escaped})
				r.Watch.Products = append(r.Watch.Products, digest.Product{SKU: escaped, Says: escaped, Cure: escaped})
				r.Watch.Lost = append(r.Watch.Lost, escaped)
				r.Watch.Repaired.Topics = append(r.Watch.Repaired.Topics, escaped)
				r.Watch.Failed = append(r.Watch.Failed, digest.FailedLook{About: escaped, Message: escaped})
				r.Mixed, r.Native = append(r.Mixed, escaped), append(r.Native, escaped)
				code := string([]byte{'A' + byte(i/676%26), 'A' + byte(i/26%26), 'A' + byte(i%26)})
				r.Issued.Currencies = append(r.Issued.Currencies, digest.CurrencyTotal{Currency: code, Amount: "1.00"})
			}
			m := render(t, r)
			require.Less(t, len(m.HTML), clipped)
			_, issued, ok := strings.Cut(visible(t, m.HTML), "Issued since the last digest")
			require.True(t, ok, "the mail is complete")
			require.NotContains(t, issued, "CSV", "it has no row of a currency")
			require.Len(t, parse(t, m.CSV), 1+8*n+len(full().Mixed)+len(full().Native)+len(full().Changed)+3+n)
		})
	}
}

// The mail is for people who know the shop and not Temporal. Only links may contain its words.
func TestMailsHaveNoWordOfTemporal(t *testing.T) {
	t.Parallel()
	reports := map[string]digest.Report{"full": full(), "quiet": quiet(), "recovered": recovered()}
	for _, n := range []int{1, 12, 250, 5000} {
		reports[fmt.Sprint(n)] = many(n)
	}
	for name, r := range reports {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := render(t, r)
			texts := []string{m.Subject, visible(t, m.HTML)}
			for line := range strings.Lines(m.Text) {
				if !strings.HasPrefix(line, "  https://") {
					texts = append(texts, line)
				}
			}
			for _, record := range parse(t, m.CSV) {
				for _, cell := range record {
					if !strings.HasPrefix(cell, "https://") && !strings.HasPrefix(cell, "http://") {
						texts = append(texts, cell)
					}
				}
			}
			for _, text := range texts {
				require.NotRegexp(t, `(?i)temporal|workflow|namespace|\breset|run.?id\b|event.?id\b|task queue|web ui|\bhistory|activity|\bworkers?\b`, text)
			}
		})
	}
}

// A command is short, and once per group.
func TestCommandsOncePerGroup(t *testing.T) {
	t.Parallel()
	m := render(t, many(250))
	seen := map[string]bool{}
	for line := range strings.Lines(m.Text) {
		command, ok := strings.CutPrefix(line, "  "+buildinfo.Program+" ")
		if !ok {
			continue
		}
		require.False(t, seen[command], command)
		seen[command] = true
		require.LessOrEqual(t, len(command), 65, command)
	}
	require.Len(t, seen, 13-1+3+2+1,
		"a kind each; one for those that were stopped, six for orders left to people")
	require.Equal(t, len(seen), strings.Count(m.HTML, "<pre>"))
}
