package app

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/workflows"
)

// CheckRetention refuses a namespace that forgets closed workflows before orders are too old to be picked up: an order
// whose workflow is forgotten would be issued a second time.
func CheckRetention(ctx context.Context, c client.Client, namespace string, maxOrderAge time.Duration) error {
	ns, err := c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: namespace})
	if err != nil {
		return fmt.Errorf("read retention of namespace %s: %w", namespace, err)
	}
	retention := ns.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration()
	if retention > maxOrderAge {
		return nil
	}
	return fmt.Errorf("namespace %s forgets closed workflows after %s, which must be longer than MAX_ORDER_AGE (%s), "+
		"else an order can be issued twice; raise it: "+
		"temporal operator namespace update --namespace %s --retention 720h",
		namespace, retention, maxOrderAge, namespace)
}

// CheckSearchAttributes refuses a namespace without our search attributes: every start of an order would be retried for
// ever.
func CheckSearchAttributes(ctx context.Context, c client.Client, namespace string) error {
	have, err := c.OperatorService().ListSearchAttributes(ctx,
		&operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		return fmt.Errorf("list search attributes of namespace %s: %w", namespace, err)
	}
	want := workflows.SearchAttributes()
	var missing []string
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if have.GetCustomAttributes()[name] != want[name] {
			missing = append(missing, fmt.Sprintf("%s (%s)", name, want[name]))
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("namespace %s lacks search attributes: %s; run: starter schedules",
			namespace, strings.Join(missing, ", "))
	}
	return nil
}
