// Package callback makes and reads the addresses to which issuers answer later. An address belongs to one step of one
// card: whoever has it can tell that card's workflow what the step has come to, so the address is a secret. It is in no
// log and in no history.
package callback

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/token"
)

// Path is where the addresses lead to, below the receiver's address. The issuer's name and the token follow.
const Path = "/callbacks/"

// What a receiver says to whoever reads an address. The doctor recognises the receiver by it.
const (
	// NothingHere answers what is not one of its addresses.
	NothingHere = "nothing is here"
	// OnlyPOST answers a request for one of its addresses that is not a POST.
	OnlyPOST = "need POST"
)

// purpose separates these signatures from any other use of the same keys. It never changes: answers may come days later.
const purpose = "giftbridge callback"

// Target is what an address belongs to.
type Target struct {
	// Issuer is the name of the issuer.
	Issuer string
	// WorkflowID is the workflow of the card.
	WorkflowID string
	Step       issuer.Step
	// Attempt counts the attempts of the step from 1.
	Attempt int
}

// codes are the steps as tokens have them. They never change.
var codes = map[issuer.Step]byte{
	issuer.Generating: 1, issuer.Activating: 2, issuer.Spending: 3, issuer.Reversing: 4,
}

// maxWorkflowID is the number of bytes of the longest workflow ID. A token with it stays below the limit of a token.
const maxWorkflowID = 600

// ErrInvalid reports that an address is not one of ours.
var ErrInvalid = errors.New("the address is not valid")

// Addresses makes and reads addresses.
type Addresses struct {
	base string
	keys token.Keys
}

// New returns the addresses of the receiver at base, which is its address as the issuer reaches it.
func New(base string, keys token.Keys) *Addresses {
	return &Addresses{base: strings.TrimRight(base, "/"), keys: keys}
}

// For returns the address of a target.
func (a *Addresses) For(t Target) (string, error) {
	code, known := codes[t.Step]
	switch {
	case !known:
		return "", fmt.Errorf("make the address of a callback: no step %q", t.Step)
	case t.Issuer == "" || strings.ContainsAny(t.Issuer, "/\x00"):
		return "", fmt.Errorf("make the address of a callback: %q cannot be the name of an issuer", t.Issuer)
	case t.WorkflowID == "" || len(t.WorkflowID) > maxWorkflowID:
		return "", fmt.Errorf("make the address of a callback: the workflow ID has %d bytes", len(t.WorkflowID))
	case t.Attempt < 1 || t.Attempt > maxAttempt:
		return "", fmt.Errorf("make the address of a callback: no attempt %d", t.Attempt)
	}
	message := binary.BigEndian.AppendUint32([]byte{code}, uint32(t.Attempt))
	message = append(message, t.Issuer+"\x00"+t.WorkflowID...)
	text, err := a.keys.Seal(purpose, message)
	if err != nil {
		return "", fmt.Errorf("make the address of a callback: %w", err)
	}
	return a.base + Path + t.Issuer + "/" + text, nil
}

// maxAttempt is far beyond what a card ever needs.
const maxAttempt = 1 << 20

// Parse returns the target of the part of an address that follows [Path].
func (a *Addresses) Parse(rest string) (Target, error) {
	name, text, _ := strings.Cut(rest, "/")
	message, _, err := a.keys.Open(purpose, text)
	const fixed = 5
	if err != nil || len(message) <= fixed {
		return Target{}, ErrInvalid
	}
	t := Target{Attempt: int(binary.BigEndian.Uint32(message[1:fixed]))}
	for step, code := range codes {
		if code == message[0] {
			t.Step = step
		}
	}
	t.Issuer, t.WorkflowID, _ = strings.Cut(string(message[fixed:]), "\x00")
	if t.Step == "" || t.Issuer != name || t.WorkflowID == "" {
		return Target{}, ErrInvalid
	}
	return t, nil
}
