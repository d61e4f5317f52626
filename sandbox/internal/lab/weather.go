package lab

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/giftbridge/giftbridge/sandbox/internal/child"
	"github.com/giftbridge/giftbridge/sandbox/internal/lab/hurried"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan/telling"
	"github.com/giftbridge/giftbridge/sandbox/internal/storm"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
)

// action is something that the laboratory does at a given time, counted from the start of the faults.
type action struct {
	at time.Duration
	do func(context.Context) error
}

// weather places the customers' orders and carries out the plan's events. Manual polls, sweeps and digests, which
// people start meanwhile, run under the people context.
func (l *laboratory) weather(ctx, people context.Context) {
	actions := slices.Concat(l.purchases(), l.events(people), l.told())
	slices.SortStableFunc(actions, func(a, b action) int { return cmp.Compare(a.at, b.at) })
	begin, told := time.Now(), time.Now()
	if l.checkout != nil {
		l.people.Go(func() { l.checkout.Run(people) })
	}
	if l.customers != nil {
		raining, over := context.WithCancel(people)
		defer over()
		l.people.Go(func() { l.customers.Sweeps(raining) })
	}
	if l.erp != nil {
		l.people.Go(func() { l.erp.Run(people) })
	}
	for _, a := range actions {
		wait(ctx, time.Until(begin.Add(a.at)))
		if ctx.Err() != nil {
			return
		}
		if err := a.do(ctx); err != nil && ctx.Err() == nil {
			l.problem("the laboratory itself failed: %v", err)
		}
		if time.Since(told) > sayEvery {
			told = time.Now()
			l.say(time.Since(begin))
		}
	}
	wait(ctx, time.Until(begin.Add(l.Plan.Length)))
}

// sayEvery is the interval between progress lines of a run.
const sayEvery = 10 * time.Second

func (l *laboratory) say(at time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.Say("%.0fs of %.0fs: %d orders placed, workers killed %d times, receivers %d times, Temporal %d times", at.Seconds(),
		l.Plan.Length.Seconds(), l.happened[orderPlaced], l.happened[plan.WorkerKilled]+plan.Workers*l.happened[plan.WorkersKilled],
		l.happened[plan.ReceiverKilled]+plan.Receivers*l.happened[plan.ReceiversKilled], l.happened[plan.TemporalKilled])
}

// orderPlaced is the name under which placed orders are counted among the events.
const orderPlaced plan.What = "order_placed"

func (l *laboratory) purchases() []action {
	var actions []action
	for _, o := range l.Plan.Orders {
		actions = append(actions, action{o.At, func(ctx context.Context) error {
			l.did(orderPlaced)
			l.countConditions()
			return l.change(ctx, http.MethodPut, "orders", o.Order)
		}})
		if c := o.Change; c != nil {
			actions = append(actions, action{c.At, func(ctx context.Context) error {
				l.did(c.What)
				began := time.Now()
				err := l.change(ctx, http.MethodPatch, fmt.Sprintf("orders/%d", o.Order.ID), c.Fields)
				if l.customers != nil && c.Fields["cancelled_at"] != nil {
					l.customers.Note(o.Order.ID, telling.Cancelled, began)
				}
				if c.GivesBack {
					l.rules.GivenBack[o.Order.ID] = time.Now()
				}
				return err
			}})
		}
	}
	return actions
}

// told returns what happens to what customers are told about.
func (l *laboratory) told() (actions []action) {
	if l.customers == nil {
		return nil
	}
	for _, a := range l.customers.Actions() {
		actions = append(actions, action{a.At, a.Do})
	}
	return actions
}

// countConditions counts the order that is being placed for each unusual condition in force.
func (l *laboratory) countConditions() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for what := range l.conditions {
		l.happened[what]++
	}
}

func (l *laboratory) setCondition(what plan.What, on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if on {
		l.conditions[what] = true
	} else {
		delete(l.conditions, what)
	}
}

// change changes an order in the shop, and records when searches will reflect the change.
func (l *laboratory) change(ctx context.Context, method, route string, body any) error {
	err := storm.Send(ctx, method, l.control.Shop+route, body, nil)
	l.mu.Lock()
	defer l.mu.Unlock()
	if due := time.Now().Add(l.lag); due.After(l.due) {
		l.due = due
	}
	return err
}

func (l *laboratory) events(people context.Context) []action {
	var actions []action
	for i := range l.Plan.Events {
		e := &l.Plan.Events[i]
		end := min(e.At+e.For, l.Plan.Length)
		switch {
		case storm.Concerns(e.What):
			actions = append(actions,
				action{e.At, func(ctx context.Context) error { return l.storm.Begin(ctx, e) }},
				action{end, func(ctx context.Context) error { return l.storm.End(ctx, e) }})
		case e.What == plan.ShopLag, e.What == plan.ShopLongLag:
			actions = append(actions,
				action{e.At, func(ctx context.Context) error {
					l.setCondition(e.What, true)
					return l.setLag(ctx, e.Lag)
				}},
				action{end, func(ctx context.Context) error {
					l.setCondition(e.What, false)
					return l.setLag(ctx, 0)
				}})
		case e.What == plan.OtherIdentity:
			actions = append(actions, l.misled(e, end)...)
		default:
			actions = append(actions, action{e.At, func(ctx context.Context) error { return l.carryOut(ctx, people, e) }})
		}
	}
	return actions
}

