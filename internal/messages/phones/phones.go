// Package phones reads phone numbers. It holds the numbering plans of all countries, which are megabytes: only what wires
// activities imports it.
package phones

import (
	"strings"
	"time"

	"github.com/nyaruka/phonenumbers"
)

// Book knows the numbering plans. The zero value is ready for use, by several goroutines at once.
type Book struct{}

// maxRaw bounds what people type; a number has at most 15 digits (ITU-T E.164).
const maxRaw = 64

// Parse returns a number in E.164 form, such as "+14155550100", and reports whether it can receive texts: it is a mobile number, or
// one of a country that has no separate ones. The number is empty if raw is not a valid one. country is the ISO 3166 alpha-2 code
// of the country where a number without a country code is. A number with an extension is behind a switchboard and receives none.
func (Book) Parse(raw, country string) (number string, mobile bool) {
	if len(raw) > maxRaw {
		return "", false
	}
	n, err := phonenumbers.Parse(raw, strings.ToUpper(country))
	if err != nil || !phonenumbers.IsValidNumber(n) {
		return "", false
	}
	kind := phonenumbers.GetNumberType(n)
	mobile = (kind == phonenumbers.MOBILE || kind == phonenumbers.FIXED_LINE_OR_MOBILE) && n.GetExtension() == ""
	return phonenumbers.Format(n, phonenumbers.E164), mobile
}

// Zones returns the time zones where a number in E.164 form may be; none if they are not known.
func (Book) Zones(number string) []*time.Location {
	names, err := phonenumbers.GetTimezonesForPrefix(number)
	if err != nil {
		return nil
	}
	var out []*time.Location
	for _, name := range names {
		if name == phonenumbers.UNKNOWN_TIMEZONE {
			continue
		}
		if zone, err := time.LoadLocation(name); err == nil {
			out = append(out, zone)
		}
	}
	return out
}
