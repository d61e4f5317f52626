package sheet_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/digest/sheet"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

var evening = time.Date(2026, 8, 22, 16, 0, 0, 0, time.UTC)

// many is a report of n failed orders, and of everything else that has a row.
func many(n int) digest.Report {
	kinds := append([]giftcard.Kind{"Terminated", "Canceled"}, giftcard.Kinds...)
	worth := digest.Worth{Cards: 2, Amount: "1100.00", Currency: "USD"}
	r := digest.Report{
		Recovered: []digest.RecoveredOrder{{Name: "#901", OrderID: "5000000000901", Kind: giftcard.Timeout, Worth: worth}},
		Retrying: []digest.RetryingOrder{{
			Name: "#902", OrderID: "5000000000902", Activity: "IssueCard", Attempt: 14, Since: evening, Message: "HTTP 503", Worth: worth,
		}},
		FailedPolls: []digest.FailedPoll{{At: evening, Kind: giftcard.Unauthorized, Message: "the shop answered 401"}},
		Mixed:       []string{"#903"},
		Native:      []string{"#904"},
	}
	for i := range n {
		number := fmt.Sprint(5000000001001 + i)
		r.FailedOrders = append(r.FailedOrders, digest.FailedOrder{
			Name: fmt.Sprint("#", 1001+i), OrderID: number, Kind: kinds[i%len(kinds)], Attempts: 1 + i%4, New: i%2 == 0,
			Worth:   digest.Worth{Cards: 1 + i%3, Amount: fmt.Sprintf("%d.00", 25*(1+i%3)), Currency: []string{"USD", "EUR"}[i%2]},
			Message: "card 1: refused: HTTP 402: Guthaben zu niedrig für Händler", AuditNumbers: []string{"SBX" + number},
			FailedAt: evening.Add(-time.Hour), ExpiresAt: evening.Add(time.Hour), Rerun: digest.FailedAgain,
			Command: "giftbridge orders retry " + number, ShopLink: "https://example.myshopify.com/admin/orders/" + number,
		})
	}
	for i, reason := range append([]giftcard.Reason{giftcard.Reopened}, giftcard.Reasons...) {
		r.Left = append(r.Left, digest.LeftOrder{
			Name: fmt.Sprint("#", 910+i), OrderID: fmt.Sprint(5000000000910 + i), Reason: reason, Cards: 1, Amount: "50.00", Currency: "USD",
		})
	}
	return r
}

// records returns the rows of a report's table as Excel reads them: without a byte order mark they are not read as UTF-8.
func records(t *testing.T, r digest.Report) [][]string {
	t.Helper()
	b, err := sheet.CSV(r, time.UTC)
	require.NoError(t, err)
	b, marked := bytes.CutPrefix(b, []byte("\xef\xbb\xbf"))
	require.True(t, marked, "a byte order mark")
	rows, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	require.NoError(t, err)
	require.Equal(t, sheet.Columns, rows[0])
	return rows
}

// cell is a cell of a spreadsheet: what it is taken for, and what people see.
type cell struct{ as, shown string }

// What a spreadsheet takes a cell of a CSV file for.
const (
	text    = "text"
	figure  = "number"
	moment  = "time"
	formula = "formula"
	truth   = "truth value"
)

var (
	numeric = regexp.MustCompile(`^[$€£]?-?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?([eE][+-]?\d+)?%?$`)
	dated   = regexp.MustCompile(`^(\d{1,4}[-/.]\d{1,2}([-/.]\d{1,4})?|\d{1,2}[- ](?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*([- ]\d{2,4})?)( \d{1,2}:\d{2}(:\d{2})?)?$|^\d{1,2}:\d{2}(:\d{2})?$`)
)

// opened returns a cell as a spreadsheet opens it. The libraries of the Go world read and write xlsx and do not guess
// what the cells of a CSV file are; a spreadsheet does, and so does this function, in the way of Excel and LibreOffice.
func opened(s string) cell {
	switch trimmed := strings.TrimSpace(s); {
	case s == "":
		return cell{text, ""}
	case strings.HasPrefix(trimmed, "="), strings.HasPrefix(trimmed, "@"),
		strings.HasPrefix(trimmed, "+"), strings.HasPrefix(trimmed, "-") && !numeric.MatchString(trimmed):
		return cell{formula, trimmed}
	case numeric.MatchString(trimmed):
		n, err := strconv.ParseFloat(strings.NewReplacer("$", "", "€", "", "£", "", ",", "", "%", "").Replace(trimmed), 64)
		if err != nil {
			return cell{text, s}
		}
		shown := strconv.FormatFloat(n, 'f', -1, 64)
		if len(shown) > 11 {
			shown = strconv.FormatFloat(n, 'E', 5, 64)
		}
		return cell{figure, shown}
	case dated.MatchString(trimmed):
		for _, layout := range []string{time.DateTime, "2006-01-02 15:04"} {
			if at, err := time.Parse(layout, trimmed); err == nil {
				return cell{moment, at.Format(time.DateTime)}
			}
		}
		return cell{moment, "a date that nobody wrote"}
	case strings.EqualFold(trimmed, "true"), strings.EqualFold(trimmed, "false"):
		return cell{truth, strings.ToUpper(trimmed)}
	}
	return cell{text, s}
}

