package checkout_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/internal/checkout"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/workflows"
)

func twenty(key string) checkout.Request {
	return checkout.Request{
		Client: "shop", Key: key, Body: "body of " + key, Code: code, Order: "#2001",
		Amount: giftcard.Money{Hundredths: 2000, Currency: "EUR"},
	}
}

// each runs a test in time of its own.
func each(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, test)
}

// A shop gets its answer once the amount is taken.
func TestRedeem(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T) {
		b := newBank()
		began := time.Now()
		out, err := b.desk().Redeem(t.Context(), twenty("k-1"))
		require.NoError(t, err)
		require.Equal(t, redemption.Succeeded, out.State)
		require.Less(t, time.Since(began), time.Second)
		require.Len(t, b.spends, 1)
		asked := b.spends[0]
		require.Equal(t, began.Add(2400*time.Millisecond), asked.Until)
		require.Equal(t, workflows.SpendRequest{
			ID: b.desk().RedemptionID("shop", "k-1"), Client: "shop", Order: "#2001", Amount: "20.00", Currency: "EUR",
		}, asked.SpendRequest)
		found, err := b.desk().Redemption(t.Context(), "shop", asked.ID)
		require.NoError(t, err)
		require.Equal(t, redemption.Succeeded, found.State)
		none, err := b.desk().Redemption(t.Context(), "another shop", asked.ID)
		require.NoError(t, err)
		require.Nil(t, none, "a shop finds its own redemptions alone")
	})
}

// What is kept of a request is a hash that takes a key: a plain one would tell the code to who tries them all.
func TestClaimsHoldNoCode(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T) {
		b := newBank()
		r := twenty("k-1")
		r.Body = "the request with " + code
		_, err := b.desk().Redeem(t.Context(), r)
		require.NoError(t, err)
		other := newBank()
		desk := other.desk()
		desk.IDKey = []byte("another key")
		_, err = desk.Redeem(t.Context(), r)
		require.NoError(t, err)
		bodies := map[string]bool{}
		for _, claims := range []*bank{b, other} {
			for id, memo := range claims.claims {
				require.NotContains(t, id, "k-1")
				var claim workflows.RedemptionClaim
				require.NoError(t, json.Unmarshal(memo.GetFields()[workflows.RedemptionMemoKey].GetData(), &claim))
				require.NotContains(t, claim.CardWorkflowID+claim.Body, code)
				bodies[claim.Body] = true
			}
		}
		require.Len(t, bodies, 2, "the hash depends on the key")
	})
}

// A guess starts no workflow, and a card that cannot be spent looks like one that does not exist.
func TestGuess(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T) {
		b := newBank()
		wrong := twenty("k-1")
		wrong.Code = guess
		_, unknown := b.desk().Redeem(t.Context(), wrong)
		requireProblem(t, unknown, redemption.CardNotUsable)
		looks := b.looks
		b.card.Active = false
		_, inactive := b.desk().Redeem(t.Context(), twenty("k-1"))
		require.Equal(t, unknown, inactive)
		require.Equal(t, 2*looks, b.looks, "both take the same work")
		_, err := b.desk().Balance(t.Context(), code, "")
		require.Equal(t, unknown, err)
		// An issuer may also refuse what does not look like a code of its cards.
		b.away = giftcard.Errorf(giftcard.InvalidRequest, "the barcode does not look like one")
		_, err = b.desk().Redeem(t.Context(), wrong)
		require.Equal(t, unknown, err)
		b.away = errors.New("away")
		_, err = b.desk().Redeem(t.Context(), twenty("k-1"))
		requireProblem(t, err, redemption.IssuerUnavailable)
		require.Empty(t, b.claims)
		require.Empty(t, b.spends)
	})
}

// A card of an issuer that spends none is told from one that does not exist only if that issuer knows it.
func TestIssuerWithoutSpending(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T) {
		b := newBank()
		desk := b.deskOf(issuer.Abilities{Deferred: maker{b}})
		_, err := desk.Redeem(t.Context(), twenty("k-1"))
		requireProblem(t, err, redemption.NotSupported)
		wrong := twenty("k-1")
		wrong.Code = guess
		_, err = desk.Redeem(t.Context(), wrong)
		requireProblem(t, err, redemption.CardNotUsable)
		b.card.Active = false
		_, err = desk.Redeem(t.Context(), twenty("k-1"))
		requireProblem(t, err, redemption.CardNotUsable)
		require.Empty(t, b.claims)

		_, err = b.deskOf(issuer.Abilities{}).Redeem(t.Context(), twenty("k-1"))
		requireProblem(t, err, redemption.NotSupported)
	})
}

