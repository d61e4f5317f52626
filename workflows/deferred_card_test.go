package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/internal/callback"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/token"
	"github.com/giftbridge/giftbridge/workflows"
)

var fifty = giftcard.Money{Hundredths: 5000, Currency: "EUR"}

// mint is an issuer that makes cards later, and the part of Temporal that the activities need.
type mint struct {
	*env

	callbacks *callback.Addresses
	// generate and activate say what becomes of an attempt, which counts from 1.
	generate, activate func(attempt int) error
	// cards are the cards that the issuer shows.
	show func(code issuer.Code) (issuer.Standing, error)
	// claimed are the codes of other cards.
	claimed bool

	mu                          sync.Mutex
	generated, activated, looks int
	active                      map[issuer.Code]giftcard.Money
	activatedAt                 []time.Time
	sent                        []issuer.Code
	claims                      []string
	told                        []deferred.Settled
	// reset reports whether the workflow was reset, and owed is why the card is no longer owed.
	reset bool
	owed  error

	// drain says what becomes of a request to take the value of a card back, and away is why the issuer does not show one.
	drain  func(code issuer.Code, attempt int) error
	away   error
	drains int
	// drainedBefore reports whether another run may have taken the value back, and drained is what is known of that.
	drainedBefore bool
	drained       deferred.Drained
}

func newMint(t *testing.T) *mint {
	t.Helper()
	m := &mint{
		env: newEnv(t), active: map[issuer.Code]giftcard.Money{},
		callbacks: callback.New("https://receiver.example", token.Keys{{ID: "k", Secret: []byte(strings.Repeat("k", 32))}}),
	}
	m.generate = func(attempt int) error { m.names(attempt, "b-1"); return nil }
	m.activate = func(attempt int) error { m.works(attempt, "b-1"); return nil }
	m.show = func(code issuer.Code) (issuer.Standing, error) {
		m.mu.Lock()
		defer m.mu.Unlock()
		value := m.active[code]
		return issuer.Standing{Known: true, Item: "GIFT50", Active: value.Hundredths > 0, Value: value, Original: value}, nil
	}
	cards := &deferred.Cards{
		Issuers:   map[string]issuer.Abilities{"acme": {Issuer: m, Deferred: m, Inspector: m, Canceller: m}},
		Callbacks: m.callbacks,
		Temporal:  m, Orders: m, IDKey: []byte("id"), Now: func() time.Time { return noon },
	}
	m.RegisterActivity(cards)
	return m
}

// names sends the callback that names the card of an attempt.
func (m *mint) names(attempt int, code issuer.Code) {
	m.SignalWorkflow(workflows.CallbackSignal, workflows.DeferredAnswer{
		Step: issuer.Generating, Attempt: attempt, Answer: issuer.Answer{OK: true, Code: code},
	})
}

// works gives a card its value, and sends the callback that says so.
func (m *mint) works(attempt int, code issuer.Code) {
	m.value(code, fifty)
	m.SignalWorkflow(workflows.CallbackSignal, workflows.DeferredAnswer{
		Step: issuer.Activating, Attempt: attempt, Answer: issuer.Answer{OK: true},
	})
}

// refuses sends the callback that says that a step was refused.
func (m *mint) refuses(step issuer.Step, attempt int, kind giftcard.Kind) {
	m.SignalWorkflow(workflows.CallbackSignal, workflows.DeferredAnswer{
		Step: step, Attempt: attempt, Answer: issuer.Answer{Kind: kind, Message: "non va"},
	})
}

func (m *mint) value(code issuer.Code, value giftcard.Money) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.active[code] = value
}

// after does something when the workflow has run for some time.
func (m *mint) after(d time.Duration, do func()) { m.RegisterDelayedCallback(do, d) }

func (m *mint) Generate(_ context.Context, item, address string) error {
	m.mu.Lock()
	m.generated++
	m.mu.Unlock()
	attempt := m.attempt(address, issuer.Generating)
	if item != "GIFT50" {
		return errors.New("another item")
	}
	return m.generate(attempt)
}

func (m *mint) Activate(_ context.Context, a issuer.Activation) error {
	m.mu.Lock()
	m.activated++
	m.sent = append(m.sent, a.Code)
	m.mu.Unlock()
	attempt := m.attempt(a.Callback, issuer.Activating)
	if a.Value != fifty || a.Item != "GIFT50" || a.Reference != "5001-A" {
		return &issuer.Error{Err: errors.New("another card")}
	}
	return m.activate(attempt)
}

