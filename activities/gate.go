package activities

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// Gate holds back a worker's requests for cards while the issuer is in trouble.
//
// Where a card may be asked for only once, each request that an outage catches leaves a card in doubt, and a person has to
// look. So an answer that leaves a card in doubt shuts the gate. It opens step by step: after a pause a read that changes
// nothing, then one card, then two, four and so on. Each new doubt doubles the pause. A rate limit shuts the gate for the
// time that the issuer asked for.
//
// A card that is held back was not asked for. The zero Gate is open and reads nothing before it opens.
type Gate struct {
	// Read asks the issuer for something harmless; it fails while the issuer is away. It may be nil.
	Read func(ctx context.Context) error

	mu sync.Mutex
	// until is up to when nothing is asked for.
	until time.Time
	// pause is the latest pause, zero while nothing is wrong.
	pause time.Duration
	// most is how many cards may be asked for at once; zero is any number.
	most, asking int
	// unread reports whether Read has to succeed first.
	unread bool
	// shuts counts, so that a card that was asked for before the latest one is not taken for a probe.
	shuts int
	kind  giftcard.Kind
	why   string
}

const (
	// firstPause and longestPause bound how long the gate stays shut after an answer that leaves a card in doubt.
	firstPause, longestPause = time.Second, time.Minute
	// longestHold bounds how long one limit holds all cards back: a proxy's answer of a day must not stop the shop.
	longestHold = 10 * time.Minute
	// manyAtOnce is how many cards at once prove that the issuer is well.
	manyAtOnce = 32
)

// answer is what came of asking for a card, as far as it concerns others.
type answer int

const (
	// notAsked: the request was not sent.
	notAsked answer = iota
	// answered: the issuer decided.
	answered
	// doubtful: nobody can tell what the issuer did.
	doubtful
	// limited: the issuer asked to be left alone for a while.
	limited
)

// pass returns nil if a card may be asked for now. The caller then says what came of it, once, through left.
func (g *Gate) pass(ctx context.Context) (left func(a answer, retryAfter time.Duration), err error) {
	shuts, unread, err := g.enter(time.Now())
	if err != nil {
		return nil, err
	}
	left = func(a answer, retryAfter time.Duration) {
		if now := g.leave(time.Now(), shuts, a, retryAfter); now != "" {
			activity.GetLogger(ctx).Warn("requests for cards: " + now)
		}
	}
	if !unread {
		return left, nil
	}
	err = g.Read(ctx)
	if kind, _ := classify(err); err != nil && !kind.Final() { // A refusal is an answer too.
		left(doubtful, 0)
		return nil, giftcard.Errorf(giftcard.Unavailable, "the issuer is not asked for cards, since it does not answer: %v", err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.unread = false
	return left, nil
}

// enter counts a card in, or returns why it has to wait.
func (g *Gate) enter(now time.Time) (shuts int, unread bool, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	wait := g.until.Sub(now)
	if wait <= 0 && g.most > 0 && g.asking >= g.most {
		wait = firstPause
	}
	if wait > 0 {
		return 0, false, &giftcard.Error{
			Kind:       g.kind,
			Message:    "the card was not asked for: " + g.why,
			RetryAfter: wait + rand.N(firstPause), // Not all at the same moment.
		}
	}
	g.asking++
	return g.shuts, g.unread && g.Read != nil, nil
}

// leave counts a card out, and returns what has changed for the others, if anything has.
func (g *Gate) leave(now time.Time, shuts int, a answer, retryAfter time.Duration) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asking--
	if shuts != g.shuts {
		return "" // It was asked for before the gate was shut, and tells nothing of the time since.
	}
	switch {
	case a == doubtful:
		g.pause = min(max(2*g.pause, firstPause), longestPause)
		g.unread = true
		g.shut(now.Add(g.pause), giftcard.Unavailable, "an earlier answer left open whether a card was issued; "+
			"cards are asked for again one by one once the issuer answers clearly")
		return fmt.Sprintf("none for %s, since an answer left open whether a card was issued", g.pause)
	case a == limited && retryAfter > 0:
		retryAfter = min(retryAfter, longestHold)
		g.shut(now.Add(retryAfter), giftcard.RateLimited, "the issuer asked to wait")
		return fmt.Sprintf("none for %s, since the issuer asked to wait", retryAfter)
	case a == answered && g.most > 0:
		if g.most *= 2; g.most > manyAtOnce {
			g.most, g.pause = 0, 0
			return "without a bound again"
		}
	}
	return ""
}

func (g *Gate) shut(until time.Time, kind giftcard.Kind, why string) {
	g.shuts++
	g.until, g.most, g.kind, g.why = until, 1, kind, why
}
