package access

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/checkout/api"
)

// Key is one key of a client. Keys with the same name belong to the same client, and share its limits.
type Key struct {
	// Name is the name of the client.
	Name string
	// Hash is the SHA-256 hash of the key.
	Hash [sha256.Size]byte
	// Rights are what a request with this key may ask for.
	Rights []api.Right
}

// Options configure a [Guard].
type Options struct {
	// Clients are the keys of all clients.
	Clients []Key
	// MaxRPS is the number of requests with codes that a client may send in a second; 0 means any number.
	MaxRPS float64
	// Now tells the time; nil means time.Now.
	Now func() time.Time
}

// Guard implements [api.Guard].
type Guard struct {
	keys    []Key
	clients map[string]*client
	now     func() time.Time
	// secret makes the hashes of end users.
	secret [sha256.Size]byte
}

var _ api.Guard = (*Guard)(nil)

// New returns a guard that has seen nobody yet.
func New(o Options) *Guard {
	g := &Guard{clients: map[string]*client{}, now: o.Now}
	if g.now == nil {
		g.now = time.Now
	}
	_, _ = rand.Read(g.secret[:]) // It never fails.
	for _, k := range o.Clients {
		g.keys = append(g.keys, Key{Name: k.Name, Hash: k.Hash, Rights: slices.Clone(k.Rights)})
		if g.clients[k.Name] == nil {
			g.clients[k.Name] = newClient(o.MaxRPS, g.now())
		}
	}
	return g
}

// Authenticate implements [api.Guard]. It compares with every key, so that its time tells nothing about them.
func (g *Guard) Authenticate(h http.Header) (api.Client, bool) {
	key, ok := bearer(h)
	if !ok {
		return api.Client{}, false
	}
	hash := sha256.Sum256([]byte(key))
	found := -1
	for i := range g.keys {
		found = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(hash[:], g.keys[i].Hash[:]), i, found)
	}
	if found < 0 {
		return api.Client{}, false
	}
	return api.Client{Name: g.keys[found].Name, Rights: g.keys[found].Rights}, true
}

// bearer returns the key that a request carries. More than one header is none: which of them counts would be a guess.
func bearer(h http.Header) (string, bool) {
	values := h.Values("Authorization")
	if len(values) != 1 {
		return "", false
	}
	scheme, key, _ := strings.Cut(values[0], " ")
	key = strings.Trim(key, " ")
	return key, strings.EqualFold(scheme, "Bearer") && key != ""
}

// Admit implements [api.Guard].
func (g *Guard) Admit(name, endUser string) (retryAfter time.Duration, ok bool) {
	c := g.clients[name]
	if c == nil {
		return maxWait, false // Authenticate names no such client.
	}
	return c.admit(g.person(endUser), g.now())
}

// Unusable implements [api.Guard].
func (g *Guard) Unusable(name, endUser string) {
	if c := g.clients[name]; c != nil {
		c.unusable(g.person(endUser), g.now())
	}
}