func (m *mint) Look(_ context.Context, code issuer.Code) (issuer.Standing, error) {
	m.mu.Lock()
	m.looks++
	m.mu.Unlock()
	return m.show(code)
}

// attempt returns the attempt to which the address of a callback belongs.
func (m *mint) attempt(address string, step issuer.Step) int {
	_, rest, _ := strings.Cut(address, callback.Path)
	target, err := m.callbacks.Parse(rest)
	if err != nil || target.Step != step || target.Issuer != "acme" || target.WorkflowID == "" {
		panic(fmt.Sprint("the address of another callback: ", target, err))
	}
	return target.Attempt
}

func (*mint) Words() issuer.Words { return issuer.Words{Issuer: "Acme"} }

func (*mint) Answer(issuer.Step, []byte) (issuer.Answer, error) { panic("not needed") }

func (m *mint) Claim(_ context.Context, _, codeID, _ string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.claims = append(m.claims, codeID)
	return !m.claimed || len(m.claims) > 1, nil
}

func (m *mint) Begin(context.Context, deferred.Unit, string) (*deferred.Card, error) {
	panic("not needed")
}

func (m *mint) IsFirst(context.Context, string, string) (bool, error) { return !m.reset, nil }

func (m *mint) Tell(_ context.Context, order string, s deferred.Settled) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if order != "gift-card-order/"+shop+"/5001" {
		return errors.New("another order")
	}
	m.told = append(m.told, s)
	return nil
}

func (m *mint) CardOf(context.Context, deferred.Unit) (*deferred.Card, error) {
	return &deferred.Card{Code: "b-1"}, nil
}

func (m *mint) ClaimDrain(context.Context, deferred.Unit, activities.WorkflowRun) (int, error) {
	return map[bool]int{false: 1}[m.drainedBefore], nil
}

func (m *mint) Drained(context.Context, deferred.Unit) (deferred.Drained, error) {
	return m.drained, nil
}

func (m *mint) Inspect(_ context.Context, _, code string) (issuer.State, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return issuer.State{
		InitialBalance: "50.00", CurrentBalance: m.active[issuer.Code(code)].Amount(), Currency: "EUR",
	}, m.away
}

func (m *mint) Cancel(_ context.Context, c issuer.Cancellation) (issuer.State, error) {
	if m.attempt(c.Callback, issuer.Draining) != 1 {
		panic("the address of another attempt")
	}
	m.drains++
	m.drained = deferred.PerhapsDrained
	err := m.drain(issuer.Code(c.Reference), m.drains)
	switch {
	case err == nil:
		m.drained = deferred.SurelyDrained
	case issuer.EffectOf(err) == issuer.None:
		if _, certain := errors.AsType[*issuer.Error](err); certain {
			m.drained = deferred.NotDrained
		}
	}
	return issuer.State{}, err
}

// saysOfDrain sends the callback that says what became of a request to take a value back.
func (m *mint) saysOfDrain(a issuer.Answer) {
	if !a.OK {
		m.drained = deferred.NotDrained
	}
	m.SignalWorkflow(workflows.CallbackSignal, workflows.DeferredAnswer{Step: issuer.Draining, Attempt: 1, Answer: a})
}

func (m *mint) Owed(context.Context, deferred.Unit, int) error { return m.owed }

// make runs DeferredCard to its end.
func (m *mint) make(t *testing.T) (workflows.DeferredCardResult, error) {
	t.Helper()
	m.ExecuteWorkflow(workflows.DeferredCard, workflows.DeferredCardInput{OrderRunID: "run-1", Unit: deferred.Unit{
		Issuer: "acme", Key: "5001-A", OrderName: "#1001", OrderWorkflowID: "gift-card-order/" + shop + "/5001", Number: 2,
		Item: "GIFT50", Price: "50.00", Currency: "EUR",
	}})
	require.True(t, m.IsWorkflowCompleted())
	if err := m.GetWorkflowError(); err != nil {
		return workflows.DeferredCardResult{}, err
	}
	var out workflows.DeferredCardResult
	require.NoError(t, m.GetWorkflowResult(&out))
	return out, nil
}

// requireFailed checks the failure of a card, which never shows a code.
func requireFailed(t *testing.T, err error, kind giftcard.Kind, clean bool, message string) workflows.DeferredCardFailure {
	t.Helper()
	app, ok := errors.AsType[*temporal.ApplicationError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, string(kind), app.Type())
	require.Contains(t, app.Message(), message)
	require.Contains(t, app.Message(), "order #1001, card 2")
	require.NotContains(t, app.Message(), "b-1")
	var said workflows.DeferredCardFailure
	require.NoError(t, app.Details(&said))
	require.Equal(t, clean, said.Clean)
	require.Equal(t, "run-1", said.OrderRunID)
	return said
}

