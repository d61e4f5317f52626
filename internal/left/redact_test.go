package left_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/executions/historytest"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/left"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/recovery"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/workflows"
)

// run is a run of an order's workflow that began some seconds after noon.
type run struct {
	id     string
	began  int
	record bool
}

func (r run) info(workflowID string) *workflowpb.WorkflowExecutionInfo {
	info := &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{WorkflowId: workflowID, RunId: r.id},
		Type:      &commonpb.WorkflowType{Name: workflows.GiftCardOrderType},
		StartTime: timestamppb.New(time.Date(2026, 7, 10, 12, 0, r.began, 0, time.UTC)),
		Status:    enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED,
	}
	if r.record {
		memo, err := converter.GetDefaultDataConverter().ToPayload(workflows.OrderMemo{Reason: giftcard.Redacted})
		if err != nil {
			panic(err)
		}
		info.Type.Name = workflows.LeftOrderType
		info.Memo = &commonpb.Memo{Fields: map[string]*commonpb.Payload{workflows.OrderMemoKey: memo}}
	}
	return info
}

// shared is a Temporal in which somebody else redacts the same order.
type shared struct {
	client.Client
	// newest are the newest runs that this redaction is told, one after another, and listed is what it finds in the list.
	newest, listed []run
	// busy says that the other record is being made when this one is to be.
	busy     bool
	recorded []activities.LeftOrder
	removed  []string
	// resent are runs by which cards were sent once more, by workflow ID. refuses is the error of removing a run, by run ID.
	resent  map[string][]string
	refuses map[string]error
}

// sharedService is its lower-level interface.
type sharedService struct {
	workflowservice.WorkflowServiceClient
	shared *shared
}

func (s *shared) WorkflowService() workflowservice.WorkflowServiceClient {
	return sharedService{shared: s}
}

func (s *shared) DescribeWorkflowExecution(
	_ context.Context, workflowID, _ string,
) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	if workflowID == workflows.RerunOrdersID {
		return nil, serviceerror.NewNotFound("no re-run")
	}
	now := s.newest[0]
	s.newest = s.newest[1:]
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: now.info(workflowID)}, nil
}

func (s *shared) ListWorkflow(
	_ context.Context, in *workflowservice.ListWorkflowExecutionsRequest,
) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	out := &workflowservice.ListWorkflowExecutionsResponse{}
	if workflowID, ok := strings.CutPrefix(in.GetQuery(), "WorkflowId = "); ok && len(s.recorded) > 0 {
		for _, r := range s.listed {
			out.Executions = append(out.Executions, r.info(strings.Trim(workflowID, "'")))
		}
	}
	if prefix, ok := strings.CutPrefix(in.GetQuery(), "WorkflowId STARTS_WITH "); ok {
		for _, id := range slices.Sorted(maps.Keys(s.resent)) {
			for _, runID := range s.resent[id] {
				if strings.HasPrefix(id, strings.Trim(prefix, "'")) {
					out.Executions = append(out.Executions, run{id: runID}.info(id))
				}
			}
		}
	}
	return out, nil
}

func (*shared) GetWorkflowHistory(
	context.Context, string, string, bool, enumspb.HistoryEventFilterType,
) client.HistoryEventIterator {
	return &historytest.Events{}
}

func (s *shared) ExecuteWorkflow(
	_ context.Context, _ client.StartWorkflowOptions, _ any, args ...any,
) (client.WorkflowRun, error) {
	if s.busy {
		return nil, serviceerror.NewWorkflowExecutionAlreadyStarted("it runs", "", "theirs")
	}
	s.recorded = append(s.recorded, args[0].(activities.LeftOrder))
	return nil, nil
}

func (sharedService) DescribeSchedule(
	context.Context, *workflowservice.DescribeScheduleRequest, ...grpc.CallOption,
) (*workflowservice.DescribeScheduleResponse, error) {
	return nil, serviceerror.NewNotFound("no schedule")
}

func (s sharedService) DeleteWorkflowExecution(
	_ context.Context, in *workflowservice.DeleteWorkflowExecutionRequest, _ ...grpc.CallOption,
) (*workflowservice.DeleteWorkflowExecutionResponse, error) {
	if err := s.shared.refuses[in.GetWorkflowExecution().GetRunId()]; err != nil {
		return nil, err
	}
	s.shared.removed = append(s.shared.removed, in.GetWorkflowExecution().GetRunId())
	return &workflowservice.DeleteWorkflowExecutionResponse{}, nil
}

