package ledger

import (
	"cmp"
	"slices"
	"time"
)

// Update is a change of a balance.
type Update struct {
	// ID identifies the job.
	ID, Barcode string
	Amount      Hundredths
	Payload     string
	// The rest is needed to activate a card.
	EntityCode, BranchCode, PriceList, Currency string
	// Date is the activation date.
	Date time.Time
}

// Problem is why a job failed. The wording of all but NoItem and NotFound is assumed.
type Problem string

// The problems.
const (
	NoItem        Problem = "itemCode not found"
	NotFound      Problem = "barcode not found"
	NotActive     Problem = "gift card not active"
	AlreadyActive Problem = "gift card already active"
	Expired       Problem = "gift card expired"
	NotYet        Problem = "activation window not open"
	Insufficient  Problem = "insufficient amount"
	NotInParts    Problem = "gift card not usable in parts"
	WrongCurrency Problem = "currency of the item differs"
	WrongAmount   Problem = "amount not allowed for the item"
)

var italian = map[Problem]string{
	NoItem:        "codice articolo non trovato",
	NotFound:      "codice a barre inesistente",
	NotActive:     "gift card non attiva",
	AlreadyActive: "gift card già attiva",
	Expired:       "gift card scaduta",
	NotYet:        "gift card non ancora attivabile",
	Insufficient:  "importo insufficiente",
	NotInParts:    "gift card non utilizzabile parzialmente",
	WrongCurrency: "valuta diversa da quella prevista",
	WrongAmount:   "importo non ammesso",
}

// Italian returns the problem in Italian. All texts are assumed; one that is not known stays as it is.
func (p Problem) Italian() string { return cmp.Or(italian[p], string(p)) }

// Apply carries out an update. It returns why it failed, empty if it did not.
func (l *Ledger) Apply(u Update, now time.Time) Problem {
	c := l.byCode[u.Barcode]
	switch {
	case c == nil:
		return NotFound
	case now.After(c.EndValidity):
		return Expired
	case u.Amount < 0:
		problem := l.spend(c, u, now)
		if problem != "" {
			c.Refused = append(c.Refused, Refusal{Movement: movementOf(u, now), Problem: problem, Balance: c.Amount})
		}
		return problem
	}
	return l.charge(c, u, now)
}

func (l *Ledger) spend(c *Card, u Update, now time.Time) Problem {
	switch {
	case !c.Active:
		return NotActive
	case c.Amount+u.Amount < 0 && !l.rules.Overdraws:
		return Insufficient
	case c.WholeOnly && c.Amount+u.Amount > 0:
		return NotInParts
	}
	c.Amount += u.Amount
	c.Spends++
	if c.Amount < 0 {
		c.Overdrafts++
	}
	c.move(u, now)
	return ""
}

// charge activates a card, or does what the rules say to one that is active.
func (l *Ledger) charge(c *Card, u Update, now time.Time) Problem {
	item, back := l.items[c.ItemCode], c.reverses(u)
	switch {
	case u.Currency != "" && u.Currency != c.Currency:
		return WrongCurrency
	case len(item.Amounts) > 0 && !back && !slices.Contains(item.Amounts, u.Amount.String()):
		return WrongAmount
	case c.Active && l.rules.Second == Refused:
		return AlreadyActive
	case !l.rules.ActivatesEarly && now.Before(c.StartValidity):
		return NotYet
	}
	before := c.Amount
	if c.Active && l.rules.Second == Adds {
		c.Amount += u.Amount
	} else {
		c.Amount = u.Amount
	}
	switch {
	case back:
		l.given[c.Currency] += max(0, c.Amount-before-u.Amount)
	case c.Active:
		l.given[c.Currency] += max(0, c.Amount-before)
	default:
		c.Active, c.Activated, c.OriginalAmount = true, u.Date, u.Amount
		c.EntityCode, c.BranchCode, c.PriceList = u.EntityCode, u.BranchCode, u.PriceList
		if c.Forged {
			l.given[c.Currency] += u.Amount
		}
	}
	if back {
		c.Reversals++
	} else {
		c.Activations++
	}
	c.move(u, now)
	return ""
}

// reverses reports whether a positive amount gives back what was spent: no more than what was spent under its payload, less
// what was given back of that before.
func (c *Card) reverses(u Update) bool {
	if !c.Active || u.Payload == "" {
		return false
	}
	spent, began := Hundredths(0), false
	for _, m := range c.Movements {
		began = began || m.Payload == u.Payload && m.Amount < 0 // An activation may have the same payload.
		if began && m.Payload == u.Payload {
			spent -= m.Amount
		}
	}
	return u.Amount <= spent
}

func (c *Card) move(u Update, now time.Time) { c.Movements = append(c.Movements, movementOf(u, now)) }

func movementOf(u Update, now time.Time) Movement {
	return Movement{ID: u.ID, Amount: u.Amount, Payload: u.Payload, At: now}
}

// Totals are what the ledger adds up to.
type Totals struct {
	// Generated counts the cards, and Orphans those that were never activated. Neither includes a forger's cards that
	// were not activated.
	Generated int `json:"generated"`
	Orphans   int `json:"orphans"`
	// Activations counts the positive amounts that took effect, and ActivatedTwice the cards with more than one.
	Activations    int `json:"activations"`
	ActivatedTwice int `json:"activated_twice"`
	// ForgedActive counts the cards that are active and whose barcode a forger knows.
	ForgedActive int `json:"forged_active"`
	// Spends, Reversals and Overdrafts are those of all cards. SpentTwice counts the payloads under which more than one amount
	// was spent, and Overdrawn the cards with a balance below zero.
	Spends     int `json:"spends"`
	Reversals  int `json:"reversals"`
	SpentTwice int `json:"spent_twice"`
	Overdrafts int `json:"overdrafts"`
	Overdrawn  int `json:"overdrawn"`
	// GivenAway is the money that cards gained after their first activation, or that forgers can spend, by currency.
	GivenAway map[string]Hundredths `json:"given_away"`
}

// Totals returns the totals.
func (l *Ledger) Totals() Totals {
	t := Totals{GivenAway: map[string]Hundredths{}}
	for currency, amount := range l.given {
		if amount != 0 {
			t.GivenAway[currency] = amount
		}
	}
	for _, c := range l.cards {
		t.Activations += c.Activations
		if c.Activations > 1 {
			t.ActivatedTwice++
		}
		if c.Amount < 0 {
			t.Overdrawn++
		}
		t.Spends += c.Spends
		t.Reversals += c.Reversals
		t.Overdrafts += c.Overdrafts
		switch {
		case c.Forged && c.Active:
			t.ForgedActive++
		case c.Forged:
			continue
		case c.Activations == 0:
			t.Orphans++
		}
		t.Generated++
	}
	t.SpentTwice = l.spentTwice()
	return t
}

// spentTwice counts the payloads under which more than one amount was spent, be it from different cards.
func (l *Ledger) spentTwice() int {
	spends, twice := map[string]int{}, 0
	for _, c := range l.cards {
		for _, m := range c.Movements {
			if m.Amount >= 0 || m.Payload == "" {
				continue
			}
			if spends[m.Payload]++; spends[m.Payload] == 2 {
				twice++
			}
		}
	}
	return twice
}
