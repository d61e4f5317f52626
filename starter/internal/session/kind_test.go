package session_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/starter/internal/session"
)

// A kind is accepted as the runbook spells it, in any case.
func TestReadKind(t *testing.T) {
	t.Parallel()
	for _, k := range append(orders.FailureKinds(), "") {
		for _, typed := range []string{k, strings.ToLower(k), strings.ToUpper(k)} {
			kind, err := session.ReadKind(typed)
			require.NoError(t, err)
			require.Equal(t, k, kind)
		}
	}
	require.Contains(t, orders.FailureKinds(), string(giftcard.CardDeclined))
	require.Contains(t, orders.FailureKinds(), "Terminated")
	var usage *cli.UsageError
	_, err := session.ReadKind("Declined")
	require.ErrorAs(t, err, &usage)
}
