package messaging

import (
	"errors"
	"slices"
	"strings"

	"github.com/giftbridge/giftbridge/internal/config/env"
)

// Quiet are the hours of a day in which nothing is sent.
type Quiet struct {
	// From and Until are equal if there are none.
	From, Until env.Clock
}

// Decode reads the value of a variable, such as "21:00-08:00".
func (q *Quiet) Decode(value string) error {
	from, until, found := strings.Cut(value, "-")
	if !found {
		return errors.New("need two times of day, such as 21:00-08:00")
	}
	var read Quiet
	if err := read.From.Decode(strings.TrimSpace(from)); err != nil {
		return err
	}
	if err := read.Until.Decode(strings.TrimSpace(until)); err != nil {
		return err
	}
	*q = read
	return nil
}

// String returns the hours as they are written in a variable.
func (q Quiet) String() string { return q.From.String() + "-" + q.Until.String() }

// ShipFrom is where parcels come from. It is zero if that is not configured.
type ShipFrom struct{ City, State, Zip, Country string }

// Decode reads the value of a variable: city;state;zip;country.
func (s *ShipFrom) Decode(value string) error {
	*s = ShipFrom{}
	if strings.TrimSpace(value) == "" {
		return nil
	}
	parts := strings.Split(value, ";")
	const all = 4
	if len(parts) != all {
		return errors.New("need city;state;zip;country")
	}
	for i := range parts {
		if parts[i] = strings.TrimSpace(parts[i]); parts[i] == "" {
			return errors.New("need city;state;zip;country")
		}
	}
	if !countryForm.MatchString(parts[3]) {
		return errors.New("need " + wantCountry)
	}
	*s = ShipFrom{City: parts[0], State: parts[1], Zip: parts[2], Country: parts[3]}
	return nil
}

// String returns the place as it is written in a variable.
func (s ShipFrom) String() string {
	if s == (ShipFrom{}) {
		return ""
	}
	return strings.Join([]string{s.City, s.State, s.Zip, s.Country}, ";")
}

// Options are the names of the products' options in the shop.
type Options struct{ Size, Color, Gender []string }

// Decode reads the value of a variable: size=Size,color=Color|Colour,gender=Gender.
func (o *Options) Decode(value string) error {
	var read Options
	if strings.TrimSpace(value) != "" {
		for entry := range strings.SplitSeq(value, ",") {
			name, names, found := strings.Cut(entry, "=")
			list := map[string]*[]string{"size": &read.Size, "color": &read.Color, "gender": &read.Gender}[strings.TrimSpace(name)]
			if !found || list == nil || *list != nil {
				return errors.New("need pairs such as size=Size,color=Color|Colour,gender=Gender")
			}
			for n := range strings.SplitSeq(names, "|") {
				if n = strings.TrimSpace(n); n == "" || slices.Contains(*list, n) {
					return errors.New("need pairs such as size=Size,color=Color|Colour,gender=Gender")
				}
				*list = append(*list, n)
			}
		}
	}
	*o = read
	return nil
}

// String returns the names as they are written in a variable.
func (o Options) String() string {
	var all []string
	for _, p := range []struct {
		name  string
		names []string
	}{{"size", o.Size}, {"color", o.Color}, {"gender", o.Gender}} {
		if len(p.names) > 0 {
			all = append(all, p.name+"="+strings.Join(p.names, "|"))
		}
	}
	return strings.Join(all, ",")
}
