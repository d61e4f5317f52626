package told

import (
	"maps"
	"slices"
)

// Print writes the tally in readable form.
func (t Tally) Print(line func(format string, args ...any)) {
	line("messages           %d", t.Messages)
	for _, row := range []struct {
		name string
		n    int
		note string
	}{
		{"receipts", t.Receipts, ""},
		{"shipments", t.Shipments, ""},
		{"updates", t.Updates, ""},
		{"notices", t.Notices, " (about products, to those who asked)"},
		{"missing", t.Missing, ""},
		{"twice", t.Twice, ""},
		{"early", t.Early, " (before the receipt)"},
		{"unasked", t.Unasked, " (to somebody who did not want it)"},
		{"misstated", t.Misstated, ""},
		{"unsent, unseen", t.Unseen, ""},
	} {
		line("  %-17s%d%s", row.name, row.n, row.note)
	}
	for _, reason := range slices.Sorted(maps.Keys(t.Dropped)) {
		line("  dropped: %-19s %d", reason, t.Dropped[reason])
	}
	for _, kind := range slices.Sorted(maps.Keys(t.Unsent)) {
		line("  unsent: %-20s %d (people see them)", kind, t.Unsent[kind])
	}
}
