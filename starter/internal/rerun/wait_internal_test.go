package rerun

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/workflows"
)

// Each order is told once, as it ends, and the exit code says whether all cards are issued.
func TestWaiting(t *testing.T) {
	t.Parallel()
	declined := &executions.Failure{Kind: "CardDeclined", Message: "refused\x1b[2J"}
	const running, issued, failed = executions.Running, executions.Completed, executions.Failed
	for name, tt := range map[string]struct {
		// states are those of two orders at each look. An order without states keeps its former run.
		states  [2][]executions.State
		timeout time.Duration
		out     string
		err     string
	}{
		"all are issued": {
			states: [2][]executions.State{{running, running, issued}, {running, issued}}, timeout: time.Hour,
			out: "order #1002: issued\norder #1001: issued\n2 issued\n",
		},
		"one fails again": {
			states: [2][]executions.State{{issued}, {running, failed}}, timeout: time.Hour,
			out: "order #1001: issued\norder #1002: failed again, CardDeclined: refused [2J\n1 failed again, 1 issued\n",
			err: "1 order failed again",
		},
		"one was left alone": {
			states: [2][]executions.State{{executions.Canceled}, nil}, timeout: time.Hour,
			out: "order #1001: failed again, CardDeclined: refused [2J\n1 failed again\n", err: "1 order failed again",
		},
		"a person settles one": {
			states: [2][]executions.State{{running, executions.Settled}, {issued}}, timeout: time.Hour,
			out: "order #1002: issued\norder #1001: settled\n1 issued, 1 settled\n",
		},
		"time is up": {
			states: [2][]executions.State{{issued}, {running}}, timeout: time.Nanosecond,
			out: "order #1001: still running\norder #1002: still running\n2 still running\n",
			err: "2 orders still running after 0 seconds",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id := map[string]int{"one": 0, "two": 1}
			p := plan{RunAgain: []executions.Order{
				{Name: "#1001", ID: "1", WorkflowID: "one", RunID: "old"}, {Name: "#1002", ID: "2", WorkflowID: "two", RunID: "old"},
			}}
			for _, asJSON := range []bool{false, true} {
				looks := [2]int{}
				ticks := make(chan time.Time)
				close(ticks)
				var out, errs bytes.Buffer
				w := waiting{flags: &cli.Flags{JSON: asJSON}, out: &out, err: &errs, timeout: tt.timeout, ticks: ticks}
				w.look = func(ctx context.Context, workflowID string) (executions.Order, error) {
					if tt.timeout == time.Nanosecond {
						<-ctx.Done()
						return executions.Order{}, ctx.Err()
					}
					i := id[workflowID]
					o := p.RunAgain[i]
					if states := tt.states[i]; len(states) > 0 {
						o.RunID, o.State = "new", states[min(looks[i], len(states)-1)]
					}
					if o.State == failed || o.State == executions.Canceled {
						o.Failure = declined
					}
					looks[i]++
					return o, nil
				}
				err := w.run(t.Context(), p, workflows.RerunOrdersResult{Rerun: 2})
				if tt.err == "" {
					require.NoError(t, err)
				} else {
					require.EqualError(t, err, tt.err)
				}
				if !asJSON {
					require.Equal(t, "run again   2\nleft alone  0\n"+tt.out, out.String())
					continue
				}
				var got struct {
					Rerun    int       `json:"rerun"`
					Outcomes []outcome `json:"outcomes"`
				}
				require.NoError(t, json.Unmarshal(out.Bytes(), &got), out.String())
				require.Equal(t, 2, got.Rerun)
				require.NotEmpty(t, got.Outcomes)
			}
		})
	}
}

// Whoever stops waiting is told that the orders run on.
func TestWaitingEnds(t *testing.T) {
	t.Parallel()
	p := plan{RunAgain: []executions.Order{{Name: "#1001", WorkflowID: "one", RunID: "old"}}}
	lost := errors.New("no answer")
	for name, interrupted := range map[string]bool{"Ctrl-C": true, "no answer": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, interrupt := context.WithCancel(t.Context())
			defer interrupt()
			var out, errs bytes.Buffer
			w := waiting{flags: &cli.Flags{}, out: &out, err: &errs, timeout: time.Hour}
			w.look = func(context.Context, string) (executions.Order, error) {
				if interrupted {
					interrupt()
					return executions.Order{RunID: "new", State: executions.Running}, nil
				}
				return executions.Order{}, lost
			}
			want := lost
			if interrupted {
				want = context.Canceled
			}
			require.ErrorIs(t, w.run(ctx, p, workflows.RerunOrdersResult{Rerun: 1}), want)
			require.Contains(t, errs.String(), "the orders go on running: giftbridge orders list")
		})
	}
}