// With callbacks on time a card takes one request for each step and one look. The order is told.
func TestDeferredCard(t *testing.T) {
	t.Parallel()
	m := newMint(t)
	until := noon.AddDate(1, 0, 0)
	m.generate = func(int) error {
		m.SignalWorkflow(workflows.CallbackSignal, workflows.DeferredAnswer{
			Step: issuer.Generating, Attempt: 1,
			Answer: issuer.Answer{OK: true, Code: "b-1", ValidFrom: noon, ValidUntil: until},
		})
		return nil
	}
	out, err := m.make(t)
	require.NoError(t, err)
	card := deferred.Card{Code: "b-1", Price: "50.00", Currency: "EUR", ValidFrom: noon, ValidUntil: until}
	require.Equal(t, workflows.DeferredCardResult{Card: card, Generated: 1, Activated: 1}, out)
	require.Equal(t, []deferred.Settled{{Key: "5001-A", Card: &card}}, m.told)
	require.Equal(t, []int{1, 1, 2}, []int{m.generated, m.activated, m.looks}, "one look before the activation and one after")
	require.Len(t, m.claims, 1)
	require.NotContains(t, m.claims[0], "b-1")
}

// If no callback of the activation comes, the card's state is enough.
func TestDeferredCardWithoutCallback(t *testing.T) {
	t.Parallel()
	m := newMint(t)
	m.activate = func(int) error { return nil }
	m.after(10*time.Minute, func() { m.value("b-1", fifty) })
	out, err := m.make(t)
	require.NoError(t, err)
	require.Equal(t, issuer.Code("b-1"), out.Code)
	require.Equal(t, 1, m.activated)
	require.WithinDuration(t, noon.Add(10*time.Minute), m.Now(), 2*time.Minute)
}

// A queue that lags by days makes nobody ask twice, whatever the callback says and however often the state is looked at.
func TestDeferredCardIsActivatedOnce(t *testing.T) {
	t.Parallel()
	lost := errors.New("connection reset")
	for name, activate := range map[string]func(*mint) error{
		"taken":           func(*mint) error { return nil },
		"answer lost":     func(*mint) error { return &issuer.Error{Effect: issuer.Unclear, Err: lost} },
		"without effect":  func(*mint) error { return lost },
		"worker died":     func(*mint) error { panic("worker died") },
		"callback before": func(m *mint) error { m.says(1); return nil },
	} {
		for end, want := range map[time.Duration]giftcard.Kind{
			6 * 24 * time.Hour: "", 8 * 24 * time.Hour: giftcard.OutcomeUnknown,
		} {
			t.Run(fmt.Sprint(name, end), func(t *testing.T) {
				t.Parallel()
				m := newMint(t)
				m.activate = func(int) error { return activate(m) }
				m.after(end, func() { m.value("b-1", fifty) })
				out, err := m.make(t)
				require.Equal(t, 1, m.activated)
				if want == "" {
					require.NoError(t, err)
					require.Equal(t, 1, out.Activated)
					return
				}
				said := requireFailed(t, err, want, false, "7 days")
				require.Equal(t, issuer.Code("b-1"), said.Code, "a person who finds the card has its code")
				require.Empty(t, m.told)
			})
		}
	}
}

// says sends the callback that an activation was done, though nothing is to be seen of it.
func (m *mint) says(attempt int) {
	m.SignalWorkflow(workflows.CallbackSignal, workflows.DeferredAnswer{
		Step: issuer.Activating, Attempt: attempt, Answer: issuer.Answer{OK: true},
	})
}

// A card that was lost on the way is worth nothing, and another one is asked for. The first that is named counts.
func TestDeferredCardIsGeneratedAgain(t *testing.T) {
	t.Parallel()
	m := newMint(t)
	m.generate = func(attempt int) error {
		switch attempt {
		case 1:
			return giftcard.Errorf(giftcard.Unavailable, "away")
		case 2, 3: // The answer is lost, or late.
			return nil
		}
		m.names(attempt, "b-4")
		m.names(2, "b-2")
		return nil
	}
	m.activate = func(attempt int) error { m.works(attempt, "b-4"); return nil }
	out, err := m.make(t)
	require.NoError(t, err)
	require.Equal(t, issuer.Code("b-4"), out.Code)
	require.Equal(t, []issuer.Code{"b-4"}, m.sent)
}

