package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// glimpse reads the beginning of a body that is too large to be read. It knows less than [Parse]: numbers and times that come
// later are empty, and the lines are never known. Shopify writes numbers and times before long lists. The error repeats nothing
// of the body.
func glimpse(topicName string, beginning []byte) (Notice, error) {
	t, ok := find(topicName)
	n := Notice{Topic: t.name}
	var f fields
	known := complete(beginning)
	if !ok || known == nil || !f.read(known) {
		return n, errNotJSON
	}
	if f.LineItems != nil {
		*f.LineItems = nil
	}
	if f.UpdatedAt == nil { // It may come later.
		f.UpdatedAt = json.RawMessage("null")
	}
	if err := t.read(f, &n); errors.Is(err, errForeign) {
		return n, errShape
	}
	return n, nil
}

// complete returns an object with the fields of the beginning of another: the last one as null or
// without items, if its value has no end. It
// returns nil if that is not the beginning of an object.
func complete(beginning []byte) []byte {
	d := json.NewDecoder(bytes.NewReader(beginning))
	if first, err := d.Token(); err != nil || first != json.Delim('{') {
		return nil
	}
	known := map[string]json.RawMessage{}
	for ended := false; !ended && d.More(); {
		token, err := d.Token()
		name, isName := token.(string)
		if err != nil || !isName {
			break
		}
		var value json.RawMessage
		err = d.Decode(&value)
		ended = errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
		switch {
		case ended && name == lineItems:
			value = json.RawMessage("[]")
		case ended:
			value = json.RawMessage("null")
		case err != nil:
			return nil
		}
		known[name] = value
	}
	out, err := json.Marshal(known)
	if err != nil {
		return nil
	}
	return out
}
