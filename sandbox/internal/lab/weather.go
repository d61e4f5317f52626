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

// action is something that the laboratory does at a time, counted from the start of the faults.
type action struct {
	at time.Duration
	do func(context.Context) error
}

// weather lets customers place their orders and carries out the plan's events. What people do meanwhile, polls by hand
// and digests, goes on under the people's context.
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

// sayEvery is how often a run says where it stands.
const sayEvery = 10 * time.Second

func (l *laboratory) say(at time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.Say("%.0fs of %.0fs: %d orders placed, workers killed %d times, Temporal %d times", at.Seconds(),
		l.Plan.Length.Seconds(), l.happened[orderPlaced], l.happened[WorkerKilled]+Workers*l.happened[WorkersKilled],
		l.happened[TemporalKilled])
}

// What customers do, among what has happened.
const (
	orderPlaced What = "order_placed"
	// OrderWithdrawn is an order that was cancelled while it failed.
	OrderWithdrawn What = "order_cancelled_while_failing"
)

func (l *laboratory) purchases() []action {
	var actions []action
	for _, o := range l.Plan.Orders {
		actions = append(actions, action{o.At, func(ctx context.Context) error {
			l.did(orderPlaced)
			return l.change(ctx, http.MethodPut, "orders", o.Order)
		}})
		if o.PaidAt > 0 {
			actions = append(actions, action{min(o.PaidAt, l.Plan.Length), func(ctx context.Context) error {
				return l.change(ctx, http.MethodPatch, fmt.Sprintf("orders/%d", o.Order.ID), map[string]string{"financial_status": "PAID"})
			}})
		}
		if o.WithdrawnAt > 0 {
			actions = append(actions, action{min(o.WithdrawnAt, l.Plan.Length), func(ctx context.Context) error {
				l.did(OrderWithdrawn)
				return l.change(ctx, http.MethodPatch, fmt.Sprintf("orders/%d", o.Order.ID), map[string]any{
					"financial_status": "REFUNDED", "cancelled_at": withdrawn,
				})
			}})
		}
		if o.RefundedAt > 0 {
			lines := slices.Clone(o.Order.Lines)
			last := &lines[len(lines)-1]
			last.Removed = last.Quantity
			actions = append(actions, action{min(o.RefundedAt, l.Plan.Length), func(ctx context.Context) error {
				return l.change(ctx, http.MethodPatch, fmt.Sprintf("orders/%d", o.Order.ID), map[string]any{
					"financial_status": "PARTIALLY_REFUNDED", "lines": lines,
				})
			}})
		}
	}
	return actions
}

// change changes an order in the shop, and notes when searches will know.
func (l *laboratory) change(ctx context.Context, method, route string, body any) error {
	err := l.control.send(ctx, method, l.control.shop+route, body, nil)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lag > 0 {
		l.happened[ShopLag]++
	}
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
		case e.What == ShopLag:
			actions = append(actions,
				action{e.At, func(ctx context.Context) error { return l.setLag(ctx, time.Duration(e.Share*float64(time.Second))) }},
				action{end, func(ctx context.Context) error { return l.setLag(ctx, 0) }})
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

// carryOut does what happens at a moment.
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

// edit changes an order that is there already: polls see it again.
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

// pollByHand polls a window of the shop's time. A poll may fail of the faults, as any may.
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

func (l *laboratory) askForDigest(ctx context.Context) {
	digest, err := l.operator.DigestNow(ctx)
	if err != nil {
		return
	}
	if _, err := digest.Wait(ctx); err == nil {
		l.did(DigestAsked)
	}
}
