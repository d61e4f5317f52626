package workflows

import (
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities/relaying"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// Names of the relay's workflows.
const (
	// RelayType is the workflow type of a mailbox.
	RelayType = "Relay"
	// UndeliveredEventType is the workflow type of an event that its endpoint has refused for good.
	UndeliveredEventType = "UndeliveredEvent"
	// EventSignal puts a [relaying.Event] into a mailbox.
	EventSignal = "event"
	// MailboxQuery returns what waits in a mailbox, as a [Mailbox].
	MailboxQuery = "mailbox"

	relayPrefix       = "relay/"
	undeliveredPrefix = "undelivered/"
	relayQueuePrefix  = "giftbridge-relay-"
)

// RelayTaskQueue returns the task queue of the deliveries to an endpoint. A queue of its own lets each endpoint be paced and paused.
func RelayTaskQueue(endpoint string) string { return relayQueuePrefix + endpoint }

// RelayID returns the workflow ID of the mailbox of a resource: the shop's number of an order or a product. It keeps the events of
// a resource in their order, whichever receiver takes them.
func RelayID(endpoint, resource string) string { return relayPrefix + endpoint + "/" + resource }

// ParseRelayID is the inverse of [RelayID].
func ParseRelayID(workflowID string) (endpoint, resource string, ok bool) {
	rest, isRelay := strings.CutPrefix(workflowID, relayPrefix)
	endpoint, resource, found := strings.Cut(rest, "/")
	return endpoint, resource, isRelay && found && endpoint != "" && resource != ""
}

// RelayListing returns what a list of workflows shows of a mailbox. order is the order's name; empty if it is not known or the mailbox is
// not an order's.
func RelayListing(endpoint, resource, order string) (attributes temporal.SearchAttributes, summary string) {
	of := resource
	if order != "" {
		attributes, of = NameAttribute(order), order
	}
	return attributes, "Events for " + endpoint + ": " + cut(of, maxSummaryName)
}

// UndeliveredEventID returns the workflow ID of an event that was refused.
func UndeliveredEventID(endpoint, resource, event string) string {
	return undeliveredPrefix + endpoint + "/" + resource + "/" + event
}

// ParseUndeliveredEventID is the inverse of [UndeliveredEventID].
func ParseUndeliveredEventID(workflowID string) (endpoint, resource, event string, ok bool) {
	rest, isUndelivered := strings.CutPrefix(workflowID, undeliveredPrefix)
	parts := strings.Split(rest, "/")
	if !isUndelivered || len(parts) != 3 || parts[0] == "" || parts[1] == "" || parts[2] == "" {
		return "", "", "", false
	}
	return parts[0], parts[1], parts[2], true
}

// RelayInput is a mailbox, with what an earlier run has handed over.
type RelayInput struct {
	Endpoint string `json:"endpoint"`
	Resource string `json:"resource"`
	// Waiting are the events that an earlier run has not delivered, in their order.
	Waiting []relaying.Event `json:"waiting,omitempty"`
	// Delivered is the time of the newest state of the order or product itself that was delivered; zero if none is known. Objects are
	// the newest states of its fulfilments.
	Delivered time.Time     `json:"delivered,omitzero"`
	Objects   []ObjectState `json:"objects,omitempty"`
	// Taken are the IDs of the last events.
	Taken []string `json:"taken,omitempty"`
}

// RelayResult is what became of a mailbox.
type RelayResult struct {
	// Delivered is the time of the newest state of the order or product itself that was delivered; zero if none is known. Objects are
	// the newest states of its fulfilments, the last one that was delivered last. A version that did not tell them apart has the newest
	// of all in Delivered.
	Delivered time.Time     `json:"delivered,omitzero"`
	Objects   []ObjectState `json:"objects,omitempty"`
	// Events is the number of events that were delivered, Stale of those the number of older states, Coalesced the number of events
	// that a later one made needless, Repeated that of events that came again, and Refused that of events that were given up.
	Events    int `json:"events"`
	Stale     int `json:"stale,omitempty"`
	Coalesced int `json:"coalesced,omitempty"`
	Repeated  int `json:"repeated,omitempty"`
	Refused   int `json:"refused,omitempty"`
}

// Mailbox is what waits.
type Mailbox struct {
	RelayResult

	// Waiting are the events that wait, without their bodies, in their order. The first one is being delivered.
	Waiting []relaying.Event `json:"waiting,omitempty"`
}

var relayer *relaying.Relay // Nil on purpose: only the method names are used.

const (
	// maxTaken is the number of events of a mailbox that are recognised when they come again.
	maxTaken = 50
	// recordAgain is the pause before an event that was refused is put on record again.
	recordAgain = 10 * time.Second
	// deliverTime is the longest that one attempt to deliver may take.
	deliverTime = 45 * time.Second
	// maxHandedOver bounds what one run hands over to the next one, in bytes, and besideBody what an event takes of it beside its body.
	// Temporal takes inputs of 2 MiB.
	maxHandedOver = 1 << 20
	besideBody    = 512
	// largeHistory, in bytes, and longHistory, in events, are half of what Temporal takes before it ends a workflow.
	largeHistory = 25 << 20
	longHistory  = 25_000
)

// mailbox is a running [Relay].
type mailbox struct {
	in      RelayInput
	done    RelayResult
	waiting []relaying.Event
	taken   []string
	signals workflow.ReceiveChannel
}

// Relay delivers the events of one order or product, one after the other, in the order in which they came. It ends when nothing
// waits: the next event starts it again. An event that was refused for good is left to people as a failed [UndeliveredEvent], and
// the next ones go on. An endpoint that is away is tried for as long as it takes, by the activity's own schedule.
func Relay(ctx workflow.Context, in RelayInput) (RelayResult, error) {
	m := &mailbox{
		in: in, waiting: in.Waiting, taken: in.Taken, signals: workflow.GetSignalChannel(ctx, EventSignal),
		done: RelayResult{Delivered: in.Delivered, Objects: in.Objects},
	}
	if err := workflow.SetQueryHandler(ctx, MailboxQuery, m.show); err != nil {
		return RelayResult{}, err //nolint:wrapcheck // It is a mistake in the code.
	}
	for {
		m.drain()
		m.coalesce(0)
		switch {
		case len(m.waiting) == 0:
			return m.done, nil
		case m.full(ctx):
			return m.done, m.again(ctx)
		}
		if err := m.deliver(ctx); err != nil {
			return m.done, err
		}
	}
}

// full reports whether the history has grown so much that the mailbox continues as a new run. One with more to hand over than the
// input of a run holds goes on until Temporal might end it, and what waits would be lost: the bodies that are too much become notices then.
func (m *mailbox) full(ctx workflow.Context) bool {
	info := workflow.GetInfo(ctx)
	switch {
	case !info.GetContinueAsNewSuggested():
		return false
	case m.size() < maxHandedOver:
		return true
	case info.GetCurrentHistorySize() < largeHistory && info.GetCurrentHistoryLength() < longHistory:
		return false
	case workflow.GetVersion(ctx, "notices", workflow.DefaultVersion, 1) == workflow.DefaultVersion:
		return false // The run began with a version that did not look at its history.
	}
	m.abridge()
	return m.size() < maxHandedOver
}

// size returns how large what waits is when it is handed over, in bytes.
func (m *mailbox) size() (sum int) {
	for _, e := range m.waiting {
		sum += len(e.Body) + besideBody
	}
	return sum
}

// abridge makes notices of what waits, of the largest bodies first, until it can be handed over. The first event may have arrived with
// its body, so it comes last.
func (m *mailbox) abridge() {
	for m.size() >= maxHandedOver {
		largest := 0
		for i := 1; i < len(m.waiting); i++ {
			n := len(m.waiting[i].Body)
			if n > besideBody && (largest == 0 || n > len(m.waiting[largest].Body)) {
				largest = i
			}
		}
		e := &m.waiting[largest]
		if len(e.Body) <= besideBody { // A notice would not be smaller.
			return
		}
		*e = e.AsNotice(m.in.Resource)
	}
}

// again returns the error with which the mailbox continues as a new run.
func (m *mailbox) again(ctx workflow.Context) error {
	m.in.Waiting, m.in.Taken, m.in.Delivered, m.in.Objects = m.waiting, m.taken, m.done.Delivered, m.done.Objects
	return workflow.NewContinueAsNewError(ctx, Relay, m.in)
}

// show answers a [MailboxQuery].
func (m *mailbox) show() (Mailbox, error) {
	out := Mailbox{RelayResult: m.done}
	for _, e := range m.waiting {
		e.Body = ""
		out.Waiting = append(out.Waiting, e)
	}
	return out, nil
}

// drain takes the events that have come.
func (m *mailbox) drain() {
	for {
		var e relaying.Event
		if !m.signals.ReceiveAsync(&e) {
			return
		}
		m.take(e)
	}
}

// take puts an event behind those that wait. An event that is known is not delivered again, unless a person wants it.
func (m *mailbox) take(e relaying.Event) {
	if !e.Again && slices.Contains(m.taken, e.ID) {
		m.done.Repeated++
		return
	}
	m.taken = append(m.taken, e.ID)
	m.taken = m.taken[max(0, len(m.taken)-maxTaken):]
	m.waiting = append(m.waiting, e)
}

// coalesce drops the events that a later one makes needless. The first ones stay, which are being delivered.
func (m *mailbox) coalesce(first int) {
	kept := m.waiting[:first]
	for i, e := range m.waiting[first:] {
		i += first
		later := func(o relaying.Event) bool {
			return o.Topic == e.Topic && !o.UpdatedAt.Before(e.UpdatedAt)
		}
		if e.Coalesces() && !e.Again && slices.ContainsFunc(m.waiting[i+1:], later) {
			m.done.Coalesced++
			continue
		}
		kept = append(kept, e)
	}
	clear(m.waiting[len(kept):]) // Their bodies would stay in memory.
	m.waiting = kept
}

// deliver delivers the first event.
func (m *mailbox) deliver(ctx workflow.Context) error {
	e := m.waiting[0]
	sending, stop := workflow.WithCancel(workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           RelayTaskQueue(m.in.Endpoint),
		StartToCloseTimeout: deliverTime,
		RetryPolicy:         backoff,
		Summary:             e.Topic,
	}))
	defer stop()
	answer := workflow.ExecuteActivity(sending, relayer.DeliverEvent, relaying.DeliverEventInput{
		Endpoint: m.in.Endpoint, Resource: m.in.Resource, Event: e, Delivered: m.done.Newest(e.Object),
	})
	// An endpoint may be away for days, while the shop goes on. What comes meanwhile must not fill the history.
	wait := workflow.NewSelector(ctx)
	wait.AddFuture(answer, func(workflow.Future) {})
	wait.AddReceive(m.signals, func(workflow.ReceiveChannel, bool) {})
	for !answer.IsReady() {
		wait.Select(ctx)
		m.drain()
		m.coalesce(1)
		if !answer.IsReady() && m.full(ctx) {
			// The endpoint may have taken the event just now. It knows it by its ID when it comes again.
			return m.again(ctx)
		}
	}
	var delivered relaying.DeliverEventResult
	err := answer.Get(ctx, &delivered)
	switch {
	case temporal.IsCanceledError(err):
		return err //nolint:wrapcheck // Somebody has cancelled the mailbox.
	case err != nil:
		m.done.Refused++
		if err := m.leave(ctx, e, err); err != nil {
			return err
		}
	default:
		m.done.Events++
		if delivered.Stale {
			m.done.Stale++
		}
		m.done.deliver(e.Object, delivered.Delivered)
		if e.Refused {
			m.settle(ctx, e)
		}
	}
	m.waiting = slices.Delete(m.waiting, 0, 1)
	return nil
}

