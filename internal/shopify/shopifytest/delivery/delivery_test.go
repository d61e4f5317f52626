package delivery_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/delivery"
)

const secret, text = "shpss_a", `{"id":1,"name":"Δοκιμή","quantity":1}`

// got is a request that a receiver got.
type got struct {
	topic, shop, webhook, event, body string
	signed, chunked                   bool
	broken                            error
}

// receiver answers deliveries.
type receiver struct {
	*httptest.Server

	mu     sync.Mutex
	got    []got
	status int
	sign   string
}

func newReceiver(t *testing.T, status int) *receiver {
	t.Helper()
	r := &receiver{status: status, sign: secret}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(q.Body)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.got = append(r.got, got{
			topic: q.Header.Get("X-Shopify-Topic"), shop: q.Header.Get("X-Shopify-Shop-Domain"),
			webhook: q.Header.Get("X-Shopify-Webhook-Id"), event: q.Header.Get("X-Shopify-Event-Id"), body: string(body),
			signed: q.Header.Get("X-Shopify-Hmac-Sha256") == delivery.Sign(r.sign, body), chunked: q.ContentLength < 0,
			broken: err,
		})
		if r.status/100 == 3 {
			w.Header().Set("Location", r.URL)
		}
		w.WriteHeader(r.status)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) all() []got {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]got(nil), r.got...)
}

func (r *receiver) answers(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// fast makes an hour last a few milliseconds.
const fast = 1_000_000

func start(t *testing.T, o delivery.Options) *delivery.Sender {
	t.Helper()
	o.Secret, o.Domain, o.Version = secret, "a.myshopify.com", "2026-07"
	if o.Speed == 0 {
		o.Speed = fast
	}
	if o.Total == 0 {
		o.Connect, o.Total = time.Minute, time.Minute // A busy machine is no failure.
	}
	s := delivery.New(o)
	t.Cleanup(s.Stop)
	return s
}

func event(r *receiver) delivery.Event {
	return delivery.Event{Topic: "orders/create", ID: "e", Subject: 1, Subscription: 7, URI: r.URL, Body: []byte(text)}
}

func wait(t *testing.T, s *delivery.Sender) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	require.NoError(t, s.Wait(ctx))
}

func TestADeliveryIsSignedAndNamed(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, 200)
	s := start(t, delivery.Options{})
	s.Send(event(r))
	wait(t, s)
	all := r.all()
	require.Len(t, all, 1)
	require.NotEmpty(t, all[0].webhook)
	all[0].webhook = ""
	require.Equal(t, []got{{topic: "orders/create", shop: "a.myshopify.com", event: "e", body: text, signed: true}}, all)
	l := s.Ledger()
	require.Equal(t, delivery.Counts{Events: 1, Requests: 1, Statuses: map[int]int{200: 1}, Delivered: 1}, l.Topics["orders/create"])
	require.Zero(t, l.Waiting)
	require.Len(t, l.Last, 1)
}

// The ledger knows the whole body of each request by its hash, and when the request was under way.
func TestLedgerKnowsWhatWasSent(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, 200)
	var troubles []delivery.Trouble
	s := start(t, delivery.Options{Trouble: func(delivery.Event) (next delivery.Trouble) {
		if len(troubles) > 0 {
			next, troubles = troubles[0], troubles[1:]
		}
		return next
	}})
	e := event(r)
	e.Body = []byte(`{"id":1,"updated_at":"2026-07-01T12:00:00Z"}`)
	hash := fmt.Sprintf("%x", sha256.Sum256(e.Body))
	before := time.Now()
	s.Send(e)
	wait(t, s)
	got := s.Ledger().Last[0]
	require.Equal(t, hash, got.BodyHash)
	require.Equal(t, len(e.Body), got.Size)
	require.Equal(t, time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC), got.UpdatedAt.UTC())
	require.Empty(t, got.Stated)
	require.False(t, got.Began.Before(before) || got.At.Before(got.Began))

	troubles = []delivery.Trouble{delivery.CrossTopic, delivery.Oversized, delivery.Truncated}
	for range 3 {
		s.Send(e)
	}
	wait(t, s)
	seen := map[delivery.Trouble]delivery.Entry{}
	for _, entry := range s.Ledger().Last[1:] {
		seen[entry.Trouble] = entry
	}
	require.NotEmpty(t, seen[delivery.CrossTopic].Stated)
	require.Equal(t, hash, seen[delivery.CrossTopic].BodyHash)
	require.NotEqual(t, hash, seen[delivery.Oversized].BodyHash)
	require.Greater(t, seen[delivery.Oversized].Size, 5<<20)
	require.Equal(t, hash, seen[delivery.Truncated].BodyHash, "it would have been the whole")
}

