package explain

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/workflows"
)

// verdict says in one word why an order has no cards, or that it has them.
type verdict string

const (
	// The order was taken in, and the verdict is its state.
	issued   verdict = "issued"
	issuing  verdict = "issuing"
	failed   verdict = "failed"
	canceled verdict = "canceled"
	left     verdict = "left_to_people"
	settled  verdict = "settled"
	redacted verdict = "redacted"
	// The order was not taken in.
	leftOut  verdict = "left_out"
	waiting  verdict = "waiting"
	passed   verdict = "passed_over"
	paused   verdict = "paused"
	notSetUp verdict = "not_set_up"
	unknown  verdict = "unknown"
)

// facts is what is known of an order.
type facts struct {
	now time.Time
	// reference is what the person wrote.
	reference string
	// known is nil if the order was not taken in.
	known *orders.OrderDetails
	// shop is nil if the shop shows no such order, or if shopAway says why it could not be asked.
	shop     *intake.Order
	shopAway error
	// poll is the input of the poll's schedule; nil if there is none.
	poll *workflows.PollOrdersInput
	// pausedBy is the note of a paused schedule, with isPaused.
	isPaused bool
	pausedBy string
	nextPoll time.Time
	every    time.Duration
	// nextSweep is zero if no sweep is planned.
	nextSweep time.Time
	// watermark is the time up to which polls have read all changes; zero if none has completed.
	watermark time.Time
	// late reports whether recent polls are missing.
	late bool
	// changed is what became of a cancellation or refund of an order whose cards exist; empty if there was none.
	changed string
}

// answer explains why an order has no cards, and what would change that.
type answer struct {
	Order   string          `json:"order"`
	Number  string          `json:"number,omitempty"`
	Verdict verdict         `json:"verdict"`
	Reason  giftcard.Reason `json:"reason,omitempty"`
	Kind    giftcard.Kind   `json:"kind,omitempty"`
	Why     string          `json:"why"`
	// SKUs are those that decided.
	SKUs []string `json:"skus,omitempty"`
	// Todo says what would change the verdict.
	Todo []string `json:"todo,omitempty"`
	// NextPoll is the poll that takes the order in as it is.
	NextPoll time.Time `json:"next_poll,omitzero"`
	// InShop says what the shop shows of an order that was taken in and is not finished.
	InShop string `json:"in_shop,omitempty"`
	Link   string `json:"link,omitempty"`
}

// explain returns the answer.
func explain(f facts) answer {
	var a answer
	switch {
	case f.known != nil:
		a = takenIn(f.known)
		if f.changed != "" {
			a.Todo = append(a.Todo, "after its cards were issued, "+f.changed+"; to look again, run: "+buildinfo.Program+
				" orders recheck "+executions.ShellWord(f.known.ID))
		}
		a.InShop = f.change()
	case f.shop == nil:
		return answer{
			Order: f.reference, Verdict: unknown,
			Why: "neither giftbridge nor the shop has this order",
			Todo: []string{
				"check the name; a number is that of the order's address in Shopify, not the one after the #",
				"Shopify shows apps only the orders of the last 60 days, unless they have the scope read_all_orders",
			},
		}
	default:
		a = f.notTakenIn()
		a.Order, a.Number = f.shop.Order.Name, f.shop.Order.ID
	}
	return a
}

// takenIn explains an order that giftbridge has taken in.
func takenIn(d *orders.OrderDetails) answer {
	a := answer{Order: d.Name, Number: d.ID, Verdict: verdict(d.State)}
	entry := digest.LeftOrder{Name: d.Name, OrderID: d.ID}
	show := buildinfo.Program + " orders show " + executions.ShellWord(d.ID)
	switch d.State {
	case executions.Running:
		a.Verdict, a.Why = issuing, "its cards are being issued"
		for _, p := range d.Pending {
			if p.Last == nil {
				continue
			}
			a.Why = fmt.Sprintf("its cards are being issued; attempt %d follows %s: %s", p.Attempt, p.Last.Kind, p.Last.Message)
			a.Kind = giftcard.Kind(p.Last.Kind)
		}
		a.Todo = []string{"nothing: it is retried until RETRY_BUDGET is used up, and then fails; to watch it, run: " + show}
	case executions.Completed:
		a.Verdict, a.Why = issued, "it has its cards"
		if d.Result != nil {
			a.Why = fmt.Sprintf("it has its cards: %d", len(d.Result.Cards))
		}
		a.Todo = []string{"to see what became of them, run: " + buildinfo.Program + " orders balance " + executions.ShellWord(d.ID)}
	case executions.Left, executions.Settled, executions.Redacted:
		explainLeft(&a, d, entry)
	default:
		explainFailed(&a, d, entry)
	}
	return a
}

