package arrived_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/relay/relaytest"
	"github.com/giftbridge/giftbridge/sandbox/arrived"
)

func TestAtERP(t *testing.T) {
	t.Parallel()
	r, problems := arrived.AtERP(relaytest.Stats{Totals: relaytest.Totals{
		Taken: map[string]int{"orders/create": 2, "orders/paid": 1}, Doubles: 4, Stale: 5,
	}})
	require.Equal(t, arrived.Events{EventsTaken: 3, EventsAgain: 4, EventsStale: 5}, r)
	require.Empty(t, problems)
	r, problems = arrived.AtERP(relaytest.Stats{
		Totals: relaytest.Totals{Unordered: 1}, Refused: map[string]int{"no signature is right": 2, "not a POST": 1},
	})
	require.Equal(t, arrived.Events{EventsUnordered: 1, EventsRefused: 3}, r)
	require.Equal(t, []string{
		"events out of order without a mark: 1", "events refused: 2: no signature is right", "events refused: 1: not a POST",
	}, problems)
}
