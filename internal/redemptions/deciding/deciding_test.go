package deciding_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/internal/redemptions"
	"github.com/giftbridge/giftbridge/internal/redemptions/deciding"
	"github.com/giftbridge/giftbridge/workflows"
)

const id = "3f2a6c1e9d0b4a57886f1c2d3e4f5a6b"

// till is the workflow of a card.
type till struct {
	client.Client

	updates []workflows.ReverseUpdateInput
	signals []workflows.RedemptionResolution
	fails   error
	// lingers is the error of an update whose result is waited for; nil if the result is known at once.
	lingers error
	// becomes are the redemptions that questions find in turn.
	becomes []*workflows.Redemption
}

func (t *till) UpdateWorkflow(_ context.Context, o client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	if t.fails != nil {
		return nil, t.fails
	}
	in := o.Args[0].(workflows.ReverseUpdateInput)
	t.updates = append(t.updates, in)
	r := spent(redemption.Succeeded)
	r.Reversal = &workflows.Reversal{ID: in.ReversalID, State: redemption.Accepted}
	return taken{r: r, err: t.lingers}, nil
}

type taken struct {
	client.WorkflowUpdateHandle

	r   *workflows.Redemption
	err error
}

func (a taken) Get(_ context.Context, into any) error {
	if a.err != nil {
		return a.err
	}
	*into.(**workflows.Redemption) = a.r
	return nil
}

func (t *till) SignalWorkflow(_ context.Context, _, _, _ string, arg any) error {
	t.signals = append(t.signals, arg.(workflows.RedemptionResolution))
	return t.fails
}

func (t *till) DescribeWorkflowExecution(
	context.Context, string, string,
) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	p, err := converter.GetDefaultDataConverter().ToPayload(workflows.RedemptionClaim{CardWorkflowID: "card/acme/1"})
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{
		Memo: &commonpb.Memo{Fields: map[string]*commonpb.Payload{workflows.RedemptionMemoKey: p}},
	}}, err
}

func (t *till) QueryWorkflow(context.Context, string, string, string, ...any) (converter.EncodedValue, error) {
	r := t.becomes[0]
	if len(t.becomes) > 1 {
		t.becomes = t.becomes[1:]
	}
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(r)
	return client.NewValue(payloads), err
}

// ListWorkflow finds nothing that was stored with another key.
func (t *till) ListWorkflow(
	context.Context, *workflowservice.ListWorkflowExecutionsRequest,
) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	return &workflowservice.ListWorkflowExecutionsResponse{}, nil
}

func (t *till) WorkflowService() workflowservice.WorkflowServiceClient { return unscheduled{} }

// unscheduled is a Temporal without schedules.
type unscheduled struct {
	workflowservice.WorkflowServiceClient
}

func (unscheduled) DescribeSchedule(
	context.Context, *workflowservice.DescribeScheduleRequest, ...grpc.CallOption,
) (*workflowservice.DescribeScheduleResponse, error) {
	return nil, serviceerror.NewNotFound("no schedule")
}

func (t *till) of() *redemptions.Redemptions {
	return redemptions.New(&executions.Reader{Client: t, Converter: converter.GetDefaultDataConverter()}, nil)
}

func spent(s redemption.State) *workflows.Redemption {
	return &workflows.Redemption{Client: "checkout", Redemption: redemption.Redemption{
		ID: id, State: s, Amount: "20.00", Currency: "EUR", Taken: "20.00",
	}}
}

func found(r *workflows.Redemption) *redemptions.Found {
	return &redemptions.Found{Redemption: r, Card: "card/acme/1"}
}

func given(s redemption.State) *workflows.Redemption {
	r := spent(redemption.Succeeded)
	r.Reversal = &workflows.Reversal{ID: "r", State: s}
	return r
}

// Only what was taken, and was not given back, can be given back.
func TestReversible(t *testing.T) {
	t.Parallel()
	for says, r := range map[string]*workflows.Redemption{
		"":                              spent(redemption.Succeeded),
		"is under way":                  spent(redemption.Accepted),
		"resolve it first":              spent(redemption.Unknown),
		"nothing was taken off":         spent(redemption.Declined),
		"was given back before":         spent(redemption.Reversed),
		"is being given back":           given(redemption.Accepted),
		"resolve that first":            given(redemption.Unknown),
		"\x00declined, so it can again": given(redemption.Declined),
	} {
		err := deciding.Reversible(found(r))
		if says == "" || says[0] == 0 {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, says)
		require.ErrorContains(t, err, "checkout/"+id)
	}
}

