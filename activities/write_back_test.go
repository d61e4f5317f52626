package activities_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
)

// marker notes what is marked, and answers with an error.
type marker struct {
	number string
	mark   intake.Mark
	err    error
}

func (m *marker) Mark(_ context.Context, number string, mark intake.Mark) error {
	m.number, m.mark = number, mark
	return m.err
}

func TestWriteBack(t *testing.T) {
	t.Parallel()
	in := activities.WriteBackInput{
		OrderName: "#1001", OrderID: "5001", By: "note", Units: map[string]int{"900": 2, "901": 1}, RetryBudget: time.Hour,
	}
	for name, c := range map[string]struct {
		err  error
		kind giftcard.Kind
	}{
		"done":      {},
		"refused":   {err: giftcard.Errorf(giftcard.Unauthorized, "no scope"), kind: giftcard.Unauthorized},
		"transient": {err: giftcard.Errorf(giftcard.RateLimited, "later"), kind: giftcard.RateLimited},
		"unknown":   {err: errors.New("broken"), kind: giftcard.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shop := &marker{err: c.err}
			env := newEnv(&logs{}, &activities.Orders{Marker: shop})
			_, err := execute[activities.WriteBackResult](t, env, "WriteBack", in)
			require.Equal(t, "5001", shop.number)
			require.Equal(t, intake.Mark{By: "note", Units: in.Units}, shop.mark)
			require.Equal(t, 3, shop.mark.Cards())
			if c.err == nil {
				require.NoError(t, err)
				return
			}
			requireKind(t, err, c.kind, "marking order #1001 in the shop")
		})
	}
}

// Without a budget there is one attempt.
func TestWriteBackGivesUp(t *testing.T) {
	t.Parallel()
	shop := &marker{err: giftcard.Errorf(giftcard.Unavailable, "down")}
	env := newEnv(&logs{}, &activities.Orders{Marker: shop})
	_, err := execute[activities.WriteBackResult](t, env, "WriteBack", activities.WriteBackInput{OrderName: "#1001", By: "tag"})
	var failed *temporal.ApplicationError
	require.ErrorAs(t, err, &failed)
	require.True(t, failed.NonRetryable())
	require.Contains(t, failed.Message(), "gave up after the retry budget of 0s")
}
