package giftcard_test

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// The names are the error types in histories, and operators search for them: they never change.
func TestKinds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		kind    giftcard.Kind
		final   bool
		curable bool
	}{
		{"MerchantUnknown", true, true},
		{"MerchantAmbiguous", true, true},
		{"InvalidRequest", true, false},
		{"OrderChanged", true, false},
		{"Unauthorized", true, true},
		{"CardDeclined", true, true},
		{"UnexpectedResponse", true, false},
		{"OutcomeUnknown", true, false},
		{"RateLimited", false, true},
		{"Unavailable", false, true},
		{"Timeout", false, true},
	}
	var kinds []giftcard.Kind
	for _, tt := range tests {
		kinds = append(kinds, tt.kind)
		require.Equal(t, tt.final, tt.kind.Final(), tt.kind)
		require.Equal(t, tt.curable, tt.kind.Curable(), tt.kind)
	}
	require.Equal(t, kinds, giftcard.Kinds)
	require.False(t, giftcard.Kind("Terminated").Curable(), "not a kind of ours")
}

func TestError(t *testing.T) {
	t.Parallel()
	err := giftcard.Errorf(giftcard.InvalidRequest, "order %s has %d gift cards", "#1001", 0)
	require.EqualError(t, err, "order #1001 has 0 gift cards")
	require.Equal(t, giftcard.InvalidRequest, err.Kind)
	require.NoError(t, errors.Unwrap(err))

	var found *giftcard.Error
	require.ErrorAs(t, fmt.Errorf("issue: %w", err), &found)
	require.Same(t, err, found)

	caused := &giftcard.Error{
		Kind: giftcard.Unavailable, Message: "no answer", RetryAfter: time.Second, Err: io.ErrUnexpectedEOF,
	}
	require.ErrorIs(t, caused, io.ErrUnexpectedEOF)
	require.EqualError(t, caused, "no answer", "the cause is not part of the message")
}