// The issuer that names nothing for a week has made nothing that is worth anything.
func TestDeferredCardIsNeverNamed(t *testing.T) {
	t.Parallel()
	m := newMint(t)
	m.generate = func(int) error { return nil }
	_, err := m.make(t)
	requireFailed(t, err, giftcard.Timeout, true, "named no card for 7 days")
	require.Zero(t, m.activated)
	require.Less(t, m.generated, 200)
}

func TestDeferredCardIsRefused(t *testing.T) {
	t.Parallel()
	t.Run("by the answer", func(t *testing.T) {
		t.Parallel()
		m := newMint(t)
		m.generate = func(int) error { return giftcard.Errorf(giftcard.Unauthorized, "wrong password") }
		_, err := m.make(t)
		requireFailed(t, err, giftcard.Unauthorized, true, "wrong password")
		require.Equal(t, 1, m.generated)
	})
	t.Run("by the callback", func(t *testing.T) {
		t.Parallel()
		m := newMint(t)
		m.generate = func(int) error { m.refuses(issuer.Generating, 1, giftcard.InvalidRequest); return nil }
		_, err := m.make(t)
		requireFailed(t, err, giftcard.InvalidRequest, true, "non va")
	})
	t.Run("for now", func(t *testing.T) {
		t.Parallel()
		m := newMint(t)
		m.generate = func(attempt int) error {
			if attempt == 1 {
				m.refuses(issuer.Generating, 1, giftcard.Unavailable)
			} else {
				m.names(attempt, "b-1")
			}
			return nil
		}
		_, err := m.make(t)
		require.NoError(t, err)
		require.Equal(t, 2, m.generated)
	})
}

// A callback that names a card which somebody knows, or which is no fresh card, does no harm.
func TestForgedGeneration(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(m *mint){
		"claimed by another": func(m *mint) { m.claimed = true },
		"active":             func(m *mint) { m.value("forged", fifty) },
		"with another value": func(m *mint) { m.value("forged", giftcard.Money{Hundredths: 1, Currency: "EUR"}) },
		"another item": func(m *mint) {
			show := m.show
			m.show = func(code issuer.Code) (issuer.Standing, error) {
				s, err := show(code)
				if code == "forged" {
					s.Item = "GIFT10"
				}
				return s, err
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMint(t)
			change(m)
			m.generate = func(attempt int) error {
				if attempt == 1 {
					m.names(1, "forged")
				} else {
					m.names(attempt, "b-1")
				}
				return nil
			}
			out, err := m.make(t)
			require.NoError(t, err)
			require.Equal(t, issuer.Code("b-1"), out.Code)
			require.Equal(t, []issuer.Code{"b-1"}, m.sent)
			require.EqualValues(t, 1, m.counted.of(workflows.RefusedCards))
		})
	}
	t.Run("expired", func(t *testing.T) {
		t.Parallel()
		m := newMint(t)
		m.generate = func(attempt int) error {
			if attempt > 1 {
				m.names(attempt, "b-1")
				return nil
			}
			m.SignalWorkflow(workflows.CallbackSignal, workflows.DeferredAnswer{
				Step: issuer.Generating, Attempt: 1, Answer: issuer.Answer{OK: true, Code: "old", ValidUntil: noon},
			})
			return nil
		}
		out, err := m.make(t)
		require.NoError(t, err)
		require.Equal(t, issuer.Code("b-1"), out.Code)
		require.Equal(t, []issuer.Code{"b-1"}, m.sent)
	})
	t.Run("after the genuine one", func(t *testing.T) {
		t.Parallel()
		m := newMint(t)
		m.generate = func(int) error { m.names(1, "b-1"); m.names(1, "forged"); m.names(7, "future"); return nil }
		out, err := m.make(t)
		require.NoError(t, err)
		require.Equal(t, issuer.Code("b-1"), out.Code)
		require.Len(t, m.claims, 1)
		require.EqualValues(t, 1, m.counted.of(workflows.ConflictingCallbacks), "somebody is told")
	})
	// What remains: a fresh card that nobody was ever given. The genuine callback gives the forger away.
	t.Run("before the genuine one", func(t *testing.T) {
		t.Parallel()
		m := newMint(t)
		m.generate = func(int) error { m.names(1, "forged"); m.names(1, "b-1"); return nil }
		m.activate = func(attempt int) error { m.works(attempt, "forged"); return nil }
		out, err := m.make(t)
		require.NoError(t, err)
		require.Equal(t, issuer.Code("forged"), out.Code, "the first answer counts")
		require.Equal(t, []issuer.Code{"forged"}, m.sent, "one card has a value")
		require.Len(t, m.claims, 1)
		require.EqualValues(t, 1, m.counted.of(workflows.ConflictingCallbacks), "somebody is told")
	})
	t.Run("repeated", func(t *testing.T) {
		t.Parallel()
		m := newMint(t)
		m.generate = func(int) error { m.names(1, "b-1"); m.names(1, "b-1"); return nil }
		_, err := m.make(t)
		require.NoError(t, err)
		require.Zero(t, m.counted.of(workflows.ConflictingCallbacks), "the same answer twice is none")
	})
	t.Run("all the time", func(t *testing.T) {
		t.Parallel()
		m := newMint(t)
		m.value("forged", fifty)
		m.show = func(issuer.Code) (issuer.Standing, error) { return issuer.Standing{Known: true, Active: true}, nil }
		m.generate = func(attempt int) error { m.names(attempt, issuer.Code(fmt.Sprint("b-1", attempt))); return nil }
		_, err := m.make(t)
		requireFailed(t, err, giftcard.UnexpectedResponse, true, "in use already")
		require.Empty(t, m.sent)
	})
}