// A key is good for two days. What became of an older one may no longer be kept, so that it is refused rather than spent again.
func TestOldKeys(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T) {
		b := newBank()
		b.settle = succeed
		_, err := b.desk().Redeem(t.Context(), twenty("k-1"))
		require.NoError(t, err)
		require.Zero(t, b.spends[0].ClaimedAt)

		b.kept, b.claimedAt = nil, time.Now().Add(-48*time.Hour) // The workflow of the card has ended.
		_, err = b.desk().Redeem(t.Context(), twenty("k-1"))
		requireProblem(t, err, redemption.KeyReused)
		require.Len(t, b.spends, 1)

		b.claimedAt = time.Now().Add(-time.Hour)
		b.asking = func(context.Context) error {
			return temporal.NewNonRetryableApplicationError("forgotten", workflows.ForgottenError, nil)
		}
		_, err = b.desk().Redeem(t.Context(), twenty("k-1"))
		requireProblem(t, err, redemption.KeyReused)

		b.asking = func(context.Context) error { return nil }
		_, err = b.desk().Redeem(t.Context(), twenty("k-1"))
		require.NoError(t, err)
		require.True(t, b.claimedAt.Equal(b.spends[1].ClaimedAt))
	})
}

// One issuer that is away does not keep cards of another from being spent.
func TestOneIssuerAway(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T) {
		away, b := newBank(), newBank()
		away.away = errors.New("away")
		desk := b.desk()
		desk.Issuers["aaa"] = issuer.Abilities{Spender: spender{away}}
		out, err := desk.Redeem(t.Context(), twenty("k-1"))
		require.NoError(t, err)
		require.Equal(t, redemption.Succeeded, out.State)
		wrong := twenty("k-2")
		wrong.Code = guess
		_, err = desk.Redeem(t.Context(), wrong)
		requireProblem(t, err, redemption.IssuerUnavailable)
	})
}

// A key means one request. The same one again finds what became of it, whatever has become of the card.
func TestKeyMeansOneRequest(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T) {
		b := newBank()
		_, err := b.desk().Redeem(t.Context(), twenty("k-1"))
		require.NoError(t, err)
		other := twenty("k-1")
		other.Body = "another body"
		_, err = b.desk().Redeem(t.Context(), other)
		requireProblem(t, err, redemption.KeyReused)
		b.card.Active = false
		out, err := b.desk().Redeem(t.Context(), twenty("k-1"))
		require.NoError(t, err)
		require.Equal(t, redemption.Succeeded, out.State)
		require.Len(t, b.spends, 1)
		require.NotEqual(t, b.desk().RedemptionID("shop", "k-1"), b.desk().RedemptionID("shop2", "k-1"))
	})
}

// While the first request may be waiting, the same one is told so. Later it gets what is known.
func TestInProgress(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T) {
		b := newBank()
		b.settle = nil
		began := time.Now()
		first := make(chan *workflows.Redemption)
		go func() {
			out, err := b.desk().Redeem(t.Context(), twenty("k-1"))
			if err != nil {
				t.Error(err)
			}
			first <- out
		}()
		synctest.Wait()
		_, err := b.desk().Redeem(t.Context(), twenty("k-1"))
		requireProblem(t, err, redemption.InProgress)
		require.Equal(t, redemption.Accepted, (<-first).State)
		require.Equal(t, 8*time.Second, time.Since(began))
		_, err = b.desk().Redeem(t.Context(), twenty("k-1"))
		requireProblem(t, err, redemption.InProgress)
		time.Sleep(time.Until(began.Add(11 * time.Second))) //nolint:forbidigo // The time of the test, not of the machine.
		began = time.Now()
		out, err := b.desk().Redeem(t.Context(), twenty("k-1"))
		require.NoError(t, err)
		require.Equal(t, redemption.Accepted, out.State)
		require.Zero(t, time.Since(began), "nobody waits again")
		require.Len(t, b.spends, 1)
	})
}

