package lab

import (
	"context"
	"fmt"
	"reflect"
	"strconv"
	"time"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/health"
	"github.com/giftbridge/giftbridge/sandbox/internal/audit"
	"github.com/giftbridge/giftbridge/sandbox/internal/lab/hurried"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan"
	"github.com/giftbridge/giftbridge/sandbox/internal/resolver"
	"github.com/giftbridge/giftbridge/sandbox/internal/site"
	"github.com/giftbridge/giftbridge/workflows"
)

// maxDigests limits the number of digests after the faults.
const maxDigests = 4

// settle ends the faults, waits until the system is at rest, and has digests sent until one changes nothing. Each
// digest reruns failed orders.
func (l *laboratory) settle(ctx context.Context) (audit.Account, error) {
	if err := l.calm(ctx); err != nil {
		return audit.Account{}, err
	}
	if l.webhooks != nil {
		if err := l.webhooks.Settle(ctx); err != nil {
			return audit.Account{}, err
		}
	}
	l.person.Client, l.person.Control = l.operator.Client, l.control
	l.person.Quiet = workflows.MaxIssueTime + 2*hurried.Standstill + 2*l.Plan.Later.Takes
	defer l.person.Start(ctx)()
	if err := l.rest(ctx); err != nil {
		return audit.Account{}, err
	}
	if err := l.storm.Clear(ctx); err != nil {
		return audit.Account{}, err
	}
	if err := l.sweepUp(ctx); err != nil {
		return audit.Account{}, err
	}
	l.Say("all orders have ended")
	for _, p := range l.parties() {
		if err := p.Close(ctx); err != nil {
			return audit.Account{}, err
		}
	}
	if err := l.resolve(ctx); err != nil {
		return audit.Account{}, err
	}
	var before audit.Account
	for n := range maxDigests {
		if err := l.digest(ctx); err != nil {
			return audit.Account{}, err
		}
		if err := l.resolve(ctx); err != nil {
			return audit.Account{}, err
		}
		after, err := l.audit(ctx)
		if err != nil || after.OK() || (n > 0 && reflect.DeepEqual(before.Failed, after.Failed)) {
			return after, err
		}
		before = after
	}
	return before, nil
}

// resolve has a person look into the cards in doubt, and into the mails whose addresses were refused. A digest's new run of an
// order can leave cards in doubt too: its order was changed after a request whose outcome is unknown.
func (l *laboratory) resolve(ctx context.Context) error {
	if l.Deceive {
		return nil
	}
	person := resolver.Resolver{Operator: l.operator, Control: l.control, Rest: l.rest, Say: l.Say, Refused: map[string]bool{}}
	for _, m := range l.Plan.TroubledMails() {
		person.Refused[strconv.FormatInt(m.Order, 10)] = m.What == plan.MailRefused
	}
	resolved, err := person.Resolve(ctx)
	l.resolved += resolved
	return err
}

// sweepUp has all orders checked once more, because Shopify's search may have hidden some from the polls.
func (l *laboratory) sweepUp(ctx context.Context) error {
	before := l.swept
	if err := l.sweep(ctx); err != nil || l.swept == before {
		return err
	}
	l.Say("a sweep has found %d orders that no poll had taken in", l.swept-before)
	return l.rest(ctx)
}

// calm ends the faults and waits until all processes are running.
func (l *laboratory) calm(ctx context.Context) error {
	if err := l.storm.Abate(ctx); err != nil {
		return err
	}
	if l.customers != nil {
		if err := l.customers.Calm(ctx); err != nil {
			return err
		}
	}
	if err := awaitAll(ctx, l.all()...); err != nil {
		return err
	}
	l.Say("the faults are over, and all processes are up")
	return nil
}

// rest waits until polls have seen everything, no order is running, and one more poll has read the overlap again.
func (l *laboratory) rest(ctx context.Context) error {
	l.mu.Lock()
	due := l.due
	l.mu.Unlock()
	if l.Plan.FarAhead() {
		wait(ctx, time.Until(due))
		if err := l.pollAll(ctx); err != nil {
			return err
		}
	} else if l.Plan.ClockOffset > 0 {
		due = due.Add(l.Plan.ClockOffset)
	}
	if err := l.away(ctx); err != nil {
		return err
	}
	told := time.Now()
	return site.AwaitRest(ctx, l.operator, due, func(status *health.Status) {
		if time.Since(told) > sayEvery {
			told = time.Now()
			l.Say("waiting: %d orders running, polls have seen everything up to %.0fs ago",
				status.Orders[executions.Running], status.WatermarkAge)
		}
	})
}

// away waits until what people have started has ended: polls, sweeps, digests, and what they do about webhooks.
func (l *laboratory) away(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.people.Wait()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("what people have started does not end: %w", context.Cause(ctx))
	}
}

// pollAll starts a manual poll of the whole time of the run, by the shop's clock, and waits for it.
func (l *laboratory) pollAll(ctx context.Context) error {
	now := time.Now().Add(l.Plan.ClockOffset)
	poll, err := l.operator.PollWindow(ctx, l.began.Add(l.Plan.ClockOffset-time.Minute), now.Add(time.Minute))
	if err != nil {
		return err
	}
	_, err = poll.Wait(ctx)
	return err
}

// digest has a digest sent and waits until the orders that it reruns have ended.
func (l *laboratory) digest(ctx context.Context) error {
	digest, err := l.operator.DigestNow(ctx)
	if err != nil {
		return err
	}
	r, err := digest.Wait(ctx)
	if err != nil {
		return err
	}
	l.Say("digest sent: %d orders failed, %d recovered", r.Failed, r.Recovered)
	return l.rest(ctx)
}

func (l *laboratory) audit(ctx context.Context) (audit.Account, error) {
	books, err := audit.Read(ctx, l.sources)
	if err != nil {
		return audit.Account{}, fmt.Errorf("read the books: %w", err)
	}
	return books.Judge(l.rules), nil
}