// The reader of these tests is as careless as a spreadsheet.
func TestOpened(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]cell{
		"": {text, ""}, "#1001": {text, "#1001"}, "=1+1": {formula, "=1+1"}, " =1": {formula, "=1"}, "+a": {formula, "+a"},
		"-a": {formula, "-a"}, "@SUM(A1)": {formula, "@SUM(A1)"}, "'=1": {text, "'=1"}, "-5": {figure, "-5"},
		"0907": {figure, "907"}, "75.00": {figure, "75"}, "5000000000014": {figure, "5.00000E+12"}, "1E5": {figure, "100000"},
		"1,234": {figure, "1234"}, "12%": {figure, "12"}, "1-2": {moment, "a date that nobody wrote"}, "true": {truth, "TRUE"},
		"2026-08-22 18:00:00": {moment, "2026-08-22 18:00:00"}, "2026-08-22T18:00:00+02:00": {text, "2026-08-22T18:00:00+02:00"},
		"1-MAY": {moment, "a date that nobody wrote"}, "gid://shopify/Order/14": {text, "gid://shopify/Order/14"},
	} {
		require.Equal(t, want, opened(s), s)
	}
}

// In a spreadsheet, people see what was written: amounts are numbers to add up, times are times, names and IDs are text,
// and nothing is a formula.
func TestTableInASpreadsheet(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"cards": figure, "value": figure, "attempts": figure, "at": moment, "run_again_until": moment,
	}
	for _, n := range []int{1, 12, 250, 5000} {
		r := many(n)
		rows := records(t, r)
		for i, record := range rows[1:] {
			for column, written := range record {
				name := sheet.Columns[column]
				got := opened(written)
				as := want[name]
				if as == "" || written == "" {
					as = text
				}
				require.Equal(t, as, got.as, "%s, row %d: %q", name, i, written)
				if as != figure {
					require.Equal(t, written, got.shown, name)
				}
			}
		}
		for i, o := range r.FailedOrders {
			row := rows[1+i]
			require.Equal(t, []string{o.Name, fmt.Sprint(o.Cards), o.Amount, o.Currency}, row[2:6])
			require.Equal(t, o.Message, row[7], "also with letters that are not English")
		}
	}
}

// Names that a spreadsheet would change are marked as text. Others stay as they are.
func TestNamesInASpreadsheet(t *testing.T) {
	t.Parallel()
	for name, written := range map[string]string{
		"#1001": "#1001", "1001": "1001", "1001-EU": "1001-EU", "EU1001": "EU1001", "12345678901": "12345678901",
		"0907": "'0907", "123456789012": "'123456789012", "1-2": "'1-2", "1E5": "'1E5", "10:30": "'10:30", "1,5": "'1,5",
		"2026-08-22": "'2026-08-22", "1/2": "'1/2", "12%": "'12%",
	} {
		r := digest.Report{}
		r.Mixed = []string{name}
		got := records(t, r)[1][2]
		require.Equal(t, written, got)
		require.Equal(t, got, opened(got).shown, name)
	}
}

// No cell is a formula: not after white space, not in another character width, and not with another separator.
func TestFormulasAreInert(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'=1", "\r=1": "'=1", " =1": "'=1",
		"\u00a0=1": "'=1", "\u3000+1": "'+1", "\ufeff=1": "'\ufffd=1", "\u200b=1": "'\ufffd=1",
		"＝1": "'＝1", "＋1": "'＋1", "－1": "'－1", "＠x": "'＠x", "﹦1": "'﹦1", "−1": "'−1",
		`"=1"`: `'"=1"`, `=HYPERLINK("x";"y")`: `'=HYPERLINK("x";"y")`,
		"a;=1": "a;'=1", `a; "=1`: `a;' "=1`, "a;\t@b;+1": "a;' @b;'+1",
		"a-b; c": "a-b; c", "1+1=2": "1+1=2", "#1001": "#1001", "'=1": "'=1",
	} {
		r := digest.Report{}
		r.Mixed = []string{s}
		r.FailedOrders = []digest.FailedOrder{{Name: "x", Message: s}}
		rows := records(t, r)
		require.Len(t, rows, 3)
		for _, cell := range []string{rows[1][7], rows[2][2]} {
			require.Equal(t, want, cell)
		}
	}
}
