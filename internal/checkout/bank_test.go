package checkout_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	querypb "go.temporal.io/api/query/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/giftbridge/giftbridge/internal/checkout"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/workflows"
)

const (
	code  = "2900000000016"
	guess = "2900000000023"
)

// bank is an issuer with one card, and a Temporal that keeps claims and the redemptions of that card.
type bank struct {
	client.Client
	issuer.Spender
	issuer.Deferred

	mu sync.Mutex
	// card is what the issuer shows, away its error, and looks counts the questions.
	card     issuer.Standing
	away     error
	looks    int
	reverses bool

	claims map[string]*commonpb.Memo
	// claimedAt is when the claims were made.
	claimedAt time.Time
	// kept are the redemptions of the card; nil if its workflow was never started. ended says that it has ended.
	kept  map[string]*workflows.Redemption
	ended bool
	// settle is what becomes of a redemption when it is looked at; nil leaves it as it is.
	settle func(*workflows.Redemption)
	// claiming, asking and looking are called before Temporal does what it is asked for.
	claiming, asking, looking func(ctx context.Context) error

	spends   []workflows.SpendUpdateInput
	reverted []workflows.ReverseUpdateInput
	updates  []string
}

func newBank() *bank {
	fifty := giftcard.Money{Hundredths: 5000, Currency: "EUR"}
	nothing := func(context.Context) error { return nil }
	return &bank{
		card:   issuer.Standing{Known: true, Active: true, Value: fifty, Original: fifty, InParts: true},
		claims: map[string]*commonpb.Memo{}, claimedAt: time.Now(), settle: succeed, reverses: true,
		claiming: nothing, asking: nothing, looking: nothing,
	}
}

func succeed(r *workflows.Redemption) {
	if r.State == redemption.Accepted {
		r.State, r.Taken = redemption.Succeeded, r.Amount
	} else if r.Reversal != nil && r.Reversal.State == redemption.Accepted {
		r.State, r.Reversal.State = redemption.Reversed, redemption.Succeeded
	}
}

// desk returns a desk whose issuer spends cards.
func (b *bank) desk() *checkout.Desk { return b.deskOf(issuer.Abilities{Spender: spender{b}}) }

func (b *bank) deskOf(by issuer.Abilities) *checkout.Desk {
	return &checkout.Desk{
		Client: b, Converter: converter.GetDefaultDataConverter(), IDKey: []byte("id"), Now: time.Now,
		Issuers: map[string]issuer.Abilities{"acme": by, "atonce": {}},
	}
}

// spender and maker are the bank as an issuer whose cards are spent, and as one that only makes cards.
type (
	spender struct{ *bank }
	maker   struct{ *bank }
)

func (s spender) Look(ctx context.Context, c issuer.Code) (issuer.Standing, error) {
	return s.see(ctx, c)
}

func (m maker) Look(ctx context.Context, c issuer.Code) (issuer.Standing, error) {
	return m.see(ctx, c)
}
func (s spender) Answer(issuer.Step, []byte) (issuer.Answer, error) { return issuer.Answer{}, nil }
func (m maker) Answer(issuer.Step, []byte) (issuer.Answer, error)   { return issuer.Answer{}, nil }
func (s spender) Reverses() bool                                    { return s.reverses }

func (b *bank) see(_ context.Context, c issuer.Code) (issuer.Standing, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.looks++
	if c != code || b.away != nil {
		return issuer.Standing{}, b.away
	}
	return b.card, nil
}

func (b *bank) DescribeWorkflowExecution(
	ctx context.Context, id, _ string,
) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	if err := b.claiming(ctx); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	memo := b.claims[id]
	if memo == nil {
		return nil, serviceerror.NewNotFound("no such workflow")
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{
		WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{Memo: memo, StartTime: timestamppb.New(b.claimedAt)},
	}, nil
}

func (b *bank) ExecuteWorkflow(
	_ context.Context, o client.StartWorkflowOptions, _ any, _ ...any,
) (client.WorkflowRun, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if o.WorkflowIDReusePolicy != enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE {
		return nil, errors.New("a key could be claimed twice")
	}
	if b.claims[o.ID] != nil {
		return nil, serviceerror.NewWorkflowExecutionAlreadyStarted("claimed", "", "")
	}
	payload, err := converter.GetDefaultDataConverter().ToPayload(o.Memo[workflows.RedemptionMemoKey])
	if err != nil {
		return nil, err
	}
	b.claims[o.ID] = &commonpb.Memo{Fields: map[string]*commonpb.Payload{workflows.RedemptionMemoKey: payload}}
	return nil, nil
}

