package jobs_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/jobs"
	"github.com/giftbridge/giftbridge/internal/simulator"
)

// diary notes what happens, with the time since the beginning. It is the receiver of callbacks, too.
type diary struct {
	mu     sync.Mutex
	begin  time.Time
	notes  []string
	status int
	err    error
}

func (d *diary) note(what string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.notes = append(d.notes, time.Since(d.begin).String()+" "+what)
}

func (d *diary) read() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.notes)
}

// RoundTrip implements http.RoundTripper.
func (d *diary) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	d.note("callback " + string(body))
	if d.err != nil {
		return nil, d.err
	}
	return &http.Response{
		StatusCode: d.status, Header: http.Header{"Location": {"/elsewhere"}}, Body: http.NoBody, Request: r,
	}, nil
}

const sell simulator.Operation = "sell"

func start(t *testing.T, o jobs.Options) (*jobs.Queue, *diary) {
	t.Helper()
	d := &diary{begin: time.Now(), status: 204}
	o.Client, o.Operations = &http.Client{Transport: d}, []simulator.Operation{sell}
	q := jobs.New(o)
	t.Cleanup(q.Stop)
	return q, d
}

func (d *diary) job(id string) jobs.Job {
	return jobs.Job{
		ID: id, Operation: sell, Callback: "https://receiver.invalid/" + id, Payload: "p",
		Perform: func() any { d.note("done"); return id },
		Reveal:  func() { d.note("shown") },
		Forge:   func() any { return "forged" },
	}
}

// A job takes ten seconds, and trouble lasts for a minute.
func TestTroubles(t *testing.T) {
	t.Parallel()
	for kind, want := range map[jobs.TroubleKind][]string{
		"":           {"10s done", "10s shown", `10s callback "1"`},
		jobs.Late:    {"10s done", "10s shown", `1m10s callback "1"`},
		jobs.Early:   {"0s done", `0s callback "1"`, "10s shown"},
		jobs.Twice:   {"10s done", "10s shown", `10s callback "1"`, `10s callback "1"`},
		jobs.Never:   {"10s done", "10s shown"},
		jobs.Dead:    {"10s done", "10s shown"},
		jobs.Forged:  {`5s callback "forged"`, "10s done", "10s shown", `10s callback "1"`},
		jobs.Garbled: {"10s done", "10s shown", `10s callback callback: "1"`},
		jobs.Lag:     {"10s done", `10s callback "1"`, "1m10s shown"},
		jobs.Stalled: {"1m10s done", "1m10s shown", `1m10s callback "1"`},
		jobs.Lost:    nil,
		jobs.Failed:  {"10s shown", `10s callback {"message":"internal error","payload":"p","success":false}`},
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				q, d := start(t, jobs.Options{Takes: 10 * time.Second})
				if kind != "" {
					require.NoError(t, q.Befall(jobs.Trouble{Kind: kind}))
				}
				q.Enqueue(d.job("1"))
				require.NoError(t, q.Wait(t.Context()))
				require.Equal(t, want, d.read())
				records := q.Records()
				require.Len(t, records, 1)
				require.Equal(t, kind, records[0].Trouble)
				if kind == jobs.Dead {
					require.Equal(t, []jobs.Attempt{{At: d.begin.Add(10 * time.Second)}}, records[0].Callbacks)
				}
				require.Equal(t, kind == jobs.Forged, len(records[0].Callbacks) > 0 && records[0].Callbacks[0].Forged)
			})
		})
	}
}

func TestEveryKindIsTested(t *testing.T) {
	t.Parallel()
	require.Len(t, jobs.Kinds, 11)
}

func TestACallbackIsRepeatedWhereTheVendorDoes(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*diary){
		"503": func(d *diary) { d.status = 503 }, "redirect": func(d *diary) { d.status = 302 },
		"no answer": func(d *diary) { d.err = errors.New("refused") },
	} {
		for tries, want := range map[int]int{0: 1, 1: 1, 3: 3} {
			synctest.Test(t, func(t *testing.T) {
				q, d := start(t, jobs.Options{Tries: tries, Pause: time.Minute})
				change(d)
				q.Enqueue(d.job("1"))
				require.NoError(t, q.Wait(t.Context()))
				require.Len(t, q.Records()[0].Callbacks, want, name)
				require.Equal(t, time.Duration(want-1)*time.Minute, time.Since(d.begin))
			})
		}
	}
}

func TestJobsWaitInTurnAndStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q, d := start(t, jobs.Options{Takes: time.Second})
		q.Pause(true)
		q.Enqueue(d.job("1"))
		q.SetTakes(0)
		q.Enqueue(d.job("2"))
		time.Sleep(time.Hour) //nolint:forbidigo // The time of the test, not of the machine.
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		require.ErrorIs(t, q.Wait(ctx), context.DeadlineExceeded)
		require.Empty(t, d.read())
		q.Pause(false)
		require.NoError(t, q.Wait(t.Context()))
		notes := d.read()
		require.Len(t, notes, 6)
		require.Equal(t, "1h1m0s done", notes[0])

		q.SetTakes(time.Hour)
		q.Enqueue(d.job("3"))
		q.Stop()
		require.NoError(t, q.Wait(t.Context()), "what waits is given up")
		q.Enqueue(d.job("4"))
		q.Stop()
		require.Len(t, d.read(), 6)
		require.Len(t, q.Records(), 3)
	})
}

func TestStopEndsACallbackThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hung := make(chan struct{})
		q := jobs.New(jobs.Options{Client: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			close(hung)
			<-r.Context().Done()
			return nil, r.Context().Err()
		})}})
		d := &diary{begin: time.Now()}
		q.Enqueue(d.job("1"))
		<-hung
		q.Stop()
		require.Equal(t, []jobs.Attempt{{At: d.begin}}, q.Records()[0].Callbacks)
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestTheHookComesFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q, d := start(t, jobs.Options{Trouble: func(j jobs.Job) *jobs.Trouble {
			if j.ID == "1" {
				return &jobs.Trouble{Kind: jobs.Never}
			}
			return nil
		}})
		require.NoError(t, q.Befall(jobs.Trouble{Kind: jobs.Twice, Operation: sell}))
		require.NoError(t, q.SetRandom(jobs.RandomTrouble{Rate: 1, Trouble: jobs.Trouble{Kind: jobs.Lost}}))
		var got []jobs.TroubleKind
		for _, id := range []string{"1", "2", "3"} {
			q.Enqueue(d.job(id))
		}
		q.ClearTroubles()
		q.Enqueue(d.job("4"))
		for _, r := range q.Records() {
			got = append(got, r.Trouble)
		}
		require.Equal(t, []jobs.TroubleKind{jobs.Never, jobs.Twice, jobs.Lost, ""}, got)
	})
}

func TestTroublesAreChecked(t *testing.T) {
	t.Parallel()
	q, _ := start(t, jobs.Options{})
	for _, bad := range []jobs.Trouble{
		{}, {Kind: "explode"}, {Kind: jobs.Late, Operation: "dance"}, {Kind: jobs.Late, Times: -1}, {Kind: jobs.Late, Delay: -1},
	} {
		require.Error(t, q.Befall(jobs.Trouble{Kind: jobs.Late}, bad))
		require.Error(t, q.SetRandom(jobs.RandomTrouble{Rate: 1, Trouble: bad}))
	}
	var one jobs.Trouble
	require.NoError(t, json.Unmarshal([]byte(`{"kind":"late","operation":"sell","times":2,"delay":"5s"}`), &one))
	require.Equal(t, jobs.Trouble{Kind: jobs.Late, Operation: sell, Times: 2, Delay: 5 * time.Second}, one)
	var share jobs.RandomTrouble
	require.NoError(t, json.Unmarshal([]byte(`{"kind":"failed","message":"no","rate":0.5}`), &share))
	require.Equal(t, jobs.RandomTrouble{Rate: 0.5, Trouble: jobs.Trouble{Kind: jobs.Failed, Message: "no"}}, share)
	require.ErrorContains(t, json.Unmarshal([]byte(`{"kind":"late","rate":1}`), &one), "random")
	require.ErrorContains(t, json.Unmarshal([]byte(`{"kind":"late","rate":2}`), &share), "not within")
	for _, into := range []any{&one, &share} {
		require.Error(t, json.Unmarshal([]byte(`{"kind":"late","Rate":1}`), into))
	}
}

// The queue goes by its own clock.
func TestTheClockIsTheOneOfTheOptions(t *testing.T) {
	t.Parallel()
	c := &clock{now: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC), waits: make(chan time.Duration, 100), tick: make(chan time.Time, 1)}
	q, d := start(t, jobs.Options{Clock: c, Takes: 24 * time.Hour})
	q.Enqueue(d.job("1"))
	require.Equal(t, 24*time.Hour, <-c.waits)
	c.advance(24 * time.Hour)
	c.tick <- time.Time{}
	require.NoError(t, q.Wait(t.Context()))
	r := q.Records()[0]
	require.Equal(t, c.Now(), r.Done)
	require.Equal(t, 24*time.Hour, r.Done.Sub(r.Enqueued))
	require.True(t, strings.HasSuffix(d.read()[2], `callback "1"`))
}

type clock struct {
	mu    sync.Mutex
	now   time.Time
	waits chan time.Duration
	tick  chan time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) After(d time.Duration) <-chan time.Time {
	c.waits <- d
	return c.tick
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
