package access_test

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/checkout/access"
	"github.com/giftbridge/giftbridge/internal/checkout/api"
)

const (
	attacked = "attacked"
	other    = "other"
	// perMinute is the budget of unusable codes of a client.
	perMinute = 30
	// landed is more than a request is on its way for.
	landed = 4 * time.Second
)

// clock is a time that a test sets.
type clock struct{ nanoseconds atomic.Int64 }

func (c *clock) now() time.Time           { return time.Unix(1_800_000_000, c.nanoseconds.Load()) }
func (c *clock) advance(by time.Duration) { c.nanoseconds.Add(int64(by)) }

func key(name, secret string, rights ...api.Right) access.Key {
	return access.Key{Name: name, Hash: sha256.Sum256([]byte(secret)), Rights: rights}
}

// newGuard returns a guard of two clients.
func newGuard(maxRPS float64) (*access.Guard, *clock) {
	c := &clock{}
	return access.New(access.Options{
		Clients: []access.Key{key(attacked, "gbk_a", api.Rights...), key(other, "gbk_b", api.Rights...)},
		MaxRPS:  maxRPS, Now: c.now,
	}), c
}

// guess names an unusable code, and reports whether that was admitted.
func guess(g *access.Guard, endUser string) bool {
	_, ok := g.Admit(attacked, endUser)
	if ok {
		g.Unusable(attacked, endUser)
	}
	return ok
}

func TestAuthenticate(t *testing.T) {
	t.Parallel()
	g := access.New(access.Options{Clients: []access.Key{
		key("shop", "gbk_old", api.RightBalance), key("till", "gbk_till", api.RightBalance, api.RightRedeem),
		key("shop", "gbk_new", api.RightReverse),
	}})
	for name, c := range map[string]struct {
		header []string
		client api.Client
	}{
		"first key of two":  {[]string{"Bearer gbk_old"}, api.Client{Name: "shop", Rights: []api.Right{api.RightBalance}}},
		"second key of two": {[]string{"Bearer gbk_new"}, api.Client{Name: "shop", Rights: []api.Right{api.RightReverse}}},
		"only key":          {[]string{"Bearer gbk_till"}, api.Client{Name: "till", Rights: []api.Right{api.RightBalance, api.RightRedeem}}},
		"lower case":        {[]string{"bearer gbk_till"}, api.Client{Name: "till", Rights: []api.Right{api.RightBalance, api.RightRedeem}}},
		"two blanks":        {[]string{"Bearer  gbk_old "}, api.Client{Name: "shop", Rights: []api.Right{api.RightBalance}}},
		"no header":         {},
		"empty header":      {header: []string{""}},
		"scheme alone":      {header: []string{"Bearer"}},
		"empty key":         {header: []string{"Bearer "}},
		"key alone":         {header: []string{"gbk_old"}},
		"other scheme":      {header: []string{"Basic gbk_old"}},
		"wrong key":         {header: []string{"Bearer gbk_ole"}},
		"longer":            {header: []string{"Bearer gbk_oldgbk_old"}},
		"shorter":           {header: []string{"Bearer gbk_ol"}},
		"other case":        {header: []string{"Bearer GBK_OLD"}},
		"quoted":            {header: []string{`Bearer "gbk_old"`}},
		"hash of the key":   {header: []string{fmt.Sprintf("Bearer %x", sha256.Sum256([]byte("gbk_old")))}},
		"name":              {header: []string{"Bearer shop"}},
		"two keys":          {header: []string{"Bearer gbk_old gbk_till"}},
		"two headers":       {header: []string{"Bearer gbk_old", "Bearer gbk_till"}},
	} {
		h := http.Header{}
		for _, value := range c.header {
			h.Add("Authorization", value)
		}
		got, ok := g.Authenticate(h)
		require.Equal(t, c.client.Name != "", ok, name)
		require.Equal(t, c.client, got, name)
	}
}

func TestNobodyIsKnownWithoutClients(t *testing.T) {
	t.Parallel()
	g := access.New(access.Options{})
	_, ok := g.Authenticate(http.Header{"Authorization": {"Bearer gbk_a"}})
	require.False(t, ok)
	_, ok = g.Admit(attacked, "anna")
	require.False(t, ok)
	g.Unusable(attacked, "anna")
}

