package audit

import (
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/sandbox/internal/audit/runs"
)

// Rules are the rules that the shop's owner has set.
type Rules struct {
	SKUs []string
	// Later maps the SKUs of the cards that are made later to the issuer's codes of their items. They are among SKUs.
	Later map[string]string
	// LeftOut are the issuer's codes of the items of cards that are in no order.
	LeftOut []string
	// Companions are the SKUs that any order may contain.
	Companions []string
	// CreatedFrom is the earliest creation time of an order that counts.
	CreatedFrom time.Time
	// GivenBack maps Shopify's order ID to the time at which money for cards of the order was refunded. Cards for refunded
	// units may exist if they were made at most Within after that time.
	GivenBack map[int64]time.Time
	Within    time.Duration
	// NoDigest says that no digest was due yet, so that none has to name the failed orders.
	NoDigest bool
	// NoCardMails says that the books do not have the mails that bring cards to their recipients.
	NoCardMails bool
	// OpenSince says that the books were read while the system ran. Orders that were created later than it may still be
	// open, and so may orders whose workflow is running. What an open order lacks is counted, and is no problem.
	OpenSince time.Time
}

// open reports whether an order may still be open.
func (r Rules) open(o Order, w runs.Workflow) bool {
	return !r.OpenSince.IsZero() && (o.CreatedAt.After(r.OpenSince) || w.State == runs.Running)
}

// fate is the required outcome of an order.
type fate string

const (
	issued  fate = "issued"
	refused fate = "refused"
	leftOut fate = "left out"
	// changed is the fate of orders of which money was refunded after they had been placed. Their remaining units are
	// issued.
	changed fate = "changed"
)

// unit describes a card by what both the order and the ledger contain.
type unit struct {
	Target, Amount, Currency, Merchant, To, Body string
	// Scheduled is the day of delivery; empty for immediate delivery.
	Scheduled string
}

// verdict is the required outcome of one order, with the reason.
type verdict struct {
	order Order
	fate  fate
	// kind is the error type with which the order must fail.
	kind string
	// mixed reports that the order was left out because it contains other items too. A digest must name such an order.
	mixed bool
	units []unit
	// later are the cards that are made later, and are mailed.
	later []mailedUnit
	// open reports that the order may still be open.
	open bool
	// ended says how the order's workflow has ended, for people to read. seen reports that it has failed, and that a digest
	// names it if one must.
	ended string
	seen  bool
	// gone are the refunded units. Their cards may exist if they were made no later than late.
	gone []unit
	late time.Time
}

func (l Line) left() int { return l.Quantity - l.Removed }

func (l Line) property(key string) string {
	for _, p := range l.Attributes {
		if p.Key == key {
			return strings.TrimSpace(p.Value)
		}
	}
	return ""
}

// target returns the address to which the cards of a line go; empty if there is none.
func (o Order) target(l Line) string {
	if to := l.property("Recipient email"); to != "" {
		return to
	}
	if o.Email == "" && o.Customer != nil {
		return o.Customer.Email
	}
	return o.Email
}

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
			others++ // Even if it was returned: by then people may have issued the cards.
		case l.GiftCard:
			native++
		case l.left() > 0:
			cards += l.left()
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
	later, ok := r.laterOf(o)
	if !ok {
		v.kind = "InvalidRequest"
		return v
	}
	var merchant string
	if len(later) < cards {
		if merchant, v.kind = find(o, merchants); v.kind != "" {
			return v
		}
	}
	v.later = later
	for _, l := range o.Lines {
		if _, later := r.Later[l.SKU]; later || l.left() <= 0 || !slices.Contains(r.SKUs, l.SKU) {
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

// decideChanged applies the rules to an order of which money was refunded at the given time. Its remaining cards are
// owed.
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

// find returns the code of the order's merchant, or the error type with which the order must fail.
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

// cardOf returns the card that a unit of a line must become, or false if there can be none.
func cardOf(o Order, l Line, merchant string) (unit, bool) {
	u := unit{
		Target: o.target(l), Currency: o.Currency, Merchant: merchant, To: l.property("Recipient name"), Body: l.property("Message"),
	}
	value, ok := new(big.Rat).SetString(l.UnitPrice)
	if !ok || value.Sign() <= 0 || u.Target == "" {
		return u, false
	}
	u.Amount = value.FloatString(2)
	if day := l.property("Send on"); day != "" {
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

// unitOf returns a card of the ledger as a unit.
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
