package checkout_test

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

	"github.com/giftbridge/giftbridge/internal/checkout"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/workflows"
)

const code = "2900000000016"

// bank is an issuer with one card, and a Temporal that keeps claims and one redemption.
type bank struct {
	client.Client
	issuer.Spender

	card issuer.Standing
	away error

	claims  map[string]*commonpb.Memo
	updates []workflows.SpendUpdateInput
	// becomes are the states that the redemption has in turn.
	becomes []redemption.State
}

func (b *bank) desk() *checkout.Desk {
	return &checkout.Desk{
		Client: b, Converter: converter.GetDefaultDataConverter(), IDKey: []byte("id"), Now: time.Now,
		Issuers: map[string]issuer.Abilities{"acme": {Spender: b}},
	}
}

func (b *bank) Look(_ context.Context, c issuer.Code) (issuer.Standing, error) {
	if c != code {
		return issuer.Standing{}, b.away
	}
	return b.card, b.away
}

func (b *bank) DescribeWorkflowExecution(
	_ context.Context, id, _ string,
) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	memo := b.claims[id]
	if memo == nil {
		return nil, serviceerror.NewNotFound("no such workflow")
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{
		WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{Memo: memo},
	}, nil
}

func (b *bank) ExecuteWorkflow(
	_ context.Context, o client.StartWorkflowOptions, _ any, _ ...any,
) (client.WorkflowRun, error) {
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
	_ context.Context, o client.UpdateWithStartWorkflowOptions,
) (client.WorkflowUpdateHandle, error) {
	b.updates = append(b.updates, o.UpdateOptions.Args[0].(workflows.SpendUpdateInput))
	return taken{r: b.next()}, nil
}

func (b *bank) QueryWorkflow(context.Context, string, string, string, ...any) (converter.EncodedValue, error) {
	return asked{b.next()}, nil
}

// next returns the redemption in its next state; in the last one from then on.
func (b *bank) next() *workflows.Redemption {
	r := &workflows.Redemption{Redemption: redemption.Redemption{ID: "r", State: b.becomes[0]}}
	if len(b.becomes) > 1 {
		b.becomes = b.becomes[1:]
	}
	return r
}

// taken is an update that has been executed.
type taken struct {
	client.WorkflowUpdateHandle

	r *workflows.Redemption
}

func (a taken) Get(_ context.Context, into any) error {
	*into.(**workflows.Redemption) = a.r
	return nil
}

// asked is the answer to a query.
type asked struct{ r *workflows.Redemption }

func (asked) HasValue() bool { return true }

func (a asked) Get(into any) error {
	*into.(**workflows.Redemption) = a.r
	return nil
}

func newBank() *bank {
	fifty := giftcard.Money{Hundredths: 5000, Currency: "EUR"}
	return &bank{
		card:    issuer.Standing{Known: true, Active: true, Value: fifty, Original: fifty, InParts: true},
		claims:  map[string]*commonpb.Memo{},
		becomes: []redemption.State{redemption.Accepted, redemption.Accepted, redemption.Succeeded},
	}
}

func twenty(key string) checkout.Request {
	return checkout.Request{
		Client: "shop", Key: key, Body: "hash of " + key, Code: code, Order: "#2001",
		Amount: giftcard.Money{Hundredths: 2000, Currency: "EUR"},
	}
}

func requireProblem(t *testing.T, err error, want redemption.Type) {
	t.Helper()
	problem, ok := errors.AsType[*redemption.Problem](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, want, problem.Type)
	require.NotContains(t, err.Error(), code)
}

// A shop gets its answer once the amount is taken.
func TestRedeem(t *testing.T) {
	t.Parallel()
	b := newBank()
	out, err := b.desk().Redeem(t.Context(), twenty("k-1"))
	require.NoError(t, err)
	require.Equal(t, redemption.Succeeded, out.State)
	require.Len(t, b.updates, 1)
	asked := b.updates[0]
	require.WithinDuration(t, time.Now().Add(3*time.Second), asked.Until, 3*time.Second)
	require.Equal(t, workflows.SpendRequest{
		ID: b.desk().RedemptionID("shop", "k-1"), Client: "shop", Order: "#2001", Amount: "20.00", Currency: "EUR",
	}, asked.SpendRequest)
	found, err := b.desk().Redemption(t.Context(), "shop", asked.ID)
	require.NoError(t, err)
	require.Equal(t, redemption.Succeeded, found.State)
	none, err := b.desk().Redemption(t.Context(), "another shop", asked.ID)
	require.NoError(t, err)
	require.Nil(t, none, "a shop finds its own redemptions alone")
}

// A guess starts no workflow, and a card that cannot be spent looks like one that does not exist.
func TestGuess(t *testing.T) {
	t.Parallel()
	b := newBank()
	guess := twenty("k-1")
	guess.Code = "2900000000023"
	_, err := b.desk().Redeem(t.Context(), guess)
	requireProblem(t, err, redemption.CardNotUsable)
	b.card.Active = false
	_, inactive := b.desk().Redeem(t.Context(), twenty("k-1"))
	require.Equal(t, err, inactive)
	b.away = errors.New("away")
	_, err = b.desk().Redeem(t.Context(), twenty("k-1"))
	requireProblem(t, err, redemption.IssuerUnavailable)
	require.Empty(t, b.claims)
	require.Empty(t, b.updates)
}

// A key means one request. The same one again finds what became of it, whatever has become of the card.
func TestKeyMeansOneRequest(t *testing.T) {
	t.Parallel()
	b := newBank()
	_, err := b.desk().Redeem(t.Context(), twenty("k-1"))
	require.NoError(t, err)
	other := twenty("k-1")
	other.Body = "another hash"
	_, err = b.desk().Redeem(t.Context(), other)
	requireProblem(t, err, redemption.KeyReused)
	require.Len(t, b.updates, 1)
	b.card.Active = false
	out, err := b.desk().Redeem(t.Context(), twenty("k-1"))
	require.NoError(t, err)
	require.Equal(t, redemption.Succeeded, out.State)
	require.Equal(t, b.updates[0].SpendRequest, b.updates[1].SpendRequest)
	require.NotEqual(t, b.desk().RedemptionID("shop", "k-1"), b.desk().RedemptionID("shop2", "k-1"))
}
