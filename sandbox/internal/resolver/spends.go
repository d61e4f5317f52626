package resolver

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/redemptions"
	"github.com/giftbridge/giftbridge/internal/redemptions/deciding"
	"github.com/giftbridge/giftbridge/sandbox/internal/storm"
)

// Spends resolves redemptions of which it is unknown whether the amount was taken off the card, or given back: as a person who
// reads the list of "giftbridge cards redemptions --unknown", looks into the issuer's console and records what it shows. One
// redemption, the first of all, is left as it is. All fields are needed.
type Spends struct {
	Operator *operator.Operator
	Control  storm.Control
	// Quiet is how long a redemption must have been unknown, so that nothing of it is still on its way.
	Quiet time.Duration

	mu       sync.Mutex
	left     string
	seen     map[string]bool
	resolved int
}

// Seen returns the number of redemptions that were unknown for a while, and how many of them were resolved.
func (s *Spends) Seen() (seen, resolved int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.seen), s.resolved
}

// Watch looks again and again until ctx ends. Temporal may be busy; then the next look finds more.
func (s *Spends) Watch(ctx context.Context) {
	for ctx.Err() == nil {
		select {
		case <-time.After(lookEvery):
		case <-ctx.Done():
			return
		}
		_, _ = s.look(ctx)
	}
}

// Finish looks until all but one are resolved, and returns the IDs of those that a person is still shown.
func (s *Spends) Finish(ctx context.Context) (shown map[string]bool, err error) {
	for {
		noted, err := s.look(ctx)
		if err == nil && len(noted.Unknown) <= 1 && noted.Unread == 0 {
			shown = map[string]bool{}
			for _, f := range noted.Unknown {
				shown[f.ID] = true
			}
			return shown, nil
		}
		select {
		case <-time.After(lookEvery):
		case <-ctx.Done():
			return nil, fmt.Errorf("a person does not come to an end with %d unknown redemptions, %d cards unread: %w",
				len(noted.Unknown), noted.Unread, context.Cause(ctx))
		}
	}
}

// look resolves what can be resolved now, and returns what was there.
func (s *Spends) look(ctx context.Context) (redemptions.Noted, error) {
	noted, err := s.Operator.Redemptions.Look(ctx, time.Now())
	if err != nil {
		return noted, err
	}
	for _, f := range noted.Unknown {
		if s.leaves(f.ID) {
			continue
		}
		doubt, since := f.Doubt()
		if time.Since(since) < s.Quiet {
			continue
		}
		moved, err := s.moved(ctx, f.ID, doubt == redemptions.GivingBack)
		if err != nil {
			return noted, err
		}
		if err := deciding.Resolve(ctx, s.Operator.Redemptions, &f, moved, "laboratory", "the issuer's ledger"); err != nil {
			return noted, err
		}
		s.mu.Lock()
		s.resolved++
		s.mu.Unlock()
	}
	return noted, nil
}

// leaves reports whether a redemption is the one that is left as it is.
func (s *Spends) leaves(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen == nil {
		s.seen, s.left = map[string]bool{}, id
	}
	s.seen[id] = true
	return id == s.left
}

// moved reports whether the issuer's ledger has an amount of a redemption: one that was given back, or one that was taken.
func (s *Spends) moved(ctx context.Context, id string, back bool) (bool, error) {
	var cards []struct {
		Movements []struct {
			Amount  string `json:"amount"`
			Payload string `json:"payload"`
		} `json:"movements"`
	}
	if err := storm.Send(ctx, http.MethodGet, s.Control.Later+"cards", nil, &cards); err != nil {
		return false, err
	}
	for _, c := range cards {
		for _, m := range c.Movements {
			if m.Payload == id && strings.HasPrefix(m.Amount, "-") != back {
				return true, nil
			}
		}
	}
	return false, nil
}
