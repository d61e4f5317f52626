package survey

import (
	"context"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/installation"
	"github.com/giftbridge/giftbridge/workflows"
)

// Messages are the messages to customers as Temporal's lists show them.
type Messages struct {
	// Open is the number of orders whose customers may be told more.
	Open int
	// Unsent is the number of messages that could not be sent, and that nobody has settled.
	Unsent int
}

// TakeMessages counts messages. It costs two counts if all were sent.
func TakeMessages(ctx context.Context, o *installation.Installation) (out Messages, err error) {
	out.Open, err = Count(ctx, o, "WorkflowType = "+executions.Quote(workflows.OrderMessagesType)+" AND ExecutionStatus = 'Running'")
	if err != nil {
		return Messages{}, err
	}
	if out.Unsent, err = failedNow(ctx, o, "WorkflowType = "+executions.Quote(workflows.UnsentMessageType)); err != nil {
		return Messages{}, err
	}
	return out, nil
}