// A card that is not valid yet is activated when it is.
func TestCardThatIsNotValidYet(t *testing.T) {
	t.Parallel()
	m := newMint(t)
	from := noon.Add(5 * time.Hour)
	m.generate = func(int) error {
		m.SignalWorkflow(workflows.CallbackSignal, workflows.DeferredAnswer{
			Step: issuer.Generating, Attempt: 1, Answer: issuer.Answer{OK: true, Code: "b-1", ValidFrom: from},
		})
		return nil
	}
	_, err := m.make(t)
	require.NoError(t, err)
	require.False(t, m.Now().Before(from))
}

// What was certainly not sent is sent again later; a final refusal ends the card.
func TestActivationThatWasNotSent(t *testing.T) {
	t.Parallel()
	m := newMint(t)
	m.activate = func(attempt int) error {
		if attempt < 3 {
			return &issuer.Error{Effect: issuer.None, Err: giftcard.Errorf(giftcard.Unavailable, "away")}
		}
		m.works(attempt, "b-1")
		return nil
	}
	out, err := m.make(t)
	require.NoError(t, err)
	require.Equal(t, 3, out.Activated)

	m = newMint(t)
	m.activate = func(int) error {
		return &issuer.Error{Effect: issuer.None, Err: giftcard.Errorf(giftcard.CardDeclined, "no")}
	}
	_, err = m.make(t)
	requireFailed(t, err, giftcard.CardDeclined, true, "no")
	require.Equal(t, 1, m.activated)

	m = newMint(t)
	m.owed = giftcard.Errorf(giftcard.OrderChanged, "the order was cancelled")
	_, err = m.make(t)
	requireFailed(t, err, giftcard.OrderChanged, true, "cancelled")
	require.Zero(t, m.activated)

	m = newMint(t)
	m.reset = true
	_, err = m.make(t)
	requireFailed(t, err, giftcard.OutcomeUnknown, false, "reset")
	require.Zero(t, m.activated)
}

