package board

import (
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/printable"
)

// The columns of a line: the time, the order's name, its kind and its cards.
const (
	timeWidth = 9
	nameWidth = 7
	kindWidth = 16
	cardWidth = 8
)

func clock(at time.Duration) string { return fmt.Sprintf("%6.1fs ", at.Seconds()) }

// Line returns the line of an order, or lines, if one is too long for the screen. The time is what has passed since the
// sandbox began, and page the address of the start page.
func (s Screen) Line(at time.Duration, o Order, page string) string {
	head := []string{fill(o.title(), nameWidth), fill(o.kind(), kindWidth), fill(o.cards(), cardWidth)}
	pieces := []piece{{text: clock(at) + strings.Join(head, " ")}}
	pieces = append(pieces, o.outcome()...)
	switch o.State {
	case Failed, Retrying, Canceled:
		if link := o.page(page); link != "" {
			pieces = append(pieces, piece{text: "-> " + link, style: cyan, whole: true})
		}
	}
	return s.lay(timeWidth, pieces...)
}

// page returns the address below the start page at which the order's workflow is found.
func (o Order) page(page string) string {
	if o.ID == "" || o.Link == "" || page == "" {
		return ""
	}
	return page + "orders/" + o.path()
}

// path returns the order's name without #, if that can stand in a path, and its number otherwise.
func (o Order) path() string {
	name := strings.TrimPrefix(o.Name, "#")
	if name == "" || len(name) > 10 || strings.Trim(name, "0123456789") != "" {
		return o.ID
	}
	return name
}

func (o Order) title() string {
	switch {
	case o.Name != "":
		return o.Name
	case o.ID != "":
		return o.ID
	}
	return "?"
}

func (o Order) kind() string {
	if o.Kind == "" {
		return "by hand"
	}
	return o.Kind
}

func (o Order) cards() string {
	if o.Cards == 0 {
		return ""
	}
	return Count(o.Cards, "card")
}

// Count returns a number with its noun, in the plural unless it is one.
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// outcome says in pieces what has become of the order.
func (o Order) outcome() []piece {
	reason := printable.Line(o.Reason, 0)
	switch o.State {
	case Issued:
		return o.issued()
	case Failed:
		text := "failed " + reason
		if o.Intended {
			text += ", as intended"
		}
		return append([]piece{{text: text, style: red}}, o.some()...)
	case Retrying:
		return append([]piece{
			{text: fmt.Sprintf("retrying, attempt %d:", o.Attempt), style: yellow},
			{text: reason, style: yellow},
			{text: printable.Line(o.Message, 300)},
		}, o.some()...)
	case Waiting:
		return []piece{{text: "waiting: nothing has taken it in yet", style: yellow}}
	case Left:
		text := string(Left)
		if reason != "" && !strings.EqualFold(reason, o.Kind) {
			text += ": " + reason
		}
		return []piece{{text: text, style: dim}}
	case LeftOut, Settled, Redacted:
		return []piece{{text: string(o.State), style: dim}}
	}
	return []piece{{text: string(o.State)}}
}

// issued describes the cards of an order that has them all.
func (o Order) issued() []piece {
	text := strings.TrimSpace("issued " + o.value())
	if merchant := o.merchant(); merchant != "" {
		text += " for " + merchant
	}
	pieces := []piece{{text: text, style: green}}
	if o.failedFor != "" {
		pieces = append(pieces, piece{text: "after " + printable.Line(o.failedFor, 0)})
	}
	if n := len(o.Issued) - o.Cards; o.Cards > 0 && n > 0 {
		pieces = append(pieces, piece{text: Count(n, "card") + " too many", style: red})
	}
	for _, c := range o.Issued {
		pieces = append(pieces, piece{text: printable.Line(c.AuditNumber, 0), style: dim, spare: true})
	}
	return pieces
}

// merchant returns for whom the cards were issued. Cards that are made later are for nobody.
func (o Order) merchant() string {
	for _, c := range o.Issued {
		if c.Merchant != "" {
			return c.Merchant
		}
	}
	return ""
}

// some says how many cards exist of an order that does not have them all.
func (o Order) some() []piece {
	if len(o.Issued) == 0 {
		return nil
	}
	return []piece{{text: fmt.Sprintf("(%d of %d issued)", len(o.Issued), o.Cards)}}
}

// value returns the value of the cards, or nothing if they have several currencies.
func (o Order) value() string {
	sum := new(big.Rat)
	for _, c := range o.Issued {
		amount, ok := new(big.Rat).SetString(c.Amount)
		if !ok || c.Currency != o.Issued[0].Currency {
			return Count(len(o.Issued), "card")
		}
		sum.Add(sum, amount)
	}
	return sum.FloatString(2) + " " + o.Issued[0].Currency
}

// Text says in words what has become of the order.
func (o Order) Text() string {
	var words []string
	for _, p := range o.outcome() {
		if !p.spare && p.text != "" {
			words = append(words, p.text)
		}
	}
	return strings.Join(words, " ")
}

// Note returns a line about something other than an order. A link may be empty.
func (s Screen) Note(at time.Duration, what, text, link string) string {
	pieces := []piece{{text: clock(at) + fill(what, nameWidth)}, {text: printable.Line(text, 0), style: dim}}
	if link != "" {
		pieces = append(pieces, piece{text: "-> " + link, style: cyan, whole: true})
	}
	return s.lay(timeWidth, pieces...)
}

// Begin returns the first lines: what to open, what to type in another terminal, and how to end. A command is not
// broken, as it could not be copied then.
func (s Screen) Begin(page, env string) string {
	return s.lay(timeWidth, piece{text: fill("open", nameWidth)}, piece{text: page, style: cyan, whole: true},
		piece{text: "links to everything, and counts", style: dim, spare: true}) +
		s.lay(timeWidth, piece{text: fill("type", nameWidth)},
			piece{text: "set -a; . " + env + "; set +a", style: cyan, whole: true},
			piece{text: "in another terminal, then: go run ./starter status", style: dim, spare: true}) +
		s.lay(timeWidth, piece{text: fill("Ctrl-C", nameWidth)}, piece{text: "ends everything, and compares the books"})
}

// Problem returns a problem of the books.
func (s Screen) Problem(text string) string {
	return s.lay(timeWidth, piece{text: "PROBLEM", style: red}, piece{text: text})
}

// Good returns a sentence that all is well.
func (s Screen) Good(text string) string { return s.lay(0, piece{text: text, style: green}) }
