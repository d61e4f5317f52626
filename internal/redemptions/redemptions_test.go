package redemptions_test

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

	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/internal/redemptions"
	"github.com/giftbridge/giftbridge/workflows"
)

const (
	code = "2900000000016"
	id1  = "3f2a6c1e9d0b4a57886f1c2d3e4f5a6b"
	id2  = "0b4a57886f1c2d3e4f5a6b3f2a6c1e9d"
)

var (
	noon  = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	idKey = []byte("the key of codes")
	card  = workflows.SpendCardID("acme", deferred.CodeID(idKey, "acme", code))
)

// records is a Temporal that has memos and answers for cards.
type records struct {
	client.Client

	// memos are the memos of workflows by their IDs, and attributes the names of their orders.
	memos  map[string]map[string]any
	orders map[string]string
	// cards are the redemptions of cards, and listed the cards that are marked. Those without redemptions do not answer.
	cards  map[string][]*workflows.Redemption
	listed []string
	asked  []string
	away   error
}

func payload(v any) *commonpb.Payload {
	p, err := converter.GetDefaultDataConverter().ToPayload(v)
	if err != nil {
		panic(err)
	}
	return p
}

func (r *records) DescribeWorkflowExecution(
	_ context.Context, id, _ string,
) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	fields, ok := r.memos[id]
	if !ok {
		return nil, serviceerror.NewNotFound("no such workflow")
	}
	info := &workflowpb.WorkflowExecutionInfo{Memo: &commonpb.Memo{Fields: map[string]*commonpb.Payload{}}}
	for key, value := range fields {
		info.Memo.Fields[key] = payload(value)
	}
	if name := r.orders[id]; name != "" {
		info.SearchAttributes = &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{
			workflows.ShopifyOrderName.GetName(): payload(name),
		}}
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: info}, r.away
}

func (r *records) QueryWorkflow(
	_ context.Context, id, _, query string, args ...any,
) (converter.EncodedValue, error) {
	r.asked = append(r.asked, id)
	kept, ok := r.cards[id]
	switch {
	case r.away != nil:
		return nil, r.away
	case !ok && len(r.listed) > 0:
		return nil, serviceerror.NewDeadlineExceeded("no worker")
	case !ok:
		return nil, serviceerror.NewNotFound("no such workflow")
	}
	var answer any = kept
	if query == workflows.RedemptionQuery {
		var one *workflows.Redemption
		for _, k := range kept {
			if k.ID == args[0] {
				one = k
			}
		}
		answer = one
	}
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(answer)
	return client.NewValue(payloads), err
}

func (r *records) ListWorkflow(
	_ context.Context, in *workflowservice.ListWorkflowExecutionsRequest,
) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	out := &workflowservice.ListWorkflowExecutionsResponse{}
	if in.GetQuery() != "WorkflowType = 'SpendCard' AND ExecutionStatus = 'Running' AND "+
		"TemporalChangeVersion = 'unknown-redemption-1'" {
		return out, nil
	}
	for _, id := range r.listed {
		out.Executions = append(out.Executions, &workflowpb.WorkflowExecutionInfo{
			Execution: &commonpb.WorkflowExecution{WorkflowId: id},
		})
	}
	return out, r.away
}

func (r *records) CountWorkflow(
	_ context.Context, in *workflowservice.CountWorkflowExecutionsRequest,
) (*workflowservice.CountWorkflowExecutionsResponse, error) {
	out := &workflowservice.CountWorkflowExecutionsResponse{}
	if in.GetQuery() == "WorkflowType = 'SpendCard' AND ExecutionStatus = 'Running'" {
		out.Count = int64(len(r.cards))
	}
	return out, r.away
}

// of returns the redemptions of an installation with these records.
func (r *records) of() *redemptions.Redemptions {
	return redemptions.New(&executions.Reader{Client: r, Converter: converter.GetDefaultDataConverter()}, idKey)
}

// kept is a redemption of 20.00 EUR in a state.
func kept(id string, s redemption.State, settled time.Time) *workflows.Redemption {
	return &workflows.Redemption{Client: "checkout", Redemption: redemption.Redemption{
		ID: id, State: s, Amount: "20.00", Currency: "EUR", Order: "#2001", AcceptedAt: noon, SettledAt: settled,
	}}
}

