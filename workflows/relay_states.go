package workflows

import (
	"slices"
	"time"
)

// maxObjects is the number of fulfilments of a mailbox of which the newest states are known. An order has few.
const maxObjects = 200

// ObjectState is the newest state of a fulfilment that was delivered.
type ObjectState struct {
	// Object is the shop's number of it, as events have it.
	Object    string    `json:"object"`
	Delivered time.Time `json:"delivered"`
}

// Newest returns the time of the newest state of an object that was delivered, of the order or product itself if object is empty; zero if
// none is known.
func (r RelayResult) Newest(object string) time.Time {
	if object == "" {
		return r.Delivered
	}
	for _, s := range r.Objects {
		if s.Object == object {
			return s.Delivered
		}
	}
	return time.Time{}
}

// deliver notes that a state of an object was delivered.
func (r *RelayResult) deliver(object string, at time.Time) {
	if newest := r.Newest(object); at.Before(newest) {
		at = newest
	}
	switch {
	case object == "":
		r.Delivered = at
	case !at.IsZero():
		r.Objects = slices.DeleteFunc(r.Objects, func(s ObjectState) bool { return s.Object == object })
		r.Objects = append(r.Objects, ObjectState{object, at})
		r.Objects = r.Objects[max(0, len(r.Objects)-maxObjects):]
	}
}
