package workflows_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

// failing makes the issuer refuse these units.
func (e *env) failing(kind giftcard.Kind, units ...int) *env {
	e.issue = func(in activities.IssueCardInput) (activities.IssueCardResult, error) {
		if slices.Contains(units, in.Unit) {
			return activities.IssueCardResult{}, final(kind, fmt.Sprintf("order %s, card %d: declined", in.OrderName, in.Unit))
		}
		return cardOf(in), nil
	}
	return e
}

// All units are tried even if one fails, and the failure says which cards exist.
func TestOrderFailingUnits(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name            string
		units           int
		failing, issued []int
		message         string
		details         string
	}{
		{
			name: "the only one", units: 1, failing: []int{1},
			message: "order #1001, card 1: declined",
			details: "Failed: 1 of 1 gift card.",
		},
		{
			name: "one in the middle", units: 3, failing: []int{2}, issued: []int{1, 3},
			message: "order #1001, card 2: declined (of 3 gift cards, failed: 2; issued: 1, 3)",
			details: "Failed: 1 of 3 gift cards.",
		},
		{
			name: "several", units: 14, failing: []int{1, 3, 4, 5, 14}, issued: []int{2, 6, 7, 8, 9, 10, 11, 12, 13},
			message: "order #1001, card 1: declined (of 14 gift cards, failed: 1, 3-5, 14; issued: 2, 6-13)",
			details: "Failed: 5 of 14 gift cards.",
		},
		{
			name: "all", units: 3, failing: []int{1, 2, 3},
			message: "order #1001, card 1: declined (of 3 gift cards, failed: 1-3; issued: none)",
			details: "Failed: 3 of 3 gift cards.",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t).failing(giftcard.CardDeclined, tt.failing...)
			e.ExecuteWorkflow(workflows.GiftCardOrder, workflows.GiftCardOrderInput{Order: orderNumber(1, tt.units)})
			failed := e.requireFailure(t, giftcard.CardDeclined, tt.message)
			var units workflows.OrderFailure
			require.NoError(t, failed.Details(&units))
			var notIssued, issued []int
			for _, u := range units.Failed {
				notIssued = append(notIssued, u.Unit)
				require.Equal(t, giftcard.CardDeclined, u.Kind)
				require.Equal(t, fmt.Sprintf("order #1001, card %d: declined", u.Unit), u.Message)
				require.Equal(t, giftcard.AuditNumber("", shop, "5001", "900", u.Unit), u.AuditNumber)
			}
			for _, c := range units.Issued {
				issued = append(issued, c.Unit)
				require.Equal(t, giftcard.AuditNumber("", shop, "5001", "900", c.Unit), c.AuditNumber)
			}
			require.Equal(t, tt.failing, notIssued)
			require.Equal(t, tt.issued, issued)
			require.Len(t, e.issuedUnits(), tt.units, "all are tried")
			require.Equal(t, []string{tt.details}, e.calls.details)
		})
	}
}

// If units fail in different ways, it does not matter which of them failed first in time.
func TestOrderTakesTheKindOfItsFirstUnit(t *testing.T) {
	t.Parallel()
	kinds := map[int]giftcard.Kind{2: giftcard.InvalidRequest, 3: giftcard.Unauthorized}
	attempts := 0
	e := newEnv(t)
	e.issue = func(in activities.IssueCardInput) (activities.IssueCardResult, error) {
		kind, fails := kinds[in.Unit]
		if !fails {
			return cardOf(in), nil
		}
		if in.Unit == 2 {
			if attempts++; attempts < 4 { // Unit 2 fails long after unit 3.
				return activities.IssueCardResult{}, transient("no answer")
			}
		}
		return activities.IssueCardResult{}, final(kind, "refused")
	}
	e.ExecuteWorkflow(workflows.GiftCardOrder, workflows.GiftCardOrderInput{Order: orderNumber(1, 3)})
	e.requireFailure(t, giftcard.InvalidRequest, "refused (of 3 gift cards, failed: 2-3; issued: 1)")
}

func TestOrderWithoutMerchant(t *testing.T) {
	t.Parallel()
	const message = "order #1001, looking up its merchant: customer 77 is not one of CashStar's 40 merchants"
	e := newEnv(t)
	e.look = func(activities.LookUpMerchantInput) (activities.LookUpMerchantResult, error) {
		return activities.LookUpMerchantResult{}, final(giftcard.MerchantUnknown, message)
	}
	e.ExecuteWorkflow(workflows.GiftCardOrder, workflows.GiftCardOrderInput{Order: orderNumber(1, 2)})
	failed := e.requireFailure(t, giftcard.MerchantUnknown, message)
	require.False(t, failed.HasDetails())
	require.Empty(t, e.issued)
	require.Equal(t, []string{"Failed: " + message}, e.calls.details)
}

