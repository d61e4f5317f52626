package main

import (
	"context"
	"fmt"
	"time"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/sandbox/internal/output"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

// lookEvery is the interval at which the watcher checks for news.
const lookEvery = 500 * time.Millisecond

// watch places customer orders and reports what becomes of them, until ctx ends.
func watch(ctx context.Context, f *flags, s *stack.Stack, customers *scenario.Customers, say output.Say) error {
	w := watcher{s: s, say: say, failed: map[string]bool{}}
	place, look, digest := time.NewTicker(f.every), time.NewTicker(lookEvery), time.NewTicker(f.digestEvery)
	defer place.Stop()
	defer look.Stop()
	defer digest.Stop()
	for {
		select {
		case <-ctx.Done():
			say("stopping: running activities may finish")
			return nil
		case <-place.C:
			customers.PayPending()
			p := customers.Place()
			say("order %s placed: %s", p.Name, describe(p))
		case <-digest.C:
			s.Issuer.AddMerchant(scenario.LateComer)
			if _, err := s.Operator.DigestNow(ctx); err != nil && ctx.Err() == nil {
				say("asking for a digest: %v", err)
				continue
			}
			say("digest asked for; merchant %s is there now", scenario.LateComer.Name)
		case <-look.C:
			if err := w.look(ctx); err != nil && ctx.Err() == nil {
				say("looking for news: %v", err)
			}
		}
	}
}

func describe(p scenario.Placed) string {
	switch {
	case !p.GiftCards:
		return fmt.Sprintf("%s, to be left out", p.Kind)
	case p.Fails:
		return fmt.Sprintf("%s, cannot succeed", p.Kind)
	case p.FailsFirst:
		return fmt.Sprintf("%s, fails until its merchant is there", p.Kind)
	case len(p.Cards) == 1:
		return fmt.Sprintf("%s, 1 card", p.Kind)
	}
	return fmt.Sprintf("%s, %d cards", p.Kind, len(p.Cards))
}

// watcher reports each piece of news once.
type watcher struct {
	s      *stack.Stack
	say    output.Say
	cards  int
	mails  int
	failed map[string]bool
	poll   time.Time
}

func (w *watcher) look(ctx context.Context) error {
	cards := w.s.Issuer.Cards()
	for _, c := range cards[w.cards:] {
		w.say("  card issued: %s %s for merchant %s, audit number %s",
			c.InitialBalance, c.Currency, c.MerchantCode, c.AuditNumber)
	}
	w.cards = len(cards)
	mails := w.s.Mail.Messages()
	for _, m := range mails[w.mails:] {
		mail, err := m.Parse()
		if err != nil {
			return err
		}
		w.say("  mail: %s", mail.Subject)
	}
	w.mails = len(mails)
	failed, err := w.s.Operator.ListOrders(ctx, orders.OrderFilter{State: executions.Failed})
	if err != nil {
		return err
	}
	for _, o := range failed {
		if w.failed[o.ID] {
			continue
		}
		w.failed[o.ID] = true
		d, err := w.s.Operator.ShowOrder(ctx, o.ID)
		if err != nil {
			return err
		}
		w.say("  FAILED %s: %s", d.Failure.Kind, d.Failure.Message)
		w.say("         %s", d.Link)
	}
	return w.lookAtPoll(ctx)
}

func (w *watcher) lookAtPoll(ctx context.Context) error {
	status, err := w.s.Operator.Status(ctx)
	if err != nil {
		return err
	}
	if p := status.LastPoll; p != nil && p.Until.After(w.poll) && p.Started > 0 {
		w.say("  poll up to %s: %d orders seen, %d started, %d known, %d mixed",
			p.Until.Format(time.TimeOnly), p.Seen, p.Started, p.Known, len(p.Mixed))
	}
	w.poll = status.Watermark
	return nil
}
