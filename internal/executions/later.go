package executions

import (
	"context"
	"time"

	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/giftbridge/giftbridge/workflows"
)

// Later are the orders whose cards are asked for later, because of ISSUE_AFTER.
type Later struct {
	Orders int `json:"orders"`
	// Until is when the last of them is due; zero if there are none.
	Until time.Time `json:"until,omitzero"`
	// More reports that there may be more: not all running orders were looked at.
	More bool `json:"more,omitempty"`
}

// maxLater bounds the running orders that are looked at.
const maxLater = 5000

// Later counts the orders that wait now, from the memos of running orders. It leaves out an order whose memo cannot be read.
func (o *Reader) Later(ctx context.Context, now time.Time) (out Later, err error) {
	looked := 0
	query := "WorkflowType = " + Quote(workflows.GiftCardOrderType) + " AND ExecutionStatus = 'Running'"
	err = o.Scan(ctx, query, func(info *workflowpb.WorkflowExecutionInfo) (bool, error) {
		if looked++; looked > maxLater {
			out.More = true
			return false, nil
		}
		if memo, err := o.OrderMemo(info); err == nil && memo.WaitsUntil.After(now) {
			out.Orders++
			if memo.WaitsUntil.After(out.Until) {
				out.Until = memo.WaitsUntil
			}
		}
		return true, nil
	})
	return out, err
}