func explainLeft(a *answer, d *orders.OrderDetails, entry digest.LeftOrder) {
	if d.Left == nil {
		return
	}
	a.Reason = d.Left.Reason
	if d.State == executions.Redacted {
		a.Verdict = redacted
		a.Why = "its personal data was removed by " + d.Left.By + " at " + d.StartedAt.Format(time.RFC3339)
		a.Todo = []string{"nothing: it is never issued again; the issuer knows its cards by the audit numbers of: " +
			buildinfo.Program + " orders show " + executions.ShellWord(d.ID)}
		return
	}
	if d.State == executions.Settled {
		a.Verdict = settled
		a.Why = "it was settled by " + d.Left.By + " at " + d.StartedAt.Format(time.RFC3339) + ": " + d.Left.Note
		a.Todo = []string{"if that is wrong, run: " + digest.SettleCommand(entry) + " --undo"}
		return
	}
	a.Verdict, a.Why = left, "it is left to people: "+workflows.Why(d.Left.Reason)
	if d.Left.By != "" {
		a.Why += ", by " + d.Left.By + ": " + d.Left.Note
	}
	a.Todo = []string{
		"if its cards are owed, run: " + digest.ReleaseCommand(entry),
		"if nothing is left to do, run: " + digest.SettleCommand(entry),
	}
}

func explainFailed(a *answer, d *orders.OrderDetails, entry digest.LeftOrder) {
	if d.Failure == nil {
		a.Why = "it has failed"
		return
	}
	a.Kind, a.Why = giftcard.Kind(d.Failure.Kind), d.Failure.Kind+": "+d.Failure.Message
	curable := a.Kind.Curable()
	for _, u := range d.FailedUnits() {
		curable = curable || u.Kind.Curable()
	}
	if digest.Explained(a.Kind) {
		a.Todo = append(a.Todo, digest.Explain(a.Kind).Says)
	} else {
		a.Todo = append(a.Todo, "somebody stopped it, or it failed in a way that was not foreseen: find out who or why first")
	}
	failure := digest.FailedOrder{Name: d.Name, OrderID: d.ID, Kind: a.Kind}
	switch command := digest.Command(failure, curable); command {
	case "":
	case digest.FixCommand(failure):
		a.Todo = append(a.Todo, "to correct its address, with the right one in place of ADDRESS, run: "+command)
	default:
		a.Todo = append(a.Todo, "then run: "+command)
	}
	a.Todo = append(a.Todo, "if nothing is left to do, run: "+digest.SettleCommand(entry))
}

// change returns what the shop shows of an order that was taken in, if that matters.
func (f facts) change() string {
	switch {
	case slices.Contains([]executions.State{executions.Completed, executions.Settled, executions.Redacted}, f.known.State):
		return ""
	case f.shopAway != nil:
		return "the shop could not be asked: " + f.shopAway.Error()
	}
	return intake.Changed(f.shop)
}

// notTakenIn explains an order that only the shop has.
func (f facts) notTakenIn() answer {
	if f.poll == nil {
		return answer{
			Verdict: notSetUp, Why: "the poll's schedule does not exist: no order is taken in",
			Todo: []string{"run: " + buildinfo.Program + " schedules"},
		}
	}
	_, reason := f.poll.RulesAt(f.now).Select(f.shop.Candidate)
	if reason == "" || reason.LeftToPeople() {
		a := f.eligible()
		if reason != "" {
			a.Reason, a.SKUs = reason, f.offending(reason)
			a.Why = "giftbridge will not issue it, but leave it to people: " + workflows.Why(reason) + skus(a.SKUs) + "; " + a.Why
			a.Todo = append(a.Todo, "issue its cards by hand, or, once it was read, run: "+buildinfo.Program+" orders release "+
				executions.ShellWord(f.shop.Order.ID))
		}
		return a
	}
	a := answer{Verdict: leftOut, Reason: reason, SKUs: f.offending(reason)}
	a.Why, a.Todo = f.why(reason, a.SKUs)
	return a
}