// Of two people who redact an order at the same moment, neither removes the newest record, which claims the order's number:
// each removes only what is older than a record that it has seen.
func TestRedactWithAnotherPerson(t *testing.T) {
	t.Parallel()
	issued, mine, theirs := run{id: "issued", began: 1}, run{id: "mine", began: 3, record: true}, run{id: "theirs", record: true}
	earlier, later := theirs, theirs
	earlier.began, later.began = 2, 4
	for name, tt := range map[string]struct {
		newest, removed []string
		runs            []run
		busy            bool
		refused         string
	}{
		"alone": {newest: []string{"issued", "mine"}, runs: []run{issued, mine}, removed: []string{"issued"}},
		"theirs is newer, and mine was the newest when it was read": {
			newest: []string{"issued", "mine"}, runs: []run{issued, mine, later}, removed: []string{"issued"},
		},
		"theirs is newer": {
			newest: []string{"issued", "theirs"}, runs: []run{issued, mine, later}, removed: []string{"issued", "mine"},
		},
		"theirs is earlier": {
			newest: []string{"issued", "mine"}, runs: []run{issued, earlier, mine}, removed: []string{"issued", "theirs"},
		},
		"theirs is being recorded": {newest: []string{"issued"}, runs: []run{issued, later}, busy: true, refused: "was started meanwhile"},
		"somebody has run it again": {
			newest: []string{"issued", "again"}, runs: []run{issued, mine, {id: "again", began: 5}}, refused: "was started meanwhile",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &shared{listed: tt.runs, busy: tt.busy}
			for _, id := range tt.newest {
				for _, r := range tt.runs {
					if r.id == id {
						c.newest = append(c.newest, r)
					}
				}
			}
			o := left.New(recovery.New(orders.New(settings.New(&executions.Reader{
				Client: c, Converter: converter.GetDefaultDataConverter(),
			}, settings.Configured{}))))
			n, err := o.Redact(t.Context(), workflows.GiftCardOrderID("shop", "5001"), "Ann")
			require.ElementsMatch(t, tt.removed, c.removed)
			require.Equal(t, len(tt.removed), n)
			if tt.refused != "" {
				require.ErrorContains(t, err, tt.refused)
				return
			}
			require.NoError(t, err)
			require.Len(t, c.recorded, 1)
		})
	}
}

// The records of cards that were sent once more may hold an address: those of the redacted order are removed, and of no other.
func TestRedactRemovesRecordsOfResentCards(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		refuses map[string]error
		removed []string
		n       int
		failed  string
	}{
		"all": {removed: []string{"issued", "first", "again", "second"}, n: 4},
		"one is gone already": {
			refuses: map[string]error{"again": serviceerror.NewNotFound("no such run")},
			removed: []string{"issued", "first", "second"}, n: 4,
		},
		"one cannot be removed": {
			refuses: map[string]error{"again": errors.New("frontend is away")}, removed: []string{"issued", "first"}, n: 2,
			failed: "frontend is away",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			order := run{id: "issued", began: 1}
			record := run{id: "mine", began: 3, record: true}
			c := &shared{
				newest: []run{order, record}, listed: []run{order, record}, refuses: tt.refuses,
				resent: map[string][]string{
					workflows.ResendCardID("shop", "5001", 1):  {"first", "again"},
					workflows.ResendCardID("shop", "5001", 12): {"second"},
					workflows.ResendCardID("shop", "50011", 1): {"of another order"},
					workflows.ResendCardID("shop2", "5001", 1): {"of another shop"},
				},
			}
			o := left.New(recovery.New(orders.New(settings.New(&executions.Reader{
				Client: c, Converter: converter.GetDefaultDataConverter(),
			}, settings.Configured{}))))
			n, err := o.Redact(t.Context(), workflows.GiftCardOrderID("shop", "5001"), "Ann")
			require.Equal(t, tt.removed, c.removed)
			require.Equal(t, tt.n, n)
			if tt.failed != "" {
				require.ErrorContains(t, err, tt.failed)
				require.ErrorContains(t, err, workflows.ResendCardID("shop", "5001", 1))
				return
			}
			require.NoError(t, err)
		})
	}
}
