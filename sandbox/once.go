package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/health"
	"github.com/giftbridge/giftbridge/sandbox/arrived"
	"github.com/giftbridge/giftbridge/sandbox/internal/output"
	"github.com/giftbridge/giftbridge/sandbox/internal/resolver"
	"github.com/giftbridge/giftbridge/sandbox/internal/storm"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

// progressEvery is the interval between progress lines of a long run.
const progressEvery = 2 * time.Second

// once places the orders, waits until everything has settled, adds the missing merchant, has a digest sent, and prints
// the account.
func once(
	ctx context.Context, f *flags, s *stack.Stack, customers *scenario.Customers, say output.Say, stdout io.Writer,
) error {
	ctx, cancel := context.WithTimeoutCause(ctx, f.timeout, errors.New("--timeout is over"))
	defer cancel()
	began := time.Now()
	for range f.orders {
		customers.Place()
	}
	say("%d orders placed", f.orders)
	toldOf, settleErr := settle(ctx, f, s, customers, say)
	if errors.Is(ctx.Err(), context.Canceled) {
		return fmt.Errorf("interrupted, and no account given: %w", ctx.Err())
	}
	// Calls may fail with a time-out shortly before ctx itself expires.
	if end, _ := ctx.Deadline(); settleErr != nil && ctx.Err() == nil && time.Now().Before(end) {
		return settleErr
	}
	a, err := newAccount(context.WithoutCancel(ctx), s)
	if err != nil {
		return err
	}
	if s.Sonar != nil {
		var wrong []string
		a.Messages, wrong = arrived.OnPhones(s.Sonar.Deliveries(), s.Sonar.Stats().Totals, customers.Placed(), toldOf)
		a.Problems = append(a.Problems, wrong...)
	}
	if s.ERP != nil {
		var wrong []string
		a.Events, wrong = arrived.AtERP(s.ERP.Stats())
		a.Problems = append(a.Problems, wrong...)
	}
	a.Seconds = time.Since(began).Seconds()
	if settleErr != nil {
		a.Problems = append(a.Problems, settleErr.Error())
	}
	if f.json {
		err = output.JSON(stdout, a)
	} else {
		err = a.print(stdout)
	}
	switch {
	case err != nil:
		return err
	case len(a.Problems) > 0:
		return fmt.Errorf("the account does not balance: %d problems, the first: %s", len(a.Problems), a.Problems[0])
	}
	say("every expected card exists exactly once, and nothing else does; every customer with a mobile number was told, once")
	return nil
}

// settle has the orders change, waits until all is settled, and has a digest sent. It returns what giftbridge says of the messages.
func settle(
	ctx context.Context, f *flags, s *stack.Stack, customers *scenario.Customers, say output.Say,
) (of []stack.Told, err error) {
	if err := work(ctx, customers); err != nil {
		return nil, err
	}
	var lag time.Duration
	if f.faults {
		lag = scenario.FaultyLag
		person := resolver.Later{
			Client: s.Operator.Client, Control: storm.NewControl(s.ShopURL, s.IssuerURL, s.LaterURL), Quiet: quiet,
		}
		stop := person.Start(ctx)
		defer func() {
			stop()
			if n := person.Resolved(); n > 0 {
				say("a person has found out that %d requests to activate a card came to nothing; they were repeated", n)
			}
		}()
	}
	said := time.Now()
	err = s.Settle(ctx, time.Now(), lag, func(status *health.Status) {
		if time.Since(said) < progressEvery {
			return
		}
		said = time.Now()
		say("%d cards issued; orders: %d running, %d completed, %d failed", len(s.Issuer.Cards()),
			status.Orders[executions.Running], status.Orders[executions.Completed], status.Orders[executions.Failed])
	})
	if err != nil {
		return nil, err
	}
	if of, err = s.SettleMessages(ctx); err != nil {
		return of, err
	}
	return of, sendDigest(ctx, s, say)
}

// quiet is how long nothing is seen of a request to activate a card before a person looks into the issuer's queue, as
// "giftbridge orders resolve" asks for. Without that, its order waits for 7 days, here for three hours: the queue may lag.
const quiet = 10 * time.Second

// workEvery is the interval at which orders change after they were placed. The shop tells times in seconds, and shorter ones would
// make two changes one.
const workEvery = 1100 * time.Millisecond

// work does what customers and the shop's staff do about orders after they were placed, until nothing is left to be done.
func work(ctx context.Context, customers *scenario.Customers) error {
	tick := time.NewTicker(workEvery)
	defer tick.Stop()
	for more := true; more; {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
		customers.PayPending()
		more = customers.Tend()
	}
	return nil
}

// sendDigest adds the missing merchant, which fixes the cause of some failures, and then has a digest sent.
func sendDigest(ctx context.Context, s *stack.Stack, say output.Say) error {
	s.Issuer.AddMerchant(scenario.LateComer)
	say("merchant %s added; asking for the digest, which runs failed orders again first", scenario.LateComer.Name)
	digest, err := s.Operator.DigestNow(ctx)
	if err != nil {
		return err
	}
	r, err := digest.Wait(ctx)
	if err != nil {
		return err
	}
	say("digest sent: %d orders failed, %d recovered", r.Failed, r.Recovered)
	return nil
}
