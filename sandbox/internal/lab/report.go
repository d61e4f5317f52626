package lab

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/giftbridge/giftbridge/sandbox/internal/audit"
	"github.com/giftbridge/giftbridge/sandbox/internal/lab/report"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan"
	"github.com/giftbridge/giftbridge/sandbox/internal/storm"
	"github.com/giftbridge/giftbridge/sandbox/internal/webhooks"
)

// report adds to the auditor's account what became of the plan.
func (l *laboratory) report(ctx context.Context, account audit.Account) (report.Report, error) {
	r := report.Report{
		Seed: l.Plan.Seed, IssuerDedupes: l.IssuerDedupes, Minutes: l.Plan.Length.Minutes(),
		ClockOffset: l.Plan.ClockOffset.Seconds(), MaxRPS: l.Plan.MaxRPS, Account: account, UnitsResolved: l.resolved,
		OrdersSwept: l.swept, LaterResolved: l.person.Resolved(),
		Callbacks: l.Plan.Later.Callbacks, QueueSeconds: l.Plan.Later.Takes.Seconds(),
		Webhooks: webhooks.Account{Mode: l.Plan.Webhooks},
		Faults:   maps.Clone(l.happened), NotSeen: []plan.What{}, Exits: map[string]int{},
	}
	delete(r.Faults, orderPlaced)
	r.Problems = slices.Concat(l.problems, r.Problems) // First: they may explain the others.
	faults, repeated, err := l.storm.Counted(ctx)
	if err != nil {
		return r, err
	}
	r.CardsAskedAgain = repeated
	for what, n := range faults {
		if n > 0 {
			r.Faults[what] = n
		}
	}
	for what := range l.Plan.Promised() {
		if r.Faults[what] == 0 {
			r.NotSeen = append(r.NotSeen, what)
		}
	}
	if err := storm.Send(ctx, http.MethodGet, l.control.Later+"befallen", nil, &r.LaterBefallen); err != nil {
		return r, err
	}
	maps.Copy(r.LaterBefallen, l.befalls.Befallen())
	for _, what := range l.Plan.Troubled() {
		if n := r.LaterBefallen[what]; n < plan.LeastBefallen {
			r.NotSeen = append(r.NotSeen, what)
			r.Problem("too few orders with %s: it has befallen %d, and %d are needed", what, n, plan.LeastBefallen)
		}
	}
	if l.webhooks != nil {
		if r.Webhooks, err = l.webhooks.Account(ctx, r.OrdersPlaced); err != nil {
			return r, err
		}
		for _, missed := range r.Webhooks.Missed {
			r.NotSeen = append(r.NotSeen, plan.What("webhook_"+missed))
		}
		for _, p := range r.Webhooks.Problems {
			r.Problem("%s", p)
		}
	}
	logs := []string{l.temporal.LogFile}
	for _, p := range slices.Concat(l.workers, l.receivers) {
		logs = append(logs, p.LogFile)
	}
	for _, p := range l.parties() {
		if err := p.Report(ctx, &r, logs...); err != nil {
			return r, err
		}
	}
	slices.Sort(r.NotSeen)
	for _, p := range l.all() {
		exits := p.Exits()
		if exits == 0 {
			continue
		}
		r.Exits[p.Name] = exits
		if !slices.Contains(l.workers, p) {
			r.Problem("the laboratory itself failed: %s ended %d times by itself", p.Name, exits)
		}
	}
	r.Seconds = time.Since(l.began).Seconds()
	return r, nil
}
