package gate

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// gateAt is a gate with a clock.
type gateAt struct {
	Gate
	t   *testing.T
	now time.Time
}

// enters lets a card in, and returns the function through which it leaves.
func (g *gateAt) enters() func(a Answer, retryAfter time.Duration) {
	g.t.Helper()
	shuts, _, err := g.enter(g.now)
	require.NoError(g.t, err)
	return func(a Answer, retryAfter time.Duration) { g.leave(g.now, shuts, a, retryAfter) }
}

// waits requires that a card is held back for the given time, apart from the random part.
func (g *gateAt) waits(kind giftcard.Kind, wait time.Duration) {
	g.t.Helper()
	_, _, err := g.enter(g.now)
	var held *giftcard.Error
	require.ErrorAs(g.t, err, &held)
	require.Equal(g.t, kind, held.Kind)
	require.GreaterOrEqual(g.t, held.RetryAfter, wait)
	require.Less(g.t, held.RetryAfter, wait+firstPause)
}

func newGateAt(t *testing.T) *gateAt {
	return &gateAt{t: t, now: time.Date(2026, 7, 15, 12, 0, 0, 0, time.UTC)}
}

// A doubt shuts the gate. It reopens for one, two, four cards at a time.
func TestGateOpensStepByStep(t *testing.T) {
	t.Parallel()
	g := newGateAt(t)
	first, second := g.enters(), g.enters()
	first(Doubtful, 0)
	g.waits(giftcard.Unavailable, firstPause)
	second(Doubtful, 0) // The card was requested before that, so its outcome says nothing new.
	g.waits(giftcard.Unavailable, firstPause)

	for pause := 2 * firstPause; pause < 2*longestPause; pause *= 2 {
		g.now = g.now.Add(longestPause)
		probe := g.enters()
		g.waits(giftcard.Unavailable, firstPause) // One at a time.
		probe(Doubtful, 0)
		g.waits(giftcard.Unavailable, min(pause, longestPause))
	}

	g.now = g.now.Add(longestPause)
	for _, most := range []int{1, 2, 4} {
		var inside []func(Answer, time.Duration)
		for range most {
			inside = append(inside, g.enters())
		}
		g.waits(giftcard.Unavailable, firstPause)
		for i, left := range inside {
			if i == 0 {
				left(Answered, 0)
			} else {
				left(NotAsked, 0)
			}
		}
	}
	for range 3 {
		g.enters()(Answered, 0)
	}
	for range 10 * manyAtOnce {
		g.enters()
	}
}

// A rate limit holds all cards back for as long as the issuer says, and does not clear a doubt.
func TestGateHeldByALimit(t *testing.T) {
	t.Parallel()
	g := newGateAt(t)
	g.enters()(Limited, 0) // The issuer did not say for how long.
	g.enters()(Limited, 20*time.Second)
	g.waits(giftcard.RateLimited, 20*time.Second)
	require.False(t, g.unread)
	g.now = g.now.Add(20 * time.Second)
	g.enters()(Answered, 0)

	g = newGateAt(t)
	g.enters()(Limited, 24*time.Hour)
	g.waits(giftcard.RateLimited, longestHold)

	g = newGateAt(t)
	g.enters()(Doubtful, 0)
	g.now = g.now.Add(firstPause)
	g.enters()(Limited, 20*time.Second)
	require.True(t, g.unread)
}

// While the issuer does not answer a harmless read, no card is requested. A refusal counts as an answer.
func TestGateReadsFirst(t *testing.T) {
	t.Parallel()
	away := true
	g := newGateAt(t)
	g.now = time.Now()
	reads := 0
	g.Read = func(context.Context) error {
		reads++
		if away {
			return errors.New("connection refused")
		}
		return giftcard.Errorf(giftcard.Unauthorized, "not for you")
	}
	var news []string
	passes := func() error {
		g.until = time.Time{} // The pause is over.
		left, err := g.Pass(t.Context(), func(s string) { news = append(news, s) })
		if err == nil {
			left(Answered, 0)
		}
		return err
	}
	require.NoError(t, passes())
	require.Zero(t, reads)
	g.enters()(Doubtful, 0)
	require.ErrorContains(t, passes(), "does not answer: connection refused")
	require.ErrorContains(t, passes(), "does not answer")
	require.Equal(t, 4*firstPause, g.pause)
	away = false
	require.NoError(t, passes())
	require.NoError(t, passes())
	require.Equal(t, 3, reads)
	require.Equal(t, []string{
		"card requests: paused for 2s, because an answer left open whether a card was issued",
		"card requests: paused for 4s, because an answer left open whether a card was issued",
	}, news)
}
