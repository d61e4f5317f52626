package codec

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// UnreadableType is the error type of an activity whose input or details cannot be read. The activity is retried.
const UnreadableType = "UnreadablePayload"

// UnreadableError means that a payload cannot be read with the available keys, or must not be read. It contains the IDs
// of keys and no other data.
type UnreadableError struct{ text string }

// Error implements error.
func (e *UnreadableError) Error() string { return e.text }

var (
	// keyID is the form of a key's ID, as in PAYLOAD_KEYS. Any other text in a payload's metadata is not repeated.
	keyID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
	// unreadable matches the whole text of an [UnreadableError]. The SDK converts the value of a panic in workflow code
	// to plain text, and only this text may appear unencrypted in a history.
	unreadable = regexp.MustCompile(`^` + regexp.QuoteMeta(inTheClear) + `$|^decrypt payload: key "[A-Za-z0-9._?-]{1,64}" (?:of PAYLOAD_KEYS does not fit, or ` +
		`the payload is damaged|is not in PAYLOAD_KEYS, which (?:is empty|has "[A-Za-z0-9._-]+"(?:, "[A-Za-z0-9._-]+")*))$`)
)

// inTheClear says that a payload is not encrypted, and what to do if it may be read anyway.
const inTheClear = "read payload: it is not encrypted, though PAYLOAD_ENCRYPTION is on; " +
	"if it was written before that was switched on, set PAYLOAD_ACCEPT_PLAIN=true"

// isUnreadable reports whether err is an [UnreadableError], or the text into which the SDK has converted one.
func isUnreadable(err error) bool {
	_, ok := errors.AsType[*UnreadableError](err)
	return ok || unreadable.MatchString(err.Error())
}

func (c *Codec) missing(id string) error {
	known := "is empty"
	if len(c.ciphers) > 0 {
		known = `has "` + strings.Join(slices.Sorted(maps.Keys(c.ciphers)), `", "`) + `"`
	}
	return &UnreadableError{fmt.Sprintf(`decrypt payload: key "%s" is not in PAYLOAD_KEYS, which %s`, named(id), known)}
}

func misfit(id string) error {
	return &UnreadableError{fmt.Sprintf(
		`decrypt payload: key "%s" of PAYLOAD_KEYS does not fit, or the payload is damaged`, named(id))}
}

func misplaced(id, namespace string) error {
	return &UnreadableError{fmt.Sprintf(
		`decrypt payload: it was written for another namespace than %s, or key "%s" of PAYLOAD_KEYS does not fit, or the `+
			`payload is damaged`, namespace, named(id))}
}

func named(id string) string {
	if !keyID.MatchString(id) {
		return "?"
	}
	return id
}
