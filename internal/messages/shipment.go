package messages

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// The carriers that the service knows. Others are passed through to the customer.
const (
	UPS   = "UPS"
	FedEx = "FedEx"
	USPS  = "USPS"
)

// Carrier returns a carrier's name as the service writes it, if it knows it in any case; otherwise the name as it is.
func Carrier(name string) string {
	for _, known := range []string{UPS, FedEx, USPS} {
		if strings.EqualFold(name, known) {
			return known
		}
	}
	return name
}

// NeedsTracking reports whether shipments of a carrier need a tracking number.
func NeedsTracking(carrier string) bool {
	c := Carrier(carrier)
	return c == UPS || c == USPS
}

// ShipmentFields are what a shipment is built of.
type ShipmentFields struct {
	// ID is the number of the order, which its receipt has.
	ID string
	// Carrier is as [Carrier] returns it.
	Carrier string
	// TrackingNumber may be empty unless [NeedsTracking], and TrackingURL may be empty.
	TrackingNumber, TrackingURL string
	Items                       []Part
	// At is when the parcel was handed to the carrier.
	At                  time.Time
	Origin, Destination Address
	// Weight is that of all items; zero if it is not known.
	Weight Weight
}

// Part is a quantity of a line of a receipt.
type Part struct {
	// ID is the number of the line.
	ID       string
	Quantity int
}

// Shipment is a parcel that left. The zero value is no shipment.
type Shipment struct{ f ShipmentFields }

// NewShipment checks the fields. The error is a [*FieldError].
func NewShipment(f ShipmentFields) (Shipment, error) {
	if err := first(
		required("receipt_id", f.ID), required("carrier", f.Carrier), moment("ship_date", f.At),
		optionalURL("carrier_tracking_url", f.TrackingURL), within("origin", f.Origin.w.check()),
		within("destination", first(required("street_1", f.Destination.w.Street1), f.Destination.w.check())), f.Weight.check(),
	); err != nil {
		return Shipment{}, err
	}
	switch {
	case Carrier(f.Carrier) != f.Carrier:
		return Shipment{}, faulty("carrier", "is not written as the service writes it")
	case NeedsTracking(f.Carrier) && strings.TrimSpace(f.TrackingNumber) == "":
		return Shipment{}, faulty("tracking_number", "is missing, which UPS and USPS need")
	case len(f.Items) == 0:
		return Shipment{}, faulty("items", "is empty")
	}
	seen := map[string]bool{}
	for _, item := range f.Items {
		if err := first(required("id", item.ID), quantity("quantity", item.Quantity, 1)); err != nil {
			return Shipment{}, within("items", err)
		}
		if seen[item.ID] {
			return Shipment{}, faulty("items.id", "is there twice")
		}
		seen[item.ID] = true
	}
	return Shipment{f}, nil
}

type partWire struct {
	ID       string `json:"id"`
	Quantity string `json:"quantity,omitempty"`
}

type shipmentWire struct {
	ReceiptID          string      `json:"receipt_id"`
	Carrier            string      `json:"carrier"`
	TrackingNumber     string      `json:"tracking_number,omitempty"`
	CarrierTrackingURL string      `json:"carrier_tracking_url,omitempty"`
	Items              []partWire  `json:"items"`
	ShipDate           string      `json:"ship_date"`
	Origin             addressWire `json:"origin"`
	Destination        addressWire `json:"destination"`
	Weight             string      `json:"weight,omitempty"`
	WeightUnit         string      `json:"weight_unit,omitempty"`
}

// MarshalJSON returns the structure in the service's words. It fails for the zero value.
func (s Shipment) MarshalJSON() ([]byte, error) {
	f := s.f
	if f.ID == "" {
		return nil, errUnbuilt
	}
	w := shipmentWire{
		ReceiptID: f.ID, Carrier: f.Carrier, TrackingNumber: f.TrackingNumber, CarrierTrackingURL: f.TrackingURL,
		ShipDate: unix(f.At), Origin: f.Origin.w, Destination: f.Destination.w,
	}
	for _, i := range f.Items {
		w.Items = append(w.Items, partWire{ID: i.ID, Quantity: fmt.Sprint(i.Quantity)})
	}
	if f.Weight != (Weight{}) {
		w.Weight, w.WeightUnit = f.Weight.Number(), f.Weight.Unit
	}
	return json.Marshal(w)
}

// ParseShipment reads the structure, with the checks of [NewShipment]. Fields that giftbridge does not send are left out.
func ParseShipment(data []byte) (Shipment, error) {
	var w shipmentWire
	if err := decode(data, &w); err != nil {
		return Shipment{}, err
	}
	at, err := parseUnix("ship_date", w.ShipDate)
	if err != nil {
		return Shipment{}, err
	}
	f := ShipmentFields{
		ID: w.ReceiptID, Carrier: w.Carrier, TrackingNumber: w.TrackingNumber, TrackingURL: w.CarrierTrackingURL, At: at,
		Origin: Address{w.Origin}, Destination: Address{w.Destination},
	}
	if f.Weight, err = parseWeight(w.Weight, w.WeightUnit); err != nil {
		return Shipment{}, err
	}
	for _, i := range w.Items {
		n, err := parseQuantity("quantity", i.Quantity)
		if err != nil {
			return Shipment{}, within("items", err)
		}
		f.Items = append(f.Items, Part{ID: i.ID, Quantity: n})
	}
	return NewShipment(f)
}
