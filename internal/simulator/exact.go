package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
)

// ExactJSON decodes exactly one object into a pointer to a struct whose fields all have tags. It is [StrictJSON] for names
// in any case: it refuses unknown fields, known fields in another case, which encoding/json accepts, and fields that stand
// twice. It does not look into the values.
func ExactJSON(b []byte, into any) error {
	known := reflect.TypeOf(into).Elem()
	var names []string
	for f := range known.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		names = append(names, name)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.New("it is not an object")
	}
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return err
		}
		name, ok := t.(string)
		if !ok || !slices.Contains(names, name) {
			return fmt.Errorf("unknown field %q", t)
		}
		if seen[name] {
			return fmt.Errorf("field %q stands twice", name)
		}
		seen[name] = true
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more than one value")
	}
	return json.Unmarshal(b, into)
}
