package shopifyintake

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/rest"
)

func TestKindOfEveryCode(t *testing.T) {
	t.Parallel()
	tests := map[string]giftcard.Kind{
		"THROTTLED":                        giftcard.RateLimited,
		"INTERNAL_SERVER_ERROR":            giftcard.Unavailable,
		"TIMEOUT":                          giftcard.Unavailable,
		"ACCESS_DENIED":                    giftcard.Unauthorized,
		"UNAUTHORIZED":                     giftcard.Unauthorized,
		"SHOP_INACTIVE":                    giftcard.Unauthorized,
		"MAX_COST_EXCEEDED":                giftcard.UnexpectedResponse,
		"BAD_REQUEST":                      giftcard.UnexpectedResponse,
		"undefinedField":                   giftcard.UnexpectedResponse,
		"argumentLiteralsIncompatible":     giftcard.UnexpectedResponse,
		"throttled, in a code of the past": giftcard.UnexpectedResponse,
		"":                                 giftcard.UnexpectedResponse,
	}
	for code, want := range tests {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			kind, wait := giftcard.KindOf(kinds.WithKind(&rest.Error{
				Service: "Shopify", Op: "list orders", Outcome: rest.Refused, Status: http.StatusOK, Code: code,
				RetryAfter: 1500 * time.Millisecond,
			}))
			require.Equal(t, want, kind)
			require.Equal(t, 1500*time.Millisecond, wait)
		})
	}
}

// The decision as a table, so that no status changes its kind unnoticed.
func TestKindOfEveryStatus(t *testing.T) {
	t.Parallel()
	tables := map[giftcard.Kind][]int{
		giftcard.Unauthorized:       {401, 402, 403, 407, 423},
		giftcard.Timeout:            {408},
		giftcard.RateLimited:        {420, 429},
		giftcard.Unavailable:        {425},
		giftcard.UnexpectedResponse: {501},
	}
	for status := 300; status <= 599; status++ {
		want := giftcard.InvalidRequest
		switch {
		case status < 400:
			want = giftcard.UnexpectedResponse
		case status >= 500:
			want = giftcard.Unavailable
		}
		for kind, statuses := range tables {
			if slices.Contains(statuses, status) {
				want = kind
			}
		}
		kind, _ := giftcard.KindOf(kinds.WithKind(&rest.Error{
			Service: "Shopify", Op: "list orders", Outcome: rest.Refused, Status: status,
		}))
		require.Equal(t, want, kind, status)
	}
}