func (*bank) NewWithStartWorkflowOperation(
	client.StartWorkflowOptions, any, ...any,
) client.WithStartWorkflowOperation {
	return nil
}

func (b *bank) UpdateWithStartWorkflow(
	ctx context.Context, o client.UpdateWithStartWorkflowOptions,
) (client.WorkflowUpdateHandle, error) {
	if err := b.asking(ctx); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	in := o.UpdateOptions.Args[0].(workflows.SpendUpdateInput)
	b.spends, b.updates = append(b.spends, in), append(b.updates, o.UpdateOptions.UpdateID)
	if b.kept == nil {
		b.kept = map[string]*workflows.Redemption{}
	}
	r := b.kept[in.ID]
	if r == nil {
		r = &workflows.Redemption{Redemption: redemption.Redemption{
			ID: in.ID, State: redemption.Accepted, Amount: in.Amount, Currency: in.Currency, AcceptedAt: time.Now(),
		}}
		b.kept[in.ID] = r
	}
	return taken{r: copied(r)}, nil
}

func (b *bank) UpdateWorkflow(
	ctx context.Context, o client.UpdateWorkflowOptions,
) (client.WorkflowUpdateHandle, error) {
	if err := b.asking(ctx); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	in := o.Args[0].(workflows.ReverseUpdateInput)
	b.reverted, b.updates = append(b.reverted, in), append(b.updates, o.UpdateID)
	r := b.kept[in.ID]
	if r == nil {
		return taken{err: temporal.NewNonRetryableApplicationError("none", workflows.NoRedemptionError, nil)}, nil
	}
	if r.Reversal == nil || r.Reversal.ID != in.ReversalID && r.Reversal.State == redemption.Declined {
		r.Reversal = &workflows.Reversal{ID: in.ReversalID, State: redemption.Accepted, AskedAt: time.Now()}
	}
	return taken{r: copied(r)}, nil
}

func (b *bank) QueryWorkflow(
	ctx context.Context, _, _, _ string, args ...any,
) (converter.EncodedValue, error) {
	if err := b.looking(ctx); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.kept == nil {
		return nil, serviceerror.NewNotFound("no such workflow")
	}
	r := b.kept[args[0].(string)]
	if r != nil && b.settle != nil {
		b.settle(r)
	}
	return asked{copied(r)}, nil
}

func (b *bank) QueryWorkflowWithOptions(
	ctx context.Context, in *client.QueryWorkflowWithOptionsRequest,
) (*client.QueryWorkflowWithOptionsResponse, error) {
	if err := b.looking(ctx); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.kept == nil:
		return nil, serviceerror.NewNotFound("no such workflow")
	case b.ended && in.QueryRejectCondition == enumspb.QUERY_REJECT_CONDITION_NOT_OPEN:
		return &client.QueryWorkflowWithOptionsResponse{QueryRejected: &querypb.QueryRejected{}}, nil
	}
	var all []*workflows.Redemption
	for _, r := range b.kept {
		all = append(all, copied(r))
	}
	return &client.QueryWorkflowWithOptionsResponse{QueryResult: askedAll(all)}, nil
}

func copied(r *workflows.Redemption) *workflows.Redemption {
	if r == nil {
		return nil
	}
	out := *r
	if r.Reversal != nil {
		back := *r.Reversal
		out.Reversal = &back
	}
	return &out
}

// taken is an update that has been executed, or refused.
type taken struct {
	client.WorkflowUpdateHandle

	r   *workflows.Redemption
	err error
}

func (a taken) Get(_ context.Context, into any) error {
	*into.(**workflows.Redemption) = a.r
	return a.err
}

// asked and askedAll are answers to queries.
type (
	asked    struct{ r *workflows.Redemption }
	askedAll []*workflows.Redemption
)

func (asked) HasValue() bool    { return true }
func (askedAll) HasValue() bool { return true }

func (a asked) Get(into any) error {
	*into.(**workflows.Redemption) = a.r
	return nil
}

func (a askedAll) Get(into any) error {
	*into.(*[]*workflows.Redemption) = a
	return nil
}

func requireProblem(t *testing.T, err error, want redemption.Type) {
	t.Helper()
	problem, ok := errors.AsType[*redemption.Problem](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, want, problem.Type)
	require.NotContains(t, err.Error(), code)
}
