package checkout_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/checkout"
	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/workflows"
)

// spent returns a bank with a redemption of the key "k-1", and how to ask for it back.
func spent(t *testing.T) (*bank, func(key string) (*workflows.Redemption, error)) {
	t.Helper()
	b := newBank()
	_, err := b.desk().Redeem(t.Context(), twenty("k-1"))
	require.NoError(t, err)
	return b, func(key string) (*workflows.Redemption, error) {
		return b.desk().Reverse(t.Context(), checkout.ReversalRequest{
			Client: "shop", Key: key, Body: "back", Redemption: b.desk().RedemptionID("shop", "k-1"),
		})
	}
}

func TestReverse(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T) {
		b, back := spent(t)
		began := time.Now()
		out, err := back("k-2")
		require.NoError(t, err)
		require.Equal(t, redemption.Reversed, out.State)
		require.Equal(t, []workflows.ReverseUpdateInput{{
			ID: b.desk().RedemptionID("shop", "k-1"), ReversalID: b.desk().RedemptionID("shop", "k-2"),
			Until: began.Add(2400 * time.Millisecond),
		}}, b.reverted)
		out, err = back("k-2")
		require.NoError(t, err, "the same key has the same answer")
		require.Equal(t, redemption.Reversed, out.State)
		_, err = back("k-3")
		requireProblem(t, err, redemption.AlreadyReversed)
		_, err = back("k-1")
		requireProblem(t, err, redemption.KeyReused)
		require.Len(t, b.reverted, 1)
		none, err := b.desk().Redemption(t.Context(), "shop", b.desk().RedemptionID("shop", "k-2"))
		require.NoError(t, err)
		require.Nil(t, none, "a reversal is no redemption")
	})
}

// A reversal finds the redemptions of its own client alone, and those alone that are kept.
func TestReverseUnknown(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T) {
		b, back := spent(t)
		id := b.desk().RedemptionID("shop", "k-1")
		for _, r := range []checkout.ReversalRequest{
			{Client: "shop2", Key: "k-2", Redemption: id}, {Client: "shop", Key: "k-2", Redemption: id[:31] + "x"},
		} {
			_, err := b.desk().Reverse(t.Context(), r)
			requireProblem(t, err, redemption.NotFound)
		}
		delete(b.kept, id)
		_, err := back("k-2")
		requireProblem(t, err, redemption.NotFound)
		b.kept = nil
		_, err = back("k-2")
		requireProblem(t, err, redemption.NotFound)
		require.Len(t, b.claims, 1, "no key was used up")
	})
}

// An issuer that does not give back is not asked. What was declined has nothing to give back.
func TestReverseNotSupported(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T) {
		b, back := spent(t)
		b.reverses = false
		_, err := back("k-2")
		requireProblem(t, err, redemption.NotSupported)
		require.Len(t, b.claims, 1)
		require.Empty(t, b.reverted)
		b.kept[b.desk().RedemptionID("shop", "k-1")].State = redemption.Declined
		b.settle = func(r *workflows.Redemption) {
			if r.Reversal != nil {
				r.Reversal.State = redemption.Succeeded
			}
		}
		out, err := back("k-2")
		require.NoError(t, err)
		require.Equal(t, redemption.Declined, out.State)
		require.Equal(t, redemption.Succeeded, out.Reversal.State)
	})
}

// While one reversal is open, nobody gets the answer to another.
func TestReverseInProgress(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T) {
		b, back := spent(t)
		b.settle = nil
		began := time.Now()
		first := make(chan *workflows.Redemption)
		go func() {
			out, err := back("k-2")
			if err != nil {
				t.Error(err)
			}
			first <- out
		}()
		synctest.Wait()
		for _, key := range []string{"k-2", "k-3"} {
			_, err := back(key)
			requireProblem(t, err, redemption.InProgress)
		}
		require.Equal(t, redemption.Accepted, (<-first).Reversal.State)
		time.Sleep(time.Until(began.Add(11 * time.Second))) //nolint:forbidigo // The time of the test, not of the machine.
		out, err := back("k-2")
		require.NoError(t, err)
		require.Equal(t, redemption.Accepted, out.Reversal.State)
		_, err = back("k-3")
		requireProblem(t, err, redemption.InProgress)
		b.settle = succeed
		_, err = back("k-3")
		requireProblem(t, err, redemption.AlreadyReversed)
		require.Len(t, b.reverted, 1)
	})
}

// A reversal that has failed is not tried again with its own key, and is with another.
func TestReverseDeclined(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T) {
		b, back := spent(t)
		b.settle = func(r *workflows.Redemption) {
			if r.Reversal != nil {
				r.Reversal.State, r.Reversal.Problem = redemption.Declined, redemption.IssuerUnavailable
			}
		}
		for range 2 {
			out, err := back("k-2")
			require.NoError(t, err)
			require.Equal(t, redemption.IssuerUnavailable, out.Reversal.Problem)
		}
		require.Len(t, b.reverted, 1)
		b.settle = succeed
		out, err := back("k-3")
		require.NoError(t, err)
		require.Equal(t, redemption.Reversed, out.State)
	})
}

// A key that was claimed without reaching the card succeeds later.
func TestReverseAway(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T) {
		b, back := spent(t)
		b.asking = func(ctx context.Context) error {
			<-ctx.Done()
			return errors.New("no worker")
		}
		began := time.Now()
		_, err := back("k-2")
		requireProblem(t, err, redemption.IssuerUnavailable)
		require.LessOrEqual(t, time.Since(began), 3*time.Second)
		require.Len(t, b.claims, 2)
		b.asking = func(context.Context) error { return nil }
		out, err := back("k-2")
		require.NoError(t, err)
		require.Equal(t, redemption.Reversed, out.State)
	})
}
