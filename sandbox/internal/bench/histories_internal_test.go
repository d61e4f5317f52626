package bench

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// teller is a Temporal client that reports the given numbers of pending children, one after the other, and fails where
// a number is negative.
type teller struct {
	client.Client
	pending []int
	told    func()
}

func (c *teller) DescribeWorkflowExecution(
	context.Context, string, string,
) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	n := c.pending[0]
	if c.pending = c.pending[1:]; len(c.pending) == 0 {
		c.told()
	}
	if n < 0 {
		return nil, errors.New("no answer")
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{
		PendingChildren: make([]*workflowpb.PendingChildExecutionInfo, n),
	}, nil
}

func TestWatchChildren(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		pending []int
		want    pendingChildren
	}{
		"the most":         {[]int{3, 7, 5}, pendingChildren{most: 7, looks: 3}},
		"looks in vain":    {[]int{-1, 3, -1, -1, 7}, pendingChildren{most: 7, looks: 2}},
		"none pending":     {[]int{0, 0}, pendingChildren{looks: 2}},
		"nothing was told": {[]int{-1, -1}, pendingChildren{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				require.Equal(t, tt.want, <-watchChildren(ctx, &teller{pending: tt.pending, told: cancel}, "poll"))
			})
		})
	}
}
