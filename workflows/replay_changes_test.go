package workflows_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/proto"

	"github.com/giftbridge/giftbridge/workflows"
)

// change turns a workflow into a different one with the same name, as a commit could.
type change struct {
	name string
	// to selects the histories that the change concerns.
	to func(*historypb.History) bool
	// before runs before anything else.
	before func(workflow.Context)
	// outbound intercepts the workflow's requests.
	outbound func(interceptor.WorkflowOutboundInterceptorBase) interceptor.WorkflowOutboundInterceptor
	// after changes how the workflow ends.
	after func(result any, err error) (any, error)
	// found is the text that shows that the change was found: the SDK's code for non-determinism, its message for a
	// different end, or ours.
	found string
}

const (
	nondeterminism = "TMPRL1100"
	anotherResult  = "doesn't return the same result"
	anotherEnd     = "ends differently"
)

func anyHistory(*historypb.History) bool { return true }

func scheduleActivity(ctx workflow.Context) {
	workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: time.Minute,
	}), "Audit")
}

// changes are changes that must not be made to a workflow without a version gate.
var changes = []change{
	{
		name: "an activity more", to: anyHistory, found: nondeterminism,
		before: scheduleActivity,
	},
	{
		name: "a timer more", to: anyHistory, found: nondeterminism,
		before: func(ctx workflow.Context) { workflow.NewTimer(ctx, time.Second) },
	},
	{
		name: "a side effect more", to: anyHistory, found: nondeterminism,
		before: func(ctx workflow.Context) { workflow.SideEffect(ctx, func(workflow.Context) any { return 1 }) },
	},
	{
		name: "an activity less", to: has(enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, 1), found: nondeterminism,
		outbound: func(base interceptor.WorkflowOutboundInterceptorBase) interceptor.WorkflowOutboundInterceptor {
			return &lessActivity{WorkflowOutboundInterceptorBase: base}
		},
	},
	{
		name: "the first two activities in the other order", found: nondeterminism,
		to: has(enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, 2),
		outbound: func(base interceptor.WorkflowOutboundInterceptorBase) interceptor.WorkflowOutboundInterceptor {
			return &otherOrder{WorkflowOutboundInterceptorBase: base}
		},
	},
	{
		name: "an activity by another name", to: has(enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, 1), found: nondeterminism,
		outbound: func(base interceptor.WorkflowOutboundInterceptorBase) interceptor.WorkflowOutboundInterceptor {
			return &otherName{base}
		},
	},
	{
		name: "a timer less", to: has(enumspb.EVENT_TYPE_TIMER_STARTED, 1), found: nondeterminism,
		outbound: func(base interceptor.WorkflowOutboundInterceptorBase) interceptor.WorkflowOutboundInterceptor {
			return &noTimers{base}
		},
	},
	{
		name: "a child under another ID", found: nondeterminism,
		to: has(enumspb.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED, 1),
		outbound: func(base interceptor.WorkflowOutboundInterceptorBase) interceptor.WorkflowOutboundInterceptor {
			return &otherChild{base, ""}
		},
	},
	{
		name: "a child of another type", found: nondeterminism,
		to: has(enumspb.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED, 1),
		outbound: func(base interceptor.WorkflowOutboundInterceptorBase) interceptor.WorkflowOutboundInterceptor {
			return &otherChild{base, workflows.ResolveCardType}
		},
	},
	{
		name: "another result", found: anotherEnd,
		to:    closesWith(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED),
		after: func(any, error) (any, error) { return map[string]bool{"changed": true}, nil },
	},
	{
		name: "another kind of failure", found: anotherEnd,
		to:    closesWith(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED),
		after: func(any, error) (any, error) { return nil, temporal.NewApplicationError("no", "Other") },
	},
	{
		name: "no failure", found: anotherEnd,
		to:    closesWith(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED),
		after: func(any, error) (any, error) { return nil, nil },
	},
	{
		name: "a failure", found: anotherResult,
		to:    closesWith(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED),
		after: func(any, error) (any, error) { return nil, errors.New("no") },
	},
	{
		name: "no end by cancellation", found: anotherEnd,
		to:    closesWith(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED),
		after: func(any, error) (any, error) { return nil, nil },
	},
	{
		name: "no continuation", found: anotherResult,
		to:    closesWith(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW),
		after: func(any, error) (any, error) { return nil, nil },
	},
	{
		name: "a continuation from elsewhere", found: anotherEnd,
		to: closesWith(enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW),
		after: func(_ any, err error) (any, error) {
			if continued, ok := errors.AsType[*workflow.ContinueAsNewError](err); ok {
				continued.Input = nil
			}
			return nil, err
		},
	},
}