// An activation that the issuer says has failed is given up once the card was inactive for ten minutes after that.
func TestFailedActivation(t *testing.T) {
	t.Parallel()
	t.Run("another attempt", func(t *testing.T) {
		t.Parallel()
		m := newMint(t)
		m.activate = func(attempt int) error {
			m.activatedAt = append(m.activatedAt, m.Now())
			if attempt == 1 {
				m.refuses(issuer.Activating, 1, giftcard.Unavailable)
			} else {
				m.works(attempt, "b-1")
			}
			return nil
		}
		out, err := m.make(t)
		require.NoError(t, err)
		require.Equal(t, 2, out.Activated)
		require.GreaterOrEqual(t, m.activatedAt[1].Sub(m.activatedAt[0]), 10*time.Minute)
	})
	t.Run("the first answer counts", func(t *testing.T) {
		t.Parallel()
		m := newMint(t)
		m.activate = func(attempt int) error {
			if attempt == 1 {
				m.refuses(issuer.Activating, 1, giftcard.CardDeclined)
				m.says(1)
			} else {
				m.works(attempt, "b-1")
			}
			return nil
		}
		out, err := m.make(t)
		require.NoError(t, err)
		require.Equal(t, 2, out.Activated)
	})
	t.Run("it has worked all the same", func(t *testing.T) {
		t.Parallel()
		m := newMint(t)
		m.activate = func(int) error { m.refuses(issuer.Activating, 1, giftcard.Unavailable); return nil }
		m.after(9*time.Minute, func() { m.value("b-1", fifty) })
		out, err := m.make(t)
		require.NoError(t, err)
		require.Equal(t, 1, out.Activated)
	})
	t.Run("it cannot be seen", func(t *testing.T) {
		t.Parallel()
		m := newMint(t)
		show := m.show
		m.activate = func(int) error { m.refuses(issuer.Activating, 1, giftcard.Unavailable); return nil }
		m.show = func(code issuer.Code) (issuer.Standing, error) {
			switch {
			case m.activated == 0:
				return issuer.Standing{Known: true}, nil
			case m.Now().Sub(noon) < time.Hour:
				return issuer.Standing{}, giftcard.Errorf(giftcard.Unauthorized, "no")
			}
			m.value("b-1", fifty)
			return show(code)
		}
		out, err := m.make(t)
		require.NoError(t, err)
		require.Equal(t, 1, out.Activated, "a card that was not looked at may be active")
	})
	t.Run("for good", func(t *testing.T) {
		t.Parallel()
		m := newMint(t)
		m.activate = func(attempt int) error { m.refuses(issuer.Activating, attempt, giftcard.CardDeclined); return nil }
		_, err := m.make(t)
		requireFailed(t, err, giftcard.CardDeclined, true, "3 times: non va")
		require.Equal(t, 3, m.activated)
	})
	for _, kind := range []giftcard.Kind{giftcard.InvalidRequest, giftcard.Unauthorized} {
		t.Run("as "+string(kind), func(t *testing.T) {
			t.Parallel()
			m := newMint(t)
			m.activate = func(attempt int) error { m.refuses(issuer.Activating, attempt, kind); return nil }
			_, err := m.make(t)
			requireFailed(t, err, kind, true, "the issuer has refused to activate it: non va")
			require.Equal(t, 1, m.activated, "another attempt would be refused as well")
		})
	}
}

// A card with a wrong value is not handed over, and never made anew.
func TestWrongActivation(t *testing.T) {
	t.Parallel()
	for message, value := range map[string]giftcard.Money{
		"100.00 EUR, twice what it should have": {Hundredths: 10000, Currency: "EUR"},
		"has 49.99 EUR instead of 50.00 EUR":    {Hundredths: 4999, Currency: "EUR"},
		"has 50.00 USD instead of 50.00 EUR":    {Hundredths: 5000, Currency: "USD"},
	} {
		m := newMint(t)
		m.activate = func(int) error { m.value("b-1", value); return nil }
		_, err := m.make(t)
		requireFailed(t, err, giftcard.UnexpectedResponse, false, message)
		require.Equal(t, 1, m.activated)
		require.Empty(t, m.told)
	}
}

// A person who has asked the issuer decides about a card that stays open.
func TestResolvedActivation(t *testing.T) {
	t.Parallel()
	for _, issued := range []bool{true, false} {
		m := newMint(t)
		m.activate = func(attempt int) error {
			if attempt == 2 {
				m.works(2, "b-1")
			}
			return nil
		}
		said := workflows.DeferredResolution{Issued: issued, By: "ada", Reason: "asked them"}
		m.after(time.Hour, func() { m.SignalWorkflow(workflows.ResolveSignal, said) })
		out, err := m.make(t)
		require.NoError(t, err)
		if issued {
			require.Equal(t, &said, out.Resolved)
			require.Equal(t, 1, m.activated)
		} else {
			require.Nil(t, out.Resolved)
			require.Equal(t, 2, m.activated)
		}
	}
}

// There is nothing to resolve before a card was activated: what a person says then is about no card.
func TestResolvedTooEarly(t *testing.T) {
	t.Parallel()
	m := newMint(t)
	m.generate = func(attempt int) error {
		m.SignalWorkflow(workflows.ResolveSignal, workflows.DeferredResolution{Issued: true, By: "ada", Reason: "asked them"})
		m.after(time.Second, func() { m.names(attempt, "b-1") })
		return nil
	}
	out, err := m.make(t)
	require.NoError(t, err)
	require.Nil(t, out.Resolved)
	require.Equal(t, 1, m.activated)
}
