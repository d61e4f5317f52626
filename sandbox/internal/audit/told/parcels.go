package told

import (
	"maps"
	"slices"
)

// judgeParcels compares the parcels with what the customer was told of them.
func (j *judge) judgeParcels() {
	said, back := map[string]int{}, 0
	sent := map[int64]int{}
	for _, m := range j.told {
		switch m.what {
		case saysShipment, saysTrackings:
			j.Shipments++
			f, ok := j.parcelOf(m)
			if !ok {
				j.problem(&j.Misstated, "%s: it names no parcel, or two", m.short())
				continue
			}
			for _, n := range m.numbers {
				said[n]++
			}
			if m.what == saysTrackings {
				continue
			}
			if sent[f.ID]++; !maps.Equal(m.items, j.order.items(f.Lines)) {
				j.problem(&j.Misstated, "%s: the parcel has something else in it", m.short())
			}
		case saysReturned:
			j.Shipments++
			back++
		}
	}
	for n, times := range said {
		if times > 1 {
			j.problem(&j.Twice, "twice: %s: the customer was told of parcel %s %d times", j.order.Name, n, times)
		}
	}
	missing, taken := 0, 0
	for _, f := range j.order.Fulfillments {
		switch {
		case sent[f.ID] > 1:
			j.problem(&j.Twice, "twice: %s: %d messages that a parcel has left", j.order.Name, sent[f.ID])
		case f.Status == "CANCELLED":
			taken += sent[f.ID]
		case f.Status == "SUCCESS" && (sent[f.ID] == 0 || slices.ContainsFunc(f.numbers(), func(n string) bool { return said[n] == 0 })):
			missing++
		}
	}
	// If it is in doubt whether the customer knows of a parcel, he may be told that it was taken back.
	if back > taken+j.doubted(shipment) {
		j.problem(&j.Twice, "twice: %s: the customer was told of %d parcels that were taken back, and there are %d", j.order.Name, back, taken)
	}
	missing += max(0, taken-back)
	if excused := len(j.unsent(shipment)); missing > excused {
		j.problem(&j.Missing, "missing: %s: of %d parcels the customer does not know what became of them, and %d messages are known to be unsent",
			j.order.Name, missing, excused)
	}
}

func (f Fulfillment) numbers() (out []string) {
	for _, t := range f.Trackings {
		out = append(out, t.Number)
	}
	return out
}

// parcelOf returns the parcel that a message is about.
func (j *judge) parcelOf(m text) (found Fulfillment, ok bool) {
	for _, n := range m.numbers {
		i := slices.IndexFunc(j.order.Fulfillments, func(f Fulfillment) bool { return f.has(n) })
		if i < 0 || ok && found.ID != j.order.Fulfillments[i].ID {
			return Fulfillment{}, false
		}
		found, ok = j.order.Fulfillments[i], true
	}
	return found, ok
}