func TestRequestsPerSecond(t *testing.T) {
	t.Parallel()
	for rate, burst := range map[float64]int{50: 50, 2.5: 2, .5: 1} {
		g, c := newGuard(rate)
		served := 0
		for range 100 {
			if _, ok := g.Admit(attacked, ""); ok {
				served++
			}
		}
		require.Equal(t, burst, served)
		wait, ok := g.Admit(attacked, "")
		require.False(t, ok)
		require.InDelta(t, 1/rate, wait.Seconds(), 1/rate)
		_, ok = g.Admit(other, "")
		require.True(t, ok, "another client is served")
		c.advance(wait)
		_, ok = g.Admit(attacked, "")
		require.True(t, ok, "what is refused takes nothing from the next second")
	}
}

func TestAnyNumberOfRequests(t *testing.T) {
	t.Parallel()
	g, _ := newGuard(0)
	refused := 0
	for i := range 10_000 {
		if _, ok := g.Admit(attacked, strconv.Itoa(i)); !ok {
			refused++
		}
	}
	require.Zero(t, refused)
}

func TestTyposAreFree(t *testing.T) {
	t.Parallel()
	g, c := newGuard(50)
	for range 5 {
		require.True(t, guess(g, "anna"))
	}
	var waits []time.Duration
	for range 10 {
		wait, ok := g.Admit(attacked, "anna")
		require.False(t, ok)
		waits = append(waits, wait)
		c.advance(wait - 1)
		_, ok = g.Admit(attacked, "anna")
		require.False(t, ok)
		c.advance(1)
		require.True(t, guess(g, "anna"))
	}
	const s = time.Second
	require.Equal(t, []time.Duration{5 * s, 10 * s, 20 * s, 40 * s, 80 * s, 160 * s, 320 * s, 640 * s, 900 * s, 900 * s}, waits)
	_, ok := g.Admit(attacked, "berta")
	require.True(t, ok, "another end user is served")

	c.advance(13 * 15 * time.Minute)
	for range 5 {
		require.True(t, guess(g, "anna"), "everything is forgiven")
	}
}

func TestOneCodeIsForgivenAtATime(t *testing.T) {
	t.Parallel()
	g, c := newGuard(50)
	for range 5 {
		require.True(t, guess(g, "anna"))
	}
	c.advance(15 * time.Minute)
	require.True(t, guess(g, "anna"))
	wait, ok := g.Admit(attacked, "anna")
	require.False(t, ok)
	require.Equal(t, 5*time.Second, wait)
}

func TestGuesses(t *testing.T) {
	t.Parallel()
	const each = 100 * time.Millisecond // 10,000 guesses are 1,000 seconds.
	duration := 10_000 * each
	atMost := perMinute + int(duration.Minutes()*perMinute)
	for name, c := range map[string]struct {
		endUser func(int) string
		atMost  int
	}{
		"one end user":          {func(int) string { return "mallory" }, 13},
		"one for each guess":    {strconv.Itoa, atMost},
		"none":                  {func(int) string { return "" }, atMost},
		"a hundred end users":   {func(i int) string { return strconv.Itoa(i % 100) }, atMost},
		"one of them now, then": {func(i int) string { return strconv.Itoa(i / 7) }, atMost},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, clock := newGuard(50)
			admitted, refusedOthers := 0, 0
			for i := range 10_000 {
				if guess(g, c.endUser(i)) {
					admitted++
				}
				if _, ok := g.Admit(other, strconv.Itoa(i)); !ok {
					refusedOthers++
				}
				clock.advance(each)
			}
			require.Zero(t, refusedOthers, "another client notices nothing")
			require.LessOrEqual(t, admitted, c.atMost)
			require.Greater(t, admitted, c.atMost/2, "who is honest can still be served")
		})
	}
}

func TestGuessesAtTheSameTime(t *testing.T) {
	t.Parallel()
	g, c := newGuard(50)
	admitted := 0
	for round := range 300 { // 5 minutes, in which each answer takes a second.
		var on []string
		for i := range 50 {
			name := fmt.Sprint(round, " ", i)
			if _, ok := g.Admit(attacked, name); ok {
				on = append(on, name)
			}
		}
		c.advance(time.Second)
		for _, name := range on {
			g.Unusable(attacked, name)
		}
		admitted += len(on)
	}
	require.LessOrEqual(t, admitted, perMinute+5*perMinute+50, "the budget, and once what was on its way")
}

