package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"
)

var fieldName = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

// StrictJSON decodes exactly one value, whose fields have names in lower case with underscores. It refuses unknown
// fields, and also known fields in another case, which encoding/json accepts.
func StrictJSON(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more than one value")
	}
	var tree any
	if err := json.Unmarshal(b, &tree); err != nil {
		return err
	}
	return checkNames(tree)
}

func checkNames(node any) error {
	switch n := node.(type) {
	case map[string]any:
		for name, child := range n {
			if !fieldName.MatchString(name) {
				return fmt.Errorf("unknown field %q", name)
			}
			if err := checkNames(child); err != nil {
				return err
			}
		}
	case []any:
		for _, child := range n {
			if err := checkNames(child); err != nil {
				return err
			}
		}
	}
	return nil
}

// MustMarshal encodes a value that can always be encoded, such as a struct of texts.
func MustMarshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("encode answer: %v", err))
	}
	return b
}

// Duration is a time.Duration that is encoded in JSON as a string: "1.5s".
type Duration time.Duration

// MarshalJSON implements json.Marshaler.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// UnmarshalJSON implements json.Unmarshaler.
func (d *Duration) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	v, err := time.ParseDuration(s)
	if err == nil && v < 0 {
		err = errors.New("duration is negative")
	}
	*d = Duration(v)
	return err
}
