package refusal_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/refusal"
	"github.com/giftbridge/giftbridge/internal/rest"
)

// table is that of a service that declines everything.
var table refusal.Table = func(*rest.Error) giftcard.Kind { return giftcard.CardDeclined }

func TestKindOfEveryOutcome(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		err  error
		want giftcard.Kind
	}{
		{"no answer", &rest.Error{Outcome: rest.NoAnswer, Err: io.EOF}, giftcard.Unavailable},
		{"timed out", &rest.Error{Outcome: rest.TimedOut}, giftcard.Timeout},
		{"timed out within an answer", &rest.Error{Outcome: rest.TimedOut, Status: 200}, giftcard.Timeout},
		{"unreadable", &rest.Error{Outcome: rest.Unreadable, Status: 200}, giftcard.Unavailable},
		{"contradictory", &rest.Error{Outcome: rest.Contradictory, Status: 200}, giftcard.UnexpectedResponse},
		{"a time-out of another kind", fmt.Errorf("token: %w", context.DeadlineExceeded), giftcard.Timeout},
		{"nobody thought of it", errors.New("boom"), giftcard.Unavailable},
		{"cancelled by somebody else", context.Canceled, giftcard.Unavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := table.WithKind(tt.err)
			require.EqualError(t, err, tt.err.Error())
			require.ErrorIs(t, err, tt.err)
			kind, wait := giftcard.KindOf(fmt.Errorf("second try: %w", err))
			require.Equal(t, tt.want, kind)
			require.Zero(t, wait)
		})
	}
}

// Only a refusal is left to the service's table. Its wait is kept.
func TestKindOfARefusal(t *testing.T) {
	t.Parallel()
	kind, wait := giftcard.KindOf(table.WithKind(&rest.Error{Outcome: rest.Refused, Status: 402, RetryAfter: time.Second}))
	require.Equal(t, giftcard.CardDeclined, kind)
	require.Equal(t, time.Second, wait)
}

func TestKindIsKept(t *testing.T) {
	t.Parallel()
	require.NoError(t, table.WithKind(nil))
	decided := giftcard.Errorf(giftcard.InvalidRequest, "no recipient")
	require.Same(t, decided, table.WithKind(decided))
}
