package apitest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/giftbridge/giftbridge/internal/checkout"
	"github.com/giftbridge/giftbridge/internal/checkout/api"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/workflows"
)

// What the examples of the document are about.
const (
	clientName = "web"
	code       = "2900000000016"
	issuerName = "fourwayshop"
)

// began is the time at which the examples are executed.
var began = time.Date(2026, 12, 1, 10, 0, 0, 0, time.UTC)

// world is everything behind the API: clients, an issuer with one card, and Temporal.
type world struct {
	client.Client
	issuer.Deferred

	start  time.Time
	desk   *checkout.Desk
	card   issuer.Standing
	rights []api.Right
	wait   time.Duration
	// away says that Temporal does not answer, and the issuer neither.
	away     bool
	reverses bool
	// settle is what becomes of a redemption.
	settle func(*workflows.Redemption)

	claims map[string]*commonpb.Memo
	kept   map[string]*workflows.Redemption
}

func newWorld() *world {
	fifty := giftcard.Money{Hundredths: 5000, Currency: "EUR"}
	w := &world{
		start: time.Now(), rights: api.Rights, reverses: true,
		card: issuer.Standing{
			Known: true, Active: true, Value: fifty, Original: fifty, InParts: true,
			ValidUntil: time.Date(2028, 6, 30, 22, 0, 0, 0, time.UTC),
		},
		claims: map[string]*commonpb.Memo{}, kept: map[string]*workflows.Redemption{},
	}
	w.settle = func(r *workflows.Redemption) { w.becomes(r, redemption.Succeeded) }
	w.desk = &checkout.Desk{
		Client: w, Converter: converter.GetDefaultDataConverter(), IDKey: []byte("example"), Now: w.now,
		Issuers: map[string]issuer.Abilities{issuerName: {Spender: spender{w}}},
	}
	return w
}

func (w *world) now() time.Time { return began.Add(time.Since(w.start)) }

// becomes settles what is open of a redemption.
func (*world) becomes(r *workflows.Redemption, s redemption.State) {
	if back := r.Reversal; back != nil {
		back.State, back.SettledAt = s, back.AskedAt.Add(time.Second)
		if s == redemption.Succeeded {
			r.State = redemption.Reversed
		}
		return
	}
	r.State, r.SettledAt = s, r.AcceptedAt.Add(time.Second)
	if s == redemption.Succeeded && r.Taken == "" {
		r.Taken = r.Amount
	}
}

// declines makes the card decline what it is asked for.
func (w *world) declines(p redemption.Problem) {
	w.settle = func(r *workflows.Redemption) {
		w.becomes(r, redemption.Declined)
		if r.Reversal != nil {
			r.Reversal.Problem = p.Type
			return
		}
		r.Problem = &p
	}
}

// spent lets the client have spent something before, at a time.
func (w *world) spent(t *testing.T, id string, at time.Time) *workflows.Redemption {
	t.Helper()
	w.hold(t, workflows.ClaimRedemptionID(clientName, id), workflows.RedemptionClaim{CardWorkflowID: "card", Issuer: issuerName})
	r := &workflows.Redemption{Redemption: redemption.Redemption{
		ID: id, State: redemption.Accepted, Amount: "20.00", Currency: "EUR", Order: "#2001", AcceptedAt: at,
	}}
	w.kept[id] = r
	return r
}

func (w *world) hold(t *testing.T, id string, claim any) {
	t.Helper()
	_, err := w.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: id, Memo: map[string]any{workflows.RedemptionMemoKey: claim},
	}, nil)
	require.NoError(t, err)
}

