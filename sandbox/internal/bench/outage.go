package bench

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/config"
)

// OutageOptions configures an outage of the issuer and the backlog that has gathered when it ends.
//
// An hour of outage is compressed to Length. After an hour of failures, every order waits for Backoff between two
// attempts, the maximum of the retry policy. Other than that, only the numbers of orders and of attempts are larger
// than after a few minutes. To make orders wait that long from their first attempt on, the issuer asks for it with
// Retry-After. Nothing of the system itself is scaled: not its rates, its backoff, its budget or its time-outs.
type OutageOptions struct {
	Orders  int
	Length  time.Duration
	Backoff time.Duration
	// MaxRPS is CASHSTAR_MAX_RPS, and the rate above which the issuer refuses requests.
	MaxRPS  float64
	Workers int
}

// OutageReport is the result of the outage.
type OutageReport struct {
	Orders         int     `json:"orders"`
	Workers        int     `json:"workers"`
	MaxRPS         float64 `json:"max_rps"`
	Seconds        float64 `json:"seconds"`
	BackoffSeconds float64 `json:"backoff_seconds"`
	// InVain counts the requests that the issuer failed while it was away, by operation. BusiestAway is the largest number
	// of them in one second.
	InVain      map[string]int `json:"requests_in_vain"`
	BusiestAway int            `json:"busiest_second_away"`
	// Drained is the number of cards that were issued in DrainSeconds, the time from the issuer's return to the last card.
	Drained      int     `json:"drained"`
	DrainSeconds float64 `json:"drain_seconds"`
	// Utilisation is Drained divided by the number of cards that MaxRPS allows in that time.
	Utilisation float64 `json:"utilisation"`
	// Busiest is the largest number of requests answered in any second of the drain. Refused requests count as Violations.
	Busiest int `json:"busiest_second"`
	// Violations is the number of requests that the issuer refused at any time because they came faster than MaxRPS, with
	// a tolerance of one second's worth. Requests for merchant lists count.
	Violations int `json:"violations"`
	// Repeated is the number of requests for cards that already existed.
	Repeated int `json:"repeated"`
	// WorkerRSS is the largest peak memory of any worker.
	WorkerRSS float64 `json:"worker_peak_rss_mib"`
}

// flaky is an issuer that can be away, and that records when it received requests. It does not see requests that the
// issuer refuses because of its rate limit.
type flaky struct {
	away    atomic.Bool
	backoff time.Duration

	mu     sync.Mutex
	asked  []time.Time
	failed map[string]int
}

// fault is the issuer's fault hook.
func (f *flaky) fault(r cashstartest.Request) *cashstartest.Fault {
	away := f.away.Load()
	f.mu.Lock()
	f.asked = append(f.asked, time.Now())
	if away {
		f.failed[string(r.Operation)]++
	}
	f.mu.Unlock()
	if !away {
		return nil
	}
	return &cashstartest.Fault{
		Kind: cashstartest.ServerError, Status: http.StatusServiceUnavailable,
		RetryAfter: strconv.Itoa(int(f.backoff.Seconds())),
	}
}