// A workflow that was changed without a version gate is detected by each recorded history that the change concerns.
func TestReplayFindsChanges(t *testing.T) {
	t.Parallel()
	recorded := histories(t)
	for _, c := range changes {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			concerned := 0
			for name, h := range recorded {
				if !c.to(h) {
					continue
				}
				concerned++
				require.ErrorContains(t, replay(h, &c), c.found, name)
			}
			require.Positive(t, concerned, "no history has what this changes")
		})
	}
}

// Behind a version gate, the same change has no effect on running workflows.
func TestReplayAllowsGatedChanges(t *testing.T) {
	t.Parallel()
	gated := change{before: func(ctx workflow.Context) {
		if workflow.GetVersion(ctx, "audit", workflow.DefaultVersion, 1) >= 1 {
			scheduleActivity(ctx)
		}
	}}
	for name, h := range histories(t) {
		require.NoError(t, replay(h, &gated), name)
	}
}

// replay replays a history with the workflows as they are, or with a changed one, and compares how it ends, which the
// SDK does not do.
func replay(h *historypb.History, c *change) error {
	variant := &variant{change: c}
	replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{
		Interceptors: []interceptor.WorkerInterceptor{variant}, DisableDeadlockDetection: true, // The machine may be busy.
	})
	if err != nil {
		return err
	}
	workflows.Register(replayer)
	// The replayer modifies its input.
	err = replayer.ReplayWorkflowHistoryWithOptions(silence{}, proto.CloneOf(h), worker.ReplayWorkflowHistoryOptions{
		OriginalExecution: workflow.Execution{RunID: resetRun(h)},
	})
	if err != nil {
		return err
	}
	if err := sameEnd(lastEvent(h), variant.result, variant.err); err != nil {
		return fmt.Errorf("%s %s: %w", typeOf(h), anotherEnd, err)
	}
	return nil
}

// resetRun returns the ID of a run that a reset has created; empty for other runs. A workflow may ask for it, and the replayer
// does not find it.
func resetRun(h *historypb.History) string {
	for _, e := range h.GetEvents() {
		if id := e.GetWorkflowTaskFailedEventAttributes().GetNewRunId(); id != "" {
			return id
		}
	}
	return ""
}

// variant runs workflows with a change, and records how they end.
type variant struct {
	interceptor.WorkerInterceptorBase
	change *change
	result any
	err    error
}

// InterceptWorkflow implements [interceptor.WorkerInterceptor].
func (v *variant) InterceptWorkflow(
	_ workflow.Context, next interceptor.WorkflowInboundInterceptor,
) interceptor.WorkflowInboundInterceptor {
	run := &variantRun{variant: v}
	run.Next = next
	return run
}

type variantRun struct {
	interceptor.WorkflowInboundInterceptorBase
	*variant
}

// Init implements [interceptor.WorkflowInboundInterceptor].
func (r *variantRun) Init(outbound interceptor.WorkflowOutboundInterceptor) error {
	if r.change != nil && r.change.outbound != nil {
		outbound = r.change.outbound(interceptor.WorkflowOutboundInterceptorBase{Next: outbound})
	}
	return r.Next.Init(outbound)
}

// ExecuteWorkflow implements [interceptor.WorkflowInboundInterceptor].
func (r *variantRun) ExecuteWorkflow(ctx workflow.Context, input *interceptor.ExecuteWorkflowInput) (any, error) {
	if r.change != nil && r.change.before != nil {
		r.change.before(ctx)
	}
	result, err := r.Next.ExecuteWorkflow(ctx, input)
	if r.change != nil && r.change.after != nil {
		result, err = r.change.after(result, err)
	}
	r.result, r.err = result, err
	return result, err
}

// sameEnd compares how a workflow ends with how it ended. Fields that are new since then make no difference, nor does
// the message of a failure: programs depend on its kind.
func sameEnd(last *historypb.HistoryEvent, result any, err error) error {
	switch last.GetEventType() {
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED:
		if err != nil {
			return fmt.Errorf("completed, now fails: %w", err)
		}
		var results []any
		if result != nil {
			results = []any{result}
		}
		now, err := converter.GetDefaultDataConverter().ToPayloads(results...)
		if err != nil {
			return err
		}
		return samePayloads(last.GetWorkflowExecutionCompletedEventAttributes().GetResult(), now)
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED:
		want := last.GetWorkflowExecutionFailedEventAttributes().GetFailure().GetApplicationFailureInfo().GetType()
		if failure, ok := errors.AsType[*temporal.ApplicationError](err); !ok || failure.Type() != want {
			return fmt.Errorf("failed as %s, now: %w", want, err)
		}
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED:
		if !temporal.IsCanceledError(err) {
			return fmt.Errorf("was cancelled, now: %w", err)
		}
	case enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW:
		continued, ok := errors.AsType[*workflow.ContinueAsNewError](err)
		if !ok {
			return fmt.Errorf("was continued, now: %w", err)
		}
		return samePayloads(last.GetWorkflowExecutionContinuedAsNewEventAttributes().GetInput(), continued.Input)
	default:
		return fmt.Errorf("the history ends with %s", last.GetEventType())
	}
	return nil
}

