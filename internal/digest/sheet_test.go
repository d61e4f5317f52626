package digest_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/digest"
)

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
		records := parse(t, render(t, r).CSV)
		for i, record := range records[1:] {
			for column, written := range record {
				name := digest.Columns[column]
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
			row := records[1+i]
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
		r := quiet()
		r.Mixed = []string{name}
		got := parse(t, render(t, r).CSV)[1][2]
		require.Equal(t, written, got)
		require.Equal(t, got, opened(got).shown, name)
	}
}