// Eight retries carry the original body under the original id. Then the subscription ends.
func TestFailuresAreRetriedAndEndTheSubscription(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]int{"an error": 500, "a redirect": 302, "refused": 401} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newReceiver(t, status)
			var ended []int64
			s := start(t, delivery.Options{Unsubscribed: func(id int64) { ended = append(ended, id) }})
			s.Send(event(r))
			wait(t, s)
			all := r.all()
			require.Len(t, all, 1+delivery.Retries)
			for _, g := range all {
				require.Equal(t, all[0], g)
			}
			require.Equal(t, []int64{7}, ended)
			require.Equal(t, []int64{7}, s.Ledger().Unsubscribed)
			require.Equal(t, delivery.Counts{
				Events: 1, Requests: 9, Retries: 8, Statuses: map[int]int{status: 9}, Failed: 1,
			}, s.Ledger().Topics["orders/create"])
		})
	}
}

func TestARetryThatSucceeds(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, 503)
	s := start(t, delivery.Options{Speed: 560, Unsubscribed: func(int64) { t.Error("the subscription ended") }}) // The first retry comes after 100 ms.
	s.Send(event(r))
	require.Eventually(t, func() bool { return len(r.all()) > 0 }, 2*time.Minute, time.Millisecond)
	r.answers(200)
	wait(t, s)
	c := s.Ledger().Topics["orders/create"]
	require.Equal(t, 1, c.Delivered)
	require.GreaterOrEqual(t, c.Retries, 1)
}

// A receiver that does not answer in time has failed, and so has one that is not there.
func TestTimeLimits(t *testing.T) {
	t.Parallel()
	var mute *httptest.Server
	release := make(chan struct{})
	mute = httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	t.Cleanup(mute.Close)
	t.Cleanup(func() { close(release) })
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for name, address := range map[string]string{"mute": mute.URL, "gone": gone.URL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, delivery.Options{Total: 20 * time.Millisecond})
			s.Send(delivery.Event{Topic: "orders/create", URI: address, Body: []byte(text)})
			wait(t, s)
			require.Equal(t, map[int]int{0: 9}, s.Ledger().Topics["orders/create"].Statuses)
		})
	}
}

func TestTroubles(t *testing.T) {
	t.Parallel()
	genuine := got{topic: "orders/create", shop: "a.myshopify.com", event: "e", body: text, signed: true}
	with := func(change func(*got)) got {
		g := genuine
		change(&g)
		return g
	}
	for trouble, want := range map[delivery.Trouble][]got{
		delivery.Lost:       nil,
		delivery.Late:       {genuine},
		delivery.Reordered:  {genuine},
		delivery.Stale:      {genuine},
		delivery.Doubled:    {genuine, genuine},
		delivery.Replayed:   {genuine, genuine},
		delivery.Truncated:  {with(func(g *got) { g.body, g.signed, g.broken = text[:len(text)/2], false, io.ErrUnexpectedEOF }), genuine},
		delivery.Slow:       {with(func(g *got) { g.chunked = true })},
		delivery.Split:      {with(func(g *got) { g.chunked = true })},
		delivery.Unsigned:   {genuine, with(func(g *got) { g.signed = false })},
		delivery.OtherShop:  {genuine, with(func(g *got) { g.shop = "another-shop.myshopify.com" })},
		delivery.CrossTopic: {genuine, with(func(g *got) { g.topic = "refunds/create" })},
		delivery.Forged: {
			genuine, with(func(g *got) { g.body, g.signed = `{"id":1,"name":"Δοκιμή","quantity":9}`, false }),
		},
	} {
		t.Run(string(trouble), func(t *testing.T) {
			t.Parallel()
			r := newReceiver(t, 200)
			held := 0
			s := start(t, delivery.Options{Workers: 4})
			require.NoError(t, s.Befall(trouble, 1, "orders/create"))
			e := event(r)
			e.HoldBack = func(time.Duration) { held++ }
			s.Send(e)
			wait(t, s)
			// The handler of a request that broke off may still be reading.
			require.Eventually(t, func() bool { return len(r.all()) >= len(want) }, 2*time.Minute, time.Millisecond)
			all := r.all()
			for i := range all {
				all[i].webhook = ""
			}
			require.ElementsMatch(t, want, all)
			require.Equal(t, map[delivery.Trouble]delivery.Befallen{trouble: {Deliveries: 1, Subjects: 1}}, s.Ledger().Troubles)
			require.Equal(t, trouble == delivery.Stale, held == 1)
			require.Zero(t, s.Ledger().Waiting)
		})
	}
}

