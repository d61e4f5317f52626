package spends

import (
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"slices"
	"time"
)

// Tally is the result of comparing the books of cards that are spent.
type Tally struct {
	// Keys counts the idempotency keys that shoppers used, and Redemptions what they became.
	Keys        int `json:"checkout_keys"`
	Redemptions int `json:"redemptions"`
	Succeeded   int `json:"redemptions_succeeded"`
	Reversed    int `json:"redemptions_reversed"`
	Declined    int `json:"redemptions_declined"`
	// Unknown counts those of which, or of whose reversal, it is unknown in the end what has become, and UnknownUnseen those of
	// them that no person is shown.
	Unknown       int `json:"redemptions_unknown"`
	UnknownUnseen int `json:"redemptions_unknown_unseen"`
	// Open counts those that have not ended.
	Open int `json:"redemptions_open"`
	// SpentTwice counts the keys under which an amount was taken twice, Overdrafts the amounts that we took, or asked for, though they
	// were not there, Misstated the redemptions of which the ledger says something else, Unasked the movements that belong
	// to no redemption, and WronglyEmpty the shoppers who were told that there is too little on the card, though there was enough.
	SpentTwice   int `json:"redemptions_spent_twice"`
	Overdrafts   int `json:"redemptions_overdrafts"`
	Misstated    int `json:"redemptions_misstated"`
	Unasked      int `json:"movements_unasked"`
	WronglyEmpty int `json:"redemptions_wrongly_insufficient"`
	// ServerErrors counts the answers of 5xx other than 503, Unavailable those of 503, and Busy the answers that a card is busy.
	ServerErrors int `json:"checkout_server_errors"`
	Unavailable  int `json:"checkout_unavailable"`
	Busy         int `json:"checkout_card_busy"`
	// Insufficient counts the redemptions that were declined because there is too little on the card.
	Insufficient int `json:"redemptions_insufficient"`
	// Wrong describes what is wrong.
	Wrong []string `json:"-"`
}

func (t *Tally) problem(format string, args ...any) {
	t.Wrong = append(t.Wrong, fmt.Sprintf(format, args...))
}

// Judge compares the books.
func (b Books) Judge() Tally {
	t := Tally{Keys: len(b.Keys), Redemptions: len(b.Redemptions)}
	b.judgeStatuses(&t)
	b.judgeKeys(&t)
	moved := b.judgeLedger(&t)
	for _, id := range slices.Sorted(maps.Keys(b.Redemptions)) {
		b.judgeRedemption(&t, id, b.Redemptions[id], moved[id])
	}
	b.judgeOverdrafts(&t)
	b.judgeInsufficient(&t)
	return t
}

// judgeStatuses judges the answers by their HTTP statuses alone.
func (b Books) judgeStatuses(t *Tally) {
	for _, status := range slices.Sorted(maps.Keys(b.Statuses)) {
		n := b.Statuses[status]
		switch {
		case status == http.StatusServiceUnavailable:
			t.Unavailable += n
		case status >= http.StatusInternalServerError:
			t.ServerErrors += n
			t.problem("the checkout answered %d times with %d", n, status)
		case slices.Contains([]int{
			http.StatusOK, http.StatusCreated, http.StatusAccepted, http.StatusConflict, http.StatusUnprocessableEntity,
			http.StatusTooManyRequests,
		}, status):
		default:
			t.problem("the checkout answered %d times with %d", n, status)
		}
	}
	if b.Mute > 0 {
		t.problem("the checkout refused %d requests without saying why", b.Mute)
	}
}

// hundredths returns an amount; false if it is none.
func hundredths(amount string) (int64, bool) {
	r, ok := new(big.Rat).SetString(amount)
	if !ok {
		return 0, false
	}
	const hundred = 100
	r.Mul(r, big.NewRat(hundred, 1))
	return r.Num().Int64(), r.IsInt() && r.Num().IsInt64()
}

// movements are what the ledger says of a redemption.
type movements struct {
	cards       map[string]bool
	taken, back []int64
}

// judgeLedger judges the ledger alone, and returns what it says of each redemption.
func (b Books) judgeLedger(t *Tally) map[string]*movements {
	moved := map[string]*movements{}
	for n, c := range b.Cards {
		sum, elsewhere := int64(0), int64(0)
		for i, m := range c.Movements {
			amount, ok := hundredths(m.Amount)
			if !ok {
				t.problem("the ledger has an amount on card %d that is none: %q", n+1, m.Amount)
			}
			sum += amount
			switch _, known := b.Redemptions[m.Payload]; {
			case i == 0: // The value with which the card was sold.
				continue
			case m.Payload == "" && amount < 0:
				elsewhere -= amount
				continue
			case !known:
				t.Unasked++
				t.problem("unasked: %s on card %d belongs to no redemption", m.Amount, n+1)
				continue
			}
			of := moved[m.Payload]
			if of == nil {
				of = &movements{cards: map[string]bool{}}
				moved[m.Payload] = of
			}
			of.cards[c.Barcode] = true
			if amount < 0 {
				of.taken = append(of.taken, -amount)
			} else {
				of.back = append(of.back, amount)
			}
		}
		if balance, ok := hundredths(c.Amount); !ok || balance != sum {
			t.problem("card %d has %s, and its movements add up to something else", n+1, c.Amount)
		}
		if elsewhere != b.Tills[c.Barcode] {
			t.problem("tills of other shops have taken %d hundredths off card %d, and its ledger says %d", b.Tills[c.Barcode], n+1, elsewhere)
		}
	}
	return moved
}

