package e2e_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

// collector receives spans as OTLP over HTTP.
type collector struct {
	*httptest.Server
	mu    sync.Mutex
	spans []*tracepb.Span
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in collectorpb.ExportTraceServiceRequest
		body, err := io.ReadAll(r.Body)
		if err != nil || proto.Unmarshal(body, &in) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, of := range in.GetResourceSpans() {
			for _, scope := range of.GetScopeSpans() {
				c.spans = append(c.spans, scope.GetSpans()...)
			}
		}
	}))
	t.Cleanup(c.Close)
	return c
}

// all returns the spans with a name.
func (c *collector) all(name string) []*tracepb.Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.spans), func(s *tracepb.Span) bool { return s.GetName() != name })
}

// One trace leads from a poll to the request for the card, and no span reveals what the card is for.
func TestTraces(t *testing.T) {
	t.Parallel()
	c := newCollector(t)
	w := start(t, stack.Options{Configure: func(cfg *config.Config) { cfg.Traces.Endpoint = c.URL }})
	placed := w.place(scenario.Single)
	w.poll()
	w.settle(1)
	w.StopWorker() // It exports its remaining spans.

	polls := c.all("RunWorkflow:PollOrders")
	require.NotEmpty(t, polls)
	require.Empty(t, polls[0].GetParentSpanId())
	for _, name := range []string{
		"StartActivity:ListGiftCardOrders", "RunActivity:ListGiftCardOrders", "shopify list_orders",
		"StartChildWorkflow:GiftCardOrder", "RunWorkflow:GiftCardOrder",
		"RunActivity:LookUpMerchant", "RunActivity:IssueCard", "cashstar create_order",
	} {
		spans := c.all(name)
		require.Len(t, spans, 1, name)
		require.Equal(t, polls[0].GetTraceId(), spans[0].GetTraceId(), name)
	}
	require.Equal(t, c.all("RunActivity:IssueCard")[0].GetSpanId(), c.all("cashstar create_order")[0].GetParentSpanId())
	for _, s := range c.spans {
		s.TraceId, s.SpanId, s.ParentSpanId = nil, nil, nil // Random bytes, which may look like anything.
		text := s.String()
		require.NotContains(t, text, placed[0].Name)
		require.NotContains(t, text, "http://")
		require.NotContains(t, text, "@")
	}
}
