package delivery

import (
	"fmt"
	"slices"

	"github.com/giftbridge/giftbridge/internal/simulator"
)

// Trouble is what can go wrong with a delivery.
type Trouble string

// Troubles of the delivery itself.
const (
	// Lost is never sent.
	Lost Trouble = "lost"
	// Late is sent hours later.
	Late Trouble = "late"
	// Reordered is sent after what happened later.
	Reordered Trouble = "reordered"
	// Doubled is sent twice at the same instant.
	Doubled Trouble = "doubled"
	// Truncated breaks the connection halfway through the body. A retry follows.
	Truncated Trouble = "truncated"
	// Oversized is sent with a body of several megabytes.
	Oversized Trouble = "oversized"
	// Slow is sent in chunks, with pauses between them.
	Slow Trouble = "slow"
	// Split is sent in chunks of which one ends within a letter of several bytes.
	Split Trouble = "split"
	// Stale is sent as it should be, but for a while reads of the order yield what it was before.
	Stale Trouble = "stale"
)

// Troubles that come in addition to the delivery, some of them from somebody else than the shop.
const (
	// Replayed is sent again hours later, to the last byte.
	Replayed Trouble = "replayed"
	// Forged is a copy with another content, which is signed with another secret.
	Forged Trouble = "forged"
	// Unsigned is a copy without a signature.
	Unsigned Trouble = "unsigned"
	// CrossTopic is a signed copy that pretends to be of another topic.
	CrossTopic Trouble = "cross_topic"
	// OtherShop is a signed copy that pretends to be of another shop.
	OtherShop Trouble = "other_shop"
)

// Troubles lists all troubles.
var Troubles = []Trouble{
	Lost, Late, Reordered, Doubled, Truncated, Oversized, Slow, Split, Stale, Replayed, Forged, Unsigned, CrossTopic, OtherShop,
}

// copies reports whether a trouble leaves the delivery as it is, and adds another one.
func (t Trouble) copies() bool {
	return slices.Contains([]Trouble{Doubled, Replayed, Forged, Unsigned, CrossTopic, OtherShop}, t)
}

// Share is a trouble and the share of the deliveries that it befalls, from 0 to 1.
type Share struct {
	Trouble Trouble `json:"trouble"`
	Share   float64 `json:"share"`
	// Topics limits it to some topics, such as orders/create; empty means all.
	Topics []string `json:"topics,omitempty"`
}

// valid returns an error if the share makes no sense.
func (s Share) valid() error {
	if !slices.Contains(Troubles, s.Trouble) {
		return fmt.Errorf("unknown trouble %q", s.Trouble)
	}
	if !(s.Share >= 0 && s.Share <= 1) {
		return fmt.Errorf("share of %s is not between 0 and 1", s.Trouble)
	}
	return nil
}

// draws decides which deliveries have trouble.
type draws struct {
	draws *simulator.Draws[Share]
	hook  func(Event) Trouble
}

func newDraws(seed uint64, hook func(Event) Trouble, shares []Share) *draws {
	d := &draws{simulator.NewDraws[Share](seed), hook}
	d.set(shares)
	return d
}

func (d *draws) set(shares []Share) {
	list := make([]simulator.Share[Share], len(shares))
	for i, s := range shares {
		list[i] = simulator.Share[Share]{Fault: s, Rate: s.Share}
	}
	d.draws.SetShares(list...)
}

func (d *draws) next(e Event) Trouble {
	if d.hook != nil {
		if t := d.hook(e); t != "" {
			return t
		}
	}
	s, _ := d.draws.Draw(func(s Share) bool { return len(s.Topics) == 0 || slices.Contains(s.Topics, e.Topic) })
	return s.Trouble
}
