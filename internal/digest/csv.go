package digest

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// Columns are the columns of a digest's CSV, which has a header row and is quoted as in RFC 4180. It is UTF-8 and
// begins with a byte order mark, without which Excel assumes another encoding. There is one row per order or poll.
// Cells that do not apply are empty, and times are RFC 3339 in the digest's zone.
//
//   - state: failed, recovered, retrying, poll_failed, mixed, underpaid, paid_late or native
//   - order, order_id: the order's name and Shopify's ID of it, such as gid://shopify/Order/5000000000014; of a bare
//     number, spreadsheets would keep only the first digits (5E+12)
//   - kind, message: why it failed, or had failed; for orders that are left to people, the message is the value of
//     their cards
//   - attempts: how often it was tried
//   - new: yes or no, for failed
//   - at: when it failed; for retrying, since when it has been running
//   - history_expires_at: until when a failed order can be run again
//   - rerun: not_tried, failed_again or still_running, for failed
//   - activity: what is being retried
//   - link: the run in the Web UI; for orders that are left to people, the order in Shopify's admin
//   - command: the command that runs a failed order again
//   - audit_numbers: the audit numbers of the failed cards, by which they are looked up at the issuer
//
// A cell that a spreadsheet would take for a formula begins with an apostrophe.
var Columns = []string{
	"state", "order", "order_id", "kind", "message", "attempts", "new", "at", "history_expires_at", "rerun", "activity",
	"link", "command", "audit_numbers",
}

// row is a row of the CSV, in the order of [Columns].
type row struct {
	state, order, orderID, kind, message string
	attempts                             int
	fresh                                string
	at, expires                          time.Time
	rerun, activity, link, command       string
	audit                                string
}

func (r Report) rows() []row {
	rows := make([]row, 0, len(r.FailedOrders)+len(r.Recovered)+len(r.Retrying)+len(r.FailedPolls)+len(r.Left)+
		len(r.Mixed)+len(r.Native))
	for _, o := range r.FailedOrders {
		rerun := o.Rerun
		if rerun == NotTried {
			rerun = "not_tried"
		}
		rows = append(rows, row{
			state: "failed", order: o.Name, orderID: o.OrderID, kind: string(o.Kind), message: o.Message,
			attempts: o.Attempts, fresh: map[bool]string{true: "yes", false: "no"}[o.New], at: o.FailedAt,
			expires: o.ExpiresAt, rerun: string(rerun), link: o.Link, command: o.Command,
			audit: strings.Join(o.AuditNumbers, " "),
		})
	}
	for _, o := range r.Recovered {
		rows = append(rows, row{state: "recovered", order: o.Name, orderID: o.OrderID, kind: string(o.Kind), link: o.Link})
	}
	for _, o := range r.Retrying {
		rows = append(rows, row{
			state: "retrying", order: o.Name, orderID: o.OrderID, kind: string(o.Kind), message: o.Message,
			attempts: o.Attempt, at: o.Since, activity: o.Activity, link: o.Link,
		})
	}
	for _, p := range r.FailedPolls {
		rows = append(rows, row{state: "poll_failed", kind: string(p.Kind), message: p.Message, at: p.At, link: p.Link})
	}
	for _, o := range r.Left {
		state := map[giftcard.Reason]string{
			giftcard.NativeGiftCard: "native", giftcard.Underpaid: "underpaid", giftcard.PaidLate: "paid_late",
		}[o.Reason]
		left := leftViews([]LeftOrder{o}, nil)[0]
		rows = append(rows, row{state: cmp.Or(state, "mixed"), order: o.Name, orderID: o.OrderID, message: left.Worth, link: o.Link})
	}
	for _, name := range r.Mixed {
		rows = append(rows, row{state: "mixed", order: name})
	}
	for _, name := range r.Native {
		rows = append(rows, row{state: "native", order: name})
	}
	return rows
}

// shopifyID returns Shopify's global ID of an order.
func shopifyID(number string) string {
	if number == "" {
		return ""
	}
	return "gid://shopify/Order/" + clean(number, maxName)
}

func (r row) cells(zone *time.Location) []string {
	stamp := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.In(zone).Format(time.RFC3339)
	}
	attempts := ""
	if r.attempts > 0 {
		attempts = strconv.Itoa(r.attempts)
	}
	cells := []string{
		r.state, clean(r.order, maxName), shopifyID(r.orderID), clean(r.kind, maxName), clean(r.message, maxMessage),
		attempts, r.fresh, stamp(r.at), stamp(r.expires), clean(r.rerun, maxName), clean(r.activity, maxName),
		cleanLink(r.link), cleanCommand(r.command), clean(r.audit, maxAudits),
	}
	for i, c := range cells {
		cells[i] = inert(c)
	}
	return cells
}

// formula matches the beginning of what a spreadsheet may take for a formula: a sign, with or without white space and
// quotes before it, in any of the widths that some spreadsheets treat alike. Where semicolons separate cells, as in
// much of Europe, a semicolon inside one of our cells also begins a cell.
var formula = regexp.MustCompile(`(^|;)([\s"�]*)([=+\-@\t\r\n＝＋－＠﹦﹢﹣﹫−])`)

// inert keeps a spreadsheet from running a cell as a formula.
func inert(cell string) string { return formula.ReplaceAllString(cell, "$1'$2$3") }

// maxAudits bounds the audit numbers of an order, in characters: a thousand take 60 kB, and a spreadsheet cell holds
// half of that.
const maxAudits = 30_000

const byteOrderMark = "\ufeff"

func renderCSV(r Report, zone *time.Location) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(byteOrderMark)
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	records := [][]string{Columns}
	for _, row := range r.rows() {
		records = append(records, row.cells(zone))
	}
	if err := w.WriteAll(records); err != nil {
		return nil, fmt.Errorf("write csv: %w", err)
	}
	return b.Bytes(), nil
}
