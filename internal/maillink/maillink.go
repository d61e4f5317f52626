// Package maillink signs and verifies the links of the digest with which people act on an order. A link names one order,
// one run of it and one action, and ends. Whoever has the link may do that one thing, so it is a secret: it is in mails,
// and never in a log or in a history.
package maillink

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/token"
)

// Path is where the links lead to, below the receiver's address.
const Path = "/actions/"

// Validity is how long a link works: a digest is read after a weekend.
const Validity = 72 * time.Hour

// Action is what a link does.
type Action string

// The actions.
const (
	// Again runs a failed order again.
	Again Action = "again"
	// Settle records that nothing is left to do for an order.
	Settle Action = "settle"
)

// codes are the actions as tokens have them. They never change, because links outlive a release.
var codes = map[Action]byte{Again: 1, Settle: 2}

// Link is what a token says.
type Link struct {
	// WorkflowID is the workflow of the order, and RunID the run that the mail named.
	WorkflowID, RunID string
	Action            Action
	// Day is the day of the digest, such as 2026-11-28.
	Day string
	// Expires is when the link ends, in whole seconds.
	Expires time.Time
	// ID identifies the token without revealing it. It is empty in a link that was not read from a token.
	ID string
}

// Key signs tokens, or verifies those that it signed before another key took its place.
type Key = token.Key

// Keys are the keys of an installation: the first signs, all verify.
type Keys token.Keys

var (
	// ErrInvalid reports that a token was not signed by one of the keys, or was changed.
	ErrInvalid = errors.New("this link is not valid")
	// ErrExpired reports that a token is genuine, but has ended.
	ErrExpired = errors.New("this link has expired")
)

const (
	// maxWorkflowID is the number of bytes of the longest workflow ID that a token holds.
	maxWorkflowID = 255
	runSize       = 16
	dayFormat     = time.DateOnly
	hoursOfDay    = 24
)

// purpose separates these signatures from any other use of the same keys. Links outlive a release, so it never changes.
const purpose = "giftbridge mail link"

// Sign returns the token of a link. The same link always has the same token, so a mail that is sent twice has the same
// links.
func (k Keys) Sign(l Link) (string, error) {
	message, err := encode(l)
	if err != nil {
		return "", fmt.Errorf("sign a link: %w", err)
	}
	text, err := token.Keys(k).Seal(purpose, message)
	if err != nil {
		return "", fmt.Errorf("sign a link: %w", err)
	}
	return text, nil
}

// Verify returns what a token says. With [ErrExpired] the link is returned too.
func (k Keys) Verify(text string, now time.Time) (Link, error) {
	message, id, err := token.Keys(k).Open(purpose, text)
	if err != nil {
		return Link{}, ErrInvalid
	}
	l, err := decode(message)
	if err != nil {
		return Link{}, ErrInvalid
	}
	l.ID = id
	if !now.Before(l.Expires) {
		return l, ErrExpired
	}
	return l, nil
}

// encode returns action, day, end, run and workflow. No two links have the same bytes.
func encode(l Link) ([]byte, error) {
	code, known := codes[l.Action]
	day, err := time.Parse(dayFormat, l.Day)
	run, badRun := runBytes(l.RunID)
	switch {
	case !known:
		return nil, fmt.Errorf("no action %q", l.Action)
	case err != nil:
		return nil, fmt.Errorf("read its day: %w", err)
	case badRun != nil:
		return nil, badRun
	case len(l.WorkflowID) > maxWorkflowID || l.WorkflowID == "":
		return nil, errors.New("the ID of its workflow has a wrong length")
	}
	var b bytes.Buffer
	b.WriteByte(code)
	var times [6]byte
	binary.BigEndian.PutUint16(times[:2], uint16(day.Unix()/int64(hoursOfDay*time.Hour/time.Second))) //nolint:gosec // Until the year 2149.
	binary.BigEndian.PutUint32(times[2:], uint32(l.Expires.Unix()))                                   //nolint:gosec // Until the year 2106.
	b.Write(times[:])
	b.Write(run)
	b.WriteString(l.WorkflowID)
	return b.Bytes(), nil
}

// decode is the inverse of encode.
func decode(message []byte) (l Link, err error) {
	broken := errors.New("the token is broken")
	r := bytes.NewBuffer(message)
	code, err := r.ReadByte()
	if err != nil || r.Len() <= 6+runSize {
		return l, broken
	}
	for action, c := range codes {
		if c == code {
			l.Action = action
		}
	}
	if l.Action == "" {
		return l, broken
	}
	day := int64(binary.BigEndian.Uint16(r.Next(2)))
	l.Day = time.Unix(day*int64(hoursOfDay*time.Hour/time.Second), 0).UTC().Format(dayFormat)
	l.Expires = time.Unix(int64(binary.BigEndian.Uint32(r.Next(4))), 0).UTC()
	l.RunID = runText(r.Next(runSize))
	l.WorkflowID = r.String()
	return l, nil
}

// runBytes returns the bytes of a run ID, which is a UUID.
func runBytes(id string) ([]byte, error) {
	raw, err := hex.DecodeString(strings.ReplaceAll(id, "-", ""))
	if err != nil || len(raw) != runSize || runText(raw) != id {
		return nil, errors.New("the ID of its run is not a UUID")
	}
	return raw, nil
}

func runText(b []byte) string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