func (l *laboratory) setLag(ctx context.Context, lag time.Duration) error {
	l.mu.Lock()
	l.lag = lag
	l.mu.Unlock()
	return storm.Send(ctx, http.MethodPut, l.control.Shop+"lag", map[string]string{"lag": lag.String()}, nil)
}

// carryOut carries out an event that happens at one moment.
func (l *laboratory) carryOut(ctx, people context.Context, e *plan.Event) error {
	switch e.What {
	case plan.WorkerKilled:
		l.kill(e, l.workers[e.Number])
	case plan.WorkersKilled:
		l.kill(e, l.workers...)
	case plan.ReceiverKilled:
		l.kill(e, l.receivers[e.Number])
	case plan.ReceiversKilled:
		l.kill(e, l.receivers...)
	case plan.SecretRotated:
		l.people.Go(func() { l.webhooks.Rotate(people, e) })
	case plan.SubscriptionDeleted, plan.SubscriptionsDeleted:
		l.people.Go(func() { l.webhooks.Unsubscribe(people, e) })
	case plan.TemporalKilled:
		l.kill(e, l.temporal)
	case plan.MailDown:
		l.kill(e, l.mail)
	case plan.OrderEdited:
		return l.edit(ctx, e)
	case plan.LateMerchant:
		l.did(e.What)
		return storm.Send(ctx, http.MethodPost, l.control.Issuer+"merchants", scenario.LateComer, nil)
	case plan.OtherSettings:
		l.restart(e.What, l.workers[e.Number], hurried.OtherSettings()...)
	case plan.ShopRenamed:
		for _, w := range l.workers {
			l.restart(e.What, w, "SHOPIFY_SHOP="+hurried.RenamedDomain)
		}
	case plan.HandSweep:
		l.people.Go(func() { l.sweepByHand(people) })
	case plan.HandPolls:
		for _, w := range e.Windows {
			l.people.Go(func() { l.pollByHand(people, w) })
		}
	case plan.DigestAsked:
		l.people.Go(func() { l.askForDigest(people) })
	}
	return nil
}

func (l *laboratory) kill(e *plan.Event, victims ...*child.Kept) {
	killed := 0
	for _, p := range victims {
		if p.Kill(e.For) {
			killed++
		}
	}
	if killed == len(victims) {
		l.did(e.What)
	}
}

// edit edits an order that has already been placed, so that polls see it again.
func (l *laboratory) edit(ctx context.Context, e *plan.Event) error {
	l.mu.Lock()
	placed := l.happened[orderPlaced]
	l.mu.Unlock()
	if placed == 0 {
		return nil
	}
	o := l.Plan.Orders[e.Number%placed].Order
	l.did(e.What)
	return l.change(ctx, http.MethodPatch, fmt.Sprintf("orders/%d", o.ID), struct{}{})
}

// pollByHand polls a window by the shop's clock. Like any poll, it may fail because of the faults.
func (l *laboratory) pollByHand(ctx context.Context, w plan.Window) {
	begin := l.began.Add(l.Plan.ClockOffset)
	poll, err := l.operator.PollWindow(ctx, begin.Add(w.Since), begin.Add(w.Until))
	if err != nil {
		return
	}
	if _, err := poll.Wait(ctx); err == nil {
		l.did(plan.HandPolls)
	}
}

// sweepByHand looks for orders that polls have missed. Like any sweep, it may fail because of the faults.
func (l *laboratory) sweepByHand(ctx context.Context) {
	if l.sweep(ctx) == nil {
		l.did(plan.HandSweep)
	}
}

// sweep has all orders checked, and counts those that no poll had taken in.
func (l *laboratory) sweep(ctx context.Context) error {
	sweep, err := l.operator.SweepNow(ctx, true)
	if err != nil {
		return err
	}
	r, err := sweep.Wait(ctx)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.swept += r.Found
	return nil
}

// restartPause is the pause before a worker is started with other settings.
const restartPause = 500 * time.Millisecond

// restart kills a worker, which from its next start on runs with other environment variables.
func (l *laboratory) restart(what plan.What, w *child.Kept, other ...string) {
	w.Override(other...)
	w.Kill(restartPause)
	l.setCondition(what, true)
}

// misled starts a worker with the identity of another installation. The worker must refuse to run. Orders that are
// placed meanwhile are counted only if it did.
func (l *laboratory) misled(e *plan.Event, end time.Duration) []action {
	w := l.workers[e.Number]
	var before []string
	var placed, exits int
	return []action{
		{e.At, func(context.Context) error {
			before = w.Override(hurried.OtherIdentity()...)
			placed = l.count(orderPlaced)
			exits = w.Exits()
			w.Kill(time.Millisecond)
			return nil
		}},
		{end, func(context.Context) error {
			w.Restore(before)
			w.Kill(time.Millisecond)
			if w.Exits() > exits {
				l.mu.Lock()
				defer l.mu.Unlock()
				l.happened[e.What] += l.happened[orderPlaced] - placed
			}
			return nil
		}},
	}
}

func (l *laboratory) count(what plan.What) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.happened[what]
}

func (l *laboratory) askForDigest(ctx context.Context) {
	digest, err := l.operator.DigestNow(ctx)
	if err != nil {
		return
	}
	if _, err := digest.Wait(ctx); err == nil {
		l.did(plan.DigestAsked)
	}
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
