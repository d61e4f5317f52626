package composing

import (
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/retail"
)

// phone returns the number that messages about an order go to, in E.164 form, or why there is none.
func (r Rules) phone(o retail.Order) (string, Reason) {
	left, country := []string{o.Phone}, r.Country
	if o.Billing != nil && o.Billing.Country != "" {
		country = o.Billing.Country
	}
	if o.Shipping != nil {
		left = append(left, o.Shipping.Phone)
		if o.Shipping.Country != "" {
			country = o.Shipping.Country
		}
	}
	if r.AnyPhone {
		left = append(left, o.Customer.Phone)
	}
	reason := ReasonNoPhone
	for _, raw := range left {
		if raw = strings.TrimSpace(raw); raw == "" {
			continue
		}
		number, mobile := r.Phones.Parse(raw, country)
		switch {
		case mobile:
			return number, ""
		case number != "":
			reason = ReasonNotMobile
		case reason == ReasonNoPhone:
			reason = ReasonBadPhone
		}
	}
	if reason == ReasonNoPhone && strings.TrimSpace(o.Customer.Phone) != "" {
		reason = ReasonNoConsent
	}
	return "", reason
}

// OpenAt returns the first time, not before now, at which a message of a kind may be sent to a number: quiet hours are by the
// clocks of all places where the number may be. Without a number it is by the clock of [Rules.Zone].
func (r Rules) OpenAt(kind messages.Kind, to string, now time.Time) time.Time {
	if r.Quiet.From == r.Quiet.Until || (kind != messages.KindInStock && !r.Quiet.All) {
		return now
	}
	var zones []*time.Location
	if to != "" {
		zones = r.Phones.Zones(to)
	}
	if len(zones) == 0 {
		zones = []*time.Location{time.UTC}
		if r.Zone != nil {
			zones[0] = r.Zone
		}
	}
	// Some numbers may be in so many zones that it is always a quiet hour in one: after some rounds the clocks of the others count.
	const rounds = 8
	at := now
	for range rounds {
		before := at
		for _, zone := range zones {
			at = r.Quiet.end(at.In(zone))
		}
		if at.Equal(before) {
			break
		}
	}
	if at.Equal(now) {
		return now
	}
	return at.UTC()
}

// end returns when the quiet hours that t is in end, by the clock of its zone; t itself if it is in none.
func (q Quiet) end(t time.Time) time.Time {
	clock := time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second
	days := 0
	switch {
	case q.From < q.Until && (clock < q.From || clock >= q.Until):
		return t
	case q.From > q.Until && clock < q.From && clock >= q.Until:
		return t
	case q.From > q.Until && clock >= q.From:
		days = 1
	}
	return time.Date(t.Year(), t.Month(), t.Day()+days, 0, 0, int(q.Until/time.Second), 0, t.Location())
}
