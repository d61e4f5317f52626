package survey

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	namespacepb "go.temporal.io/api/namespace/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/installation"
	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/workflows"
)

// run is a run in visibility, with times in hours.
type run struct {
	id              string
	failed          bool
	started, closed int
	// changed is set for the change of an order.
	changed bool
}

// lists is a Temporal whose visibility holds runs. It counts the calls.
type lists struct {
	client.Client

	runs []run
	made []run
	// asked are the redemptions of the only card of which one is or was unknown; nil if there is no such card.
	asked []*workflows.Redemption
	long  int
	err   error
	calls *int
}

var epoch = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func hour(n int) time.Time { return epoch.Add(time.Duration(n) * time.Hour) }

// matching returns the runs that match a query of a survey.
func (l lists) matching(query string) []run {
	if strings.Contains(query, "'SpendCard'") {
		if l.asked == nil || !strings.Contains(query, "TemporalChangeVersion = 'unknown-redemption-1'") {
			return nil
		}
		return []run{{id: "card/acme/1"}}
	}
	if strings.Contains(query, "'DeferredCard'") {
		return slices.DeleteFunc(slices.Clone(l.made), func(r run) bool {
			switch {
			case strings.Contains(query, "TemporalChangeVersion = 'suspicious-callback-1'"):
				return !r.failed
			case strings.Contains(query, "StartTime < "):
				_, at, _ := strings.Cut(query, "StartTime < '")
				before, err := time.Parse(time.RFC3339, at[:20])
				return err != nil || !hour(r.started).Before(before) || r.closed > 0
			}
			return r.closed > 0
		})
	}
	failed := strings.Contains(query, executions.Statuses[executions.Failed])
	return slices.DeleteFunc(slices.Clone(l.runs), func(r run) bool {
		named := !strings.Contains(query, "WorkflowId IN") || strings.Contains(query, "'"+r.id+"'")
		other := strings.Contains(query, "WorkflowType") && r.changed != strings.Contains(query, "'ChangedOrder'")
		return r.failed != failed || !named || other
	})
}

func (l lists) CountWorkflow(
	_ context.Context, in *workflowservice.CountWorkflowExecutionsRequest,
) (*workflowservice.CountWorkflowExecutionsResponse, error) {
	*l.calls++
	n := len(l.matching(in.GetQuery()))
	if strings.Contains(in.GetQuery(), "StartTime < '2026-11-05T03:45:00Z'") {
		n = l.long
	}
	return &workflowservice.CountWorkflowExecutionsResponse{Count: int64(n)}, l.err
}

func (l lists) ListWorkflow(
	_ context.Context, in *workflowservice.ListWorkflowExecutionsRequest,
) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	*l.calls++
	out := &workflowservice.ListWorkflowExecutionsResponse{}
	for _, r := range l.matching(in.GetQuery()) {
		out.Executions = append(out.Executions, &workflowpb.WorkflowExecutionInfo{
			Execution: &commonpb.WorkflowExecution{WorkflowId: r.id},
			StartTime: timestamppb.New(hour(r.started)), CloseTime: timestamppb.New(hour(r.closed)),
		})
	}
	return out, l.err
}

func (l lists) QueryWorkflow(
	_ context.Context, id, _, query string, _ ...any,
) (converter.EncodedValue, error) {
	if id != "card/acme/1" || query != workflows.RedemptionsQuery {
		return nil, errors.New("no worker")
	}
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(l.asked)
	return client.NewValue(payloads), err
}

func (l lists) WorkflowService() workflowservice.WorkflowServiceClient { return retaining{} }

// retaining keeps closed workflows for 120 hours.
type retaining struct {
	workflowservice.WorkflowServiceClient
}

func (retaining) DescribeNamespace(
	context.Context, *workflowservice.DescribeNamespaceRequest, ...grpc.CallOption,
) (*workflowservice.DescribeNamespaceResponse, error) {
	return &workflowservice.DescribeNamespaceResponse{Config: &namespacepb.NamespaceConfig{
		WorkflowExecutionRetentionTtl: durationpb.New(120 * time.Hour),
	}}, nil
}

