// Package reaching finds the number that messages about an order go to, and the time when they may be sent.
package reaching

import (
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/retail"
)

// Reason is why a message is not sent.
type Reason string

// The reasons why there is no number: the customer left none, it is not a valid one, it cannot receive texts, or the only one was
// left for another purpose.
const (
	NoPhone   Reason = "no_phone"
	BadPhone  Reason = "bad_phone"
	NotMobile Reason = "not_mobile"
	NoConsent Reason = "no_consent"
)

// Phones knows phone numbers.
type Phones interface {
	// Parse returns a number in E.164 form, and reports whether it can receive texts. The number is empty if raw is not a valid
	// one. country is the ISO 3166 alpha-2 code of the country where numbers without a country code are.
	Parse(raw, country string) (number string, mobile bool)
	// Zones returns the time zones where a number in E.164 form may be; none if they are not known.
	Zones(number string) []*time.Location
}

// Quiet are the hours of a day in which no message is sent.
type Quiet struct {
	// From and Until are times of day, as durations since midnight: 21 h and 8 h. They are equal if there are no quiet hours.
	From, Until time.Duration
	// All reports whether the hours are also quiet for messages about orders, and not only for marketing.
	All bool
}

// Rules are how a shop reaches its customers.
type Rules struct {
	// Country is the ISO 3166 alpha-2 code of the country of numbers without a country code, where an order has no address.
	Country string
	// AnyPhone allows messages to a number that is only in the customer's account.
	AnyPhone bool
	Quiet    Quiet
	// Zone is the time zone of customers whose number has none; nil is UTC.
	Zone   *time.Location
	Phones Phones
}

// Phone returns the number that messages about an order go to, in E.164 form, or why there is none.
func (r Rules) Phone(o retail.Order) (string, Reason) {
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
	reason := NoPhone
	for _, raw := range left {
		if raw = strings.TrimSpace(raw); raw == "" {
			continue
		}
		number, mobile := r.Phones.Parse(raw, country)
		switch {
		case mobile:
			return number, ""
		case number != "":
			reason = NotMobile
		case reason == NoPhone:
			reason = BadPhone
		}
	}
	if reason == NoPhone && strings.TrimSpace(o.Customer.Phone) != "" {
		reason = NoConsent
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
