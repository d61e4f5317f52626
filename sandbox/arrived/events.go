// Package arrived says what arrived at the customers' phones and at the ERP, and what is wrong with it.
package arrived

import (
	"fmt"
	"maps"
	"slices"

	"github.com/giftbridge/giftbridge/internal/relay/relaytest"
)

// Events counts the events that the ERP took.
type Events struct {
	// EventsTaken leaves out those that came again, which EventsAgain counts.
	EventsTaken int `json:"events_taken"`
	EventsAgain int `json:"events_again"`
	// EventsStale counts events that came after a newer one with a mark that says so, EventsUnordered those without the mark, and
	// EventsRefused requests that no ERP should get, such as one without a right signature.
	EventsStale     int `json:"events_stale"`
	EventsUnordered int `json:"events_unordered"`
	EventsRefused   int `json:"events_refused"`
}

// AtERP returns what arrived at the ERP, and what is wrong with it in words.
func AtERP(s relaytest.Stats) (r Events, problems []string) {
	r = Events{EventsAgain: s.Doubles, EventsStale: s.Stale, EventsUnordered: s.Unordered}
	for _, n := range s.Taken {
		r.EventsTaken += n
	}
	if s.Unordered > 0 {
		problems = append(problems, fmt.Sprintf("events out of order without a mark: %d", s.Unordered))
	}
	for _, why := range slices.Sorted(maps.Keys(s.Refused)) {
		r.EventsRefused += s.Refused[why]
		problems = append(problems, fmt.Sprintf("events refused: %d: %s", s.Refused[why], why))
	}
	return r, problems
}