// Where Temporal or the workers are away, the shop knows it within 3 seconds, and the same key succeeds once they are back.
func TestAway(t *testing.T) {
	t.Parallel()
	hang := func(ctx context.Context) error {
		<-ctx.Done()
		return serviceerror.NewDeadlineExceeded("nobody answers")
	}
	slow := func(context.Context) error {
		time.Sleep(2 * time.Second) //nolint:forbidigo // The time of the test, not of the machine.
		return nil
	}
	for name, stop := range map[string]func(b *bank){
		"temporal":         func(b *bank) { b.claiming = hang },
		"workers":          func(b *bank) { b.asking = hang },
		"slow and workers": func(b *bank) { b.claiming, b.asking = slow, hang },
		"refused too late": func(b *bank) {
			b.asking = func(context.Context) error {
				return temporal.NewNonRetryableApplicationError("too late", workflows.TooLateError, nil)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T) {
				b := newBank()
				stop(b)
				began := time.Now()
				_, err := b.desk().Redeem(t.Context(), twenty("k-1"))
				requireProblem(t, err, redemption.IssuerUnavailable)
				require.LessOrEqual(t, time.Since(began), 3*time.Second)
				back := newBank()
				b.claiming, b.asking = back.claiming, back.asking
				out, err := b.desk().Redeem(t.Context(), twenty("k-1"))
				require.NoError(t, err)
				require.Equal(t, redemption.Succeeded, out.State)
			})
		})
	}
}

// The workflow of a card that waits for a slow issuer does not answer in time. The shop is told what is known then.
func TestSlowIssuer(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T) {
		b := newBank()
		b.settle = nil
		desk := b.desk()
		desk.Client = slowly{b}
		began := time.Now()
		out, err := desk.Redeem(t.Context(), twenty("k-1"))
		require.NoError(t, err)
		require.Equal(t, redemption.Accepted, out.State)
		require.WithinDuration(t, began.Add(11*time.Second), time.Now(), time.Second)
		b.settle = succeed
		out, err = desk.Redeem(t.Context(), twenty("k-1"))
		require.NoError(t, err)
		require.Equal(t, redemption.Succeeded, out.State)
		require.Len(t, b.spends, 1)
	})
}

// slowly does not answer updates, though they are executed.
type slowly struct{ *bank }

func (s slowly) UpdateWithStartWorkflow(
	ctx context.Context, o client.UpdateWithStartWorkflowOptions,
) (client.WorkflowUpdateHandle, error) {
	_, _ = s.bank.UpdateWithStartWorkflow(ctx, o)
	<-ctx.Done()
	return nil, ctx.Err()
}

// An attempt that comes later does not join one that the card will refuse.
func TestAttemptsAreApart(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T) {
		b := newBank()
		seen := map[string]bool{}
		b.asking = func(context.Context) error { return errors.New("away") }
		desk := b.desk()
		desk.Client = watched{b, seen}
		for range 2 {
			_, err := desk.Redeem(t.Context(), twenty("k-1"))
			requireProblem(t, err, redemption.IssuerUnavailable)
			time.Sleep(time.Second) //nolint:forbidigo // The time of the test, not of the machine.
		}
		require.Len(t, seen, 2)
	})
}

// watched notes the IDs of updates.
type watched struct {
	*bank

	seen map[string]bool
}

func (w watched) UpdateWithStartWorkflow(
	ctx context.Context, o client.UpdateWithStartWorkflowOptions,
) (client.WorkflowUpdateHandle, error) {
	w.seen[o.UpdateOptions.UpdateID] = true
	return w.bank.UpdateWithStartWorkflow(ctx, o)
}

// A shop that does not wait any more is no reason to stop.
func TestShopGoesAway(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T) {
		b := newBank()
		b.settle = nil
		ctx, cancel := context.WithCancel(t.Context())
		b.looking = func(context.Context) error {
			cancel()
			return errors.New("away")
		}
		began := time.Now()
		out, err := b.desk().Redeem(ctx, twenty("k-1"))
		require.NoError(t, err)
		require.Equal(t, redemption.Accepted, out.State)
		require.Less(t, time.Since(began), time.Second)
	})
}
