package workflows

import (
	"cmp"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/messages"
)

// UnsentMessageInput is a message that could not be sent, or one that was sent after all.
type UnsentMessageInput struct {
	Shop string `json:"shop"`
	// Order is the shop's number of the order; for a notice, that of the variant, or the [ProductNumber].
	Order string        `json:"order"`
	Name  string        `json:"name,omitempty"`
	Key   string        `json:"key"`
	Kind  messages.Kind `json:"kind,omitempty"`
	// Failure and Message are why it could not be sent; empty if it was sent after all.
	Failure giftcard.Kind `json:"failure,omitempty"`
	Message string        `json:"message,omitempty"`
	// Settled is set if a person has decided that nothing is left to do about the message, though it was not sent.
	Settled *MessageSettled `json:"settled,omitempty"`
}

// MessageSettled is who has settled a message that was not sent, and why.
type MessageSettled struct {
	By   string `json:"by"`
	Note string `json:"note"`
}

// UnsentMessage stands for a message that could not be sent: it fails as the message has, so that people find it among what failed. A
// newer run under the same ID completes once a person has had the message sent, or has settled it.
func UnsentMessage(_ workflow.Context, in UnsentMessageInput) (UnsentMessageResult, error) {
	if in.Failure != "" {
		return UnsentMessageResult{}, failure(in.Failure, in.Message)
	}
	return UnsentMessageResult{Sent: in.Settled == nil}, nil
}

// UnsentMessageResult is the outcome for a message that nobody has to see to any longer. Sent reports whether it was sent after all.
type UnsentMessageResult struct {
	Sent bool `json:"sent"`
}

// reportUnsent starts an [UnsentMessage], and does not wait for its end. Its error is that of a cancelled workflow.
func reportUnsent(ctx workflow.Context, in UnsentMessageInput) error {
	err := child(unsentOptions(ctx, in), UnsentMessage, in).GetChildWorkflowExecution().Get(ctx, nil)
	if temporal.IsCanceledError(err) {
		return err
	}
	if err != nil { // One of the same ID is about to end.
		workflow.GetLogger(ctx).Error("a message that could not be sent is not on record", "error", err)
	}
	return nil
}

// unsentOptions lets the run outlive the workflow that starts it.
func unsentOptions(ctx workflow.Context, in UnsentMessageInput) workflow.Context {
	attributes, summary := UnsentMessageListing(in)
	return workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            UnsentMessageID(in.Shop, in.Order, in.Key),
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
		StaticSummary:         summary,
		TypedSearchAttributes: attributes,
	})
}

// UnsentMessageListing returns what a list of workflows shows of a message that could not be sent.
func UnsentMessageListing(in UnsentMessageInput) (attributes temporal.SearchAttributes, summary string) {
	if in.Name != "" {
		attributes = NameAttribute(in.Name)
	}
	return attributes, "Message of " + cut(cmp.Or(in.Name, in.Order), maxSummaryName) + " that could not be sent"
}
