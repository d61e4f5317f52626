// Package gate holds back requests for cards while the issuer is in trouble.
package gate

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// Gate holds back a worker's requests for cards while the issuer is in trouble.
//
// If a card may be requested only once, each request caught in an outage leaves a card in doubt, and a person has to
// look into it. So an answer that leaves a card in doubt shuts the gate. The gate reopens step by step: after a pause,
// a read that changes nothing, then one card, then two, four and so on. Each new doubt doubles the pause. A rate limit
// shuts the gate for the time that the issuer asked for.
//
// A card that is held back has not been requested. The zero Gate is open, and reopens without a read.
type Gate struct {
	// Read sends the issuer a harmless request. It fails while the issuer is unavailable. It may be nil.
	Read func(ctx context.Context) error

	mu sync.Mutex
	// until is the time before which no card is requested.
	until time.Time
	// pause is the latest pause; zero while there is no trouble.
	pause time.Duration
	// most is the number of cards that may be requested at once; zero means any number. asking is how many are being
	// requested.
	most, asking int
	// unread reports whether Read has to succeed first.
	unread bool
	// shuts counts how often the gate was shut, so that a card requested before the latest time is not taken for a
	// probe.
	shuts int
	kind  giftcard.Kind
	why   string
}

const (
	// firstPause and longestPause bound how long the gate stays shut after an answer that leaves a card in doubt.
	firstPause, longestPause = time.Second, time.Minute
	// longestHold bounds how long one rate limit holds all cards back: a proxy that asks to wait a day must not stop
	// the shop.
	longestHold = 10 * time.Minute
	// manyAtOnce is how many concurrent cards prove that the issuer is well.
	manyAtOnce = 32
)

// Answer is the outcome of a request for a card, as far as it matters to other cards.
type Answer int

const (
	// NotAsked: no request was sent, or its outcome does not affect the gate.
	NotAsked Answer = iota
	// Answered: the issuer decided.
	Answered
	// Doubtful: it is not known what the issuer did.
	Doubtful
	// Limited: the issuer asked to wait.
	Limited
)

// Pass returns a nil error if a card may be requested now. The caller then reports the outcome, once, through left. log
// is called with what changes for other cards.
func (g *Gate) Pass(ctx context.Context, log func(string)) (left func(a Answer, retryAfter time.Duration), err error) {
	shuts, unread, err := g.enter(time.Now())
	if err != nil {
		return nil, err
	}
	left = func(a Answer, retryAfter time.Duration) {
		if now := g.leave(time.Now(), shuts, a, retryAfter); now != "" {
			log("card requests: " + now)
		}
	}
	if !unread {
		return left, nil
	}
	err = g.Read(ctx)
	if kind, _ := giftcard.KindOf(err); err != nil && !kind.Final() { // A refusal is an answer too.
		left(Doubtful, 0)
		return nil, giftcard.Errorf(giftcard.Unavailable, "no card is requested because the issuer does not answer: %v", err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.unread = false
	return left, nil
}

// enter counts a card in, or returns an error that says why it has to wait.
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
			Message:    "the card was not requested: " + g.why,
			RetryAfter: wait + rand.N(firstPause), // Spread the retries.
		}
	}
	g.asking++
	return g.shuts, g.unread && g.Read != nil, nil
}

// leave counts a card out. It returns what has changed for other cards, or the empty string.
func (g *Gate) leave(now time.Time, shuts int, a Answer, retryAfter time.Duration) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asking--
	if shuts != g.shuts {
		return "" // The card was requested before the gate was shut, so its outcome says nothing about the time since.
	}
	switch {
	case a == Doubtful:
		g.pause = min(max(2*g.pause, firstPause), longestPause)
		g.unread = true
		g.shut(now.Add(g.pause), giftcard.Unavailable, "an earlier answer left open whether a card was issued; "+
			"cards are requested again one by one once the issuer answers clearly")
		return fmt.Sprintf("paused for %s, because an answer left open whether a card was issued", g.pause)
	case a == Limited && retryAfter > 0:
		retryAfter = min(retryAfter, longestHold)
		g.shut(now.Add(retryAfter), giftcard.RateLimited, "the issuer asked to wait")
		return fmt.Sprintf("paused for %s, because the issuer asked to wait", retryAfter)
	case a == Answered && g.most > 0:
		if g.most *= 2; g.most > manyAtOnce {
			g.most, g.pause = 0, 0
			return "no longer limited"
		}
	}
	return ""
}

func (g *Gate) shut(until time.Time, kind giftcard.Kind, why string) {
	g.shuts++
	g.until, g.most, g.kind, g.why = until, 1, kind, why
}
