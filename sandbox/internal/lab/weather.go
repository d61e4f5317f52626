package lab

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/giftbridge/giftbridge/sandbox/stack"
)

// action is something that the laboratory does at a given time, counted from the start of the faults.
type action struct {
	at time.Duration
	do func(context.Context) error
}

// weather places the customers' orders and carries out the plan's events. Manual polls, sweeps and digests, which
// people start meanwhile, run under the people context.
func (l *laboratory) weather(ctx, people context.Context) {
	actions := slices.Concat(l.purchases(), l.events(people))
	slices.SortStableFunc(actions, func(a, b action) int { return cmp.Compare(a.at, b.at) })
	begin, told := time.Now(), time.Now()
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
	l.Say("%.0fs of %.0fs: %d orders placed, workers killed %d times, Temporal %d times", at.Seconds(),
		l.Plan.Length.Seconds(), l.happened[orderPlaced], l.happened[WorkerKilled]+Workers*l.happened[WorkersKilled],
		l.happened[TemporalKilled])
}

// orderPlaced is the name under which placed orders are counted among the events.
const orderPlaced What = "order_placed"

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
				err := l.change(ctx, http.MethodPatch, fmt.Sprintf("orders/%d", o.Order.ID), c.Fields)
				if c.GivesBack {
					l.rules.GivenBack[o.Order.ID] = time.Now()
				}
				return err
			}})
		}
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

func (l *laboratory) setCondition(what What, on bool) {
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
	err := l.control.send(ctx, method, l.control.shop+route, body, nil)
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
		_, issuer := atIssuer[e.What]
		_, shop := atShop[e.What]
		switch {
		case issuer, shop:
			actions = append(actions,
				action{e.At, func(ctx context.Context) error { return l.storm.begin(ctx, e) }},
				action{end, func(ctx context.Context) error { return l.storm.end(ctx, e) }})
		case e.What == ShopLag, e.What == ShopLongLag:
			actions = append(actions,
				action{e.At, func(ctx context.Context) error {
					l.setCondition(e.What, true)
					return l.setLag(ctx, time.Duration(e.Share*float64(time.Second)))
				}},
				action{end, func(ctx context.Context) error {
					l.setCondition(e.What, false)
					return l.setLag(ctx, 0)
				}})
		case e.What == OtherIdentity:
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
	return l.control.send(ctx, http.MethodPut, l.control.shop+"lag", map[string]string{"lag": lag.String()}, nil)
}

// carryOut carries out an event that happens at one moment.
func (l *laboratory) carryOut(ctx, people context.Context, e *Event) error {
	switch e.What {
	case WorkerKilled:
		l.kill(e, l.workers[e.Number])
	case WorkersKilled:
		l.kill(e, l.workers...)
	case TemporalKilled:
		l.kill(e, l.temporal)
	case MailDown:
		l.kill(e, l.mail)
	case OrderEdited:
		return l.edit(ctx, e)
	case LateMerchant:
		l.did(e.What)
		return l.control.send(ctx, http.MethodPost, l.control.issuer+"merchants", stack.LateComer, nil)
	case OtherSettings:
		l.restart(e.What, l.workers[e.Number], otherSettings()...)
	case ShopRenamed:
		for _, w := range l.workers {
			l.restart(e.What, w, "SHOPIFY_SHOP="+renamedDomain)
		}
	case HandSweep:
		l.people.Go(func() { l.sweepByHand(people) })
	case HandPolls:
		for _, w := range e.Windows {
			l.people.Go(func() { l.pollByHand(people, w) })
		}
	case DigestAsked:
		l.people.Go(func() { l.askForDigest(people) })
	}
	return nil
}

func (l *laboratory) kill(e *Event, victims ...*process) {
	killed := 0
	for _, p := range victims {
		if p.kill(e.For) {
			killed++
		}
	}
	if killed == len(victims) {
		l.did(e.What)
	}
}

// edit edits an order that has already been placed, so that polls see it again.
func (l *laboratory) edit(ctx context.Context, e *Event) error {
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
func (l *laboratory) pollByHand(ctx context.Context, w Window) {
	begin := l.began.Add(l.Plan.ClockOffset)
	poll, err := l.operator.PollWindow(ctx, begin.Add(w.Since), begin.Add(w.Until))
	if err != nil {
		return
	}
	if _, err := poll.Wait(ctx); err == nil {
		l.did(HandPolls)
	}
}

// sweepByHand looks for orders that polls have missed. Like any sweep, it may fail because of the faults.
func (l *laboratory) sweepByHand(ctx context.Context) {
	if l.sweep(ctx) == nil {
		l.did(HandSweep)
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

// restart kills a worker, which from its next start on runs with other environment variables.
func (l *laboratory) restart(what What, w *process, other ...string) {
	w.with(other...)
	w.kill(restartPause)
	l.setCondition(what, true)
}

// misled starts a worker with the identity of another installation. The worker must refuse to run. Orders that are
// placed meanwhile are counted only if it did.
func (l *laboratory) misled(e *Event, end time.Duration) []action {
	w := l.workers[e.Number]
	var before []string
	var placed, exits int
	return []action{
		{e.At, func(context.Context) error {
			before = w.with(otherIdentity()...)
			placed = l.count(orderPlaced)
			exits = w.unasked()
			w.kill(time.Millisecond)
			return nil
		}},
		{end, func(context.Context) error {
			w.set(func() { w.other = before })
			w.kill(time.Millisecond)
			if w.unasked() > exits {
				l.mu.Lock()
				defer l.mu.Unlock()
				l.happened[e.What] += l.happened[orderPlaced] - placed
			}
			return nil
		}},
	}
}

func (l *laboratory) count(what What) int {
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
		l.did(DigestAsked)
	}
}
