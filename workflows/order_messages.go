package workflows

import (
	"cmp"
	"fmt"
	"strconv"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities/messaging"
)

const (
	// lookDelay is how long webhooks of the same change are waited for: they are one look.
	lookDelay = 3 * time.Second
	// staleAgain is when an order is looked at again that the shop showed older than a signal says it is.
	staleAgain = time.Minute
	// soonest is when an order is looked at again at the earliest, if nothing happens to it.
	soonest = 10 * time.Second
	// messagesLife is how long an order is waited for that could not be read.
	messagesLife = 90 * 24 * time.Hour
	// maxReviews is the number of times that one look reads the order, so that it always ends.
	maxReviews = 5
	// offAgain is when an order is looked at again for which no worker could work, although something was due, and offPatience how long
	// that goes on: nothing is worth sending for longer.
	offAgain    = time.Hour
	offPatience = 48 * time.Hour
	// messagesRenewAfter is the number of looks after which the history begins anew.
	messagesRenewAfter = 500
)

var messaged *messaging.Messages // Nil on purpose: only the method names are used.

// OrderMessages tells the customer of one order what becomes of it. A signal says that the order may have changed: it is read as it
// is then, and what the customer was not told yet is sent. So doubled, reordered and stale webhooks send nothing, and a shipment never
// comes before its receipt. It ends when nothing more is expected of the order.
func OrderMessages(ctx workflow.Context, in OrderMessagesInput) error {
	o := &orderMessages{
		in: in, looks: workflow.GetSignalChannel(ctx, LookSignal), resends: workflow.GetSignalChannel(ctx, ResendSignal),
	}
	if in.State != nil {
		o.state = *in.State
	}
	run := workflow.GetInfo(ctx)
	// A run that a reset created does not know what the run before it has sent.
	o.reset = run.OriginalRunID != "" && run.OriginalRunID != run.WorkflowExecution.RunID
	if o.state.EndsAt.IsZero() {
		o.state.EndsAt = workflow.Now(ctx).Add(messagesLife)
	}
	if err := workflow.SetQueryHandler(ctx, MessagesQuery, func() (OrderMessagesState, error) { return o.state, nil }); err != nil {
		return err
	}
	for began := o.state.Looked; ; {
		if err := o.await(ctx); err != nil {
			return err
		}
		if err := o.work(ctx); err != nil {
			return err
		}
		if o.pending() {
			continue // No signal is lost when the run ends.
		}
		switch {
		case !workflow.Now(ctx).Before(o.endsAt(ctx)):
			return nil
		case o.unsure, o.state.Looked-began >= messagesRenewAfter, run.GetContinueAsNewSuggested():
			in.State = &o.state
			return workflow.NewContinueAsNewError(ctx, OrderMessagesType, in)
		}
	}
}

// orderMessages is an order whose customer gets messages.
type orderMessages struct {
	in    OrderMessagesInput
	state OrderMessagesState
	// reset reports whether a reset created this run, and unsure whether what it sends may have been sent by the run before.
	reset, unsure bool

	looks, resends workflow.ReceiveChannel
	// end is the timer for the end, which fires at endFires, and again the one for the next look, at againFires; nil if there is none.
	end, again           workflow.Future
	endFires, againFires time.Time
	// stopAgain stops the timer again.
	stopAgain workflow.CancelFunc
	// asked is the latest change of which a signal has told, and stale reports whether the shop has shown an older one twice.
	asked time.Time
	stale bool
}

// pending reports whether a signal waits.
func (o *orderMessages) pending() bool { return o.looks.Len() > 0 || o.resends.Len() > 0 }

// hurried returns a pause as it is where everything runs faster.
func (o *orderMessages) hurried(pause time.Duration) time.Duration {
	return pause / time.Duration(max(o.in.Hurry, 1))
}

// endsAt returns when the workflow ends.
func (o *orderMessages) endsAt(ctx workflow.Context) time.Time {
	if o.in.Hurry <= 1 {
		return o.state.EndsAt
	}
	began := workflow.GetInfo(ctx).WorkflowStartTime
	return began.Add(o.hurried(o.state.EndsAt.Sub(began)))
}

// await waits for a signal, the next look, or the end. The timer for the end is not made again when the end moves away, so that a
// look costs none: it fires early then, once.
func (o *orderMessages) await(ctx workflow.Context) error {
	if o.pending() {
		return nil
	}
	now := workflow.Now(ctx)
	if at := o.endsAt(ctx); o.end == nil || o.end.IsReady() || at.Before(o.endFires) {
		o.endFires = at
		o.end = workflow.NewTimerWithOptions(ctx, max(at.Sub(now), time.Millisecond), workflow.TimerOptions{Summary: "nothing more is expected"})
	}
	if at := o.state.AgainAt; !at.Equal(o.againFires) {
		if o.stopAgain != nil {
			o.stopAgain()
		}
		o.againFires, o.again, o.stopAgain = at, nil, nil
		if !at.IsZero() {
			timed, stop := workflow.WithCancel(ctx)
			o.stopAgain = stop
			o.again = workflow.NewTimerWithOptions(timed, max(at.Sub(now), time.Millisecond), workflow.TimerOptions{Summary: "next look"})
		}
	}
	end, again := o.end, o.again
	err := workflow.Await(ctx, func() bool {
		return o.pending() || end.IsReady() || again != nil && again.IsReady()
	})
	return cmp.Or(err, ctx.Err())
}

