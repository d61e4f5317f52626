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
)

var key = token.Key{ID: "laboratory", Secret: []byte("0123456789abcdef0123456789abcdef")}

// address returns where the issuer answers about a step of a card of an order.
func address(t *testing.T, order, unit int, step issuer.Step) string {
	t.Helper()
	a, err := callback.New("http://127.0.0.1", token.Keys{key}).For(callback.Target{
		Issuer: "fourwayshop", WorkflowID: fmt.Sprintf("card-issue/fourwayshop/LAB%d-%d", order, unit), Step: step, Attempt: 1,
	})
	require.NoError(t, err)
	return a
}

// ask lets an issuer ask about all requests and jobs of a number of orders.
func ask(t *testing.T, m *mischief.Mischief, orders int) (troubles []jobs.TroubleKind) {
	t.Helper()
	for order := range orders {
		for unit := range 4 {
			for op, step := range map[fourwayshoptest.Operation]issuer.Step{
				fourwayshoptest.Generate: issuer.Generating, fourwayshoptest.Update: issuer.Activating,
			} {
				to := address(t, order, unit, step)
				m.Fault(fourwayshoptest.Request{Operation: op, Callback: to})
				if trouble := m.Trouble(jobs.Job{Operation: op, Callback: to}); trouble != nil && op == fourwayshoptest.Update {
					troubles = append(troubles, trouble.Kind)
				}
			}
		}
	}
	return troubles
}

// Whatever the seed, as many orders as a run has are enough for every trouble.
func TestEveryTroubleBefallsEnoughOrders(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		m := mischief.New(seed, key, true)
		expired := 0
		m.Expire = func() { expired++ }
		ask(t, m, 24)
		befallen := m.Befallen()
		for _, what := range plan.LaterTroubles {
			require.GreaterOrEqual(t, befallen[what], plan.LeastBefallen, "seed %d: %s", seed, what)
		}
		require.GreaterOrEqual(t, expired, plan.LeastBefallen)
		w := httptest.NewRecorder()
		m.Handler(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, mischief.Path, http.NoBody))
		var told map[plan.What]int
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &told))
		require.Equal(t, befallen, told)
	}
}

// Without callbacks, nobody is called back about any activation, and nothing else is spared.
func TestNoCallbacks(t *testing.T) {
	t.Parallel()
	m := mischief.New(1, key, false)
	troubles := ask(t, m, 24)
	require.Len(t, troubles, 24*4)
	for _, kind := range troubles {
		require.Contains(t, []jobs.TroubleKind{jobs.Never, jobs.Dead}, kind)
	}
	for _, what := range plan.LaterTroubles {
		require.True(t, what == plan.LaterFailed || m.Befallen()[what] >= plan.LeastBefallen, what)
	}
}

// What has nothing to do with an order is left in peace.
func TestStrangersAreLeftInPeace(t *testing.T) {
	t.Parallel()
	m := mischief.New(1, key, false)
	require.Nil(t, m.Fault(fourwayshoptest.Request{Operation: fourwayshoptest.Get}))
	require.Nil(t, m.Fault(fourwayshoptest.Request{Operation: fourwayshoptest.Generate, Callback: "http://127.0.0.1/callbacks/x/y"}))
	require.Empty(t, m.Befallen())
}
