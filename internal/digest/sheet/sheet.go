// Package sheet writes a digest as a table for spreadsheets.
package sheet

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/digest/besides"
	"github.com/giftbridge/giftbridge/internal/digest/words"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/printable"
)

// Columns are the columns of a digest's CSV, which has a header row and is quoted as in RFC 4180. It is UTF-8 and
// begins with a byte order mark, without which Excel assumes another encoding. There is one row per order or poll.
// Cells that do not apply are empty. Times are of the digest's zone, in a form that spreadsheets read as times.
//
//   - state: failed, recovered, retrying, poll_failed, mixed, underpaid, risky, paid_late, reopened,
//     native, left, cards_too_many, change_failed or
//     disputed
//   - who: who has to act: shop, issuer, operator or nobody
//   - order: the order's name
//   - cards, value, currency: what the customer has paid for and does not have yet; of orders that are retried or have
//     recovered, all their cards; for cards_too_many and change_failed, the cards that are no longer owed
//   - kind, message: why it failed, or had failed; for orders that are left to people, why they are
//   - new: yes or no, for failed, cards_too_many and change_failed
//   - at: when it failed; for retrying, since when it has been running; for cards_too_many and change_failed, when the
//     cards were looked at; for disputed, when that was recorded
//   - attempts: how often it was tried
//   - run_again_until: until when a failed order can be run again
//   - rerun: not_tried, failed_again or still_running, for failed
//   - step: what is being retried
//   - shopify: the order in Shopify's admin
//   - command: the command that settles a failed order, or cancels a card that is no longer owed
//   - order_id: Shopify's ID of the order, such as gid://shopify/Order/5000000000014; of a bare number, spreadsheets
//     would keep only the first digits (5E+12)
//   - audit_numbers: the audit numbers of the failed cards, or of those that are no longer owed, by which they are looked
//     up at the issuer
//   - details: the run in the Web UI
//
// A cell that a spreadsheet would take for a formula begins with an apostrophe, and so does an order's name that it
// would take for a time or shorten as a number.
var Columns = []string{
	"state", "who", "order", "cards", "value", "currency", "kind", "message", "new", "at", "attempts", "run_again_until",
	"rerun", "step", "shopify", "command", "order_id", "audit_numbers", "details",
}

// row is a row of the CSV.
type row struct {
	state, order, orderID, kind, message string
	who                                  digest.Party
	worth                                digest.Worth
	attempts                             int
	fresh                                string
	at, expires                          time.Time
	rerun, step, shopify, command        string
	audit, details                       string
}

func rows(r digest.Report) []row {
	rows := make([]row, 0, len(r.FailedOrders)+len(r.Recovered)+len(r.Retrying)+len(r.FailedPolls)+len(r.Left)+
		len(r.Mixed)+len(r.Native)+len(r.Changed))
	for _, o := range r.FailedOrders {
		rerun := o.Rerun
		if rerun == digest.NotTried {
			rerun = "not_tried"
		}
		rows = append(rows, row{
			state: "failed", who: digest.Explain(o.Kind).Who, order: o.Name, orderID: o.OrderID, worth: o.Worth,
			kind: string(o.Kind), message: o.Message, attempts: o.Attempts,
			fresh: map[bool]string{true: "yes", false: "no"}[o.New], at: o.FailedAt, expires: o.ExpiresAt,
			rerun: string(rerun), shopify: o.ShopLink, command: o.Command, details: o.Link,
			audit: strings.Join(o.AuditNumbers, " "),
		})
	}
	for _, o := range r.Recovered {
		rows = append(rows, row{
			state: "recovered", who: digest.Nobody, order: o.Name, orderID: o.OrderID, worth: o.Worth, kind: string(o.Kind),
			shopify: o.ShopLink, details: o.Link,
		})
	}
	for _, o := range r.Retrying {
		rows = append(rows, row{
			state: "retrying", who: digest.Nobody, order: o.Name, orderID: o.OrderID, worth: o.Worth, kind: string(o.Kind),
			message: o.Message, attempts: o.Attempt, at: o.Since, step: digest.Step(o.Activity), shopify: o.ShopLink, details: o.Link,
		})
	}
	for _, p := range r.FailedPolls {
		rows = append(rows, row{
			state: "poll_failed", who: digest.Operator, kind: string(p.Kind), message: p.Message, at: p.At, details: p.Link,
		})
	}
	for _, o := range r.Left {
		why := digest.LeftBy(o.Reason)
		rows = append(rows, row{
			state: why.State, who: digest.Shop, order: o.Name, orderID: o.OrderID, worth: o.Worth(), message: why.Title, shopify: o.Link,
		})
	}
	for _, o := range r.Changed {
		rows = append(rows, row{
			state: o.Why().State, who: digest.Shop, order: o.Name, orderID: o.OrderID, worth: o.Worth, kind: string(o.Kind),
			message: o.Says(), fresh: map[bool]string{true: "yes", false: "no"}[o.New], at: o.At, shopify: o.ShopLink,
			command: besides.ChangedCommand(o), audit: strings.Join(o.AuditNumbers, " "), details: o.Link,
		})
	}
	for _, o := range r.Disputed {
		rows = append(rows, row{
			state: "disputed", who: besides.Disputed.Who, order: o.Name, orderID: o.OrderID, kind: o.Kind,
			message: strings.ReplaceAll(o.Status, "_", " "), fresh: map[bool]string{true: "yes", false: "no"}[o.New], at: o.Since,
			shopify: o.Link, command: besides.DisputedBalanceCommand(o),
		})
	}
	for _, name := range r.Mixed {
		why := digest.LeftBy(giftcard.MixedOrder)
		rows = append(rows, row{state: why.State, who: digest.Shop, order: name, message: why.Title})
	}
	for _, name := range r.Native {
		rows = append(rows, row{state: digest.Native.State, who: digest.Shop, order: name, message: digest.Native.Title})
	}
	return rows
}

