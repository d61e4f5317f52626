package installation_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/installation"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/workflows"
)

// namespace is a Temporal with one namespace.
type namespace struct {
	client.Client

	retention  time.Duration
	attributes map[string]enumspb.IndexedValueType
}

func (n namespace) WorkflowService() workflowservice.WorkflowServiceClient {
	return retains{of: n.retention}
}

func (n namespace) OperatorService() operatorservice.OperatorServiceClient {
	return knows{of: n.attributes}
}

type retains struct {
	workflowservice.WorkflowServiceClient
	of time.Duration
}

func (r retains) DescribeNamespace(
	context.Context, *workflowservice.DescribeNamespaceRequest, ...grpc.CallOption,
) (*workflowservice.DescribeNamespaceResponse, error) {
	return &workflowservice.DescribeNamespaceResponse{Config: &namespacepb.NamespaceConfig{
		WorkflowExecutionRetentionTtl: durationpb.New(r.of),
	}}, nil
}

type knows struct {
	operatorservice.OperatorServiceClient
	of map[string]enumspb.IndexedValueType
}

func (k knows) ListSearchAttributes(
	context.Context, *operatorservice.ListSearchAttributesRequest, ...grpc.CallOption,
) (*operatorservice.ListSearchAttributesResponse, error) {
	return &operatorservice.ListSearchAttributesResponse{CustomAttributes: k.of}, nil
}

// A worker must not run where a workflow is deleted while its order may still be picked up, nor where no order could
// start.
func TestCheckNamespace(t *testing.T) {
	t.Parallel()
	const age = 14 * 24 * time.Hour
	for name, tt := range map[string]struct {
		retention  time.Duration
		attributes map[string]enumspb.IndexedValueType
		says       string // Empty if a worker may run.
	}{
		"as needed":            {30 * 24 * time.Hour, workflows.SearchAttributes(), ""},
		"a little longer":      {age + time.Second, workflows.SearchAttributes(), ""},
		"as long":              {age, workflows.SearchAttributes(), "an order can be issued twice"},
		"shorter":              {24 * time.Hour, workflows.SearchAttributes(), "raise the retention"},
		"no search attributes": {30 * 24 * time.Hour, nil, "search attribute"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config.Config{Orders: config.Orders{MaxOrderAge: age}}
			temporal := namespace{retention: tt.retention, attributes: tt.attributes}
			o := installation.New(settings.New(&executions.Reader{Client: temporal}, settings.ConfiguredBy(cfg)))
			err := o.CheckNamespace(t.Context())
			if tt.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.says)
		})
	}
}

// The retention that is recommended is sufficient for the age up to which orders are picked up.
func TestRaiseRetention(t *testing.T) {
	t.Parallel()
	for age, want := range map[time.Duration]string{
		336 * time.Hour: "--retention 720h", 700 * time.Hour: "--retention 888h", 2160 * time.Hour: "--retention 2328h",
	} {
		require.Contains(t, installation.RaiseRetention("gift cards", age), "--namespace 'gift cards' "+want)
	}
}
