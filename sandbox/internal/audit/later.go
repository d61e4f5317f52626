package audit

import (
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// Later is the ledger of the issuer that makes cards later.
type Later struct {
	Cards []LaterCard `json:"-"`
	// GivenAway is the money that cards gained after they had their value, by currency.
	GivenAway map[string]string `json:"given_away"`
}

// LaterCard is a card in that ledger.
type LaterCard struct {
	Barcode     string `json:"barcode"`
	ItemCode    string `json:"item_code"`
	Currency    string `json:"currency"`
	Active      bool   `json:"active"`
	Activations int    `json:"activations"`
	// Amount is the balance.
	Amount    string     `json:"amount"`
	Movements []Movement `json:"movements"`
}

// Movement is an entry of a card's account. Its payload is the key of the unit for which the card was activated.
type Movement struct {
	Amount  string `json:"amount"`
	Payload string `json:"payload"`
}

// laterUnit describes a card that is made later by what both the order and the ledger contain.
type laterUnit struct{ Item, Amount, Currency string }

// mailedUnit is such a card and the address to which it is mailed.
type mailedUnit struct {
	laterUnit
	Target string
}

// laterOf returns the cards of an order that are made later, or false if one of them has no value or no address.
func (r Rules) laterOf(o Order) (units []mailedUnit, ok bool) {
	for _, l := range o.Lines {
		item, later := r.Later[l.SKU]
		if !later {
			continue
		}
		value, ok := new(big.Rat).SetString(l.UnitPrice)
		target := o.target(l)
		if l.left() > 0 && (!ok || value.Sign() <= 0 || target == "") {
			return nil, false
		}
		for range l.left() {
			units = append(units, mailedUnit{laterUnit{Item: item, Amount: value.FloatString(2), Currency: o.Currency}, target})
		}
	}
	return units, true
}

// orderOf returns the shop's number of the order in the key of a unit: the digits before its last dash.
func orderOf(key string) string {
	head := key[:max(strings.LastIndex(key, "-"), 0)]
	return head[strings.LastIndexFunc(head, func(c rune) bool { return c < '0' || c > '9' })+1:]
}

// handedOver is a card that was made later, as it was promised, and that its recipient must get. order is the shop's ID of its
// order, name the order's name, and key that of its unit.
type handedOver struct {
	laterUnit
	order, name, key string
}

// judgeLater matches each card that was made later with a unit of an order, and returns the cards that match by their
// barcodes. A card that was never activated is worth nothing, and belongs to nobody. Cards of the items in leftOut are in no
// order.
func (b Books) judgeLater(a *Account, verdicts []verdict, leftOut []string) map[string]handedOver {
	owed, names := map[string]map[laterUnit]int{}, map[string]string{}
	for _, v := range verdicts {
		id := strconv.FormatInt(v.order.ID, 10)
		owed[id], names[id] = map[laterUnit]int{}, v.order.Name
		for _, u := range v.later {
			owed[id][u.laterUnit]++
		}
	}
	barcodes, cards := map[string]string{}, map[string]handedOver{}
	for _, c := range b.Later.Cards {
		if slices.Contains(leftOut, c.ItemCode) {
			continue
		}
		if c.Activations == 0 {
			a.CardsNeverUsed++
			continue
		}
		a.CardsIssued++
		a.CardsMadeLater++
		if card, ok := b.judgeLaterCard(a, c, owed, names, barcodes); ok {
			cards[c.Barcode] = card
		}
	}
	for _, currency := range slices.Sorted(maps.Keys(b.Later.GivenAway)) {
		a.Problem("given away: %s %s on cards that had their value", b.Later.GivenAway[currency], currency)
	}
	for _, v := range verdicts {
		missing := 0
		for _, n := range owed[strconv.FormatInt(v.order.ID, 10)] {
			missing += n
		}
		switch {
		case missing == 0:
		case v.open:
			a.CardsOpen += missing
		default:
			a.CardsMissing += missing
			a.Problem("missing: %d of %d cards of order %s that are made later, whose workflow %s", missing, len(v.later), v.order.Name,
				v.ended)
		}
	}
	return cards
}

// judgeLaterCard judges a card that has been activated, and reports whether it is one that was promised. barcodes maps the
// keys of units to their cards.
func (b Books) judgeLaterCard(
	a *Account, c LaterCard, owed map[string]map[laterUnit]int, names, barcodes map[string]string,
) (card handedOver, promised bool) {
	keys := map[string]bool{}
	for _, m := range c.Movements {
		if m.Payload != "" {
			keys[m.Payload] = true
		}
	}
	owners := slices.Sorted(maps.Keys(keys))
	if len(owners) > 1 {
		a.CardsOfTwo++
		a.Problem("two owners: a card of item %s was activated for %s", c.ItemCode, strings.Join(owners, " and "))
	}
	if c.Activations > 1 {
		a.CardsActivatedTwice++
		a.Problem("activated %d times: a card of item %s, for %s", c.Activations, c.ItemCode, strings.Join(owners, " and "))
	}
	if !c.Active {
		a.Problem("a card of item %s, for %s, is not active", c.ItemCode, strings.Join(owners, " and "))
	}
	if len(owners) == 0 {
		a.CardsUnexpected++
		a.Problem("stray: a card of item %s was activated for nobody", c.ItemCode)
		return handedOver{}, false
	}
	key := owners[0]
	order := orderOf(key)
	u := laterUnit{Item: c.ItemCode, Amount: c.Amount, Currency: c.Currency}
	switch {
	case barcodes[key] != "":
		a.CardsDuplicate++
		a.Problem("duplicate: two cards of order %s, key %s, that were made later", names[order], key)
	case owed[order][u] > 0:
		owed[order][u]--
		promised = c.Active
	default:
		a.CardsUnexpected++
		a.Problem("wrong: a card of item %s, key %s, order %s, is worth %s %s, which nobody ordered", c.ItemCode, key,
			names[order], c.Amount, c.Currency)
	}
	barcodes[key] = c.Barcode
	return handedOver{u, order, names[order], key}, promised
}