// ask sends a request to the API.
func (w *world) ask(r *http.Request, body []byte) *httptest.ResponseRecorder {
	out := httptest.NewRecorder()
	r.Body, r.ContentLength = http.NoBody, int64(len(body))
	if len(body) > 0 {
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	api.New(api.Options{Desk: w.desk, Guard: w, Log: zerolog.Nop()}).ServeHTTP(out, r)
	return out
}

func (w *world) Authenticate(h http.Header) (api.Client, bool) {
	return api.Client{Name: clientName, Rights: w.rights}, h.Get("Authorization") == "Bearer example"
}

func (w *world) Admit(string, string) (time.Duration, bool) { return w.wait, w.wait == 0 }
func (*world) Unusable(string, string)                      {}

func (w *world) Look(_ context.Context, c issuer.Code) (issuer.Standing, error) {
	switch {
	case w.away:
		return issuer.Standing{}, errors.New("away")
	case c != code:
		return issuer.Standing{}, nil
	}
	return w.card, nil
}

// spender is the issuer if it spends cards.
type spender struct{ *world }

func (s spender) Reverses() bool                                  { return s.reverses }
func (spender) Spend(context.Context, issuer.Movement) error      { return nil }
func (spender) Reverse(context.Context, issuer.Movement) error    { return nil }
func (spender) Answer(issuer.Step, []byte) (issuer.Answer, error) { return issuer.Answer{}, nil }

func (w *world) DescribeWorkflowExecution(
	_ context.Context, id, _ string,
) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	switch memo := w.claims[id]; {
	case w.away:
		return nil, errors.New("away")
	case memo == nil:
		return nil, serviceerror.NewNotFound("no such workflow")
	default:
		return &workflowservice.DescribeWorkflowExecutionResponse{
			WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{Memo: memo},
		}, nil
	}
}

func (w *world) ExecuteWorkflow(
	_ context.Context, o client.StartWorkflowOptions, _ any, _ ...any,
) (client.WorkflowRun, error) {
	payload, err := converter.GetDefaultDataConverter().ToPayload(o.Memo[workflows.RedemptionMemoKey])
	w.claims[o.ID] = &commonpb.Memo{Fields: map[string]*commonpb.Payload{workflows.RedemptionMemoKey: payload}}
	return nil, err
}

func (*world) NewWithStartWorkflowOperation(
	client.StartWorkflowOptions, any, ...any,
) client.WithStartWorkflowOperation {
	return nil
}

func (w *world) UpdateWithStartWorkflow(
	_ context.Context, o client.UpdateWithStartWorkflowOptions,
) (client.WorkflowUpdateHandle, error) {
	in := o.UpdateOptions.Args[0].(workflows.SpendUpdateInput)
	w.kept[in.ID] = &workflows.Redemption{Redemption: redemption.Redemption{
		ID: in.ID, State: redemption.Accepted, Amount: in.Amount, Currency: in.Currency, Order: in.Order, AcceptedAt: w.now(),
	}}
	return answered{w.kept[in.ID]}, nil
}

func (w *world) UpdateWorkflow(_ context.Context, o client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	in := o.Args[0].(workflows.ReverseUpdateInput)
	r := w.kept[in.ID]
	r.Reversal = &workflows.Reversal{ID: in.ReversalID, State: redemption.Accepted, AskedAt: w.now()}
	return answered{r}, nil
}

func (w *world) QueryWorkflow(_ context.Context, _, _, _ string, args ...any) (converter.EncodedValue, error) {
	r := w.kept[args[0].(string)]
	if r != nil && (r.State == redemption.Accepted || r.Reversal != nil && r.Reversal.State == redemption.Accepted) {
		w.settle(r)
	}
	return value{r}, nil
}

func (w *world) QueryWorkflowWithOptions(
	context.Context, *client.QueryWorkflowWithOptionsRequest,
) (*client.QueryWorkflowWithOptionsResponse, error) {
	var all []*workflows.Redemption
	for _, r := range w.kept {
		all = append(all, r)
	}
	return &client.QueryWorkflowWithOptionsResponse{QueryResult: values(all)}, nil
}

// answered is an update that was executed; value and values are answers to queries.
type (
	answered struct{ r *workflows.Redemption }
	value    struct{ r *workflows.Redemption }
	values   []*workflows.Redemption
)

func (a answered) Get(_ context.Context, into any) error { return value(a).Get(into) }
func (answered) WorkflowID() string                      { return "" }
func (answered) RunID() string                           { return "" }
func (answered) UpdateID() string                        { return "" }

func (value) HasValue() bool  { return true }
func (values) HasValue() bool { return true }

func (v value) Get(into any) error {
	*into.(**workflows.Redemption) = v.r
	return nil
}

func (v values) Get(into any) error {
	*into.(*[]*workflows.Redemption) = v
	return nil
}
