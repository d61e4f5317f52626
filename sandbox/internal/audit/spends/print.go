package spends

// Print writes the tally in readable form.
func (t Tally) Print(line func(format string, args ...any)) {
	line("redemptions        %d, with %d keys", t.Redemptions, t.Keys)
	for _, row := range []struct {
		name string
		n    int
		note string
	}{
		{"succeeded", t.Succeeded, ""},
		{"reversed", t.Reversed, ""},
		{"declined", t.Declined, ""},
		{"unknown", t.Unknown, " (left to a person)"},
		{"unknown, unseen", t.UnknownUnseen, ""},
		{"open", t.Open, ""},
		{"spent twice", t.SpentTwice, ""},
		{"overdrafts", t.Overdrafts, ""},
		{"misstated", t.Misstated, " (the ledger says something else)"},
		{"unasked", t.Unasked, " (movements of no redemption)"},
		{"too little", t.Insufficient, ""},
		{"  wrongly", t.WronglyEmpty, " (there was enough)"},
		{"card busy", t.Busy, " (answers)"},
		{"unavailable", t.Unavailable, " (answers of 503)"},
		{"server errors", t.ServerErrors, " (other answers of 5xx)"},
	} {
		line("  %-17s%d%s", row.name, row.n, row.note)
	}
}
