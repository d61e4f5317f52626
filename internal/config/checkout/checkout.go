// Package checkout is the section of the configuration for the API at which checkouts spend gift cards.
package checkout

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/giftbridge/giftbridge/internal/config/env"
	"github.com/giftbridge/giftbridge/internal/redact"
)

// Checkout configures who may spend cards. The API is served if Clients has an entry.
type Checkout struct {
	Clients Clients `envconfig:"CHECKOUT_CLIENTS"`
	// MaxRPS is the number of requests that a client may send to one receiver in a second; 0 means any number.
	MaxRPS float64 `envconfig:"CHECKOUT_MAX_RPS" default:"50"`
}

const clientsVariable = "CHECKOUT_CLIENTS"

// The rights of a client, as they are written.
const (
	// Balance allows to ask what is on a card.
	Balance = "balance"
	// Redeem allows to take amounts off cards.
	Redeem = "redeem"
	// Reverse allows to give back what was taken.
	Reverse = "reverse"
)

// Rights are all rights.
var Rights = []string{Balance, Redeem, Reverse}

// maxKeys is the number of keys that a client may have: the current one, and the one before it.
const maxKeys = 2

// Section describes the variables.
var Section = env.Section{
	Field: "Checkout", Heading: "Checkout",
	Prefixes: []string{"CHECKOUT_"},
	Variables: map[string]env.Reference{
		clientsVariable: {
			Want: "name:hash:rights entries separated by commas; a name of letters, digits, dots, dashes and underscores, the SHA-256 " +
				"hash of a key in hexadecimal, and one or more of " + strings.Join(Rights, ", ") + " joined by +; at most two entries per name",
			About: "Who may spend gift cards at the receiver: `giftbridge checkout key NAME` makes a key and prints its entry. A client " +
				"may have two keys, so that it can change them without a pause. Unset, no cards are spent here. The receiver reads it, and `giftbridge doctor` if it is set there.",
		},
		"CHECKOUT_MAX_RPS": {
			Want:  "a number of requests per second, 0 for no limit",
			About: "Maximum number of requests per second that a receiver serves to one client. What goes beyond is answered with 429.",
		},
	},
}

// Client is one key of a client.
type Client struct {
	Name string
	// Hash is the SHA-256 hash of the key.
	Hash [sha256.Size]byte
	// Rights are some of [Rights].
	Rights []string
}

// Clients are the keys of all clients.
type Clients []Client

var nameForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,32}$`)

// Check checks the values.
func (c Checkout) Check(ps *env.Problems) {
	if c.MaxRPS < 0 || math.IsNaN(c.MaxRPS) || math.IsInf(c.MaxRPS, 0) {
		ps.Bad("CHECKOUT_MAX_RPS", strconv.FormatFloat(c.MaxRPS, 'g', -1, 64))
	}
	for i, client := range c.Clients {
		before := c.Clients[:i]
		if slices.ContainsFunc(before, func(o Client) bool { return o.Hash == client.Hash }) {
			ps.Add(clientsVariable, "entry %d: has the same key as another entry", i+1)
		}
		keys := 1
		for _, o := range before {
			if o.Name == client.Name {
				keys++
			}
		}
		if keys == maxKeys+1 {
			ps.Add(clientsVariable, "entry %d: need at most %d keys for a client", i+1, maxKeys)
		}
	}
}

// Decode reads the value of a variable. Its errors name an entry by its position and never repeat any part of it, because a key
// may have been written in the place of its hash.
func (c *Clients) Decode(value string) error {
	*c = nil
	if strings.TrimSpace(value) == "" {
		return nil
	}
	var all Clients
	for entry := range strings.SplitSeq(value, ",") {
		n := len(all) + 1
		parts := strings.Split(strings.TrimSpace(entry), ":")
		if len(parts) != 3 {
			return fmt.Errorf("entry %d: need name:hash:rights", n)
		}
		if !nameForm.MatchString(parts[0]) {
			return fmt.Errorf("entry %d: need a name of at most 32 letters, digits, dots, dashes or underscores", n)
		}
		hash, err := hex.DecodeString(parts[1])
		if err != nil || len(hash) != sha256.Size {
			return fmt.Errorf("entry %d: need the SHA-256 hash of a key, 64 hexadecimal digits", n)
		}
		rights := strings.Split(parts[2], "+")
		for i, right := range rights {
			if !slices.Contains(Rights, right) || slices.Contains(rights[:i], right) {
				return fmt.Errorf("entry %d: need one or more of %s, joined by +", n, strings.Join(Rights, ", "))
			}
		}
		all = append(all, Client{Name: parts[0], Hash: [sha256.Size]byte(hash), Rights: rights})
	}
	*c = all
	return nil
}

// String returns the clients without the hashes of their keys.
func (c Clients) String() string {
	return c.join(func(Client) string { return redact.Secret })
}

// Reveal returns the clients as they are written in a variable.
func (c Clients) Reveal() string {
	return c.join(func(one Client) string { return hex.EncodeToString(one.Hash[:]) })
}

func (c Clients) join(hash func(Client) string) string {
	all := make([]string, len(c))
	for i, one := range c {
		all[i] = one.Name + ":" + hash(one) + ":" + strings.Join(one.Rights, "+")
	}
	return strings.Join(all, ",")
}

// MarshalText returns what String does.
func (c Clients) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
