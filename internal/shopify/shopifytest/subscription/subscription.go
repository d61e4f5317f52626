// Package subscription holds the webhook subscriptions of a simulated app: how the Admin API shows and changes them, and
// what it refuses. What Shopify says about a refusal is taken from public reports of its answers; where none is known,
// the code says that the text is assumed.
package subscription

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// Subscription is a webhook subscription that was made with the Admin API.
type Subscription struct {
	ID int64 `json:"id"`
	// Topic is a WebhookSubscriptionTopic, such as ORDERS_CREATE.
	Topic string `json:"topic"`
	URI   string `json:"uri"`
	// Name and Filter are null if they are empty.
	Name   string `json:"name,omitempty"`
	Filter string `json:"filter,omitempty"`
	// Format is JSON or XML.
	Format              string      `json:"format"`
	IncludeFields       []string    `json:"include_fields,omitempty"`
	MetafieldNamespaces []string    `json:"metafield_namespaces,omitempty"`
	Metafields          []Metafield `json:"metafields,omitempty"`
	CreatedAt           time.Time   `json:"created_at"`
	UpdatedAt           time.Time   `json:"updated_at"`
}

// Metafield identifies a metafield.
type Metafield struct {
	Namespace string `json:"namespace"`
	Key       string `json:"key"`
}

func (s Subscription) clone() Subscription {
	s.IncludeFields = slices.Clone(s.IncludeFields)
	s.MetafieldNamespaces = slices.Clone(s.MetafieldNamespaces)
	s.Metafields = slices.Clone(s.Metafields)
	return s
}

// Options are the options of a [Store]. All are needed, except AllowInternal.
type Options struct {
	// Version is the version of the API in which Shopify writes webhooks. It is a setting of the app, not of a
	// subscription.
	Version string
	// Grants reports whether the app has a scope, Protected whether it may not see a topic although it has the scope.
	Grants, Protected func(name string) bool
	// AllowInternal accepts addresses of this machine and of private networks, also without TLS. Shopify refuses them.
	AllowInternal bool
	// Now is the shop's clock.
	Now func() time.Time
}

// Store is the set of an app's subscriptions. It is safe for concurrent use.
type Store struct {
	opts Options

	// change is held while a mutation looks at the subscriptions and changes them.
	change sync.Mutex

	mu     sync.Mutex
	all    []Subscription // Oldest first.
	lastID int64
}

// New returns an empty store.
func New(opts Options) *Store { return &Store{opts: opts, lastID: 1_000_000_000_000} }

// All returns all subscriptions, oldest first.
func (s *Store) All() []Subscription {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Subscription, len(s.all))
	for i := range s.all {
		out[i] = s.all[i].clone()
	}
	return out
}

// Of returns the subscriptions of a topic, such as ORDERS_CREATE.
func (s *Store) Of(topic string) []Subscription {
	return slices.DeleteFunc(s.All(), func(x Subscription) bool { return x.Topic != topic })
}

// Put adds a subscription as it is, whatever the API would say, or replaces the one with its id. It returns the
// subscription with its missing fields filled in.
func (s *Store) Put(x Subscription) Subscription {
	s.mu.Lock()
	defer s.mu.Unlock()
	x = x.clone()
	if x.ID == 0 {
		s.lastID++
		x.ID = s.lastID
	}
	now := s.opts.Now().UTC()
	x.Format = cmp.Or(x.Format, "JSON")
	if x.CreatedAt.IsZero() {
		x.CreatedAt = now
	}
	x.UpdatedAt = now
	if i := s.at(x.ID); i >= 0 {
		s.all[i] = x
	} else {
		s.all = append(s.all, x)
	}
	return x.clone()
}

// Delete deletes a subscription, as the API or Shopify itself does. It reports whether it existed.
func (s *Store) Delete(id int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.at(id)
	if i < 0 {
		return false
	}
	s.all = slices.Delete(s.all, i, i+1)
	return true
}

func (s *Store) find(id int64) (Subscription, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.at(id); i >= 0 {
		return s.all[i].clone(), true
	}
	return Subscription{}, false
}

func (s *Store) at(id int64) int {
	return slices.IndexFunc(s.all, func(x Subscription) bool { return x.ID == id })
}