// why returns why an order is left out by the rules, and what would change that.
func (f facts) why(reason giftcard.Reason, of []string) (why string, todo []string) {
	created := f.shop.Order.CreatedAt
	poll := buildinfo.Program + " poll --since " + created.UTC().Truncate(time.Minute).Format(time.RFC3339)
	switch reason {
	case giftcard.NoGiftCard:
		why = "none of its SKUs is one of the gift-card SKUs (" + printable.Line(strings.Join(f.poll.SKUs, ", "), maxListed) + ")" + skus(of)
		for _, sku := range of {
			for _, card := range f.poll.SKUs {
				if strings.EqualFold(strings.TrimSpace(sku), card) {
					why += fmt.Sprintf("; %q differs from %q in case or white space, which counts", sku, card)
				}
			}
		}
		return why, []string{
			"if one of them is a gift card, add it to GIFT_CARD_SKUS, run: " + buildinfo.Program + " schedules, and then: " + poll,
		}
	case giftcard.TestOrder:
		return "it is a test order", []string{"nothing in production; elsewhere INCLUDE_TEST_ORDERS=true takes test orders in"}
	case giftcard.Cancelled:
		return "it was cancelled in the shop", []string{"nothing: no card is owed"}
	case giftcard.Unpaid:
		return "it is not paid: " + f.shop.Payment, []string{"once Shopify counts it as paid, the next poll takes it in"}
	case giftcard.NoUnitsLeft:
		return "all of its gift cards were refunded or removed", []string{"nothing: no card is owed"}
	case giftcard.TooOld:
		if created.Before(f.poll.CreatedAtMin) {
			return fmt.Sprintf("it was created at %s, before CREATED_AT_MIN (%s)", stamp(created), stamp(f.poll.CreatedAtMin)), []string{
				"it belongs to what issued cards before giftbridge; if no card was issued, issue it by hand",
				"an earlier CREATED_AT_MIN takes in all orders since then: run " + buildinfo.Program + " schedules, and then: " + poll,
			}
		}
		why = fmt.Sprintf("it was created %s ago and is older than MAX_ORDER_AGE (%s); if it was issued in time, that record has "+
			"expired", printable.Duration(f.now.Sub(created)), printable.Duration(time.Duration(f.poll.MaxOrderAge)))
		return why, []string{
			"look at the issuer whether its cards exist: their audit numbers begin with " + f.poll.AuditPrefix + f.shop.Order.ID + "-",
			"if they do not, issue them by hand: giftbridge takes in no order of that age, because it could be issued twice",
		}
	}
	return string(reason), nil
}

// maxListed is the length of a list of SKUs, in characters.
const maxListed = 200

func skus(of []string) string {
	if len(of) == 0 {
		return ""
	}
	return ": " + printable.Line(strings.Join(of, ", "), maxListed)
}

// offending returns the SKUs for which an order is left out.
func (f facts) offending(reason giftcard.Reason) []string {
	var out []string
	for i, l := range f.shop.Order.Lines {
		var fact giftcard.LineFacts
		if i < len(f.shop.Lines) {
			fact = f.shop.Lines[i]
		}
		card := slices.Contains(f.poll.SKUs, l.SKU)
		ordered := max(fact.Ordered, l.Units) > 0
		offends := false
		switch reason {
		case giftcard.NoGiftCard:
			offends = true
		case giftcard.MixedOrder:
			offends = ordered && !card && !fact.Tip && !slices.Contains(f.poll.Companions, l.SKU)
		case giftcard.NativeGiftCard:
			offends = ordered && card && fact.Native
		}
		sku := l.SKU
		if sku == "" {
			sku = "(an item without a SKU)"
		}
		if offends && !slices.Contains(out, sku) {
			out = append(out, sku)
		}
	}
	return out
}

// eligible explains an order that the rules accept, or leave to people, and that no poll has taken in.
func (f facts) eligible() answer {
	// The shop does not say here when an order changed last. It was not before it was created and paid.
	changed := f.shop.Order.CreatedAt
	if f.shop.PaidAt.After(changed) {
		changed = f.shop.PaidAt
	}
	unread := f.watermark.IsZero() || !changed.Before(f.watermark.Add(-time.Duration(f.poll.Overlap)))
	switch {
	case f.isPaused:
		return answer{
			Verdict: paused, Why: "polls are paused: " + f.pausedBy,
			Todo: []string{"nothing is lost: the first poll after the pause reads it"},
		}
	case unread:
		a := answer{Verdict: waiting, NextPoll: f.nextPoll}
		for f.every > 0 && a.NextPoll.Add(-time.Duration(f.poll.SettleDelay)).Before(changed) {
			a.NextPoll = a.NextPoll.Add(f.every)
		}
		a.Why = "no poll has read it yet; the poll at " + stamp(a.NextPoll) + " does"
		if a.NextPoll.IsZero() {
			a.Why = "no poll has read it yet"
		}
		if f.late {
			a.Todo = append(a.Todo, "polls are late; to find out why, run: "+buildinfo.Program+" status")
		}
		a.Todo = append(a.Todo, "to take it in now, run: "+buildinfo.Program+" poll")
		return a
	}
	a := answer{
		Verdict: passed,
		Why: "polls have read what had changed by " + stamp(f.watermark) + ", and this order was paid before; either it has " +
			"changed since, or Shopify's search did not show it",
	}
	if f.poll.WidenedAt.After(changed) {
		a.Why = "the rules left it out until GIFT_CARD_SKUS or CREATED_AT_MIN was widened at " + stamp(f.poll.WidenedAt) +
			"; polls look only at orders that change since then"
	}
	if !f.nextSweep.IsZero() {
		a.Todo = append(a.Todo, "the sweep looks for such orders, the next at "+stamp(f.nextSweep))
	}
	a.Todo = append(a.Todo, "to take it in now, run: "+buildinfo.Program+" poll --since "+
		f.shop.Order.CreatedAt.UTC().Truncate(time.Minute).Format(time.RFC3339))
	return a
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