// work does what signals and timers ask for.
func (o *orderMessages) work(ctx workflow.Context) error {
	due := o.again != nil && o.again.IsReady()
	if due {
		o.again, o.againFires, o.stopAgain = nil, time.Time{}, nil
	}
	asked := o.hear()
	if asked && !due {
		if err := workflow.Sleep(ctx, o.hurried(lookDelay)); err != nil {
			return err
		}
		o.hear()
	}
	if asked || due {
		if err := o.look(ctx); err != nil {
			return err
		}
	}
	for {
		var r ResendMessage
		if !o.resends.ReceiveAsync(&r) {
			return nil
		}
		if err := o.resend(ctx, r); err != nil {
			return err
		}
	}
}

// hear takes in the signals that have come, and reports whether the order has to be looked at.
func (o *orderMessages) hear() (asked bool) {
	for {
		var l Look
		if !o.looks.ReceiveAsync(&l) {
			return asked
		}
		if l.UpdatedAt.IsZero() || l.UpdatedAt.After(o.state.SeenAt) {
			asked = true
		}
		if l.UpdatedAt.After(o.asked) {
			o.asked = l.UpdatedAt
		}
	}
}

// look reads the order, and tells what is due. What could not be told changes what is due after it, so the order is then read again.
func (o *orderMessages) look(ctx workflow.Context) error {
	// Only tasks that were not part of the history before the reset find no marker and make one.
	o.unsure = o.reset && workflow.GetVersion(ctx, "reset-"+strconv.Itoa(o.state.Looked), workflow.DefaultVersion, 1) == 1
	again := true
	for n := 0; again && n < maxReviews; n++ {
		out, err := call(reviewing(ctx), messaged.ReviewOrder, messaging.ReviewOrderInput{Order: o.in.Order, Told: o.state.Told}).get(ctx)
		if temporal.IsCanceledError(err) {
			return err
		}
		o.state.Looked++
		awaited := !o.state.AgainAt.IsZero()
		o.state.AgainAt = time.Time{}
		if err != nil {
			return o.lookFailed(ctx, err, awaited)
		}
		if out.Gone {
			o.state.EndsAt = workflow.Now(ctx)
			return nil
		}
		failed := o.state.LookFailed
		o.state.LookFailed, o.state.OffSince = "", time.Time{}
		if failed != "" && failed != messaging.MessagesOff {
			if err := o.report(ctx, LookKey, "", "", ""); err != nil {
				return err
			}
		}
		if o.state.Name == "" && out.Name != "" {
			o.state.Name = out.Name
		}
		o.state.SeenAt, o.state.Waits = out.UpdatedAt, out.Plan.Waits
		o.state.AgainAt, o.state.EndsAt = out.Plan.LookAgainAt, out.Plan.EndsAt
		o.behind(ctx, out.UpdatedAt)
		if soon := workflow.Now(ctx).Add(o.hurried(soonest)); !o.state.AgainAt.IsZero() && o.state.AgainAt.Before(soon) {
			o.state.AgainAt = soon
		}
		if again, err = o.tell(ctx, out.Plan.Steps); err != nil {
			return err
		}
	}
	if soon := workflow.Now(ctx).Add(o.hurried(soonest)); again && o.state.AgainAt.IsZero() {
		o.state.AgainAt = soon
	}
	o.show(ctx)
	return nil
}

// behind has an order looked at again, once, that the shop has shown older than a signal says it is.
func (o *orderMessages) behind(ctx workflow.Context, seen time.Time) {
	if !seen.Before(o.asked) {
		o.stale = false
		return
	}
	if o.stale {
		return
	}
	o.stale = true
	if at := workflow.Now(ctx).Add(o.hurried(staleAgain)); o.state.AgainAt.IsZero() || at.Before(o.state.AgainAt) {
		o.state.AgainAt = at
	}
}

// LookKey stands for the key of a message where an order or a variant could not be read.
const LookKey = "look"

// lookFailed records that the order could not be read. The next signal has it read again; if something was awaited, so does a timer.
func (o *orderMessages) lookFailed(ctx workflow.Context, err error, awaited bool) error {
	kind, message := cause(err)
	if now := workflow.Now(ctx).UTC(); awaited && kind == messaging.MessagesOff {
		if o.state.OffSince.IsZero() {
			o.state.OffSince = now
		}
		if now.Sub(o.state.OffSince) < o.hurried(offPatience) {
			o.state.AgainAt = now.Add(o.hurried(offAgain))
		}
	}
	first := o.state.LookFailed == ""
	o.state.LookFailed = kind
	if !first || kind == messaging.MessagesOff {
		return nil
	}
	return o.report(ctx, LookKey, "", kind, message)
}

// show shows in Temporal's Web UI what the order waits for.
func (o *orderMessages) show(ctx workflow.Context) {
	text := fmt.Sprintf("%d messages sent, %d dropped, %d failed.", o.state.Sent, o.state.Dropped, o.state.Failed)
	if o.state.Waits != "" {
		text += " It waits: " + string(o.state.Waits) + "."
	}
	workflow.SetCurrentDetails(ctx, text)
}
