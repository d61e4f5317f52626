package bench

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

func TestPages(t *testing.T) {
	t.Parallel()
	require.Equal(t, 4, pages(shopifytest.Stats{
		Requests: map[string]int{"orders": 9, "shop": 1},
		Answers:  map[string]map[int]int{"orders": {http.StatusOK: 7, http.StatusBadGateway: 2}, "shop": {http.StatusOK: 1}},
		Errors:   map[string]int{codeThrottled: 3},
	}))
}

func TestBusiestSecond(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	at := func(millis ...int) *flaky {
		f := &flaky{}
		for _, ms := range millis {
			f.asked = append(f.asked, start.Add(time.Duration(ms)*time.Millisecond))
		}
		return f
	}
	tests := map[string]struct {
		asked *flaky
		want  int
	}{
		"nothing":                    {at(), 0},
		"a second apart":             {at(0, 1000, 2000), 1},
		"a little less":              {at(0, 999, 1998), 2},
		"across two seconds":         {at(0, 900, 950, 1100, 1850, 3000), 4},
		"as they come, out of order": {at(500, 0, 400), 3},
		"before and after":           {at(-1, 0, 9_999, 10_000), 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, tt.asked.busiest(start, start.Add(10*time.Second)))
		})
	}
}
