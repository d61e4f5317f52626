package left

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/grpc"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/executions/historytest"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/recovery"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/workflows"
)

// failedInput returns the input of an order of three cards of one line.
func failedInput() workflows.GiftCardOrderInput {
	r, _ := releaseOf(3)
	r.Order.Lines[0].Recipient = giftcard.Recipient{Email: "a@example.com", SendOn: "2026-12-24"}
	return workflows.GiftCardOrderInput{
		Order: r.Order, HoldUnderpaid: true, Merchant: &activities.LookUpMerchantResult{MerchantCode: "TWS"},
	}
}

func unitsOf(t *testing.T, in workflows.GiftCardOrderInput) []giftcard.Unit {
	t.Helper()
	units, err := in.Units()
	require.NoError(t, err)
	return units
}

// A correction concerns cards that no attempt can have made. Without a choice, these are all that do not exist.
func TestFixChooses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		units           []int
		issued, inDoubt []int
		want            []int
		existing        int
		expired         bool
		refused         string
	}{
		"all":                          {want: []int{1, 2, 3}},
		"one":                          {units: []int{2}, want: []int{2}},
		"all that do not exist":        {issued: []int{1}, want: []int{2, 3}, existing: 1},
		"one beside others":            {units: []int{3}, issued: []int{1}, inDoubt: []int{2}, want: []int{3}, existing: 1},
		"one that exists":              {units: []int{1, 2}, issued: []int{1}, refused: "card 1 of order #1001 exists"},
		"all exist":                    {issued: []int{1, 2, 3}, refused: "all cards of order #1001 exist"},
		"one that may exist":           {units: []int{2}, inDoubt: []int{2}, refused: "card 2 of order #1001 may exist"},
		"all, and one may exist":       {inDoubt: []int{3}, refused: "card 3 of order #1001 may exist"},
		"a run is no longer on record": {expired: true, refused: "is no longer on record, so its cards may exist"},
		"one that is not in the order": {units: []int{4}, refused: "order #1001 has no card 4 to issue"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := recovery.Requested{Issued: map[string]bool{}, InDoubt: map[string]bool{}, Expired: tt.expired}
			for _, audit := range cardsOf(tt.issued...) {
				asked.Issued[audit] = true
			}
			for _, audit := range cardsOf(tt.inDoubt...) {
				asked.InDoubt[audit] = true
			}
			f := &Fix{Name: "#1001"}
			audits, err := f.choose(unitsOf(t, failedInput()), tt.units, asked)
			if tt.refused != "" {
				require.ErrorContains(t, err, tt.refused)
				return
			}
			require.NoError(t, err)
			require.Equal(t, cardsOf(tt.want...), audits)
			require.Equal(t, tt.want, f.Cards)
			require.Equal(t, tt.existing, f.Existing)
		})
	}
}

// Only an order that has failed is corrected, and none of which a card has to be looked for first.
func TestFixable(t *testing.T) {
	t.Parallel()
	failedAs := func(kinds ...giftcard.Kind) *orders.OrderDetails {
		d := &orders.OrderDetails{
			Order: executions.Order{Name: "#1001", State: executions.Failed}, Units: &workflows.OrderFailure{},
		}
		for i, kind := range kinds {
			d.Units.Failed = append(d.Units.Failed, workflows.UnitFailure{Unit: i + 1, AuditNumber: "A-1", Kind: kind})
		}
		return d
	}
	in := func(state executions.State) *orders.OrderDetails {
		d := &orders.OrderDetails{Order: executions.Order{Name: "#1001", State: state}}
		if state == executions.Left || state == executions.Settled {
			d.Left = &activities.LeftOrder{}
		}
		return d
	}
	for name, tt := range map[string]struct {
		order   *orders.OrderDetails
		refused string
	}{
		"failed":               {failedAs(giftcard.InvalidRequest, giftcard.Timeout), ""},
		"failed as a whole":    {in(executions.Failed), ""},
		"cancelled":            {in(executions.Canceled), ""},
		"running":              {in(executions.Running), "is being issued"},
		"completed":            {in(executions.Completed), "already has its cards"},
		"left to people":       {in(executions.Left), "is left to people"},
		"settled":              {in(executions.Settled), "is left to people"},
		"another in doubt":     {failedAs(giftcard.InvalidRequest, giftcard.OutcomeUnknown), "card 2 of order #1001 may exist: first settle"},
		"another not as asked": {failedAs(giftcard.UnexpectedResponse), "card 1 of order #1001 may exist: look up audit number A-1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := fixable(tt.order)
			if tt.refused == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.refused)
		})
	}
}

// The run of a corrected order has the settings and the audit numbers of the run that failed. It follows that run, and
// keeps earlier corrections and decisions.
func TestFixKeepsTheOrder(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)
	failed := failedInput()
	failed.AdditionalContent = "the text"
	f := &Fix{runID: "failed", settings: failed, fix: workflows.Fix{AuditNumbers: cardsOf(2), Email: "b@example.com"}}
	in, err := f.input("Ann", "ticket 4711", at)
	require.NoError(t, err)
	require.Equal(t, workflows.GiftCardOrderInput{
		Order: failed.Order, HoldUnderpaid: true, AdditionalContent: "the text",
		Release: &workflows.Release{RunID: "failed", AuditNumbers: cardsOf(1, 2, 3), By: "Ann", Reason: "ticket 4711", Hold: true},
		Fixes: []workflows.Fix{{
			AuditNumbers: cardsOf(2), Email: "b@example.com", By: "Ann", At: at, Note: "ticket 4711",
		}},
	}, in)
	require.NotNil(t, failed.Merchant)

	released := in
	released.Release = &workflows.Release{RunID: "left", AuditNumbers: cardsOf(2, 3), By: "Ben"}
	again := &Fix{runID: "second", settings: released, fix: workflows.Fix{AuditNumbers: cardsOf(3), SendOn: workflows.SendNow}}
	next, err := again.input("Cat", "", at)
	require.NoError(t, err)
	require.Equal(t, &workflows.Release{RunID: "second", AuditNumbers: cardsOf(2, 3), By: "Cat"}, next.Release,
		"the cards that were released, whatever was paid")
	require.Len(t, next.Fixes, 2)
	require.Len(t, released.Fixes, 1)
	require.Len(t, unitsOf(t, next), 2)
	value, err := giftcard.ValueOf(unitsOf(t, next))
	require.NoError(t, err)
	require.Equal(t, "50.00", value.Amount())
}

