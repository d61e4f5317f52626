package e2e_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/activities/deferred"
	issuers "github.com/giftbridge/giftbridge/internal/app/later"
	"github.com/giftbridge/giftbridge/internal/checkout"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/jobs"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/issuer/fourwayshopissuer"
	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/workflows"
)

// till is a checkout at which cards of a system are spent.
type till struct {
	*system
	desk *checkout.Desk
}

// hurried returns a checkout whose cards are kept, and waited for, a number of times shorter than elsewhere.
func (w *system) hurried(hurry int) till {
	w.t.Helper()
	all, err := issuers.NewIssuers(w.Config, http.DefaultTransport, nil)
	require.NoError(w.t, err)
	return till{w, &checkout.Desk{
		Client: w.keyed, Converter: w.converter(), Issuers: all, IDKey: w.Config.CardIDKey(),
		Now: time.Now, Hurry: hurry,
	}}
}

// card makes a card of 60.00, and returns its code.
func (c till) card() issuer.Code {
	return issuer.Code(c.Later.Issue(scenario.LaterProducts()[1].Item, 6000))
}

func (c till) workflow(code issuer.Code) string {
	return workflows.SpendCardID(fourwayshopissuer.Name, deferred.CodeID(c.desk.IDKey, fourwayshopissuer.Name, code))
}

// asked returns a request of a shop.
func asked(key string, code issuer.Code, amount int64) checkout.Request {
	return checkout.Request{
		Client: "shop", Key: key, Body: "hash of " + key, Code: code, Order: "#2001",
		Amount: giftcard.Money{Hundredths: amount, Currency: "USD"},
	}
}

// take takes an amount off a card, and requires what becomes of it.
func (c till) take(key string, code issuer.Code, amount int64, want redemption.State) *workflows.Redemption {
	c.t.Helper()
	out, err := c.desk.Redeem(c.ctx, asked(key, code, amount))
	require.NoError(c.t, err)
	require.Equal(c.t, want, out.State, "%+v", out)
	return out
}

// end ends the workflow of a card by hand, so that its history has an end.
func (c till) end(code issuer.Code) {
	c.t.Helper()
	require.NoError(c.t, c.keyed.CancelWorkflow(c.ctx, c.workflow(code), ""))
	require.Error(c.t, c.keyed.GetWorkflow(c.ctx, c.workflow(code), "").Get(c.ctx, nil))
}

// The histories of cards that are spent.
func TestHistoriesOfSpentCards(t *testing.T) {
	t.Parallel()
	o := bothIssuers(fourwayshoptest.Options{})
	o.Configure = func(c *config.Config) { c.FourWayShop.Reversals = true }
	w := start(t, o)
	slow, quick, brief := w.hurried(1), w.hurried(1000), w.hurried(200_000)

	spent := slow.card()
	first := slow.take("k-1", spent, 2000, redemption.Succeeded)
	again := slow.take("k-1", spent, 2000, redemption.Succeeded)
	require.Equal(t, first, again)
	short := slow.take("k-2", spent, 5000, redemption.Declined)
	require.Equal(t, &redemption.Problem{Type: redemption.InsufficientBalance, Available: "40.00", Currency: "USD"}, short.Problem)
	slow.take("k-3", spent, 4000, redemption.Succeeded)
	other := asked("k-1", spent, 2000)
	other.Body = "another"
	_, err := slow.desk.Redeem(w.ctx, other)
	problem, ok := errors.AsType[*redemption.Problem](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, redemption.KeyReused, problem.Type)
	slow.end(spent)
	w.keepOpened("SpendCard/spent", slow.workflow(spent), "")
	w.keepOpened("ClaimRedemption/claimed", workflows.ClaimRedemptionID("shop", first.ID), "")

	// What was taken is given back, once.
	returned := slow.card()
	taken := slow.take("k-8", returned, 2000, redemption.Succeeded)
	for range 2 {
		back, err := slow.desk.Reverse(w.ctx, checkout.ReversalRequest{Client: "shop", Key: "k-9", Body: "hash of k-9", Redemption: taken.ID})
		require.NoError(t, err)
		require.Equal(t, redemption.Reversed, back.State, "%+v", back)
	}
	slow.take("k-10", returned, 6000, redemption.Succeeded)
	slow.end(returned)
	w.keepOpened("SpendCard/reversed", slow.workflow(returned), "")

	// What is declined at once need not be kept for long here, so that the workflow ends.
	little := brief.card()
	brief.take("k-4", little, 7000, redemption.Declined)
	require.NoError(t, w.keyed.GetWorkflow(w.ctx, brief.workflow(little), "").Get(w.ctx, nil))
	w.keepOpened("SpendCard/declined", brief.workflow(little), "")

	// The issuer never does the job, until a person has said what became of it.
	stuck := quick.card()
	w.Later.Befall(fourwayshoptest.Trouble{Kind: jobs.Stalled, Operation: fourwayshoptest.Update, Delay: time.Hour})
	unknown := quick.take("k-5", stuck, 2000, redemption.Unknown)
	id := quick.workflow(stuck)
	require.NoError(t, w.keyed.SignalWorkflow(w.ctx, id, "", workflows.ResolveSignal, workflows.RedemptionResolution{
		ID: unknown.ID, Reason: "the issuer says so", By: "ada@desk",
	}))
	w.await("resolved", func() bool {
		r, err := quick.desk.Redemption(w.ctx, "shop", unknown.ID)
		return err == nil && r.State == redemption.Declined && r.Resolved.By == "ada@desk"
	})
	quick.take("k-6", stuck, 6000, redemption.Succeeded)
	quick.end(stuck)
	w.keepOpened("SpendCard/resolved", id, "")

	// A run that a reset created leaves what its predecessor may have asked to people, and hands over to a run of its own.
	reset := slow.card()
	slow.take("k-7", reset, 2000, redemption.Succeeded)
	run, err := w.keyed.DescribeWorkflowExecution(w.ctx, slow.workflow(reset), "")
	require.NoError(t, err)
	w.resetRun(slow.workflow(reset), run.GetWorkflowExecutionInfo().GetExecution().GetRunId(), firstTask)
	w.await("handed over", func() bool {
		r, err := slow.desk.Redemption(w.ctx, "shop", slow.desk.RedemptionID("shop", "k-7"))
		return err == nil && r != nil && r.State == redemption.Unknown
	})
	now, err := w.keyed.DescribeWorkflowExecution(w.ctx, slow.workflow(reset), "")
	require.NoError(t, err)
	require.NotEqual(t, run.GetWorkflowExecutionInfo().GetExecution().GetRunId(), now.GetWorkflowExecutionInfo().GetExecution().GetRunId())
	handed := w.opened(slow.workflow(reset), now.GetWorkflowExecutionInfo().GetExecution().GetRunId())
	before := handed.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetContinuedExecutionRunId()
	require.NotEmpty(t, before)
	w.keepOpened("SpendCard/reset", slow.workflow(reset), before)
}