func TestAnOversizedBodyIsSigned(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, 200)
	s := start(t, delivery.Options{Trouble: func(delivery.Event) delivery.Trouble { return delivery.Oversized }})
	s.Send(event(r))
	wait(t, s)
	all := r.all()
	require.Len(t, all, 1)
	require.Greater(t, len(all[0].body), 5<<20)
	require.True(t, all[0].signed)
	require.JSONEq(t, text, all[0].body)
}

// Late deliveries come after those of what happened later.
func TestLateDeliveriesAreOvertaken(t *testing.T) {
	t.Parallel()
	for _, trouble := range []delivery.Trouble{delivery.Late, delivery.Reordered} {
		r := newReceiver(t, 200)
		s := start(t, delivery.Options{Speed: map[delivery.Trouble]float64{delivery.Late: 72_000, delivery.Reordered: 200}[trouble]})
		require.NoError(t, s.Befall(trouble, 1))
		first, second := event(r), event(r)
		second.ID = "later"
		s.Send(first)
		s.Send(second)
		wait(t, s)
		all := r.all()
		require.Equal(t, []string{"later", "e"}, []string{all[0].event, all[1].event}, trouble)
	}
}

func TestTroublesAreDrawnByShare(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, 200)
	s := start(t, delivery.Options{Shares: []delivery.Share{
		{Trouble: delivery.Lost, Share: 1, Topics: []string{"orders/paid"}},
	}})
	e := event(r)
	s.Send(e)
	e.Topic = "orders/paid"
	s.Send(e)
	wait(t, s)
	require.Len(t, r.all(), 1)
	require.NoError(t, s.SetShares())
	s.Send(e)
	wait(t, s)
	require.Len(t, r.all(), 2)
	require.Error(t, s.SetShares(delivery.Share{Trouble: "sunny", Share: 1}))
	require.Error(t, s.SetShares(delivery.Share{Trouble: delivery.Lost, Share: 2}))
	require.Error(t, s.Befall("sunny", 1))
}

// For a while after a rotation, some deliveries are signed with the secret before.
func TestTheSecretIsRotated(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, 200)
	s := start(t, delivery.Options{Speed: 1})
	s.Rotate("shpss_b")
	for range 40 {
		s.Send(event(r))
	}
	wait(t, s)
	byOld := 0
	for _, g := range r.all() {
		if g.signed {
			byOld++
		}
	}
	require.Positive(t, byOld)
	require.Less(t, byOld, 40)
	s = start(t, delivery.Options{Speed: 1e12}) // The while is over at once.
	s.Rotate("shpss_b")
	s.Send(event(r))
	wait(t, s)
	require.False(t, r.all()[40].signed)
}

func TestTheQueueIsBounded(t *testing.T) {
	t.Parallel()
	r := newReceiver(t, 200)
	s := start(t, delivery.Options{Queue: 2})
	s.Pause(true)
	for range 5 {
		s.Send(event(r))
	}
	require.Equal(t, 3, s.Ledger().Topics["orders/create"].Overflow)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorContains(t, s.Wait(ctx), "2 deliveries wait")
	s.Pause(false)
	wait(t, s)
	require.Len(t, r.all(), 2)
	s.ResetLedger()
	require.Empty(t, s.Ledger().Topics)
}

// Stop ends what waits, and what is being sent.
func TestStopEndsEverything(t *testing.T) {
	t.Parallel()
	began, release := make(chan struct{}), make(chan struct{})
	r := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { close(began); <-release }))
	t.Cleanup(r.Close)
	t.Cleanup(func() { close(release) })
	s := start(t, delivery.Options{Workers: 1, Total: time.Hour})
	e := delivery.Event{Topic: "orders/create", URI: r.URL, Body: []byte(text)}
	s.Send(e)
	<-began
	s.Send(e)
	s.Stop()
	s.Send(e)
	require.Equal(t, 2, s.Ledger().Topics["orders/create"].Events)
	require.Equal(t, 1, s.Ledger().Topics["orders/create"].Requests)
}
