package privacy

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/proxy"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/giftbridge/giftbridge/activities/relaying"
	"github.com/giftbridge/giftbridge/workflows"
)

// Other is a history of messages to a customer, or of events of the shop for another system.
type Other struct {
	// What says what the history is about, with the shop's number of the order: "messages of order 1001".
	What string `json:"what"`
	Poll
}

// Why such a history stays for now.
const (
	keptMessages = "it is running, so its customer may still be told something: it can go once it has ended"
	keptEvents   = "it is running, because events wait: it can go once they are delivered"
	keptMessage  = "the message could not be sent: settle it first (messages settle)"
	keptEvent    = "the event was refused: settle it first (relay settle)"
)

// otherTypes are the workflow types of [Other] histories. Notices of products in stock are none: they name nobody.
var otherTypes = []string{
	workflows.OrderMessagesType, workflows.UnsentMessageType, workflows.RelayType, workflows.UndeliveredEventType,
}

// otherRun is a run of such a type.
type otherRun struct {
	Other
	// order is the shop's number of the order; empty if it is about a product.
	order string
	// holds reports whether its own history names the person.
	holds  bool
	kind   string
	status enumspb.WorkflowExecutionStatus
}

// inOther reports whether a payload of a history names the person.
func (f *finder) inOther(ctx context.Context, run *commonpb.WorkflowExecution) (holds bool, err error) {
	look := proxy.VisitPayloadsOptions{
		SkipSearchAttributes: true,
		Visitor: func(_ *proxy.VisitPayloadsContext, all []*commonpb.Payload) ([]*commonpb.Payload, error) {
			for _, p := range all {
				var text json.RawMessage
				if err := f.Converter.FromPayload(p, &text); err != nil {
					return nil, &unreadableError{err}
				}
				holds = holds || f.person.Named(text)
			}
			return all, nil
		},
	}
	err = f.EachEvent(ctx, run.GetWorkflowId(), run.GetRunId(), func(e *historypb.HistoryEvent) error {
		return proxy.VisitPayloads(ctx, e, look)
	})
	return holds, err
}

// noteOther notes a run. Whether it stays is known only when all have been read.
func (f *finder) noteOther(info *workflowpb.WorkflowExecutionInfo, run Poll, holds bool) {
	o := otherRun{Other: Other{Poll: run}, holds: holds, kind: info.GetType().GetName(), status: info.GetStatus()}
	switch o.kind {
	case workflows.RelayType:
		endpoint, resource, _ := workflows.ParseRelayID(run.WorkflowID)
		o.about("events", endpoint, resource)
	case workflows.UndeliveredEventType:
		endpoint, resource, _, _ := workflows.ParseUndeliveredEventID(run.WorkflowID)
		o.about("a refused event", endpoint, resource)
	case workflows.UnsentMessageType:
		_, o.order, _, _ = workflows.ParseUnsentMessageID(run.WorkflowID)
		o.What = "an unsent message of order " + o.order
	default:
		o.order = run.WorkflowID[strings.LastIndex(run.WorkflowID, "/")+1:]
		o.What = "messages of order " + o.order
	}
	f.others = append(f.others, o)
}

func (o *otherRun) about(what, endpoint, resource string) {
	if endpoint == relaying.Products {
		o.What = what + " of product " + resource
		return
	}
	o.order, o.What = resource, what+" of order "+resource
}

// judgeOthers keeps the runs that name the person, and those about an order that another history says is the person's: messages hold
// a number and an address, but not always who the customer is.
func (f *finder) judgeOthers() {
	theirs := map[string]bool{}
	for _, o := range f.found.Orders {
		theirs[o.ID] = true
	}
	newest := map[string]otherRun{}
	for _, o := range f.others {
		if o.holds && o.order != "" {
			theirs[o.order] = true
		}
		if n, known := newest[o.WorkflowID]; !known || n.StartedAt.Before(o.StartedAt) {
			newest[o.WorkflowID] = o
		}
	}
	for _, o := range f.others {
		if !o.holds && !theirs[o.order] {
			continue
		}
		o.Kept = o.kept(newest[o.WorkflowID].status == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED)
		f.found.Others = append(f.found.Others, o.Other)
	}
	slices.SortFunc(f.found.Others, func(a, b Other) int {
		return cmp.Or(a.StartedAt.Compare(b.StartedAt), cmp.Compare(a.RunID, b.RunID))
	})
}

// kept returns why a run stays; empty if it can go. A failed run is what tells people that something is to be done, unless the newest
// one of the same ID has completed.
func (o *otherRun) kept(settled bool) string {
	switch running := o.status == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING; {
	case running && o.kind == workflows.RelayType:
		return keptEvents
	case running:
		return keptMessages
	case settled || o.status == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED:
	case o.kind == workflows.UndeliveredEventType:
		return keptEvent
	case o.kind == workflows.UnsentMessageType:
		return keptMessage
	}
	return ""
}
