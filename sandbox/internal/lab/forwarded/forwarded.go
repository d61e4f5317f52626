// Package forwarded has the ERP of a laboratory that takes the shop's events: it goes away and returns, and what it has taken is compared
// with what the shop has announced.
package forwarded

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"time"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/relayed"
	"github.com/giftbridge/giftbridge/internal/relayed/replaying"
	"github.com/giftbridge/giftbridge/sandbox/internal/audit/leaks"
	audited "github.com/giftbridge/giftbridge/sandbox/internal/audit/relayed"
	"github.com/giftbridge/giftbridge/sandbox/internal/child"
	"github.com/giftbridge/giftbridge/sandbox/internal/lab/report"
	"github.com/giftbridge/giftbridge/sandbox/internal/mischief"
	"github.com/giftbridge/giftbridge/sandbox/internal/output"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan"
	"github.com/giftbridge/giftbridge/sandbox/internal/storm"
)

// Options are what the ERP needs. All are needed.
type Options struct {
	Plan     plan.Plan
	Control  storm.Control
	Operator *operator.Operator
	// Endpoints are those of the ERP, and Secrets what signs the events.
	Endpoints, Secrets []string
	// Processes are those that post events, or keep what became of them.
	Processes func() []*child.Kept
	Say       output.Say
}

// Forwarded is the ERP, and the person who looks after it.
type Forwarded struct {
	Options

	relay *relayed.Relayed
	// back says how the return of the ERP went.
	back   chan error
	tally  audited.Tally
	closed bool
}

// person is who has events tried again once the ERP is back.
const person = "laboratory"

// New returns the ERP.
func New(o Options) *Forwarded {
	return &Forwarded{Options: o, relay: relayed.New(o.Operator.Reader, person), back: make(chan error, 1)}
}

// Run has the ERP go away when it is time for that, and returns. The ERP returns by itself, unless ctx ends before.
func (f *Forwarded) Run(ctx context.Context) {
	wait(ctx, f.Plan.Relaying.At)
	if err := f.away(ctx, true); err != nil {
		f.back <- err
		return
	}
	go func() {
		wait(ctx, f.Plan.Relaying.For)
		f.back <- f.comeBack(ctx)
	}()
}

func (f *Forwarded) away(ctx context.Context, away bool) error {
	return storm.Send(ctx, http.MethodPut, f.Control.ERP+filepath.Base(mischief.RelayAwayPath), map[string]bool{"away": away}, nil)
}

const (
	lookEvery = 250 * time.Millisecond
	// quietLooks is how often in a row nothing waits once nothing will.
	quietLooks = 8
)

// comeBack has the ERP return, and a person have what waits tried then.
func (f *Forwarded) comeBack(ctx context.Context) error {
	if err := f.away(ctx, false); err != nil {
		return err
	}
	waited := 0
	for _, endpoint := range f.Endpoints {
		n, err := f.hurry(ctx, endpoint)
		if err != nil {
			return err
		}
		waited += n
	}
	f.Say("the ERP is back: events of %d orders and products waited", waited)
	return nil
}

// Close waits until the ERP is back and nothing waits any more, and compares the books.
func (f *Forwarded) Close(ctx context.Context) error {
	f.Say("the events for the ERP are left")
	select {
	case err := <-f.back:
		if err != nil {
			return fmt.Errorf("the ERP does not return: %w", err)
		}
	case <-ctx.Done():
		return fmt.Errorf("the ERP does not return: %w", context.Cause(ctx))
	}
	for {
		before, err := f.requests(ctx)
		if err != nil {
			return err
		}
		if err := f.quiet(ctx); err != nil {
			return err
		}
		books, err := f.books(ctx)
		if err != nil {
			return err
		}
		if len(books.Requests) != len(before.Last) { // A copy that came late.
			continue
		}
		f.tally, f.closed = books.Judge(), true
		f.Say("the ERP has everything: %d events", f.tally.Delivered)
		return nil
	}
}

// hurry has the events that wait for an endpoint tried now, as a person does once it is back. A Temporal server that is too busy is asked
// again.
func (f *Forwarded) hurry(ctx context.Context, endpoint string) (int, error) {
	for {
		n, err := replaying.Hurry(ctx, f.relay, endpoint, func(int) {})
		if err == nil || !executions.IsBusy(err) {
			return n, err
		}
		wait(ctx, lookEvery)
	}
}

// quiet waits until no event waits.
func (f *Forwarded) quiet(ctx context.Context) error {
	for quiet := 0; quiet < quietLooks; quiet++ {
		waiting, err := f.waiting(ctx)
		if err != nil && !executions.IsBusy(err) {
			return err
		}
		if err != nil || waiting > 0 {
			quiet = -1
		}
		wait(ctx, lookEvery)
		if ctx.Err() != nil {
			return fmt.Errorf("events of %d orders and products wait for the ERP: %w", waiting, context.Cause(ctx))
		}
	}
	return nil
}

// Report adds what became of the events. The logs are of the processes that know how events are signed.
func (f *Forwarded) Report(ctx context.Context, r *report.Report, logs ...string) error {
	r.Relayed = f.tally
	if !f.closed {
		r.Problem("the events for the ERP did not come to an end, and their books were not compared")
	}
	for _, p := range f.tally.Wrong {
		r.Problem("%s", p)
	}
	befallen := map[plan.What]int{}
	if err := storm.Send(ctx, http.MethodGet, f.Control.ERP+filepath.Base(mischief.RelayPath), nil, &befallen); err != nil {
		return err
	}
	r.RelayBefallen = maps.Clone(befallen)
	for _, what := range f.Plan.Relaying.Troubles(len(f.Plan.Orders)) {
		if n := befallen[what]; n < plan.LeastBefallen {
			r.NotSeen = append(r.NotSeen, what)
			r.Problem("too few orders and products with %s: it has befallen %d, and %d are needed", what, n, plan.LeastBefallen)
		}
	}
	found, err := leaks.Find(f.Secrets, logs...)
	if err != nil {
		return errors.Join(errors.New("look for the secrets of events in logs"), err)
	}
	for _, where := range found {
		r.Problem("a log holds a secret that signs events: %s", where)
	}
	return nil
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