// spent are records of a card with one redemption.
func spent(one *workflows.Redemption) *records {
	return &records{
		memos: map[string]map[string]any{
			workflows.ClaimRedemptionID("checkout", id1): {
				workflows.RedemptionMemoKey: workflows.RedemptionClaim{CardWorkflowID: card, Issuer: "acme"},
			},
			workflows.ClaimCodeID("acme", deferred.CodeID(idKey, "acme", code)): {
				workflows.ClaimMemoKey: workflows.CodeClaim{Key: "GB1001-1"},
			},
			workflows.DeferredCardID("acme", "GB1001-1", 1): {
				workflows.CardMemoKey: workflows.CardMemo{Unit: 2, Order: workflows.GiftCardOrderID("example.myshopify.com", "5001")},
			},
		},
		orders: map[string]string{workflows.DeferredCardID("acme", "GB1001-1", 1): "#1001"},
		cards:  map[string][]*workflows.Redemption{card: {one}},
	}
}

func TestParseName(t *testing.T) {
	t.Parallel()
	client, id, ok := redemptions.ParseName("checkout/" + id1)
	require.True(t, ok)
	require.Equal(t, "checkout", client)
	require.Equal(t, id1, id)
	for _, other := range []string{
		"", id1, "/" + id1, "checkout/", "checkout/" + id1[1:], "checkout/" + id1 + "0", "check out/" + id1, "a/b/" + id1, "#EN/1001",
		"checkout/3F2A6C1E9D0B4A57886F1C2D3E4F5A6B", code,
	} {
		_, _, ok := redemptions.ParseName(other)
		require.False(t, ok, other)
	}
}

// A redemption is found by its name, whoever looks; its card tells the order that it was bought with.
func TestFind(t *testing.T) {
	t.Parallel()
	r := spent(kept(id1, redemption.Unknown, noon.Add(15*time.Minute)))
	found, err := r.of().Find(t.Context(), "checkout", id1)
	require.NoError(t, err)
	require.Equal(t, "checkout/"+id1, found.Name())
	require.Equal(t, card, found.Card)
	require.NotContains(t, found.Link, code)
	doubt, since := found.Doubt()
	require.Equal(t, redemptions.Taking, doubt)
	require.Equal(t, noon.Add(15*time.Minute), since)
	bought, err := r.of().BoughtWith(t.Context(), found.Card)
	require.NoError(t, err)
	require.Equal(t, &redemptions.Bought{Name: "#1001", Shop: "example.myshopify.com", Order: "5001", Unit: 2}, bought)

	missing := func(client, id string) {
		_, err := r.of().Find(t.Context(), client, id)
		_, ok := errors.AsType[*executions.NotFoundError](err)
		require.True(t, ok, "%v", err)
	}
	missing("another", id1)
	missing("checkout", id2)
	r.cards[card] = nil
	missing("checkout", id1)
	delete(r.cards, card)
	missing("checkout", id1)
	r.away = errors.New("away")
	_, err = r.of().Find(t.Context(), "checkout", id1)
	require.ErrorContains(t, err, "away")
}

// Records expire: a card whose order is not known any more is shown without.
func TestBoughtWithWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	r := spent(kept(id1, redemption.Succeeded, noon))
	delete(r.memos, workflows.DeferredCardID("acme", "GB1001-1", 1))
	for _, id := range []string{card, workflows.SpendCardID("acme", "other"), "something else"} {
		bought, err := r.of().BoughtWith(t.Context(), id)
		require.NoError(t, err)
		require.Nil(t, bought)
	}
}

func TestOfCard(t *testing.T) {
	t.Parallel()
	r := spent(kept(id1, redemption.Succeeded, noon))
	all, err := r.of().OfCard(t.Context(), "acme", code)
	require.NoError(t, err)
	require.Len(t, all, 1)
	none, err := r.of().OfCard(t.Context(), "acme", "2900000000023")
	require.NoError(t, err)
	require.Empty(t, none)
	r.away = serviceerror.NewUnavailable("away")
	_, err = r.of().OfCard(t.Context(), "acme", code)
	var unanswered *redemptions.UnansweredError
	require.ErrorAs(t, err, &unanswered)
	require.NotContains(t, err.Error(), code)
	require.True(t, r.of().CanFind())
	keyless := redemptions.New(&executions.Reader{Client: r}, nil)
	require.False(t, keyless.CanFind())
	_, err = keyless.OfCard(t.Context(), "acme", code)
	require.ErrorContains(t, err, "CARD_ID_KEY")
}

