package relayed

// Print writes the tally in readable form.
func (t Tally) Print(line func(format string, args ...any)) {
	line("events for the ERP %d", t.Events)
	for _, row := range []struct {
		name string
		n    int
		note string
	}{
		{"delivered", t.Delivered, ""},
		{"coalesced", t.Coalesced, " (a newer state of the product came)"},
		{"undelivered", t.Undelivered, " (people see them)"},
		{"notices", t.Notices, " (of bodies that are too large)"},
		{"doubled", t.Doubled, " (announced again, or an answer was lost)"},
		{"marked as stale", t.Stale, ""},
		{"missing", t.Missing, ""},
		{"twice", t.Twice, " (without a reason)"},
		{"out of order", t.Unordered, ""},
		{"changed", t.Changed, ""},
		{"mismarked", t.Mismarked, ""},
		{"unseen", t.Unseen, ""},
	} {
		line("  %-17s%d%s", row.name, row.n, row.note)
	}
	line("  %-17s%.2fs median, %.0fs at most", "wait", t.Wait, t.LongestWait)
}
