package api

import (
	"net/http"
	"slices"
	"time"
)

// Right is what a client may ask for.
type Right string

// The rights.
const (
	// RightBalance allows to ask what is on a card.
	RightBalance Right = "balance"
	// RightRedeem allows to take amounts off cards, and to see what became of that.
	RightRedeem Right = "redeem"
	// RightReverse allows to give back what was taken.
	RightReverse Right = "reverse"
)

// Rights are all rights.
var Rights = []Right{RightBalance, RightRedeem, RightReverse}

// Client is who asks: the checkout of a shop.
type Client struct {
	// Name identifies the client in logs, metrics and the IDs of workflows. It is not empty, and never changes.
	Name   string
	Rights []Right
}

// May reports whether the client has a right.
func (c Client) May(r Right) bool { return slices.Contains(c.Rights, r) }

// Guard knows the clients, and slows down who guesses codes. Its methods are called by many requests at once.
type Guard interface {
	// Authenticate returns the client whose key a request carries; false if it carries none that is known. It reads the
	// header alone, and keeps nothing of it.
	Authenticate(h http.Header) (Client, bool)
	// Admit reports whether a request that names the code of a card may be served. If it may not, retryAfter is how long the
	// client should wait. It is called once for each such request, when the request is known to be well-formed. What
	// names no code, such as a look at a redemption, is no way to guess one, and is always served. The endUser is the
	// client's opaque name for who has typed the code; empty if the client does not say.
	Admit(client, endUser string) (retryAfter time.Duration, ok bool)
	// Unusable reports that the request which was admitted has named a code that is not that of a usable card. It may be
	// a guess.
	Unusable(client, endUser string)
}
