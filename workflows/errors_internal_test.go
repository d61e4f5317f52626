package workflows

import (
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// cause returns a kind for every error of an activity. Time-outs that the server detects carry no kind of ours.
func TestCause(t *testing.T) {
	t.Parallel()
	refused := temporal.NewApplicationError("refused", string(giftcard.InvalidRequest))
	tests := map[string]struct {
		err     error
		kind    giftcard.Kind
		message string
	}{
		"failure of an activity": {refused, giftcard.InvalidRequest, "refused"},
		"time-out of an attempt": {
			temporal.NewTimeoutError(enumspb.TIMEOUT_TYPE_START_TO_CLOSE, nil), giftcard.Timeout,
			"not finished in time; the last attempt may have been cut off when its worker stopped",
		},
		"time-out after a failure": {
			temporal.NewTimeoutError(enumspb.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE, refused), giftcard.InvalidRequest, "refused",
		},
		"nobody took it": {
			temporal.NewTimeoutError(enumspb.TIMEOUT_TYPE_SCHEDULE_TO_START, nil), giftcard.Timeout, "no worker picked it up in time",
		},
		"anything else": {errors.New("lost"), giftcard.Unavailable, "lost"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kind, message := cause(tt.err)
			require.Equal(t, tt.kind, kind)
			require.Equal(t, tt.message, message)
		})
	}
}

// The failure that a person has to look into comes first, then the failure that a rerun does not cure, then one that it
// may cure.
func TestTheWorstCardNamesTheOrder(t *testing.T) {
	t.Parallel()
	worstFirst := []giftcard.Kind{
		giftcard.OutcomeUnknown, giftcard.UnexpectedResponse, giftcard.InvalidRequest, giftcard.CardDeclined, giftcard.RateLimited,
	}
	for i, worst := range worstFirst {
		var f OrderFailure
		for unit, kind := range slices.Backward(worstFirst[i:]) {
			f.Failed = append(f.Failed, UnitFailure{Unit: unit + 1, Kind: kind, Message: string(kind)})
		}
		app, ok := errors.AsType[*temporal.ApplicationError](failedOrder(len(f.Failed), f))
		require.True(t, ok)
		require.Equal(t, string(worst), app.Type())
		require.Contains(t, app.Message(), string(worst))
	}
	// Of equal failures, the first.
	err := failedOrder(2, OrderFailure{Failed: []UnitFailure{
		{Unit: 1, Kind: giftcard.Timeout, Message: "first"}, {Unit: 2, Kind: giftcard.Unavailable, Message: "second"},
	}})
	require.ErrorContains(t, err, "first")
}
