// Package structures has the fields of structured messages as docs.sendsonar.com publishes them ("retail structured
// messages"), and finds what is wrong with a message's data.
//
// It is strict: a field that is neither in the tables nor in the published samples is refused, all values are texts, and an
// amount, a time or an enumerated value is one. Where table and sample differ, the sample decides: the table's receipt_name is
// the recipient_name of the sample, and cancellation_url stands in the sample alone. Assumed: the service refuses what the
// tables do not allow; what it really does with such data is not published.
package structures

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// The types.
const (
	Receipt  = "retail_receipts"
	Shipment = "retail_shipments"
	Update   = "retail_updatereceipts"
	Notice   = "notifyme"
)

// Types are all types.
var Types = []string{Receipt, Shipment, Update, Notice}

// Data is an object of a message, in which no name stands twice.
type Data map[string]any

// Text returns the text of a name, empty if the object has no such text.
func (d Data) Text(name string) string {
	s, _ := d[name].(string)
	return s
}

// Parse reads exactly one JSON object.
func Parse(raw string) (Data, error) {
	if !json.Valid([]byte(raw)) { // It limits the depth too.
		return nil, errors.New("it is not JSON")
	}
	d := json.NewDecoder(bytes.NewReader([]byte(raw)))
	value, err := parse(d)
	if err != nil {
		return nil, err
	}
	object, ok := value.(Data)
	if !ok {
		return nil, errors.New("it is not an object")
	}
	return object, nil
}

// parse reads one value. Unlike encoding/json it refuses a name that stands twice.
func parse(d *json.Decoder) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('{'):
		object := Data{}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return nil, err
			}
			key := fmt.Sprint(name) // A string.
			if _, twice := object[key]; twice {
				return nil, errors.New("a name stands twice")
			}
			if object[key], err = parse(d); err != nil {
				return nil, err
			}
		}
		_, err = d.Token()
		return object, err
	case json.Delim('['):
		list := []any{}
		for d.More() {
			value, err := parse(d)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		_, err = d.Token()
		return list, err
	}
	return t, nil
}

// Rules are what is not known about the service.
type Rules struct {
	// LenientAddresses accepts any text as state and postal code, also an empty one, instead of two letters and five digits.
	LenientAddresses bool
}

// Problems returns what is wrong with the data of a message, in the service's way to word it ("text is missing"), sorted. It
// names fields, and holds nothing of their values. An unknown type has one problem.
func (r Rules) Problems(typ string, data Data) []string {
	fields, ok := tables[typ]
	if !ok {
		return []string{"type " + invalid}
	}
	var out []string
	r.check("", data, fields, &out)
	if carrier := data.Text("carrier"); typ == Shipment && data.Text("tracking_number") == "" &&
		slices.Contains([]string{"UPS", "USPS"}, carrier) {
		out = append(out, "tracking_number "+missing)
	}
	slices.Sort(out)
	return out
}

const (
	missing = "is missing"
	invalid = "is invalid"
)

// field is a row of a table.
type field struct {
	required bool
	// valid reports whether a text is a value; nil means that any is. An address has strict and lenient forms.
	valid, lenient func(string) bool
	// object has the fields of an object, list those of the objects in a list, which is not empty.
	object, list map[string]field
	// open lets an object hold other texts too, as the samples of metadata do.
	open bool
}

// check appends the problems of an object, whose path ends with a dot unless it is empty.
func (r Rules) check(path string, data Data, fields map[string]field, out *[]string) {
	for name, f := range fields {
		value, there := data[name]
		if !there {
			if f.required {
				*out = append(*out, path+name+" "+missing)
			}
			continue
		}
		if !r.accepts(path+name, value, f, out) {
			*out = append(*out, path+name+" "+invalid)
		}
	}
	for name := range data {
		if _, known := fields[name]; known {
			continue
		}
		if !fieldName(name) {
			name = "unknown_field"
		}
		*out = append(*out, path+name+" "+invalid)
	}
}

// accepts reports whether a value is of the form of a field. It appends the problems inside objects.
func (r Rules) accepts(path string, value any, f field, out *[]string) bool {
	switch {
	case f.object != nil:
		object, ok := value.(Data)
		if ok && f.open {
			object = r.known(path, object, f.object, out)
		}
		if ok {
			r.check(path+".", object, f.object, out)
		}
		return ok
	case f.list != nil:
		list, ok := value.([]any)
		for i, element := range list {
			object, isObject := element.(Data)
			at := path + "[" + strconv.Itoa(i) + "]"
			if !isObject {
				*out = append(*out, at+" "+invalid)
				continue
			}
			r.check(at+".", object, f.list, out)
		}
		return ok && len(list) > 0
	}
	s, ok := value.(string)
	valid := f.valid
	if r.LenientAddresses && f.lenient != nil {
		valid = f.lenient
	}
	switch {
	case !ok:
		return false
	case valid != nil:
		return valid(s)
	}
	return s != "" || !f.required
}

// known returns the fields of an open object that a table has. The others are texts.
func (Rules) known(path string, object Data, fields map[string]field, out *[]string) Data {
	known := Data{}
	for name, value := range object {
		if _, ok := fields[name]; ok {
			known[name] = value
		} else if _, ok := value.(string); !ok {
			*out = append(*out, path+".other "+invalid)
		}
	}
	return known
}
