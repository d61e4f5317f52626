package executions

import (
	"fmt"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/sdk/converter"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/workflows"
)

// Keyword returns a search attribute of one or several keywords, joined by commas.
func Keyword(fields map[string]*commonpb.Payload, name string) string {
	p, ok := fields[name]
	if !ok {
		return ""
	}
	var one string
	if converter.GetDefaultDataConverter().FromPayload(p, &one) == nil {
		return one
	}
	var several []string
	if converter.GetDefaultDataConverter().FromPayload(p, &several) == nil {
		return strings.Join(several, ",")
	}
	return ""
}

// Order is a gift-card order as recorded in Temporal.
type Order struct {
	Name       string    `json:"name"`
	ID         string    `json:"id"`
	Shop       string    `json:"shop"`
	SKUs       string    `json:"skus"`
	State      State     `json:"state"`
	StartedAt  time.Time `json:"started_at"`
	ClosedAt   time.Time `json:"closed_at,omitzero"`
	WorkflowID string    `json:"workflow_id"`
	RunID      string    `json:"run_id"`
	Link       string    `json:"link"`
	// Failure says why the newest run failed. It is set only for failed and cancelled orders, in lists and when such an
	// order is shown. Curable is set only in the lists. It reports whether a rerun of the order may succeed without
	// human intervention.
	Failure *Failure `json:"failure,omitempty"`
	// Cards is the number of the order's cards. Amount, with two decimals, and Currency are their value. They are empty
	// if the memo of the run cannot be read.
	Cards    int    `json:"cards,omitempty"`
	Amount   string `json:"amount,omitempty"`
	Currency string `json:"currency,omitempty"`
	// Reason says why the order is left to people.
	Reason  giftcard.Reason `json:"reason,omitempty"`
	Curable bool            `json:"curable,omitempty"`
	// WaitsUntil is when the cards of a running order that waits are asked for; zero if it does not wait.
	WaitsUntil time.Time `json:"waits_until,omitzero"`
}

// Order reads an order from the search attributes and the memo of one of its runs.
func (o *Reader) Order(info *workflowpb.WorkflowExecutionInfo) Order {
	fields := info.GetSearchAttributes().GetIndexedFields()
	out := Order{
		Name:       Keyword(fields, workflows.ShopifyOrderName.GetName()),
		SKUs:       Keyword(fields, workflows.GiftCardSku.GetName()),
		State:      OrderState(info),
		StartedAt:  info.GetStartTime().AsTime(),
		WorkflowID: info.GetExecution().GetWorkflowId(),
		RunID:      info.GetExecution().GetRunId(),
		Link:       o.Link(info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId()),
	}
	if info.GetCloseTime() != nil {
		out.ClosedAt = info.GetCloseTime().AsTime()
	}
	if memo, err := o.OrderMemo(info); err == nil {
		out.Cards, out.Amount, out.Currency, out.Reason = memo.Cards, memo.Amount, memo.Currency, memo.Reason
		if out.State == Running && memo.WaitsUntil.After(time.Now()) {
			out.WaitsUntil = memo.WaitsUntil
		}
		switch memo.Reason {
		case giftcard.Settled:
			out.State = Settled
		case giftcard.Redacted:
			out.State = Redacted
		default:
		}
	}
	if shop, id, err := workflows.ParseGiftCardOrderID(out.WorkflowID); err == nil {
		out.Shop, out.ID = shop, id
	}
	return out
}

// OrderMemo returns the memo of an order's run. It is empty if the run has none.
func (o *Reader) OrderMemo(info *workflowpb.WorkflowExecutionInfo) (memo workflows.OrderMemo, err error) {
	payload, ok := info.GetMemo().GetFields()[workflows.OrderMemoKey]
	if !ok {
		return memo, nil
	}
	if err := o.Converter.FromPayload(payload, &memo); err != nil {
		return memo, fmt.Errorf("read the memo of %s: %w", info.GetExecution().GetWorkflowId(), err)
	}
	return memo, nil
}