func samePayloads(then, now *commonpb.Payloads) error {
	if len(then.GetPayloads()) != len(now.GetPayloads()) {
		return fmt.Errorf("had %d values, now %d", len(then.GetPayloads()), len(now.GetPayloads()))
	}
	for i, p := range then.GetPayloads() {
		var a, b any
		if err := errors.Join(
			json.Unmarshal(p.GetData(), &a), json.Unmarshal(now.GetPayloads()[i].GetData(), &b),
		); err != nil {
			return err
		}
		if !covers(b, a) {
			return fmt.Errorf("was %s, now %s", p.GetData(), now.GetPayloads()[i].GetData())
		}
	}
	return nil
}

// covers reports whether a JSON value contains everything that an older one does.
func covers(now, then any) bool {
	switch then := then.(type) {
	case map[string]any:
		now, ok := now.(map[string]any)
		for k, v := range then {
			ok = ok && covers(now[k], v)
		}
		return ok
	case []any:
		now, ok := now.([]any)
		ok = ok && len(now) == len(then)
		for i := range then {
			ok = ok && covers(now[i], then[i])
		}
		return ok
	default:
		return now == then
	}
}

// done returns a future that is ready at once and holds nothing.
func done(ctx workflow.Context) workflow.Future {
	future, settable := workflow.NewFuture(ctx)
	settable.Set(nil, nil)
	return future
}

// lessActivity omits the first activity.
type lessActivity struct {
	interceptor.WorkflowOutboundInterceptorBase
	left bool
}

// ExecuteActivity implements [interceptor.WorkflowOutboundInterceptor].
func (o *lessActivity) ExecuteActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	if !o.left {
		o.left = true
		return done(ctx)
	}
	return o.Next.ExecuteActivity(ctx, name, args...)
}

// otherOrder runs the first activity after the second one.
type otherOrder struct {
	interceptor.WorkflowOutboundInterceptorBase
	calls int
	first func() workflow.Future
}

// ExecuteActivity implements [interceptor.WorkflowOutboundInterceptor].
func (o *otherOrder) ExecuteActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	o.calls++
	if o.calls == 1 {
		o.first = func() workflow.Future { return o.Next.ExecuteActivity(ctx, name, args...) }
		return done(ctx)
	}
	second := o.Next.ExecuteActivity(ctx, name, args...)
	if o.calls == 2 {
		o.first()
	}
	return second
}

// otherName calls activities by another name.
type otherName struct {
	interceptor.WorkflowOutboundInterceptorBase
}

// ExecuteActivity implements [interceptor.WorkflowOutboundInterceptor].
func (o *otherName) ExecuteActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	return o.Next.ExecuteActivity(ctx, name+"V2", args...)
}

// noTimers starts no timers. Those of which a workflow is told never fire, because one that waits for a time in a loop would
// otherwise never yield.
type noTimers struct {
	interceptor.WorkflowOutboundInterceptorBase
}

// Sleep implements [interceptor.WorkflowOutboundInterceptor].
func (o *noTimers) Sleep(workflow.Context, time.Duration) error { return nil }

// NewTimer implements [interceptor.WorkflowOutboundInterceptor].
func (o *noTimers) NewTimer(ctx workflow.Context, _ time.Duration) workflow.Future {
	never, _ := workflow.NewFuture(ctx)
	return never
}

// NewTimerWithOptions implements [interceptor.WorkflowOutboundInterceptor].
func (o *noTimers) NewTimerWithOptions(
	ctx workflow.Context, d time.Duration, _ workflow.TimerOptions,
) workflow.Future {
	return o.NewTimer(ctx, d)
}

// otherChild starts children of another type, or under another ID.
type otherChild struct {
	interceptor.WorkflowOutboundInterceptorBase
	name string
}

// ExecuteChildWorkflow implements [interceptor.WorkflowOutboundInterceptor].
func (o *otherChild) ExecuteChildWorkflow(ctx workflow.Context, name string, args ...any) workflow.ChildWorkflowFuture {
	if o.name != "" {
		return o.Next.ExecuteChildWorkflow(ctx, o.name, args...)
	}
	options := workflow.GetChildWorkflowOptions(ctx)
	options.WorkflowID += "-2"
	return o.Next.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, options), name, args...)
}