// A reversal names the redemption, has an ID of its own, and a deadline.
func TestReverse(t *testing.T) {
	t.Parallel()
	now := time.Now()
	c := &till{becomes: []*workflows.Redemption{given(redemption.Accepted), spent(redemption.Reversed)}}
	out, err := deciding.Reverse(t.Context(), c.of(), found(spent(redemption.Succeeded)), now)
	require.NoError(t, err)
	require.Equal(t, redemption.Accepted, out.Reversal.State)
	require.Equal(t, "card/acme/1", out.Card)
	require.Len(t, c.updates, 1)
	require.Equal(t, id, c.updates[0].ID)
	require.Regexp(t, "^[0-9a-f]{32}$", c.updates[0].ReversalID)
	require.Equal(t, now.Add(10*time.Second), c.updates[0].Until)
	_, err = deciding.Reverse(t.Context(), c.of(), found(spent(redemption.Succeeded)), now)
	require.NoError(t, err)
	require.NotEqual(t, c.updates[0].ReversalID, c.updates[1].ReversalID)
	_, err = deciding.Reverse(t.Context(), c.of(), found(spent(redemption.Unknown)), now)
	require.ErrorContains(t, err, "resolve it first")
	require.Len(t, c.updates, 2)
}

// What the workflow has taken is under way, however long the issuer takes; what it refuses is not.
func TestReverseThatLingers(t *testing.T) {
	t.Parallel()
	c := &till{lingers: context.DeadlineExceeded, becomes: []*workflows.Redemption{given(redemption.Accepted)}}
	out, err := deciding.Reverse(t.Context(), c.of(), found(spent(redemption.Succeeded)), time.Now())
	require.NoError(t, err)
	require.Equal(t, redemption.Accepted, out.Reversal.State)
	c.lingers = temporal.NewNonRetryableApplicationError("refused", workflows.TooLateError, nil)
	_, err = deciding.Reverse(t.Context(), c.of(), found(spent(redemption.Succeeded)), time.Now())
	var late *deciding.InTimeError
	require.ErrorAs(t, err, &late)
}

// Whoever gives something back learns whether it may still happen.
func TestReverseIsRefused(t *testing.T) {
	t.Parallel()
	app := func(kind string) error { return temporal.NewNonRetryableApplicationError("refused", kind, nil) }
	for name, tt := range map[string]struct {
		fails            error
		missing, tooLate bool
	}{
		"no such redemption": {fails: app(workflows.NoRedemptionError), missing: true},
		"no such card":       {fails: serviceerror.NewNotFound("gone"), missing: true},
		"too late":           {fails: app(workflows.TooLateError), tooLate: true},
		"no worker":          {fails: client.NewWorkflowUpdateServiceTimeoutOrCanceledError(context.DeadlineExceeded), tooLate: true},
		"deadline":           {fails: context.DeadlineExceeded, tooLate: true},
		"something else":     {fails: errors.New("away")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &till{fails: tt.fails}
			_, err := deciding.Reverse(t.Context(), c.of(), found(spent(redemption.Succeeded)), time.Now())
			require.ErrorContains(t, err, "checkout/"+id)
			_, missing := errors.AsType[*executions.NotFoundError](err)
			_, tooLate := errors.AsType[*deciding.InTimeError](err)
			require.Equal(t, tt.missing, missing)
			require.Equal(t, tt.tooLate, tooLate)
		})
	}
}

// It waits until something is known, and no longer than it may.
func TestSettled(t *testing.T) {
	t.Parallel()
	known := func(f *redemptions.Found) bool { return f.State == redemption.Reversed }
	c := &till{becomes: []*workflows.Redemption{spent(redemption.Reversed)}}
	out, err := deciding.Settled(t.Context(), c.of(), found(given(redemption.Accepted)), time.Hour, known)
	require.NoError(t, err)
	require.Equal(t, redemption.Reversed, out.State)
	out, err = deciding.Settled(t.Context(), c.of(), found(given(redemption.Accepted)), 0, known)
	require.NoError(t, err)
	require.Equal(t, redemption.Succeeded, out.State)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = deciding.Settled(ended, c.of(), found(given(redemption.Accepted)), time.Hour, known)
	require.ErrorIs(t, err, context.Canceled)
}

// An answer is about what is unknown, and about nothing else.
func TestResolve(t *testing.T) {
	t.Parallel()
	c := &till{}
	require.NoError(t, deciding.Resolve(t.Context(), c.of(), found(spent(redemption.Unknown)), true, "ann@desk", "seen"))
	require.NoError(t, deciding.Resolve(t.Context(), c.of(), found(given(redemption.Unknown)), false, "ann@desk", "no trace"))
	require.Equal(t, []workflows.RedemptionResolution{
		{ID: id, Moved: true, By: "ann@desk", Reason: "seen"},
		{ID: id, Reversing: true, By: "ann@desk", Reason: "no trace"},
	}, c.signals)
	for _, r := range []*workflows.Redemption{spent(redemption.Succeeded), spent(redemption.Accepted), given(redemption.Declined)} {
		require.ErrorContains(t, deciding.Resolve(t.Context(), c.of(), found(r), true, "ann@desk", "seen"), "nothing is unknown")
	}
	require.Len(t, c.signals, 2)
	c.fails = serviceerror.NewNotFound("gone")
	var missing *executions.NotFoundError
	require.ErrorAs(t, deciding.Resolve(t.Context(), c.of(), found(spent(redemption.Unknown)), true, "a", "b"), &missing)
}
