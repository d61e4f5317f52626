package digestmail

import (
	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/digest/words"
)

// Links make the addresses with which a reader acts on an order. Whoever knows such an address can use it, so it is in
// the mail alone. The zero value makes none.
type Links struct {
	// Again and Settle return the address that runs an order again, or settles it, if the given run is its newest one. An
	// empty address is left out.
	Again, Settle func(digest.Run) string
	// Validity says for how long the addresses work, such as "3 days".
	Validity string
}

// actView is a link that acts on the order of its row.
type actView struct{ Label, Link string }

// failed returns the links of a failed order. An order that is running again has none.
func (l Links) failed(o digest.FailedOrder) []actView {
	if o.Rerun == digest.StillRunning {
		return nil
	}
	var out []actView
	if o.RunsAgain {
		out = add(out, "Run again", l.Again, o.Run)
	}
	return add(out, "Settle", l.Settle, o.Run)
}

// left returns the links of an order that is left to people.
func (l Links) left(o digest.LeftOrder) []actView { return add(nil, "Settle", l.Settle, o.Run) }

func add(acts []actView, label string, link func(digest.Run) string, run digest.Run) []actView {
	if link == nil || run.RunID == "" {
		return acts
	}
	if address := words.Link(link(run)); address != "" {
		acts = append(acts, actView{label, address})
	}
	return acts
}

// says introduces the links, if there may be any.
func (l Links) says() string {
	if l.Again == nil && l.Settle == nil {
		return ""
	}
	return "\"Run again\" and \"Settle\" open a page that says what will happen; nothing happens before you press its button. " +
		"\"Settle\" records that nothing is left to do for an order. The links work for " + l.Validity +
		" and once, for everybody who has this mail."
}
