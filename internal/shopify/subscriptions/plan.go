package subscriptions

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

const (
	// namePrefix begins the name of each giftbridge subscription.
	namePrefix = "giftbridge-"
	formatJSON = "JSON"
)

// Action is what a step of a plan does.
type Action string

// The actions.
const (
	// Create makes a subscription that is missing.
	Create Action = "create"
	// Update changes a giftbridge subscription that differs from what is wanted.
	Update Action = "update"
	// Delete deletes a giftbridge subscription that is not wanted: one of several for a topic, or of a topic that
	// is not needed.
	Delete Action = "delete"
	// Leave changes nothing: the subscription is as it should be.
	Leave Action = "leave"
	// Skip makes no subscription, because the app lacks the scope.
	Skip Action = "skip"
	// Conflict changes nothing, because somebody else's subscription occupies the place.
	Conflict Action = "conflict"
)

// Step is one step of a plan.
type Step struct {
	Do Action
	// Topic is the topic as deliveries call it, such as "orders/create".
	Topic string
	// ID is the subscription that exists; empty if there is none.
	ID string
	// Want is the subscription that the step makes; the zero value for a deletion.
	Want Subscription
	// Have is the subscription that exists.
	Have Subscription
	// Why says why: the fields that differ, or the scope that is missing.
	Why []string
	// Optional reports whether giftbridge does without the topic.
	Optional bool
}

// Changes reports whether the step changes anything.
func (s Step) Changes() bool { return s.Do == Create || s.Do == Update || s.Do == Delete }

// Wanting describes what giftbridge wants.
type Wanting struct {
	// URL is the address of the receiver, such as https://gifts.example.com.
	URL string
	// Needs is what it wants webhooks for besides gift cards.
	Needs Needs
	// Scopes are the scopes of the app.
	Scopes Scopes
	// Named reports whether subscriptions have names in the version of the API.
	Named bool
}

// want returns the subscription that giftbridge wants for a topic. It has no filter: Shopify accepts one with a wrong
// path and then delivers nothing, without a word. Deliveries that do not matter cost the receiver little.
func (w Wanting) want(t Topic) Subscription {
	s := Subscription{Topic: t.Enum, URI: strings.TrimSuffix(w.URL, "/") + t.Path, Format: formatJSON}
	if w.Named {
		s.Name = t.name()
	}
	return s
}

// Own reports whether giftbridge made a subscription: by its name or, if it has none, by its address. A name that
// somebody else gave makes it somebody else's, wherever it delivers to.
func (w Wanting) Own(s Subscription) bool {
	if s.Name != "" {
		return strings.HasPrefix(s.Name, namePrefix)
	}
	return w.URL != "" && strings.HasPrefix(s.URI, strings.TrimSuffix(w.URL, "/")+"/")
}

// Plan compares the subscriptions that exist with what is wanted, and returns the steps that lead there, in the order in
// which they can be carried out: first deletions, which make names and addresses free, then the topics.
func Plan(have []Subscription, w Wanting) []Step {
	var steps, deletions []Step
	rest := slices.DeleteFunc(slices.Clone(have), func(s Subscription) bool { return !w.Own(s) })
	for _, t := range w.Needs.Topics() {
		want := w.want(t)
		var own []Subscription
		rest = slices.DeleteFunc(rest, func(s Subscription) bool {
			if s.Topic != t.Enum {
				return false
			}
			own = append(own, s)
			return true
		})
		best := closest(own, want)
		step := w.step(t, want, own, best, have)
		for i, s := range own {
			if i != best {
				deletions = append(deletions, Step{
					Do: Delete, Topic: t.Name, ID: s.ID, Have: s, Why: []string{"it is one of several for this topic"},
				})
			}
		}
		step.Optional = t.Optional
		steps = append(steps, step)
	}
	for _, s := range rest {
		deletions = append(deletions, Step{
			Do: Delete, Topic: topicOf(s.Topic), ID: s.ID, Have: s, Why: []string{"giftbridge does not use this topic"},
		})
	}
	return append(deletions, steps...)
}

