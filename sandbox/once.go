package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/health"

	"github.com/giftbridge/giftbridge/sandbox/stack"
)

// progressEvery is the interval between progress lines of a long run.
const progressEvery = 2 * time.Second

// once places the orders, waits until everything has settled, adds the missing merchant, has a digest sent, and prints
// the account.
func once(ctx context.Context, f *flags, s *stack.Stack, customers *stack.Customers, say teller, stdout io.Writer) error {
	ctx, cancel := context.WithTimeoutCause(ctx, f.timeout, errors.New("--timeout is over"))
	defer cancel()
	began := time.Now()
	for range f.orders {
		customers.Place()
	}
	customers.PayPending()
	say.line("%d orders placed", f.orders)
	var lag time.Duration
	if f.faults {
		lag = stack.FaultyLag
	}
	told := time.Now()
	settleErr := s.Settle(ctx, time.Now(), lag, func(status *health.Status) {
		if time.Since(told) < progressEvery {
			return
		}
		told = time.Now()
		say.line("%d cards issued; orders: %d running, %d completed, %d failed", len(s.Issuer.Cards()),
			status.Orders[executions.Running], status.Orders[executions.Completed], status.Orders[executions.Failed])
	})
	if settleErr == nil {
		settleErr = sendDigest(ctx, s, say)
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return fmt.Errorf("interrupted, and no account given: %w", ctx.Err())
	}
	// Calls may fail with a time-out shortly before ctx itself expires.
	if end, _ := ctx.Deadline(); settleErr != nil && ctx.Err() == nil && time.Now().Before(end) {
		return settleErr
	}
	account, err := s.Account(context.WithoutCancel(ctx), customers.Placed())
	if err != nil {
		return err
	}
	account.Seconds = time.Since(began).Seconds()
	if settleErr != nil {
		account.Problems = append(account.Problems, settleErr.Error())
	}
	if f.json {
		err = printJSON(stdout, account)
	} else {
		err = printAccount(stdout, account)
	}
	switch {
	case err != nil:
		return err
	case !account.OK():
		return fmt.Errorf("the account does not balance: %d problems, the first: %s",
			len(account.Problems), account.Problems[0])
	}
	say.line("every expected card exists exactly once, and nothing else does")
	return nil
}

// sendDigest adds the missing merchant, which fixes the cause of some failures, and then has a digest sent.
func sendDigest(ctx context.Context, s *stack.Stack, say teller) error {
	s.Issuer.AddMerchant(stack.LateComer)
	say.line("merchant %s added; asking for the digest, which runs failed orders again first", stack.LateComer.Name)
	digest, err := s.Operator.DigestNow(ctx)
	if err != nil {
		return err
	}
	r, err := digest.Wait(ctx)
	if err != nil {
		return err
	}
	say.line("digest sent: %d orders failed, %d recovered", r.Failed, r.Recovered)
	return nil
}

func printAccount(w io.Writer, a stack.Account) error {
	_, err := fmt.Fprintf(w, `orders placed    %d
  eligible       %d
  left out       %d
  failed         %d
cards expected   %d
  issued         %d
  missing        %d
  duplicate      %d
  unexpected     %d
digest           %d sent: %d failed, %d recovered
requests         %d to the issuer, %d to the shop
seconds          %.1f
`, a.OrdersPlaced, a.OrdersEligible, a.OrdersLeftOut, a.OrdersFailed, a.CardsExpected, a.CardsIssued, a.CardsMissing,
		a.CardsDuplicate, a.CardsUnexpected, a.DigestMails, a.DigestFailedOrders, a.DigestRecovered, a.IssuerRequests, a.ShopRequests, a.Seconds)
	for _, p := range a.Problems {
		if err == nil {
			_, err = fmt.Fprintln(w, "PROBLEM", p)
		}
	}
	return err
}
