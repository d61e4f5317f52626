// Package ledger is what a simulated Four Way Shop knows of its gift cards: their states, their balances, and every
// movement. It counts in hundredths, without rounding. It is not safe for concurrent use; its owner does the locking.
package ledger

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Second says what a positive amount does to a card that is active. The vendor does not publish it.
type Second string

const (
	// Adds adds the amount to the balance.
	Adds Second = "add"
	// Overwrites makes the amount the balance.
	Overwrites Second = "overwrite"
	// Refused fails the job.
	Refused Second = "refuse"
)

// Rules are what the vendor does not publish about cards. The zero value is a setting like any other.
type Rules struct {
	// Second defaults to [Adds].
	Second Second
	// HidesInactive makes Get say that a card that was never activated is not found.
	HidesInactive bool
	// Overdraws lets a spend go below zero, instead of failing the job.
	Overdraws bool
	// ActivatesEarly lets a card be activated before its validity starts.
	ActivatesEarly bool
}

// Item is a financial product of which cards are made.
type Item struct {
	Code     string `json:"code"`
	Currency string `json:"currency"`
	// Amounts are the amounts with which a card may be activated, such as "50.00"; empty means any.
	Amounts []string `json:"amounts,omitempty"`
	// WholeOnly is set if a card can only be spent as a whole.
	WholeOnly bool `json:"whole_only,omitempty"`
	// StartsIn is how long after its generation a card's validity starts, and ValidFor how long it then lasts, by default
	// a year.
	StartsIn time.Duration `json:"-"`
	ValidFor time.Duration `json:"-"`
}

// Card is an entry of the ledger.
type Card struct {
	Barcode       string    `json:"barcode"`
	ItemCode      string    `json:"item_code"`
	Currency      string    `json:"currency"`
	Generated     time.Time `json:"generated"`
	StartValidity time.Time `json:"start_validity"`
	EndValidity   time.Time `json:"end_validity"`
	// Job is the job that made the card. Forged reports whether a forger knows the barcode.
	Job       string `json:"job"`
	Forged    bool   `json:"forged,omitempty"`
	Active    bool   `json:"active"`
	WholeOnly bool   `json:"whole_only,omitempty"`
	// Activations counts the positive amounts that took effect, without reversals.
	Activations int       `json:"activations"`
	Activated   time.Time `json:"activated,omitzero"`
	// Spends and Reversals count the negative amounts that took effect, and the positive ones that gave back no more than what
	// was spent under their payload. Overdrafts counts the spends after which the balance was below zero.
	Spends     int `json:"spends,omitempty"`
	Reversals  int `json:"reversals,omitempty"`
	Overdrafts int `json:"overdrafts,omitempty"`
	// OriginalAmount and Amount are decimals.
	OriginalAmount Hundredths `json:"original_amount"`
	Amount         Hundredths `json:"amount"`
	EntityCode     string     `json:"entity_code,omitempty"`
	BranchCode     string     `json:"branch_code,omitempty"`
	PriceList      string     `json:"price_list,omitempty"`
	Movements      []Movement `json:"movements"`
	// Refused are the spends that the ledger did not carry out.
	Refused []Refusal `json:"refused,omitempty"`
}

// Movement is an update that took effect.
type Movement struct {
	// ID is the one of its job.
	ID      string     `json:"id"`
	Amount  Hundredths `json:"amount"`
	Payload string     `json:"payload,omitempty"`
	At      time.Time  `json:"at"`
}

// Refusal is a spend that did not take effect, and why.
type Refusal struct {
	Movement

	Problem Problem `json:"problem"`
	// Balance is what was on the card.
	Balance Hundredths `json:"balance"`
}

// Hundredths is an amount. In JSON it is a decimal, as a text.
type Hundredths int64

// String returns the amount with two decimals.
func (h Hundredths) String() string {
	sign, n := "", int64(h)
	if n < 0 {
		sign, n = "-", -n
	}
	return fmt.Sprintf("%s%d.%02d", sign, n/100, n%100)
}

// MarshalJSON implements json.Marshaler.
func (h Hundredths) MarshalJSON() ([]byte, error) { return []byte(strconv.Quote(h.String())), nil }

// UnmarshalJSON implements json.Unmarshaler.
func (h *Hundredths) UnmarshalJSON(b []byte) error {
	s, err := strconv.Unquote(string(b))
	if err != nil {
		return err
	}
	*h, err = ParseAmount(s)
	return err
}