func TestOneEndUserAtTheSameTime(t *testing.T) {
	t.Parallel()
	g, c := newGuard(0)
	at := 0
	for range 1000 {
		if _, ok := g.Admit(attacked, "mallory"); ok {
			at++
		}
	}
	require.Equal(t, 5, at)
	for range at {
		g.Unusable(attacked, "mallory")
	}
	_, ok := g.Admit(attacked, "mallory")
	require.False(t, ok)
	c.advance(5 * time.Second)
	_, ok = g.Admit(attacked, "mallory")
	require.True(t, ok)
	wait, ok := g.Admit(attacked, "mallory")
	require.False(t, ok, "one at a time")
	require.Equal(t, landed, wait)
}

// exhaust uses up the budget of a client.
func exhaust(t *testing.T, g *access.Guard) {
	t.Helper()
	for i := 0; guess(g, fmt.Sprint("mallory ", i)); i++ {
		require.Less(t, i, 2*perMinute)
	}
}

func TestKnownEndUsersPassDuringAnAttack(t *testing.T) {
	t.Parallel()
	g, c := newGuard(50)
	_, ok := g.Admit(attacked, "anna")
	require.True(t, ok)
	require.True(t, guess(g, "berta"))
	c.advance(landed)
	exhaust(t, g)

	for range 10 {
		_, ok = g.Admit(attacked, "anna")
		require.True(t, ok, "a code of hers was usable")
	}
	_, ok = g.Admit(attacked, "berta")
	require.False(t, ok, "a code of hers was not")
	wait, ok := g.Admit(attacked, "carla")
	require.False(t, ok, "nobody knows her")
	require.InDelta(t, 2, wait.Seconds(), 1)
	_, ok = g.Admit(attacked, "")
	require.False(t, ok)

	c.advance(2*time.Second + time.Millisecond)
	_, ok = g.Admit(attacked, "carla")
	require.True(t, ok, "the budget fills up")
	wait, ok = g.Admit(attacked, "carla")
	require.False(t, ok)
	c.advance(wait)
	_, ok = g.Admit(attacked, "carla")
	require.True(t, ok, "she can pay with what she has just seen")
}

func TestAKnownEndUserWhoGuessesIsNotKnown(t *testing.T) {
	t.Parallel()
	g, c := newGuard(50)
	_, ok := g.Admit(attacked, "anna")
	require.True(t, ok)
	c.advance(landed)
	exhaust(t, g)
	require.True(t, guess(g, "anna"))
	_, ok = g.Admit(attacked, "anna")
	require.False(t, ok)
	c.advance(15*time.Minute - time.Second)
	exhaust(t, g)
	_, ok = g.Admit(attacked, "anna")
	require.False(t, ok)
	c.advance(time.Second)
	exhaust(t, g)
	_, ok = g.Admit(attacked, "anna")
	require.True(t, ok, "it is forgiven")
}

// TestAttackerWithACard lets an attacker make each end user known with a card that is usable, and guess once with it.
func TestAttackerWithACard(t *testing.T) {
	t.Parallel()
	g, c := newGuard(50)
	guesses := 0
	const minutes = 20
	for second := range minutes * 60 {
		for i := range 25 {
			if _, ok := g.Admit(attacked, fmt.Sprint(second, " ", i)); ok {
				c.advance(time.Millisecond)
			}
			if guess(g, fmt.Sprint(second-10, " ", i)) {
				guesses++
			}
		}
		c.advance(time.Second)
	}
	require.LessOrEqual(t, guesses, 2*(perMinute+(minutes+1)*perMinute))
	_, ok := g.Admit(other, "anna")
	require.True(t, ok)
}

func TestConcurrency(t *testing.T) {
	t.Parallel()
	g, c := newGuard(0)
	var admitted, refusedOthers atomic.Int64
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := range 500 {
				if guess(g, strconv.Itoa(worker*i%700)) {
					admitted.Add(1)
				}
				if _, ok := g.Admit(other, strconv.Itoa(i)+" "+strconv.Itoa(worker)); !ok {
					refusedOthers.Add(1)
				}
				_, _ = g.Authenticate(http.Header{"Authorization": {"Bearer gbk_a"}})
				c.advance(time.Millisecond)
			}
		})
	}
	all.Wait()
	require.Zero(t, refusedOthers.Load())
	require.LessOrEqual(t, admitted.Load(), int64(perMinute+perMinute/10+8))
}
