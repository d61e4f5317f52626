package mischief_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/relay/relaytest"
	"github.com/giftbridge/giftbridge/sandbox/internal/mischief"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan/happenings"
)

// Whatever the seed, fewer orders than a run has are enough for every trouble of the ERP. Late attempts have none: the pauses after
// them are long.
func TestEveryTroubleOfTheERPBefallsEnoughOrders(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		m := mischief.NewRelay(seed)
		for n := range 6 * len(happenings.RelayTroubles) {
			d := relaytest.Delivery{Endpoint: relaytest.Orders, Resource: fmt.Sprint(n)}
			faults := 0
			for attempt := range 5 {
				d.Attempt = attempt + 1
				if m.Fault(d) != nil {
					require.LessOrEqual(t, d.Attempt, 2)
					faults++
				}
			}
			require.Equal(t, n%2 == 0, faults > 0, "every second one has trouble")
			d.Attempt = 3
			d.Resource += "-tried-before"
			require.Nil(t, m.Fault(d))
			d.Resource += "-as-the-other-half"
			require.Nil(t, m.Fault(d))
		}
		befallen := m.Befallen()
		for _, what := range happenings.RelayTroubles {
			require.GreaterOrEqual(t, befallen[what], plan.LeastBefallen, "seed %d: %s", seed, what)
		}
	}
}

// While the ERP is away, it takes nothing, and what that befalls is counted by resource.
func TestTheERPIsAway(t *testing.T) {
	t.Parallel()
	m := mischief.NewRelay(1)
	reached := 0
	server := httptest.NewServer(m.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached++ })))
	t.Cleanup(server.Close)
	send := func(method, path, resource, body string) (status int) {
		r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("Giftbridge-Resource", resource)
		answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
		if err != nil {
			return 0
		}
		require.NoError(t, answer.Body.Close())
		return answer.StatusCode
	}
	require.Equal(t, http.StatusNoContent, send("PUT", mischief.RelayAwayPath, "", `{"away":true}`))
	for _, resource := range []string{"1", "2", "2"} {
		require.Zero(t, send("POST", "/orders", resource, "{}"))
	}
	require.Zero(t, send("POST", "/products", "1", "{}"))
	require.Zero(t, reached)
	require.Equal(t, map[plan.What]int{happenings.RelayAway: 3}, m.Befallen())
	require.Equal(t, http.StatusOK, send("GET", mischief.RelayPath, "", ""), "people see what is going on")
	require.Equal(t, http.StatusBadRequest, send("PUT", mischief.RelayAwayPath, "", `away`))
	require.Equal(t, http.StatusNoContent, send("PUT", mischief.RelayAwayPath, "", `{"away":false}`))
	require.Equal(t, http.StatusOK, send("POST", "/orders", "1", "{}"))
	require.Equal(t, 1, reached)
}
