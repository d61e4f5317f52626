package stack

import (
	"context"
	"time"

	"github.com/giftbridge/giftbridge/internal/app/receiving"
	"github.com/giftbridge/giftbridge/internal/app/subscribing"
	"github.com/giftbridge/giftbridge/sandbox/internal/site"
)

// receives reports whether the stack has a receiver.
func (o Options) receives() bool { return o.Webhooks || o.Links || o.Later }

// configureReceiver configures the one receiver that serves webhooks, the pages behind the links in the digest, the answers
// of issuers that make cards later, or several of them.
func (s *Stack) configureReceiver(ctx context.Context, o Options) error {
	if !o.receives() {
		return nil
	}
	port, err := site.FreePort(ctx)
	if err != nil {
		return err
	}
	if o.Webhooks {
		sandbox.Receive(&s.Config, port)
	}
	if o.Later {
		sandbox.Answer(&s.Config, port)
	}
	if o.Links {
		sandbox.Act(&s.Config, port)
	}
	return nil
}

// StartReceiver starts the stack's receiver after StopReceiver, at the same address.
func (s *Stack) StartReceiver(ctx context.Context) error {
	o := receiving.Options{Config: s.Config, Temporal: s.TemporalOptions(), Log: s.log}
	if s.Sonar != nil {
		o.Hurry = s.hurry
	}
	r, err := receiving.Start(ctx, o)
	if err != nil {
		return err
	}
	s.receiver = r
	return nil
}

// ReceiverMetricsAddr returns where the stack's receiver exports its metrics.
func (s *Stack) ReceiverMetricsAddr() string { return s.receiver.MetricsAddr() }

// StopReceiver stops the stack's receiver if it is running.
func (s *Stack) StopReceiver() {
	if s.receiver != nil {
		s.receiver.Stop()
		s.receiver = nil
	}
}

// A simulated shop may refuse requests. subscribeTries tries, subscribePause apart, outlast that.
const (
	subscribeTries = 50
	subscribePause = 100 * time.Millisecond
)

// subscribe subscribes to the shop's webhooks, as "giftbridge webhooks apply" does when it is run until it succeeds.
func (s *Stack) subscribe(ctx context.Context) error {
	shop, err := subscribing.New(s.Config)
	if err != nil {
		return err
	}
	for range subscribeTries {
		if err = apply(ctx, shop); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(subscribePause):
		}
	}
	return err
}

func apply(ctx context.Context, shop *subscribing.Subscriptions) error {
	steps, err := shop.Plan(ctx)
	if err != nil {
		return err
	}
	for _, step := range subscribing.Changes(steps) {
		if err := shop.Carry(ctx, step); err != nil {
			return err
		}
	}
	return nil
}