var amountForm = regexp.MustCompile(`^(-?)(0|[1-9][0-9]{0,12})(?:\.([0-9]{1,2}))?$`)

// ParseAmount parses a decimal with at most two decimals.
func ParseAmount(s string) (Hundredths, error) {
	m := amountForm.FindStringSubmatch(s)
	if m == nil {
		return 0, fmt.Errorf("%q is not an amount", s)
	}
	n, err := strconv.ParseInt(m[1]+m[2]+(m[3] + "00")[:2], 10, 64)
	return Hundredths(n), err
}

// Ledger holds the cards.
type Ledger struct {
	rules  Rules
	random *rand.Rand
	items  map[string]Item
	cards  []*Card
	byCode map[string]*Card
	// shown is what Get sees: a copy of a card, made when an effect began to show.
	shown map[string]Card
	// given is the money that cards gained after their first activation, by currency. What is given back is not in it.
	given map[string]Hundredths
}

// New returns a ledger without cards.
func New(rules Rules, seed uint64, items ...Item) *Ledger {
	rules.Second = cmp.Or(rules.Second, Adds)
	l := &Ledger{
		rules: rules, random: rand.New(rand.NewPCG(seed, 2)), items: map[string]Item{}, byCode: map[string]*Card{},
		shown: map[string]Card{}, given: map[string]Hundredths{},
	}
	for _, i := range items {
		l.AddItem(i)
	}
	return l
}

// AddItem adds an item or replaces the one of the same code.
func (l *Ledger) AddItem(i Item) {
	const year = 365 * 24 * time.Hour
	i.ValidFor = cmp.Or(i.ValidFor, year)
	l.items[i.Code] = i
}

// Items returns the items, in the order of their codes.
func (l *Ledger) Items() []Item {
	out := make([]Item, 0, len(l.items))
	for _, i := range l.items {
		out = append(out, i)
	}
	slices.SortFunc(out, func(a, b Item) int { return strings.Compare(a.Code, b.Code) })
	return out
}

// Cards returns copies of all cards, in the order of their generation.
func (l *Ledger) Cards() []Card {
	out := make([]Card, len(l.cards))
	for i, c := range l.cards {
		out[i] = c.clone()
	}
	return out
}

func (c *Card) clone() Card {
	out := *c
	out.Movements, out.Refused = slices.Clone(c.Movements), slices.Clone(c.Refused)
	return out
}

// Generate makes cards of an item. It returns none if there is no such item.
func (l *Ledger) Generate(item string, n int, job string, now time.Time) []Card {
	i, ok := l.items[item]
	if !ok {
		return nil
	}
	now = now.UTC().Truncate(time.Second) // The service writes whole seconds.
	out := make([]Card, n)
	for k := range out {
		c := &Card{
			Barcode: l.barcode(), ItemCode: item, Currency: i.Currency, Generated: now, Job: job, WholeOnly: i.WholeOnly,
			StartValidity: now.Add(i.StartsIn), EndValidity: now.Add(i.StartsIn + i.ValidFor),
		}
		l.cards = append(l.cards, c)
		l.byCode[c.Barcode] = c
		out[k] = c.clone()
	}
	return out
}

// Forge makes a card of an item whose barcode a forger knows, and shows it at once. The item need not exist.
func (l *Ledger) Forge(item string, now time.Time) Card {
	if _, ok := l.items[item]; !ok {
		return Card{Barcode: l.barcode(), ItemCode: item, StartValidity: now, EndValidity: now}
	}
	c := l.byCode[l.Generate(item, 1, "", now)[0].Barcode]
	c.Forged = true
	l.Show(c.Barcode)
	return c.clone()
}

// barcode returns an EAN with 13 digits that was not used.
func (l *Ledger) barcode() string {
	for {
		digits := fmt.Sprintf("444%09d", l.random.IntN(1_000_000_000))
		sum := 0
		for i, d := range digits {
			weight := 1 + 2*(i%2)
			sum += int(d-'0') * weight
		}
		code := digits + strconv.Itoa((10-sum%10)%10)
		if l.byCode[code] == nil {
			return code
		}
	}
}

// Show lets Get see a card as it is now.
func (l *Ledger) Show(barcode string) {
	if c := l.byCode[barcode]; c != nil {
		l.shown[barcode] = c.clone()
	}
}

// Get returns a card as Get sees it.
func (l *Ledger) Get(barcode string) (Card, bool) {
	c, ok := l.shown[barcode]
	if !ok || l.rules.HidesInactive && c.Activations == 0 {
		return Card{}, false
	}
	return c, true
}