// spent is a redemption that reached a state in an hour.
func spent(s redemption.State, settled int) *workflows.Redemption {
	return &workflows.Redemption{Redemption: redemption.Redemption{State: s, SettledAt: hour(settled)}}
}

// A survey counts an order once, by its newest run.
func TestTake(t *testing.T) {
	t.Parallel()
	denied := spent(redemption.Succeeded, 60)
	denied.Contradicted = true
	many := make([]run, maxSurveyed+5)
	for i := range many {
		many[i] = run{fmt.Sprint("o", i), true, 90, 91, false}
	}
	for name, tt := range map[string]struct {
		runs  []run
		made  []run
		asked []*workflows.Redemption
		want  Counts
		calls int
	}{
		"nothing failed": {runs: []run{{"a", false, 1, 2, false}}, calls: 6},
		"failed":         {runs: []run{{"a", true, 50, 51, false}}, want: Counts{Failed: 1, OldestFailed: hour(51)}, calls: 8},
		"failed, run again, failed": {
			runs: []run{{"a", true, 60, 61, false}, {"a", true, 50, 51, false}, {"b", true, 55, 56, false}},
			want: Counts{Failed: 2, OldestFailed: hour(51)}, calls: 8,
		},
		"failed, run again with success": {
			runs: []run{{"a", true, 50, 51, false}, {"a", false, 60, 61, false}, {"b", true, 70, 71, false}},
			want: Counts{Failed: 1, OldestFailed: hour(71)}, calls: 8,
		},
		"succeeded, run again, failed": {
			runs: []run{{"a", false, 50, 51, false}, {"a", true, 60, 61, false}},
			want: Counts{Failed: 1, OldestFailed: hour(61)}, calls: 8,
		},
		// The retention is 120 hours, of which the last twelve count. It is hour 100.
		"about to expire": {
			runs: []run{{"a", true, 1, -9, false}, {"b", true, 1, -7, false}, {"c", true, -60, -50, false}, {"c", true, 70, 80, false}},
			want: Counts{Failed: 3, OldestFailed: hour(-50), Expiring: 1}, calls: 8,
		},
		"changes failed, one run again with success": {
			runs: []run{{"x", true, 50, 51, true}, {"y", true, 50, 51, true}, {"x", false, 60, 61, true}},
			want: Counts{FailedChanges: 1}, calls: 8,
		},
		"cards that wait for their issuer": {
			made: []run{{"x", false, 99, 0, false}, {"y", true, 90, 0, false}, {"z", true, 50, 51, false}},
			want: Counts{Making: 2, MakingLong: 1, OldestMaking: hour(90), Suspicious: 2}, calls: 19,
		},
		"redemptions": {
			asked: []*workflows.Redemption{
				spent(redemption.Succeeded, 60), spent(redemption.Unknown, 70), spent(redemption.Unknown, 65), denied,
			},
			want: Counts{UnknownRedemptions: 2, OldestUnknown: hour(65), Contradicted: 1}, calls: 6,
		},
		"too many to look at": {
			runs: many, want: Counts{Failed: maxSurveyed + 5, OldestFailed: hour(91)}, calls: 7 + maxSurveyed/maxAsked,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calls := 0
			r := &executions.Reader{Client: lists{runs: tt.runs, made: tt.made, asked: tt.asked, long: 7, calls: &calls}}
			o := installation.New(settings.New(r, settings.Configured{}))
			got, err := Take(t.Context(), o, hour(100))
			require.NoError(t, err)
			tt.want.RunningLong = 7
			require.Equal(t, tt.want, got)
			require.Equal(t, tt.calls, calls)

			r.Client = lists{runs: tt.runs, err: errors.New("away"), calls: &calls}
			_, err = Take(t.Context(), o, hour(100))
			require.ErrorContains(t, err, "away")
		})
	}
}
