package structures

import (
	"net/url"
	"regexp"
	"slices"
)

// The forms of values. All travel as texts.
var (
	amount   = matching(`^[0-9]{1,12}(\.[0-9]{1,4})?$`)
	currency = matching(`^[A-Z]{3}$`)
	seconds  = matching(`^[0-9]{9,11}$`) // Unix time
	whole    = matching(`^[0-9]{1,9}$`)
	positive = matching(`^[1-9][0-9]{0,8}$`)
	letters2 = matching(`^[A-Z]{2}$`)
	digits5  = matching(`^[0-9]{5}$`)
	// size is such as "L" or "Size 4": the word stands before sizes that begin with a digit.
	size = matching(`^([^0-9].*)?$`)
	// carrier is "UPS", "FedEx" or "USPS" as written here, or any other name.
	carrier = func(s string) bool {
		return s != "" && (slices.Contains([]string{"UPS", "FedEx", "USPS"}, s) || !inOtherCase.MatchString(s))
	}
	// fieldName accepts what may stand in a refusal: a name that a program made up, and no person's.
	fieldName   = matching(`^[a-z][a-z0-9_]{0,40}$`)
	inOtherCase = regexp.MustCompile(`^(?i:UPS|FedEx|USPS)$`)
)

func matching(pattern string) func(string) bool { return regexp.MustCompile(pattern).MatchString }

func oneOf(values ...string) func(string) bool {
	return func(s string) bool { return slices.Contains(values, s) }
}

func anyText(string) bool { return true }

func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil
}

func required(valid func(string) bool) field { return field{required: true, valid: valid} }
func optional(valid func(string) bool) field { return field{valid: valid} }

// name is a required text, note an optional one.
var (
	name = field{required: true}
	note = field{}
)

// address returns the table of an address; those of origins need no street.
func address(street field) map[string]field {
	return map[string]field{
		"street_1": street, "street_2": note, "city": name,
		"state":       {required: true, valid: letters2, lenient: anyText},
		"postal_code": {required: true, valid: digits5, lenient: anyText},
		"country":     required(letters2),
	}
}

// metadata returns the table of metadata. The samples hold more names than the table, so any is accepted.
func metadata() field {
	return field{open: true, object: map[string]field{
		"brand": note, "size": optional(size), "color": note, "gender": optional(oneOf("M", "F", "")),
	}}
}

// tables are the fields by type.
var tables = map[string]map[string]field{
	Receipt: {
		"receipt_id": name,
		"items": {required: true, list: map[string]field{
			"id": name, "name": name, "currency": required(currency), "price": required(amount),
			"thumb_url": optional(webAddress), "item_url": required(webAddress), "quantity": optional(positive),
			"metadata": metadata(),
		}},
		"timestamp": required(seconds), "account_holder_name": name, "recipient_name": name,
		"structured_address": {required: true, object: address(name)},
		"shipping_method":    note, "payment_method": name,
		"subtotal": required(amount), "shipping_cost": required(amount), "total_tax": required(amount),
		"total_cost": required(amount), "currency": required(currency),
		"order_url": optional(webAddress), "cancellation_url": optional(webAddress),
		"status": optional(oneOf("PREPARED_SHIP", "PARTIALLY_SHIPPED", "SHIPPED", "DELIVERED", "", "CANCELED")),
	},
	Shipment: {
		"receipt_id": name, "carrier": required(carrier),
		"tracking_number":      note, // For UPS and USPS it is required.
		"carrier_tracking_url": optional(webAddress),
		"items":                {required: true, list: map[string]field{"id": name, "quantity": required(positive)}},
		"ship_date":            required(seconds),
		"origin":               {required: true, object: address(note)},
		"destination":          {required: true, object: address(name)},
		"weight":               optional(amount), "weight_unit": optional(oneOf("LBS", "KGS")),
	},
	Update: {
		"receipt_id": name, "update_id": note, "update_type": required(oneOf("cancel_item", "update_quantity")),
		"items":             {required: true, list: map[string]field{"id": name, "quantity": optional(whole)}},
		"timestamp":         required(seconds),
		"updated_sub_total": optional(amount), "updated_shipping_cost": optional(amount),
		"updated_total_tax": optional(amount), "updated_total": optional(amount), "currency": optional(currency),
	},
	Notice: {
		"notification_id": name, "name": name, "url": required(webAddress), "thumb_url": required(webAddress),
		"category": required(oneOf("retail_item")), "currency": optional(currency), "price": optional(amount), "desc": note,
		"metadata": metadata(),
	},
}