// leave leaves an event to people. It is not dropped before it is on record: a record of the same ID may be about to end.
func (m *mailbox) leave(ctx workflow.Context, e relaying.Event, why error) error {
	kind, message := cause(why)
	for {
		err := m.record(ctx, "was refused", UndeliveredEventInput{Event: e, Kind: kind, Message: message})
		if err == nil || temporal.IsCanceledError(err) {
			return err //nolint:wrapcheck // Somebody has cancelled the mailbox.
		}
		workflow.GetLogger(ctx).Warn("an event that was refused is not on record yet", "error", err)
		if err := workflow.Sleep(ctx, recordAgain); err != nil {
			return err
		}
	}
}

// settle ends the record of an event that was refused and is delivered now. Without it, the event stays listed, and a person sends it
// once more or settles it.
func (m *mailbox) settle(ctx workflow.Context, e relaying.Event) {
	e.Body = ""
	if err := m.record(ctx, "was delivered", UndeliveredEventInput{Event: e}); err != nil {
		workflow.GetLogger(ctx).Warn("the record of an event that was delivered stays open", "error", err)
	}
}

// record starts a run that says what became of an event. It is not waited for.
func (m *mailbox) record(ctx workflow.Context, became string, in UndeliveredEventInput) error {
	in.Endpoint, in.Resource = m.in.Endpoint, m.in.Resource
	var attributes temporal.SearchAttributes
	if in.Event.Order != "" {
		attributes = NameAttribute(in.Event.Order)
	}
	ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            UndeliveredEventID(m.in.Endpoint, m.in.Resource, in.Event.FirstID()),
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
		StaticSummary:         in.Event.Topic + " " + became,
		TypedSearchAttributes: attributes,
	})
	return workflow.ExecuteChildWorkflow(ctx, UndeliveredEvent, in).GetChildWorkflowExecution().Get(ctx, nil)
}

// UndeliveredEventInput is an event that its endpoint has refused for good.
type UndeliveredEventInput struct {
	Endpoint string         `json:"endpoint"`
	Resource string         `json:"resource"`
	Event    relaying.Event `json:"event"`
	// Kind is the kind of the refusal, and Message what a person reads; both are empty once the event was delivered after all.
	Kind    giftcard.Kind `json:"kind,omitempty"`
	Message string        `json:"message,omitempty"`
	// By and Reason are who has settled the event without its delivery, and why; empty otherwise.
	By     string `json:"by,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// UndeliveredEvent stays on record: it fails with the kind of the refusal, so that people see it. A later run of the same ID
// completes once the event was delivered after all, or a person has settled it.
func UndeliveredEvent(_ workflow.Context, in UndeliveredEventInput) error {
	if in.Kind == "" {
		return nil
	}
	return failure(in.Kind, in.Message)
}