// A correction changes something, and its day of delivery lies ahead, in the buyer's time zone. No error has an address.
func TestFixIsValid(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		fix     workflows.Fix
		refused string
	}{
		"another address":  {workflows.Fix{Email: "b@example.com"}, ""},
		"the same address": {workflows.Fix{Email: "a@example.com"}, "nothing would change"},
		"the same day":     {workflows.Fix{SendOn: "2026-12-24"}, "nothing would change"},
		"tomorrow":         {workflows.Fix{SendOn: "2026-07-11"}, ""},
		"at once":          {workflows.Fix{SendOn: workflows.SendNow}, ""},
		"today":            {workflows.Fix{SendOn: "2026-07-10"}, "2026-07-10 is not in the future; use now instead"},
		"in years":         {workflows.Fix{SendOn: "2062-07-10"}, "more than a year in the future"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := failedInput()
			tt.fix.AuditNumbers = cardsOf(1)
			err := (&Fix{Name: "#1001", settings: in, fix: tt.fix}).valid(unitsOf(t, in), now)
			if tt.refused == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.refused)
			require.NotContains(t, err.Error(), "@")
		})
	}
}

// corrected is a fake of Temporal in which an order has a newest run. The same request for a run is carried out once: if
// theirs is set, somebody has made it before.
type corrected struct {
	client.Client

	newest  string
	theirs  *workflows.GiftCardOrderInput
	started []*workflowservice.StartWorkflowExecutionRequest
}

// service is its lower-level interface.
type service struct {
	workflowservice.WorkflowServiceClient
	corrected *corrected
}

func (c *corrected) WorkflowService() workflowservice.WorkflowServiceClient {
	return service{corrected: c}
}

func (service) DescribeSchedule(
	context.Context, *workflowservice.DescribeScheduleRequest, ...grpc.CallOption,
) (*workflowservice.DescribeScheduleResponse, error) {
	return nil, serviceerror.NewNotFound("no schedule")
}

func (c *corrected) ListWorkflow(
	context.Context, *workflowservice.ListWorkflowExecutionsRequest,
) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	return &workflowservice.ListWorkflowExecutionsResponse{}, nil
}

func (c *corrected) DescribeWorkflowExecution(
	_ context.Context, workflowID, _ string,
) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	if workflowID == workflows.RerunOrdersID {
		return nil, serviceerror.NewNotFound("no re-run")
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{
		Execution: &commonpb.WorkflowExecution{RunId: c.newest},
	}}, nil
}

func (c service) StartWorkflowExecution(
	_ context.Context, in *workflowservice.StartWorkflowExecutionRequest, _ ...grpc.CallOption,
) (*workflowservice.StartWorkflowExecutionResponse, error) {
	c.corrected.started = append(c.corrected.started, in)
	return &workflowservice.StartWorkflowExecutionResponse{RunId: "fixed"}, nil
}

func (c *corrected) GetWorkflowHistory(
	context.Context, string, string, bool, enumspb.HistoryEventFilterType,
) client.HistoryEventIterator {
	input := c.started[0].GetInput()
	if c.theirs != nil {
		input, _ = converter.GetDefaultDataConverter().ToPayloads(*c.theirs)
	}
	return &historytest.Events{{Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{
		WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{Input: input},
	}}}
}

// Of two people who correct the same failed run, one learns that the other was first, and nothing is issued twice.
func TestFixOfAnotherPerson(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		newest  string
		theirs  *workflows.GiftCardOrderInput
		started int
		refused bool
	}{
		"alone":                   {newest: "failed", started: 1},
		"it was run again":        {newest: "another", refused: true},
		"at the same moment":      {newest: "failed", theirs: &workflows.GiftCardOrderInput{Fixes: []workflows.Fix{{By: "Ben"}}}, started: 1, refused: true},
		"by a release of its own": {newest: "failed", theirs: &workflows.GiftCardOrderInput{}, started: 1, refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &corrected{newest: tt.newest, theirs: tt.theirs}
			o := New(recovery.New(orders.New(settings.New(&executions.Reader{
				Client: c, Converter: converter.GetDefaultDataConverter(),
			}, settings.Configured{}))))
			in := failedInput()
			_, err := o.Fix(t.Context(), &Fix{
				Name: "#1001", runID: "failed", workflowID: workflows.GiftCardOrderID("shop", "5001"), settings: in,
				fix: workflows.Fix{AuditNumbers: cardsOf(1), Email: "b@example.com"},
			}, "Ann", "")
			require.Len(t, c.started, tt.started)
			if tt.refused {
				require.ErrorContains(t, err, "was run again or corrected by somebody else meanwhile")
				return
			}
			require.NoError(t, err)
			require.Equal(t, "fix/failed", c.started[0].GetRequestId(), "one request for one run, whoever makes it")
			require.Equal(t, enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL, c.started[0].GetWorkflowIdConflictPolicy())
		})
	}
}