// step returns the step of one topic. best is the index of the own subscription that is kept, -1 if there is none.
func (w Wanting) step(t Topic, want Subscription, own []Subscription, best int, have []Subscription) Step {
	if best < 0 {
		if other, found := occupied(have, want); found {
			s := Step{Do: Leave, Topic: t.Name, ID: other.ID, Want: want, Have: other}
			want.Name = other.Name
			if diff := differences(other, want); len(diff) > 0 {
				s.Do = Conflict
				s.Why = append([]string{fmt.Sprintf("the subscription %q of somebody else takes this address", other.Name)}, diff...)
			}
			return s
		}
		if !w.Scopes.Grant(t) {
			return Step{Do: Skip, Topic: t.Name, Want: want, Why: []string{"the app lacks the scope " + t.Scope}}
		}
		return Step{Do: Create, Topic: t.Name, Want: want}
	}
	kept := own[best]
	s := Step{Do: Leave, Topic: t.Name, ID: kept.ID, Want: want, Have: kept}
	if s.Why = differences(kept, want); len(s.Why) > 0 {
		s.Do = Update
	}
	return s
}

// closest returns the index of the subscription to keep: one that is as it should be, otherwise one that occupies the
// address already, because Shopify allows only one there, otherwise the oldest.
func closest(own []Subscription, want Subscription) int {
	best, rank := -1, -1
	for i, s := range own {
		r := 0
		switch {
		case len(differences(s, want)) == 0:
			r = 2
		case s.URI == want.URI && s.Filter == want.Filter:
			r = 1
		}
		if r > rank {
			best, rank = i, r
		}
	}
	return best
}

// occupied returns the subscription that has the topic, the address and the filter that are wanted. Shopify allows only
// one.
func occupied(have []Subscription, want Subscription) (Subscription, bool) {
	for _, s := range have {
		if s.Topic == want.Topic && s.URI == want.URI && s.Filter == want.Filter {
			return s, true
		}
	}
	return Subscription{}, false
}

// differences compares every field that a delivery depends on.
func differences(have, want Subscription) []string {
	var out []string
	differ := func(field, have, want string) {
		if have != want {
			out = append(out, fmt.Sprintf("%s: %s -> %s", field, orDash(have), orDash(want)))
		}
	}
	differ("uri", have.URI, want.URI)
	differ("filter", have.Filter, want.Filter)
	differ("format", have.Format, want.Format)
	differ("include fields", list(have.IncludeFields), list(want.IncludeFields))
	differ("metafield namespaces", list(have.MetafieldNamespaces), list(want.MetafieldNamespaces))
	differ("metafields", list(have.Metafields), list(want.Metafields))
	differ("name", have.Name, want.Name)
	return out
}

func list(items []string) string {
	sorted := slices.Sorted(slices.Values(items)) // Shopify does not promise an order.
	return strings.Join(sorted, ",")
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// Deletions returns the steps that delete all giftbridge subscriptions.
func Deletions(have []Subscription, w Wanting) []Step {
	var steps []Step
	for _, s := range have {
		if w.Own(s) {
			steps = append(steps, Step{Do: Delete, Topic: topicOf(s.Topic), ID: s.ID, Have: s})
		}
	}
	return steps
}

// Carry carries out one step.
func (c *Client) Carry(ctx context.Context, s Step) error {
	var err error
	switch s.Do {
	case Create:
		err = c.Create(ctx, s.Want)
	case Update:
		err = c.Update(ctx, s.ID, s.Want)
	case Delete:
		err = c.Delete(ctx, s.ID)
	}
	if err != nil {
		return fmt.Errorf("%s the subscription to %s: %w", s.Do, s.Topic, err)
	}
	return nil
}
