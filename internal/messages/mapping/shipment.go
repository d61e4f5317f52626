package mapping

import (
	"errors"

	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/retail"
)

// Shipment returns the structure of a parcel of an order, or what keeps it from having one. carrier is as [messages.Carrier] returns
// it, and tracking is the number that the structure has.
func Shipment(o retail.Order, f retail.Fulfillment, carrier string, tracking retail.Tracking, r Rules) (messages.Shipment, error) {
	s := messages.ShipmentFields{
		ID: o.Number, Carrier: carrier, TrackingNumber: Line(tracking.Number), TrackingURL: WebURL(tracking.URL), At: f.CreatedAt,
	}
	quantities := map[string]int{}
	for _, item := range f.Items {
		if quantities[item.Line] == 0 && item.Quantity > 0 {
			s.Items = append(s.Items, messages.Part{ID: item.Line})
		}
		quantities[item.Line] += max(0, item.Quantity)
	}
	for i := range s.Items {
		s.Items[i].Quantity = quantities[s.Items[i].ID]
	}
	if f.Destination == nil {
		return messages.Shipment{}, errors.New("the destination is not known")
	}
	var err error
	if s.Origin, err = origin(f.Origin, r); err != nil {
		return messages.Shipment{}, err
	}
	if s.Destination, err = messages.NewAddress(tidy(*f.Destination), r.addresses()); err != nil {
		return messages.Shipment{}, err
	}
	s.Weight = weight(o.Lines, quantities, f.Destination.Country)
	return messages.NewShipment(s)
}

// origin returns where a parcel comes from: what the shop says if the service can take it, otherwise what is configured.
func origin(from *retail.Address, r Rules) (messages.Address, error) {
	err := errors.New("the origin is not known")
	for _, a := range []*retail.Address{from, r.ShipFrom} {
		if a == nil {
			continue
		}
		var out messages.Address
		if out, err = messages.NewOrigin(tidy(*a), r.addresses()); err == nil {
			return out, nil
		}
	}
	return messages.Address{}, err
}

// maxGrams is more than any parcel weighs.
const maxGrams = 1_000_000_000

// weight returns the weight of a parcel in the units that its recipient is used to; zero if it is not known.
func weight(lines []retail.Line, quantities map[string]int, country string) messages.Weight {
	grams := 0
	for _, l := range lines {
		if n := quantities[l.ID]; l.Grams > 0 && n > 0 {
			if l.Grams > maxGrams || n > maxGrams || grams+l.Grams*n > maxGrams {
				return messages.Weight{}
			}
			grams += l.Grams * n
		}
	}
	switch {
	case grams == 0:
		return messages.Weight{}
	case country == "US":
		const perPound = 453_592_37 // Hundred-thousandths of a gram (international pound).
		hundredths := (int64(grams)*100*100_000 + perPound/2) / perPound
		return messages.Weight{Thousandths: 10 * max(1, hundredths), Unit: messages.Pounds}
	}
	return messages.Weight{Thousandths: int64(grams), Unit: messages.Kilograms}
}
