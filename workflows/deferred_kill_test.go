package workflows_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
)

// killer is a worker that dies at one attempt of an activity, before or after the activity has done its work. Temporal
// notices that the attempt has taken too long.
type killer struct {
	interceptor.WorkerInterceptorBase
	// at counts the attempts of all activities from 1; 0 kills nothing.
	at    int
	after bool
	// done are the activities that were attempted, in order.
	done []string
}

func (k *killer) InterceptActivity(
	_ context.Context, next interceptor.ActivityInboundInterceptor,
) interceptor.ActivityInboundInterceptor {
	return &dying{ActivityInboundInterceptorBase: interceptor.ActivityInboundInterceptorBase{Next: next}, killer: k}
}

type dying struct {
	interceptor.ActivityInboundInterceptorBase
	killer *killer
}

func (d *dying) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	d.killer.done = append(d.killer.done, activity.GetInfo(ctx).ActivityType.Name)
	if len(d.killer.done) != d.killer.at {
		return d.Next.ExecuteActivity(ctx, in)
	}
	if d.killer.after {
		_, _ = d.Next.ExecuteActivity(ctx, in)
	}
	return nil, temporal.NewTimeoutError(enumspb.TIMEOUT_TYPE_START_TO_CLOSE, nil)
}

// killed makes the worker die at an attempt.
func (m *mint) killed(at int, after bool) *killer {
	k := &killer{at: at, after: after}
	mayBeSlow(m.TestWorkflowEnvironment, m.calls, k)
	return k
}

// credit adds a value to a card, as an issuer does that has no idempotency keys: two activations are two values.
func (m *mint) credit(code issuer.Code, value giftcard.Money) {
	m.mu.Lock()
	defer m.mu.Unlock()
	sum, err := value.Add(m.active[code], 1)
	if err != nil {
		sum = value
	}
	m.active[code] = sum
}

// holds returns what is on all cards together.
func (m *mint) holds() (total int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, value := range m.active {
		total += value.Hundredths
	}
	return total
}

// adds makes an activation add to the card, and call back if told.
func (m *mint) adds(tell bool) {
	m.activate = func(attempt int) error {
		m.credit("b-1", fifty)
		if tell {
			m.says(attempt)
		}
		return nil
	}
}

// A worker that dies at any step, before or after what the step does, gives a card its value once or not at all. It is not
// at all if the worker dies before it has asked: nobody can know that it has not, so a person finds out.
func TestWorkerDiesAtEveryStep(t *testing.T) {
	t.Parallel()
	for _, tell := range []bool{true, false} {
		unharmed := newMint(t)
		unharmed.adds(tell)
		k := unharmed.killed(0, false)
		_, err := unharmed.make(t)
		require.NoError(t, err)
		require.Equal(t, []string{"GenerateCard", "ClaimCard", "ActivateCard", "LookAtCard"}, slices.Compact(k.done))
		for at := 1; at <= len(k.done); at++ {
			for _, after := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, done: %t, called back: %t", k.done[at-1], after, tell), func(t *testing.T) {
					t.Parallel()
					m := newMint(t)
					m.adds(tell)
					died := m.killed(at, after)
					_, err := m.make(t)
					require.Greater(t, len(died.done), at, "another worker goes on")
					if died.done[at-1] == "ActivateCard" && !after {
						requireFailed(t, err, giftcard.OutcomeUnknown, false, "7 days")
						require.Zero(t, m.holds())
						return
					}
					require.NoError(t, err)
					require.Equal(t, fifty.Hundredths, m.holds())
					require.Equal(t, 1, m.activated)
				})
			}
		}
	}
}

// An activation that was enqueued and is not to be seen yet is never repeated, however long the queue takes, and whatever
// the callback says meanwhile.
func TestEnqueuedAndNotYetVisible(t *testing.T) {
	t.Parallel()
	for _, lag := range []time.Duration{30 * time.Second, time.Minute, 9 * time.Minute, 3 * time.Hour, 2 * 24 * time.Hour} {
		for name, says := range map[string]func(m *mint){
			"nothing":           func(*mint) {},
			"done, before":      func(m *mint) { m.says(1) },
			"done, afterwards":  func(m *mint) { m.after(lag, func() { m.says(1) }) },
			"done, three times": func(m *mint) { m.says(1); m.says(1); m.after(lag, func() { m.says(1) }) },
			"done, of the next": func(m *mint) { m.says(2) },
		} {
			t.Run(fmt.Sprint(lag, " ", name), func(t *testing.T) {
				t.Parallel()
				m := newMint(t)
				show := m.show
				m.show = func(code issuer.Code) (issuer.Standing, error) {
					if m.holds() == 0 {
						return issuer.Standing{}, nil // The card itself is not to be seen either.
					}
					return show(code)
				}
				m.activate = func(int) error {
					m.after(lag, func() { m.credit("b-1", fifty) })
					says(m)
					return nil
				}
				out, err := m.make(t)
				require.NoError(t, err)
				require.Equal(t, 1, out.Activated)
				require.Equal(t, 1, m.activated)
				require.Equal(t, fifty.Hundredths, m.holds())
				require.Greater(t, m.looks, 2, "it was looked at before it was to be seen")
			})
		}
	}
}
