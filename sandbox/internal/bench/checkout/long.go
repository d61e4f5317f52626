package checkout

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities/spending"
	"github.com/giftbridge/giftbridge/internal/callback"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/token"
	"github.com/giftbridge/giftbridge/workflows"
)

// Long is what one card has in memory that is spent very often, in the SDK's test environment, without a server.
type Long struct {
	Redemptions int `json:"redemptions"`
	// Runs is the number of runs of the workflow.
	Runs int `json:"runs"`
	// MostKept is the largest number of redemptions that a run has handed to the next one, and MostInput the size of that in
	// bytes of JSON. MostOne is the size of the largest answer to an update.
	MostKept  int `json:"most_kept"`
	MostInput int `json:"most_input_bytes"`
	MostOne   int `json:"most_answer_bytes"`
	// FullInputs are the sizes of what the first full run has handed over, and the last one.
	FullInputs [2]int  `json:"full_inputs_bytes"`
	Seconds    float64 `json:"seconds"`
}

// between is the time from one redemption of a card to the next one.
const between = time.Minute

// longCard spends a card n times, and gives back each amount, so that the most is kept of it.
func longCard(ctx context.Context, n int) (Long, error) {
	out := Long{Redemptions: n}
	began := time.Now()
	s := &spender{balance: giftcard.Money{Hundredths: 5000, Currency: "EUR"}}
	in := workflows.SpendCardInput{Card: spending.Card{Issuer: vendor, Code: "4440000000006"}}
	now := began.UTC().Truncate(time.Second)
	for s.asked < n {
		if err := ctx.Err(); err != nil {
			return out, context.Cause(ctx)
		}
		next, err := s.run(in, n, &now)
		if err != nil {
			return out, err
		}
		out.Runs++
		if next == nil {
			break
		}
		in = *next
		body, err := json.Marshal(in)
		if err != nil {
			return out, err
		}
		out.MostKept, out.MostInput = max(out.MostKept, len(in.Redemptions)), max(out.MostInput, len(body))
		if len(in.Redemptions) >= kept {
			out.FullInputs = [2]int{cmp.Or(out.FullInputs[0], len(body)), len(body)}
		}
	}
	out.MostOne = s.largest
	if s.asked != n || s.spent != n || s.givenBack != n {
		return out, fmt.Errorf("a card was asked for %d of %d amounts, %d were taken off it, and %d given back",
			s.asked, n, s.spent, s.givenBack)
	}
	out.Seconds = time.Since(began).Seconds()
	return out, nil
}

// vendor is the name of the issuer in the test environment.
const vendor = "bench"

// spender is an issuer with one card, which it shows and spends at once.
type spender struct {
	issuer.Issuer
	issuer.Spender

	balance giftcard.Money
	env     *testsuite.TestWorkflowEnvironment
	// asked counts what was asked for, spent and givenBack what was moved; largest is the size of the largest answer.
	asked, spent, givenBack, largest int
	failed                           error
}

// run runs the workflow of the card until it continues as new, or until it has been asked n times in all. It returns the
// input of the next run.
func (s *spender) run(in workflows.SpendCardInput, n int, now *time.Time) (*workflows.SpendCardInput, error) {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	s.env = suite.NewTestWorkflowEnvironment()
	s.env.SetStartTime(*now)
	// A machine that is busy is no deadlock.
	s.env.SetTestTimeout(time.Hour)
	s.env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: time.Hour})
	s.env.RegisterWorkflowWithOptions(workflows.SpendCard, workflow.RegisterOptions{Name: workflows.SpendCardType})
	s.env.RegisterActivity(&spending.Tills{
		Issuers:   map[string]issuer.Abilities{vendor: {Issuer: s, Spender: s}},
		Callbacks: callback.New("https://receiver.example", token.Keys{{ID: "bench", Secret: make([]byte, 32)}}),
		Now:       s.env.Now,
	})
	s.env.RegisterDelayedCallback(func() { s.ask(n) }, 0)
	s.env.ExecuteWorkflow(workflows.SpendCardType, in)
	*now = s.env.Now()
	if s.failed != nil {
		return nil, s.failed
	}
	err := s.env.GetWorkflowError()
	if err == nil {
		return nil, nil // Nothing has to be kept any more.
	}
	again, ok := errors.AsType[*workflow.ContinueAsNewError](err)
	if !ok {
		return nil, fmt.Errorf("the workflow of a card did not continue as new: %w", err)
	}
	var next workflows.SpendCardInput
	if err := converter.GetDefaultDataConverter().FromPayloads(again.Input, &next); err != nil {
		return nil, fmt.Errorf("read what a card hands over: %w", err)
	}
	return &next, nil
}

// ask asks for the next amount, and a little later that it be given back.
func (s *spender) ask(n int) {
	if s.asked == n || s.env.IsWorkflowCompleted() {
		return
	}
	s.asked++
	id := fmt.Sprintf("%032x", s.asked)
	until := s.env.Now().Add(between)
	s.update(workflows.SpendUpdate, id, workflows.SpendUpdateInput{
		SpendRequest: workflows.SpendRequest{ID: id, Client: "shop", Order: "#1234567", Amount: "10.00", Currency: "EUR"},
		Until:        until,
	})
	s.env.RegisterDelayedCallback(func() {
		back := fmt.Sprintf("%032x", n+s.asked)
		s.update(workflows.ReverseUpdate, back, workflows.ReverseUpdateInput{ID: id, ReversalID: back, Until: until})
	}, between/2)
	s.env.RegisterDelayedCallback(func() { s.ask(n) }, between)
}

// update sends an update.
func (s *spender) update(name, id string, in any) {
	s.env.UpdateWorkflow(name, id, &testsuite.TestUpdateCallback{
		OnAccept:   func() {},
		OnReject:   func(err error) { s.failed = err },
		OnComplete: func(out any, err error) { s.answered(out, err) },
	}, in)
}

// answered notes the size of an answer.
func (s *spender) answered(out any, err error) {
	body, bad := json.Marshal(out)
	s.failed = errors.Join(s.failed, err, bad)
	s.largest = max(s.largest, len(body))
}

// Look implements [issuer.Later].
func (s *spender) Look(context.Context, issuer.Code) (issuer.Standing, error) {
	return issuer.Standing{Known: true, Active: true, Value: s.balance, Original: s.balance, InParts: true}, nil
}

// Spend implements [issuer.Spender]. The callback comes at once.
func (s *spender) Spend(_ context.Context, m issuer.Movement) error {
	s.balance.Hundredths -= m.Amount.Hundredths
	s.spent++
	s.call(issuer.Spending)
	return nil
}

// Reverse implements [issuer.Spender].
func (s *spender) Reverse(_ context.Context, m issuer.Movement) error {
	s.balance.Hundredths += m.Amount.Hundredths
	s.givenBack++
	s.call(issuer.Reversing)
	return nil
}

func (s *spender) call(step issuer.Step) {
	s.env.SignalWorkflow(workflows.CallbackSignal, workflows.DeferredAnswer{
		Step: step, Attempt: s.spent + s.givenBack, Answer: issuer.Answer{OK: true},
	})
}
