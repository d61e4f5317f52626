package telemetry

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"
	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/proto"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/rest"
)

// collector keeps the spans that are sent to it.
type collector struct {
	*httptest.Server
	mu    sync.Mutex
	spans map[string]*tracepb.Span
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{spans: map[string]*tracepb.Span{}}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var in collectorpb.ExportTraceServiceRequest
		if err != nil || r.URL.Path != "/base/v1/traces" || proto.Unmarshal(body, &in) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, of := range in.GetResourceSpans() {
			for _, scope := range of.GetScopeSpans() {
				for _, s := range scope.GetSpans() {
					c.spans[s.GetName()] = s
				}
			}
		}
	}))
	t.Cleanup(c.Close)
	return c
}

func (c *collector) span(t *testing.T, name string) *tracepb.Span {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	require.NotNil(t, c.spans[name], name)
	return c.spans[name]
}

// A trace continues from a workflow through the headers to the request. It contains kinds and statuses, but no texts.
func TestTrace(t *testing.T) {
	t.Parallel()
	c := newCollector(t)
	tel, err := New(t.Context(), Options{TracesEndpoint: c.URL + "/base/", OnError: func(err error) { t.Error(err) }})
	require.NoError(t, err)
	require.Nil(t, tel.Handler())
	tr := &tracer{tracer: tel.tracer}

	flow, err := tr.StartSpan(&interceptor.TracerStartSpanOptions{
		Operation: "RunWorkflow", Name: "PollOrders", IdempotencyKey: "run 1",
	})
	require.NoError(t, err)
	header, err := tr.MarshalSpan(flow)
	require.NoError(t, err)
	parent, err := tr.UnmarshalSpan(header)
	require.NoError(t, err)
	run, err := tr.StartSpan(&interceptor.TracerStartSpanOptions{
		Operation: "RunActivity", Name: "IssueCard", Parent: parent, Tags: map[string]string{"temporalActivityID": "5"},
	})
	require.NoError(t, err)
	ctx := tr.ContextWithSpan(t.Context(), run)
	_, done := tel.Request(ctx, "CashStar", "create order")
	done(http.StatusServiceUnavailable, &rest.Error{Outcome: rest.Refused, Status: 503, Message: "hush"})
	run.Finish(&interceptor.TracerFinishSpanOptions{
		Error: temporal.NewApplicationError("hush", string(giftcard.Unavailable)),
	})
	flow.Finish(&interceptor.TracerFinishSpanOptions{Error: temporal.NewCanceledError()})
	require.NoError(t, tel.Stop())

	root, activity, request := c.span(t, "RunWorkflow:PollOrders"), c.span(t, "RunActivity:IssueCard"),
		c.span(t, "cashstar create_order")
	require.Empty(t, root.GetParentSpanId())
	require.Equal(t, root.GetSpanId(), activity.GetParentSpanId())
	require.Equal(t, activity.GetSpanId(), request.GetParentSpanId())
	require.Equal(t, root.GetTraceId(), request.GetTraceId())
	require.Equal(t, tracepb.Status_STATUS_CODE_UNSET, root.GetStatus().GetCode(), "somebody stopped it")
	require.Equal(t, "Unavailable", activity.GetStatus().GetMessage())
	require.Equal(t, "503", request.GetStatus().GetMessage())
	for _, s := range []*tracepb.Span{root, activity, request} {
		require.NotContains(t, s.String(), "hush")
		require.NotContains(t, s.String(), "http://")
	}
}

// A worker that replays a run creates the same span for it, so that the spans that follow stay in the trace.
func TestIdentifiers(t *testing.T) {
	t.Parallel()
	seeded := func(seed string) (trace.TraceID, trace.SpanID) {
		return ids{}.NewIDs(context.WithValue(t.Context(), seedKey{}, seed))
	}
	traceID, spanID := seeded("run 1")
	again, spanAgain := seeded("run 1")
	other, spanOther := seeded("run 2")
	require.Equal(t, traceID, again)
	require.Equal(t, spanID, spanAgain)
	require.NotEqual(t, traceID, other)
	require.NotEqual(t, spanID, spanOther)

	random, spanRandom := ids{}.NewIDs(t.Context())
	next, spanNext := ids{}.NewIDs(t.Context())
	require.True(t, random.IsValid() && spanRandom.IsValid())
	require.NotEqual(t, random, next)
	require.NotEqual(t, spanRandom, spanNext)
}

// A header with other content does not cause a failure.
func TestUnreadableHeader(t *testing.T) {
	t.Parallel()
	tr := &tracer{}
	none, err := tr.UnmarshalSpan(nil)
	require.NoError(t, err)
	require.Nil(t, none)
	_, err = tr.UnmarshalSpan(map[string]string{"traceparent": "x"})
	require.Error(t, err)
	require.True(t, tr.Options().AllowInvalidParentSpans)
	require.Nil(t, tr.SpanFromContext(t.Context()))
	require.Equal(t, otherKind, kindOf(errors.New("x")))
}
