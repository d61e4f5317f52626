package told

import (
	"fmt"
	"slices"
)

// Tally is the result of comparing the books.
type Tally struct {
	// Messages counts those about orders that customers got, of which Receipts, Shipments and Updates are parts, and Notices those
	// about products.
	Messages  int `json:"messages"`
	Receipts  int `json:"messages_receipts"`
	Shipments int `json:"messages_shipments"`
	Updates   int `json:"messages_updates"`
	Notices   int `json:"messages_notices"`
	// LeftOut counts the messages that were not sent, and Dropped the same by reason. InDoubt counts those of which it is not known
	// whether the customer got them, and Unsent all that could not be sent, by the kind of the failure.
	LeftOut int            `json:"messages_left_out"`
	InDoubt int            `json:"messages_in_doubt"`
	Dropped map[string]int `json:"messages_dropped"`
	Unsent  map[string]int `json:"messages_unsent"`
	// Missing counts what a customer was not told, and what the system does not say that it has left out. Twice counts what was told
	// twice, Early what was told before the receipt, and Unasked what was told to somebody who did not want it.
	Missing int `json:"messages_missing"`
	Twice   int `json:"messages_twice"`
	Early   int `json:"messages_early"`
	Unasked int `json:"messages_unasked"`
	// Misstated counts messages that say something else than the shop, and what the system says that is not so. Unseen counts unsent
	// messages that people do not see.
	Misstated int `json:"messages_misstated"`
	Unseen    int `json:"messages_unseen"`
	// Fates counts orders by what became of their messages.
	Fates map[string]int `json:"messages_fates"`
	// Wrong describes what is wrong.
	Wrong []string `json:"-"`
}

// productPrefix begins the numbers of products on record.
const productPrefix = "product-"

// The fates of orders.
const (
	FateUnsubscribed = "message_unsubscribed"
	FateLeft         = "message_after_unsubscribing"
	FateRefused      = "message_refused"
	FateInDoubt      = "message_in_doubt"
	FateAsText       = "message_as_a_text_alone"
	// fateDropped begins the fate of an order of which a message was dropped, which ends in the reason.
	fateDropped = "message_"
)

func (t *Tally) problem(n *int, format string, args ...any) {
	*n++
	t.Wrong = append(t.Wrong, fmt.Sprintf(format, args...))
}

// Judge compares the books.
func (b Books) Judge() Tally {
	t := &Tally{Dropped: map[string]int{}, Unsent: map[string]int{}, Fates: map[string]int{}}
	b.judgeService(t)
	names := map[string]int64{}
	for _, o := range b.Orders {
		names[o.Name] = o.ID
	}
	told := map[int64][]text{}
	for n, d := range b.Deliveries {
		if d.To == "" {
			continue
		}
		m, ok := read(d, n)
		order := names[m.order]
		if !ok || order == 0 {
			t.problem(&t.Misstated, "message %d says nothing about an order", n+1)
			continue
		}
		t.Messages++
		told[order] = append(told[order], m)
	}
	states := map[int64]State{}
	for _, s := range b.States {
		if _, twice := states[s.Order]; twice {
			t.problem(&t.Twice, "twice: order %d has the messages of two workflows", s.Order)
		}
		states[s.Order] = s
	}
	for _, o := range b.Orders {
		_, seen := states[o.ID]
		j := judge{Tally: t, books: b, order: o, person: b.People[o.ID], told: told[o.ID], state: states[o.ID], seen: seen}
		j.judge()
	}
	b.judgeProducts(t)
	for _, n := range t.Dropped {
		t.LeftOut += n
	}
	t.InDoubt = t.Unsent[inDoubt]
	return *t
}

// judgeService judges what the service itself has counted.
func (b Books) judgeService(t *Tally) {
	if n := b.Service.Doubles; n > 0 {
		t.problem(&t.Twice, "twice: the service has delivered %d messages that their customers had", n)
	}
	if n := b.Service.SecondReceipts; n > 0 {
		t.problem(&t.Twice, "twice: the service has delivered %d second receipts", n)
	}
	for words, n := range b.Service.Refused {
		if !slices.Contains([]string{"Bad Token", "No Active Subscription", "Invalid Phone Number"}, words) {
			t.problem(&t.Misstated, "the service has refused %d messages: %s", n, words)
		}
	}
}

// judgeProducts judges the notices: one a product at most.
func (b Books) judgeProducts(t *Tally) {
	got := map[string]int{}
	for _, d := range b.Deliveries {
		if d.To == "" {
			t.Notices++
			got[d.NotificationID]++
		}
	}
	for _, p := range b.Products {
		n := got[p.ID]
		delete(got, p.ID)
		doubted := slices.ContainsFunc(b.Unsent, func(u Unsent) bool { return u.Order == p.Variant || u.Order == productPrefix+p.ID })
		switch {
		case n > 1:
			t.problem(&t.Twice, "twice: %d notices about %s within a day", n, p.Name)
		case n == 1 && !p.Notices:
			t.problem(&t.Unasked, "unasked: a notice about %s", p.Name)
		case n == 0 && p.Notices && p.Heard && !doubted:
			t.problem(&t.Missing, "missing: nobody was told that %s is back", p.Name)
		}
	}
	for product := range got {
		t.problem(&t.Misstated, "a notice about product %s, which nobody knows", product)
	}
}
