package cashstarissuer

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/rest"
)

// kindOfStatus repeats the decision as a table, so that no status changes its kind unnoticed. A refusal that the
// issuer itself explains may be about the order. An unexplained refusal, or one from a wrong address, is not.
func kindOfStatus(status int, explained bool) giftcard.Kind {
	tables := map[giftcard.Kind][]int{
		giftcard.Unauthorized:       {401, 402, 403, 407, 423},
		giftcard.Timeout:            {408},
		giftcard.RateLimited:        {420, 429},
		giftcard.Unavailable:        {404, 405, 409, 410, 421, 425, 430},
		giftcard.UnexpectedResponse: {501},
	}
	for kind, statuses := range tables {
		if slices.Contains(statuses, status) {
			return kind
		}
	}
	switch {
	case status < 400:
		return giftcard.UnexpectedResponse
	case status < 500 && explained:
		return giftcard.InvalidRequest
	default:
		return giftcard.Unavailable
	}
}

// An order that CashStar explains with one of these is declined; the same status of the list of merchants is not.
var declined = []int{402, 403, 422}

func TestKindOfEveryStatus(t *testing.T) {
	t.Parallel()
	const wait = 7 * time.Second
	for status := 300; status <= 599; status++ {
		for _, message := range []string{"", "no"} {
			refused := &rest.Error{
				Service: "CashStar", Op: "create order", Outcome: rest.Refused, Status: status, Message: message,
				RetryAfter: wait,
			}
			want := kindOfStatus(status, message != "")
			kind, retryAfter := giftcard.KindOf(kinds.WithKind(refused))
			require.Equal(t, want, kind, status)
			require.Equal(t, wait, retryAfter, status)

			if message != "" && slices.Contains(declined, status) {
				want = giftcard.CardDeclined
			}
			kind, _ = giftcard.KindOf(orderKinds.WithKind(refused))
			require.Equal(t, want, kind, status)
		}
	}
}

func TestIsCancelled(t *testing.T) {
	t.Parallel()
	for status, want := range map[string]bool{
		"CANCELLED": true, "canceled": true, "Cancelled by issuer": true, "ACTIVE": false, "": false,
	} {
		require.Equal(t, want, isCancelled(status), status)
	}
}
