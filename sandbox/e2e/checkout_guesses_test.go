package e2e_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/sandbox/internal/shopper"
	"github.com/giftbridge/giftbridge/workflows"
)

// However many codes a client guesses, few of them are looked up, none starts a workflow, and another client is served meanwhile.
func TestCheckoutIsGuessedAt(t *testing.T) {
	t.Parallel()
	const guesses, guessers, allowed = 10_000, 8, 30
	var looked atomic.Int64
	const guessed = "444000"
	c := startCheckouts(t, bothIssuers(fourwayshoptest.Options{Fault: func(r fourwayshoptest.Request) *fourwayshoptest.Fault {
		if r.Operation == fourwayshoptest.Get && strings.HasPrefix(r.Barcode, guessed) {
			looked.Add(1)
		}
		return nil
	}}))
	code := c.card()
	var next atomic.Int64
	var mu sync.Mutex
	var served []int64
	unclear, others := 0, map[string]int{}
	guess := func(n int64) {
		p := purchase(issuer.Code(guessed+fmt.Sprintf("%07d", n)), "10.00")
		p.EndUser = "guesser " + strconv.FormatInt(n, 10)
		var err error
		if n%2 == 0 {
			_, err = c.web.Balance(c.ctx, p.Code, p.EndUser)
		} else {
			_, err = c.web.Redeem(c.ctx, strconv.FormatInt(n, 10), p)
		}
		mu.Lock()
		defer mu.Unlock()
		switch problem := shopper.ProblemOf(err); {
		case problem != nil && problem.Type == string(redemption.CardNotUsable) && problem.Redemption == "":
			served = append(served, n)
		case problem != nil && problem.Type == string(redemption.RateLimited) && problem.RetryAfter > 0:
		case pending{err: err}.again():
			unclear++
		default:
			others[fmt.Sprint(err)]++
		}
	}
	began := time.Now()
	var crowd sync.WaitGroup
	for range guessers {
		crowd.Go(func() {
			for n := next.Add(1); n <= guesses; n = next.Add(1) {
				guess(n)
			}
		})
	}
	over, end := context.WithCancel(c.ctx)
	go func() { crowd.Wait(); end() }()
	buyers, told := 0, 0
	c.await("all guessed, and the other client is told balances", func() bool {
		buyers++
		balance, err := c.kiosk.Balance(c.ctx, string(code), "buyer "+strconv.Itoa(buyers))
		if !(pending{err: err}).again() {
			require.NoError(t, err)
			require.Equal(t, "60.00", balance.Balance)
			told++
		}
		return told > 0 && over.Err() != nil
	})
	most := allowed + int(time.Since(began).Minutes()*allowed) + 1 + guessers
	require.Empty(t, others)
	require.GreaterOrEqual(t, len(served), allowed)
	require.LessOrEqual(t, len(served), most)
	require.LessOrEqual(t, len(served), int(looked.Load()))
	require.LessOrEqual(t, int(looked.Load()), len(served)+unclear, "what is refused is not looked up")
	require.Equal(t, shopper.Succeeded, c.settled(c.kiosk, "k-1", purchase(code, "10.00")).State)
	for _, n := range served {
		for _, id := range []string{
			workflows.ClaimRedemptionID(webShop, c.id(strconv.FormatInt(n, 10))),
			c.workflow(issuer.Code(guessed + fmt.Sprintf("%07d", n))),
		} {
			_, err := c.keyed.DescribeWorkflowExecution(c.ctx, id, "")
			require.True(t, executions.IsNotFound(err), "%v", err)
		}
	}
}