// judgeRedemption compares what the checkout says of a redemption with the ledger.
func (b Books) judgeRedemption(t *Tally, id string, r Redemption, m *movements) {
	if m == nil {
		m = &movements{}
	}
	taken, stated := hundredths(r.Taken)
	misstated := func(format string, args ...any) {
		t.Misstated++
		t.problem("redemption %s is %s: %s", id, r.State, fmt.Sprintf(format, args...))
	}
	if len(m.taken) > 1 {
		t.SpentTwice++
		t.problem("spent twice: the ledger has %d amounts of redemption %s", len(m.taken), id)
	}
	if len(m.cards) > 1 {
		misstated("the ledger has it on %d cards", len(m.cards))
	}
	if len(m.back) > 1 {
		misstated("the ledger has given back %d times", len(m.back))
	}
	asked, _ := hundredths(r.Amount)
	for _, amounts := range [][]int64{m.taken, m.back} {
		for _, amount := range amounts {
			switch {
			case r.State == unknown && amount <= asked: // What was taken, if it was, is not said.
			case r.State != declined && (!stated || amount != taken):
				misstated("%q was taken, and the ledger says %d hundredths", r.Taken, amount)
			}
		}
	}
	if stated && taken > asked {
		misstated("%s was asked for, and %s was taken", r.Amount, r.Taken)
	}
	if b.judgeUnknown(t, id, r); r.State == unknown {
		return
	}
	took, gave := 0, 0
	switch r.State {
	case succeeded:
		t.Succeeded++
		took = 1
	case reversed:
		t.Reversed++
		took, gave = 1, 1
	case declined:
		t.Declined++
	default:
		t.Open++
		t.problem("redemption %s has not ended: it is %s", id, r.State)
		return
	}
	if len(m.taken) < took || took == 0 && len(m.taken) > 0 {
		misstated("the ledger has taken its amount %d times", len(m.taken))
	}
	switch {
	case r.Reversal == unknown && r.State == succeeded: // It may have been given back, or not.
	case r.Reversal == pending:
		t.Open++
		t.problem("the reversal of redemption %s has not ended", id)
	case len(m.back) < gave, gave == 0 && len(m.back) > 0:
		misstated("the ledger has given its amount back %d times", len(m.back))
	}
}

// judgeUnknown requires that a person is shown a redemption of which something is unknown.
func (b Books) judgeUnknown(t *Tally, id string, r Redemption) {
	if r.State != unknown && r.Reversal != unknown {
		return
	}
	t.Unknown++
	if !b.Shown[id] {
		t.UnknownUnseen++
		t.problem("unseen: it is unknown what became of redemption %s, and no person is shown it", id)
	}
}

// step is a change of a balance.
type step struct {
	at     time.Time
	amount int64
	id     string
}

func (c Card) steps() []step {
	var out []step
	for _, m := range c.Movements {
		amount, _ := hundredths(m.Amount)
		out = append(out, step{m.At, amount, m.Payload})
	}
	return out
}

// judgeOverdrafts requires that an amount was only asked for if it was on the card. What another till has taken since the
// redemption was accepted does not count: nobody could know of it.
func (b Books) judgeOverdrafts(t *Tally) {
	for n, c := range b.Cards {
		steps := c.steps()
		judge := func(id string, amount int64, before []step) {
			r := b.Redemptions[id]
			balance := amount
			for _, s := range before {
				if s.id != "" || !s.at.After(r.AcceptedAt) {
					balance += s.amount
				}
			}
			if balance < 0 {
				t.Overdrafts++
				t.problem("overdraft: redemption %s takes card %d to %d hundredths", id, n+1, balance)
			}
		}
		for i, s := range steps {
			if s.id != "" && s.amount < 0 {
				judge(s.id, s.amount, steps[:i])
			}
		}
		for _, refused := range c.Refused {
			amount, _ := hundredths(refused.Amount)
			if refused.Payload == "" || amount >= 0 {
				continue
			}
			before := slices.DeleteFunc(slices.Clone(steps), func(s step) bool { return s.at.After(refused.At) })
			judge(refused.Payload, amount, before)
		}
	}
}

// judgeInsufficient requires that a shopper was told of too little on the card only if there was too little at some moment
// while the redemption waited, as the issuer showed it. If only open amounts make it too little, the card is busy.
func (b Books) judgeInsufficient(t *Tally) {
	cards := map[string]Card{}
	for _, c := range b.Cards {
		cards[c.Barcode] = c
	}
	for _, k := range b.Keys {
		for _, id := range k.ids() {
			r := b.Redemptions[id]
			if r.State != declined || r.Problem != insufficient {
				continue
			}
			t.Insufficient++
			needs := k.Amount
			if k.Partial {
				needs = 1
			}
			if lowest := cards[k.Card].lowest(r.AcceptedAt.Add(-b.Unseen), r.SettledAt); lowest >= needs {
				t.WronglyEmpty++
				t.problem("redemption %s was declined as %s, and there were at least %d hundredths for %d on the card",
					id, insufficient, lowest, needs)
			}
		}
	}
}

// lowest returns the lowest balance between two times.
func (c Card) lowest(from, to time.Time) int64 {
	balance, lowest, seen := int64(0), int64(0), false
	for _, s := range c.steps() {
		if s.at.After(to) {
			break
		}
		if !s.at.Before(from) && (!seen || balance < lowest) {
			lowest, seen = balance, true
		}
		balance += s.amount
	}
	if !seen || balance < lowest {
		return balance
	}
	return lowest
}