// shopifyID returns Shopify's global ID of an order.
func shopifyID(number string) string {
	if number == "" {
		return ""
	}
	return "gid://shopify/Order/" + words.Name(number)
}

func (r row) cells(zone *time.Location) []string {
	stamp := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.In(zone).Format(time.DateTime)
	}
	positive := func(n int) string {
		if n <= 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	cells := []string{
		r.state, string(r.who), literal(words.Name(r.order)), positive(r.worth.Cards), words.Name(r.worth.Amount),
		words.Name(r.worth.Currency), words.Name(r.kind), words.Message(r.message), r.fresh, stamp(r.at),
		positive(r.attempts), stamp(r.expires), words.Name(r.rerun), words.Name(r.step), words.Link(r.shopify),
		words.Command(r.command), shopifyID(r.orderID), printable.Line(r.audit, maxAudits), words.Link(r.details),
	}
	for i, c := range cells {
		cells[i] = Inert(c)
	}
	return cells
}

// plain matches a number that spreadsheets display as it is written, and altered matches what they may take for another
// number, a date or a time.
var (
	plain   = regexp.MustCompile(`^(0|[1-9]\d{0,10})$`)
	altered = regexp.MustCompile(`^\d[\d\s.,:/%eE+-]*$`)
)

// literal keeps a spreadsheet from changing a name.
func literal(name string) string {
	if altered.MatchString(name) && !plain.MatchString(name) {
		return "'" + name
	}
	return name
}

// formula matches the beginning of what a spreadsheet may take for a formula: a sign, with or without white space and
// quotes before it, in any of the widths that some spreadsheets treat alike. Where semicolons separate cells, as in
// much of Europe, a semicolon inside one of our cells also begins a cell.
var formula = regexp.MustCompile(`(^|;)([\s"�]*)([=+\-@\t\r\n＝＋－＠﹦﹢﹣﹫−])`)

// Inert keeps a spreadsheet from running a cell as a formula.
func Inert(cell string) string { return formula.ReplaceAllString(cell, "$1'$2$3") }

// maxAudits bounds the audit numbers of an order, in characters: a thousand take 60 kB, and a spreadsheet cell holds
// half of that.
const maxAudits = 30_000

const byteOrderMark = "\ufeff"

// CSV returns a report as a table; see [Columns].
func CSV(r digest.Report, zone *time.Location) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(byteOrderMark)
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	records := [][]string{Columns}
	for _, row := range rows(r) {
		records = append(records, row.cells(zone))
	}
	if err := w.WriteAll(records); err != nil {
		return nil, fmt.Errorf("write csv: %w", err)
	}
	return b.Bytes(), nil
}
