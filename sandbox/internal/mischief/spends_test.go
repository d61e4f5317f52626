package mischief_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/callback"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/jobs"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/token"
	"github.com/giftbridge/giftbridge/sandbox/internal/mischief"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan/happenings"
)

func till(t *testing.T, n int, step issuer.Step) string {
	t.Helper()
	a, err := callback.New("http://127.0.0.1", token.Keys{key}).For(callback.Target{
		Issuer: "fourwayshop", WorkflowID: "card/fourwayshop/0123", Step: step, Attempt: n,
	})
	require.NoError(t, err)
	return a
}

// Whatever the seed, as many amounts as a run has are enough for every trouble. Each befalls the request, or its job.
func TestEveryTroubleBefallsEnoughAmounts(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		s := mischief.NewSpends(seed, key)
		faults, troubles := 0, map[jobs.TroubleKind]int{}
		for n := 1; n <= 6*len(happenings.SpendTroubles); n++ {
			to := till(t, n, issuer.Spending)
			if s.Fault(fourwayshoptest.Request{Operation: fourwayshoptest.Update, Callback: to}) != nil {
				faults++
			}
			for range 2 { // Once alone.
				if trouble := s.Trouble(jobs.Job{Operation: fourwayshoptest.Update, Callback: to}); trouble != nil {
					troubles[trouble.Kind]++
				}
			}
		}
		for _, what := range happenings.SpendTroubles {
			require.Equal(t, plan.LeastBefallen, s.Befallen()[what], "seed %d: %s", seed, what)
		}
		require.Len(t, troubles, len(jobs.Kinds))
		for kind, times := range troubles {
			require.Equal(t, plan.LeastBefallen, times, kind)
		}
		require.Equal(t, plan.LeastBefallen*(len(happenings.SpendTroubles)-len(jobs.Kinds)), faults)
	}
}

// A reversal has troubles of its own turn, and is counted.
func TestReversalsAreTroubled(t *testing.T) {
	t.Parallel()
	s := mischief.NewSpends(1, key)
	for n := 1; n <= 4; n++ {
		s.Fault(fourwayshoptest.Request{Operation: fourwayshoptest.Update, Callback: till(t, n, issuer.Reversing)})
	}
	require.Equal(t, 2, s.Befallen()[happenings.ReversalTroubled])
	w := httptest.NewRecorder()
	s.Handler(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, mischief.SpendsPath, http.NoBody))
	var told map[plan.What]int
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &told))
	require.Equal(t, s.Befallen(), told)
}

// Requests about cards that are made, and looks, are left in peace.
func TestOtherRequestsAreLeftInPeace(t *testing.T) {
	t.Parallel()
	s := mischief.NewSpends(1, key)
	for _, r := range []fourwayshoptest.Request{
		{Operation: fourwayshoptest.Get},
		{Operation: fourwayshoptest.Update, Callback: address(t, 1, 1, issuer.Activating)},
		{Operation: fourwayshoptest.Update, Callback: "http://127.0.0.1/callbacks/x/y"},
		{Operation: fourwayshoptest.Generate, Callback: till(t, 1, issuer.Spending)},
	} {
		require.Nil(t, s.Fault(r), fmt.Sprint(r))
		require.Equal(t, r.Operation == fourwayshoptest.Generate, s.Concern(r.Callback))
		require.Nil(t, s.Trouble(jobs.Job{Callback: r.Callback}))
	}
	require.Empty(t, s.Befallen())
}
