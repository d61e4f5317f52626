package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/relay/relaytest"
)

func TestArrivals(t *testing.T) {
	t.Parallel()
	r, problems := arrivals(relaytest.Stats{Totals: relaytest.Totals{
		Taken: map[string]int{"orders/create": 2, "orders/paid": 1}, Doubles: 4, Stale: 5,
	}})
	require.Equal(t, relayed{EventsTaken: 3, EventsAgain: 4, EventsStale: 5}, r)
	require.Empty(t, problems)
	r, problems = arrivals(relaytest.Stats{
		Totals: relaytest.Totals{Unordered: 1}, Refused: map[string]int{"no signature is right": 2, "not a POST": 1},
	})
	require.Equal(t, relayed{EventsUnordered: 1, EventsRefused: 3}, r)
	require.Equal(t, []string{
		"events out of order without a mark: 1", "events refused: 2: no signature is right", "events refused: 1: not a POST",
	}, problems)
}