// What may still be taken is not available, in whatever currency.
func TestHeld(t *testing.T) {
	t.Parallel()
	partly := kept(id2, redemption.Unknown, noon)
	partly.Taken = "12.50"
	other := kept(id2, redemption.Unknown, noon)
	other.Currency = "USD"
	var all []redemptions.Found
	for _, one := range []*workflows.Redemption{
		kept(id1, redemption.Accepted, noon), partly, other, kept(id1, redemption.Succeeded, noon), kept(id1, redemption.Declined, noon),
	} {
		all = append(all, redemptions.Found{Redemption: one})
	}
	require.Equal(t, giftcard.Money{Hundredths: 3250, Currency: "EUR"}, redemptions.Held(all, "EUR"))
	require.Equal(t, "12.50", all[1].Moved())
	require.Equal(t, "20.00", all[0].Moved())
}

// Of the cards that were in doubt, those that still are need somebody.
func TestLook(t *testing.T) {
	t.Parallel()
	denied := kept(id2, redemption.Succeeded, noon)
	denied.Contradicted = true
	old := kept(id2, redemption.Succeeded, noon.Add(-redemptions.ToldFor-time.Second))
	old.Contradicted = true
	back := kept(id2, redemption.Succeeded, noon)
	back.AcceptedAt = noon.Add(-time.Hour)
	back.Reversal = &workflows.Reversal{State: redemption.Unknown, SettledAt: noon.Add(time.Minute)}
	r := spent(kept(id1, redemption.Unknown, noon.Add(15*time.Minute)))
	below := kept(id1, redemption.Succeeded, noon)
	below.BelowZero, below.AcceptedAt = "-5.00", noon.Add(time.Hour)
	r.cards["card/acme/2"] = []*workflows.Redemption{kept(id1, redemption.Succeeded, noon), denied, old, back, below}
	r.listed = []string{card, "card/acme/2"}
	noted, err := r.of().Look(t.Context(), noon.Add(-redemptions.ToldFor))
	require.NoError(t, err)
	require.Len(t, noted.Unknown, 2)
	require.Equal(t, back, noted.Unknown[0].Redemption)
	require.Len(t, noted.Contradicted, 2)
	require.Equal(t, denied, noted.Contradicted[0].Redemption)
	require.Equal(t, below, noted.Contradicted[1].Redemption)
	require.Zero(t, noted.Unread)
	require.False(t, noted.Empty())
	require.Equal(t, noon.Add(time.Minute), noted.Oldest())
	require.NoError(t, r.of().WithOrders(t.Context(), noted.Unknown))
	require.Nil(t, noted.Unknown[0].Bought)
	require.Equal(t, "#1001", noted.Unknown[1].Bought.Name)

	all, err := r.of().Look(t.Context(), time.Time{})
	require.NoError(t, err)
	require.Len(t, all.Contradicted, 3)
	cards, err := r.of().Cards(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, cards)
}

// Cards that do not answer are counted. After some of them, no more are asked: there is no worker.
func TestLookWithoutWorkers(t *testing.T) {
	t.Parallel()
	r := &records{listed: []string{"card/acme/1", "card/acme/2", "card/acme/3", "card/acme/4"}}
	noted, err := r.of().Look(t.Context(), time.Time{})
	require.NoError(t, err)
	require.Equal(t, redemptions.Noted{Unread: 4}, noted)
	require.False(t, noted.Empty())
	require.Len(t, r.asked, 2)
	require.True(t, redemptions.Noted{}.Empty())

	one := spent(kept(id1, redemption.Unknown, noon))
	one.listed = []string{"card/acme/1", card, "card/acme/2", "card/acme/3", "card/acme/4"}
	noted, err = one.of().Look(t.Context(), time.Time{})
	require.NoError(t, err)
	require.Len(t, noted.Unknown, 1)
	require.Equal(t, 4, noted.Unread)
	require.Equal(t, []string{"card/acme/1", card, "card/acme/2", "card/acme/3"}, one.asked)

	r.away = errors.New("away")
	_, err = r.of().Look(t.Context(), time.Time{})
	require.ErrorContains(t, err, "away")
}