// busiest returns the largest number of requests in any second of [from, until).
func (f *flaky) busiest(from, until time.Time) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	asked := slices.DeleteFunc(slices.Clone(f.asked), func(t time.Time) bool { return t.Before(from) || !t.Before(until) })
	slices.SortFunc(asked, time.Time.Compare)
	most, first := 0, 0
	for i := range asked {
		for asked[i].Sub(asked[first]) >= time.Second {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

// outage takes the issuer away while orders come in, and measures how their cards are issued when it is back.
func outage(ctx context.Context, p *Programs, o OutageOptions, say Say) (*OutageReport, error) {
	issuer := &flaky{backoff: o.Backoff, failed: map[string]int{}}
	rig, err := p.OpenRig(ctx, RigOptions{
		Workers: o.Workers, Configure: func(c *config.Config) { c.CashStar.MaxRPS = o.MaxRPS },
		Issuer: cashstartest.Options{MaxRPS: o.MaxRPS, Fault: issuer.fault},
		// The partitions of a task queue share its rate limit equally, and a partition that is done leaves its share unused.
		// The settings in deploy/temporal are the same.
		DynamicConfig: map[string]any{
			"matching.numTaskqueueReadPartitions": 1, "matching.numTaskqueueWritePartitions": 1,
		},
	})
	if err != nil {
		return nil, err
	}
	defer rig.Close()
	telling, stop := context.WithCancel(ctx)
	defer stop()
	// One order comes first, so that the workers know the merchants, as they do when an outage begins.
	if err := rig.takeIn(ctx, 1); err != nil {
		return nil, err
	}
	if err := rig.Settle(ctx); err != nil {
		return nil, err
	}
	issuer.away.Store(true)
	began := time.Now()
	say("the issuer is away for %s; orders come in", o.Length)
	// A quarter of the orders comes in while the merchants are known, and the others later.
	early := o.Orders / 4
	if err := rig.takeIn(ctx, early); err != nil {
		return nil, err
	}
	if err := wait(ctx, time.Until(began.Add(min(merchantsKnown, o.Length/3)))); err != nil {
		return nil, err
	}
	if err := rig.takeIn(ctx, o.Orders-early); err != nil {
		return nil, err
	}
	if err := wait(ctx, time.Until(began.Add(o.Length))); err != nil {
		return nil, err
	}
	back := time.Now()
	issuer.away.Store(false)
	say("the issuer is back after %.0f s; at %g cards a second, the rest takes %.0f s",
		back.Sub(began).Seconds(), o.MaxRPS, float64(o.Orders)/o.MaxRPS)
	go rig.tell(telling, o.Orders+1, say)
	if err := rig.Settle(ctx); err != nil {
		return nil, err
	}
	return o.report(rig, issuer, began, back)
}

// merchantsKnown is how long a worker relies on the merchants that it knows, plus a margin.
const merchantsKnown = 62 * time.Second

// takeIn places orders and waits until their workflows have started.
func (r *Rig) takeIn(ctx context.Context, orders int) error {
	r.Place(orders, time.Now().Add(-time.Second))
	poll, err := r.Poll(ctx)
	if err != nil {
		return err
	}
	result, err := r.Await(ctx, poll)
	if err == nil && result.Started != orders {
		err = fmt.Errorf("a poll took in %d orders, want %d", result.Started, orders)
	}
	return err
}

func (o OutageOptions) report(rig *Rig, issuer *flaky, began, back time.Time) (*OutageReport, error) {
	if err := issuedOnce(rig.Issuer, o.Orders+1); err != nil {
		return nil, err
	}
	stats := rig.Issuer.Stats()
	r := &OutageReport{
		Orders: o.Orders, Workers: o.Workers, MaxRPS: o.MaxRPS, BackoffSeconds: o.Backoff.Seconds(),
		Seconds: back.Sub(began).Seconds(), InVain: issuer.failed, BusiestAway: issuer.busiest(began, back),
		Violations: stats.Violations, Repeated: stats.Repeated,
	}
	last := back
	for _, c := range rig.Issuer.Cards() {
		if c.Created.Before(back) {
			continue
		}
		r.Drained++
		if c.Created.After(last) {
			last = c.Created
		}
	}
	r.DrainSeconds = last.Sub(back).Seconds()
	r.Utilisation = Ratio(float64(r.Drained), o.MaxRPS*r.DrainSeconds)
	r.Busiest = issuer.busiest(back, last.Add(1))
	for _, w := range rig.Workers {
		used, err := w.Usage()
		if err != nil {
			return nil, err
		}
		r.WorkerRSS = max(r.WorkerRSS, mebibytes(used.PeakRSS))
	}
	return r, nil
}