// The activity itself keeps the retry budget; when the activity says that the budget is used up, the order ends.
func TestOrderWhoseBudgetIsSpent(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.issue = func(activities.IssueCardInput) (activities.IssueCardResult, error) {
		return activities.IssueCardResult{}, temporal.NewApplicationErrorWithOptions("gave up", string(giftcard.Timeout),
			temporal.ApplicationErrorOptions{NonRetryable: true})
	}
	e.ExecuteWorkflow(workflows.GiftCardOrder, workflows.GiftCardOrderInput{Order: orderNumber(1, 1)})
	e.requireFailure(t, giftcard.Timeout, "gave up")
	require.Len(t, e.issued, 1)
}

func TestOrderSize(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		units   []int
		message string
	}{
		"no unit":      {[]int{0}, "order #1001 has 0 gift cards; 1 to 1000 can be issued"},
		"no line":      {nil, "order #1001 was read without its lines because it is too large"},
		"one too many": {[]int{giftcard.MaxUnits, 1}, "order #1001 has 1001 gift cards; 1 to 1000 can be issued"},
		"far from right": {
			[]int{1_000_000_000}, "order #1001 has 1000000000 gift cards; 1 to 1000 can be issued",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			e.ExecuteWorkflow(workflows.GiftCardOrder, workflows.GiftCardOrderInput{Order: orderNumber(1, tt.units...)})
			e.requireFailure(t, giftcard.InvalidRequest, tt.message)
			require.Empty(t, e.calls.asked)
		})
	}
}

func TestLargestOrder(t *testing.T) {
	t.Parallel()
	out := newEnv(t).order(t, workflows.GiftCardOrderInput{Order: orderNumber(1, giftcard.MaxUnits)})
	require.Len(t, out.Cards, giftcard.MaxUnits)
}

// A cancelled order ends as canceled, not as failed: the cancellation was intended.
func TestOrderCanceled(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		units         int
		lookUp, issue error
	}{
		"while its merchant is looked up":             {units: 1, lookUp: transient("no answer")},
		"while all its cards are issued":              {units: 5, issue: transient("no answer")},
		"while some of its cards wait for their turn": {units: 20, issue: transient("no answer")},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			e.look = func(activities.LookUpMerchantInput) (activities.LookUpMerchantResult, error) {
				return activities.LookUpMerchantResult{MerchantCode: "TWS"}, tt.lookUp
			}
			e.issue = func(in activities.IssueCardInput) (activities.IssueCardResult, error) { return cardOf(in), tt.issue }
			e.RegisterDelayedCallback(e.CancelWorkflow, 10*time.Second)
			e.ExecuteWorkflow(workflows.GiftCardOrder, workflows.GiftCardOrderInput{Order: orderNumber(1, tt.units)})
			require.True(t, e.IsWorkflowCompleted())
			var canceled *temporal.CanceledError
			require.ErrorAs(t, e.GetWorkflowError(), &canceled)
			require.LessOrEqual(t, len(e.issuedUnits()), 10, "nothing is begun after the cancellation")
		})
	}
}

// What the Web UI shows beside the payloads, and the text of failures, may be read by more people than the payloads.
func TestOrderShowsNothingPersonal(t *testing.T) {
	t.Parallel()
	personal := []string{"ada", "lovelace", "grace", "hopper", "example.com:", "@", "birthday"}
	for name, failing := range map[string][]int{"issued": nil, "failed": {2}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t).failing(giftcard.CardDeclined, failing...)
			e.ExecuteWorkflow(workflows.GiftCardOrder, workflows.GiftCardOrderInput{Order: orderNumber(1, 3)})
			shown := slices.Clone(e.calls.details)
			for _, c := range e.calls.asked {
				shown = append(shown, c.activity.Summary)
			}
			if err := e.GetWorkflowError(); err != nil {
				shown = append(shown, err.Error())
			}
			requireNone(t, personal, shown...)
		})
	}
	t.Run("started", func(t *testing.T) {
		t.Parallel()
		e := newEnv(t).withOrders(0).withPages(pageOf(1, 1))
		e.poll(t, rules())
		child := e.calls.of("gift-card-order/")[0].child
		requireNone(t, personal, fmt.Sprint(child.WorkflowID, child.StaticSummary, child.StaticDetails, child.Memo,
			child.TypedSearchAttributes.GetUntypedValues()), e.calls.details[0])
	})
}
