package config

import (
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// List is a comma-separated list. White space around its entries is removed.
type List []string

// Decode reads the value of a variable. It keeps empty entries, so that Validate can report them.
func (l *List) Decode(value string) error {
	*l = nil
	if strings.TrimSpace(value) == "" {
		return nil
	}
	for entry := range strings.SplitSeq(value, ",") {
		*l = append(*l, strings.TrimSpace(entry))
	}
	return nil
}

// String returns the list as it is written in a variable.
func (l List) String() string { return strings.Join(l, ",") }

// Clock is a time of day.
type Clock struct {
	Hour, Minute int
}

var clockForm = regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d$`)

// Decode reads the value of a variable, such as 18:00.
func (c *Clock) Decode(value string) error {
	if !clockForm.MatchString(value) {
		return errors.New("not a time of day")
	}
	t, err := time.Parse("15:04", value)
	if err != nil {
		return errors.New("not a time of day")
	}
	*c = Clock{Hour: t.Hour(), Minute: t.Minute()}
	return nil
}

// String returns the time of day as it is written in a variable.
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", c.Hour, c.Minute) }

// PayloadKey is one AES-256 key and the ID by which payloads refer to it.
type PayloadKey struct {
	ID string
	// Key holds the raw bytes, not their base64 form.
	Key Secret
}

// PayloadKeySize is the length of a payload key in bytes: AES-256.
const PayloadKeySize = 32

// PayloadKeys are the keys that payloads may be encrypted with. The first key encrypts; all of them decrypt.
type PayloadKeys []PayloadKey

var keyIDForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// Decode reads the value of a variable: id:base64 pairs, separated by commas. Its errors name a key by its position and
// never repeat any part of it, because the text in the place of an ID may be a key whose ID is missing.
func (k *PayloadKeys) Decode(value string) error {
	*k = nil
	if strings.TrimSpace(value) == "" {
		return nil
	}
	var keys PayloadKeys
	seen := make(map[string]int)
	for entry := range strings.SplitSeq(value, ",") {
		n := len(keys) + 1
		id, encoded, ok := strings.Cut(strings.TrimSpace(entry), ":")
		if !ok {
			return fmt.Errorf("key %d: need id:base64", n)
		}
		if !keyIDForm.MatchString(id) {
			return fmt.Errorf("key %d: need an ID of at most 64 letters, digits, dots, dashes or underscores", n)
		}
		if first, ok := seen[id]; ok {
			return fmt.Errorf("key %d: has the same ID as key %d", n, first)
		}
		seen[id] = n
		raw, err := base64.StdEncoding.Strict().DecodeString(encoded)
		if err != nil {
			return fmt.Errorf("key %d: need standard base64, such as the output of openssl rand -base64 32", n)
		}
		if len(raw) != PayloadKeySize {
			return fmt.Errorf("key %d: need %d bytes, have %d", n, PayloadKeySize, len(raw))
		}
		keys = append(keys, PayloadKey{ID: id, Key: NewSecret(string(raw))})
	}
	*k = keys
	return nil
}

// String returns the IDs of the keys, which are not secret.
func (k PayloadKeys) String() string {
	ids := make([]string, len(k))
	for i, key := range k {
		ids[i] = key.ID + ":" + redacted
	}
	return strings.Join(ids, ",")
}
