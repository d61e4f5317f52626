package executions

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
)

// QuoteAll quotes values for a list in a visibility query.
func QuoteAll(values []string) string {
	quoted := make([]string, 0, len(values))
	for _, v := range values {
		quoted = append(quoted, Quote(v))
	}
	return strings.Join(quoted, ",")
}

// Quote quotes a value for a visibility query, in which a backslash escapes the next character.
func Quote(s string) string { return "'" + strings.NewReplacer(`\`, `\\`, "'", "''").Replace(s) + "'" }

// QuoteTime quotes a time for a visibility query.
func QuoteTime(t time.Time) string { return Quote(t.UTC().Format(time.RFC3339)) }

// Newest returns the newest run of the workflow that info is a run of. A failed run stays failed in visibility forever,
// even after a successful reset, and an order that was left to people stays listed after its release. For other runs,
// visibility is right.
func (o *Reader) Newest(ctx context.Context, info *workflowpb.WorkflowExecutionInfo) (*workflowpb.WorkflowExecutionInfo, error) {
	if s := OrderState(info); s != Failed && s != Left && s != Canceled {
		return info, nil
	}
	d, err := o.Client.DescribeWorkflowExecution(ctx, info.GetExecution().GetWorkflowId(), "")
	if IsNotFound(err) {
		return info, nil
	}
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", info.GetExecution().GetWorkflowId(), err)
	}
	return d.GetWorkflowExecutionInfo(), nil
}

// ScanNewest calls visit with the newest run of each workflow of which any run matches a query, once per workflow, until
// visit returns false or an error.
func (o *Reader) ScanNewest(
	ctx context.Context, query string, visit func(*workflowpb.WorkflowExecutionInfo) (bool, error),
) error {
	seen := map[string]bool{}
	return o.Scan(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		id := info.GetExecution().GetWorkflowId()
		if seen[id] {
			return true, nil
		}
		seen[id] = true
		newest, err := o.Newest(ctx, info)
		if err != nil {
			return false, err
		}
		return visit(newest)
	})
}

// Scan calls visit for each run that matches a query, until visit returns false or an error.
func (o *Reader) Scan(
	ctx context.Context, query string, visit func(*workflowpb.WorkflowExecutionInfo) (bool, error),
) error {
	request := &workflowservice.ListWorkflowExecutionsRequest{Namespace: o.namespace, Query: query, PageSize: 200}
	for {
		page, err := o.Client.ListWorkflow(ctx, request)
		if err != nil {
			return fmt.Errorf("read the list of orders: %w", err)
		}
		for _, info := range page.GetExecutions() {
			if more, err := visit(info); err != nil || !more {
				return err
			}
		}
		if len(page.GetNextPageToken()) == 0 {
			return nil
		}
		request.NextPageToken = page.GetNextPageToken()
	}
}

// Unsettled returns the failed runs of a type of workflow after which there is no run of the same workflow, the last one first. more is
// what else they must fulfil: further conditions of a query, each after an AND; empty for none. A failed run stays failed in Temporal's
// lists, so newer runs are asked for. It finds 10,000 at most.
func (o *Reader) Unsettled(ctx context.Context, workflowType, more string) ([]*workflowpb.WorkflowExecutionInfo, error) {
	const maxWorkflows, perQuery = 10_000, 100
	after := func(a, b *workflowpb.WorkflowExecutionInfo) bool {
		return a.GetStartTime().AsTime().After(b.GetStartTime().AsTime())
	}
	of := "WorkflowType = " + Quote(workflowType)
	newest := map[string]*workflowpb.WorkflowExecutionInfo{}
	err := o.Scan(ctx, of+" AND ExecutionStatus IN "+Statuses[Failed]+more, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		id := info.GetExecution().GetWorkflowId()
		if known := newest[id]; StateOf(info.GetStatus()) == Failed && (known == nil || after(info, known)) {
			newest[id] = info
		}
		return len(newest) < maxWorkflows, nil
	})
	if err != nil {
		return nil, err
	}
	for some := range slices.Chunk(slices.Sorted(maps.Keys(newest)), perQuery) {
		query := of + " AND ExecutionStatus IN ('Running','Completed','Canceled') AND WorkflowId IN (" + QuoteAll(some) + ")"
		err := o.Scan(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
			id := info.GetExecution().GetWorkflowId()
			if failed := newest[id]; failed != nil && after(info, failed) {
				delete(newest, id)
			}
			return true, nil
		})
		if err != nil {
			return nil, err
		}
	}
	return slices.SortedFunc(maps.Values(newest), func(a, b *workflowpb.WorkflowExecutionInfo) int {
		return b.GetCloseTime().AsTime().Compare(a.GetCloseTime().AsTime())
	}), nil
}
