package audit

import (
	"math/big"
	"slices"
	"strings"
	"time"
)

// Rules are what the shop's owner has said.
type Rules struct {
	SKUs []string
	// Companions are the SKUs that may be in any order.
	Companions []string
	// CreatedFrom is the moment from which orders count.
	CreatedFrom time.Time
	// GivenBack says when money for cards was given back, by Shopify's numbers of the orders. Cards of it may exist that
	// were made at most Within after that.
	GivenBack map[int64]time.Time
	Within    time.Duration
}

// fate is what must become of an order.
type fate string

const (
	issued  fate = "issued"
	refused fate = "refused"
	leftOut fate = "left out"
	// changed orders are those of which money was given back after they had been placed. What is left of them is issued.
	changed fate = "changed"
)

// unit is a card as the order and the ledger both know it.
type unit struct {
	Target, Amount, Currency, Merchant, To, Body string
	// Scheduled is the day of delivery, empty for at once.
	Scheduled string
}

// verdict is what must become of one order, and why.
type verdict struct {
	order Order
	fate  fate
	// kind is what it must fail of.
	kind string
	// mixed tells that it was left out for holding other things as well, which people must be told.
	mixed bool
	units []unit
	// gone are the units whose money was given back at a time: their cards may exist if they were made by late.
	gone []unit
	late time.Time
}

func (l Line) left() int { return l.Quantity - l.Removed }

// decide applies the rules to an order.
func (r Rules) decide(o Order, merchants []Merchant) verdict {
	v := verdict{order: o, fate: leftOut}
	if at, ok := r.GivenBack[o.ID]; ok {
		return r.decideChanged(v, at, merchants)
	}
	var cards, others, native int
	for _, l := range o.Lines {
		switch {
		case l.Quantity <= 0:
		case slices.Contains(r.Companions, l.SKU):
		case !slices.Contains(r.SKUs, l.SKU):
			others++ // Also if it was sent back: by then people may have issued the cards.
		case l.GiftCard:
			native++
		case l.left() > 0:
			cards++
		}
	}
	paid := o.FinancialStatus == "PAID" || o.FinancialStatus == "PARTIALLY_REFUNDED"
	if !paid || o.Test || !o.CancelledAt.IsZero() || o.CreatedAt.Before(r.CreatedFrom) || cards == 0 || native > 0 {
		return v
	}
	if others > 0 {
		v.mixed = true
		return v
	}
	v.fate = refused
	merchant, kind := find(o, merchants)
	if v.kind = kind; kind != "" {
		return v
	}
	for _, l := range o.Lines {
		if l.left() <= 0 || !slices.Contains(r.SKUs, l.SKU) {
			continue
		}
		u, ok := cardOf(o, l, merchant)
		if !ok {
			v.kind = "InvalidRequest"
			return v
		}
		for range l.left() {
			v.units = append(v.units, u)
		}
	}
	v.fate = issued
	return v
}

// decideChanged applies the rules to an order of which money was given back at a time. Cards that are left are owed.
func (r Rules) decideChanged(v verdict, at time.Time, merchants []Merchant) verdict {
	o := v.order
	v.fate, v.late = changed, at.Add(r.Within)
	merchant, _ := find(o, merchants)
	for _, l := range o.Lines {
		u, ok := cardOf(o, l, merchant)
		if !ok || !slices.Contains(r.SKUs, l.SKU) {
			continue
		}
		for n := range l.Quantity {
			if n < l.left() && o.CancelledAt.IsZero() && o.FinancialStatus != "REFUNDED" {
				v.units = append(v.units, u)
			} else {
				v.gone = append(v.gone, u)
			}
		}
	}
	return v
}

// find returns the code of the order's merchant, or of what the order must fail.
func find(o Order, merchants []Merchant) (code, kind string) {
	if o.Customer == nil && o.Company == nil {
		return "", "MerchantUnknown"
	}
	var names []string
	if o.Company != nil {
		for _, m := range merchants {
			if o.Company.ExternalID != "" && m.MerchantCode == o.Company.ExternalID {
				return m.MerchantCode, ""
			}
		}
		names = append(names, o.Company.Name)
	}
	if o.Customer != nil {
		names = append(names, o.Customer.DisplayName)
	}
	for _, name := range names {
		var codes []string
		for _, m := range merchants {
			if sameName(name, m.Name) || sameName(name, m.LegalName) {
				codes = append(codes, m.MerchantCode)
			}
		}
		switch len(codes) {
		case 0:
		case 1:
			return codes[0], ""
		default:
			return "", "MerchantAmbiguous"
		}
	}
	return "", "MerchantUnknown"
}

func sameName(a, b string) bool {
	fold := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	return fold(a) != "" && strings.EqualFold(fold(a), fold(b))
}

// cardOf is the card that a unit of a line must become; it is false where there can be none.
func cardOf(o Order, l Line, merchant string) (unit, bool) {
	property := func(key string) string {
		for _, p := range l.Attributes {
			if p.Key == key {
				return strings.TrimSpace(p.Value)
			}
		}
		return ""
	}
	u := unit{
		Target: property("Recipient email"), Currency: o.Currency, Merchant: merchant,
		To: property("Recipient name"), Body: property("Message"),
	}
	if u.Target == "" {
		u.Target = o.Email
	}
	if u.Target == "" && o.Customer != nil {
		u.Target = o.Customer.Email
	}
	value, ok := new(big.Rat).SetString(l.UnitPrice)
	if !ok || value.Sign() <= 0 || u.Target == "" {
		return u, false
	}
	u.Amount = value.FloatString(2)
	if day := property("Send on"); day != "" {
		at, err := time.Parse(time.DateOnly, day)
		if err != nil {
			return u, false
		}
		now := time.Now()
		if at.After(now.AddDate(1, 0, 1)) || at.Before(now.AddDate(-1, 0, -1)) {
			return u, false
		}
		if at.After(now) {
			u.Scheduled = at.Format(time.RFC3339)
		}
	}
	return u, true
}

// unitOf is a card of the ledger in the same terms.
func unitOf(c Card) unit {
	u := unit{
		Target: c.Target, Amount: c.InitialBalance, Currency: c.Currency, Merchant: c.MerchantCode,
		To: c.Message.To, Body: c.Message.Body,
	}
	if !c.Scheduled.IsZero() {
		u.Scheduled = c.Scheduled.UTC().Format(time.RFC3339)
	}
	return u
}
