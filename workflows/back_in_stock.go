package workflows

import (
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities/messaging"
	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/messages/composing"
)

// InStockSignal says that a variant may be in stock. Its argument is an [InStock].
const InStockSignal = "in-stock"

// InStock is a variant that may be in stock. A signal without one is about the variant with which the workflow was started.
type InStock struct {
	// Variant is the shop's number of it.
	Variant string `json:"variant,omitempty"`
}

// BackInStockInput is a variant for which customers wait, or a product.
type BackInStockInput struct {
	Shop string `json:"shop"`
	// Variant is the shop's number of the variant that came first.
	Variant string `json:"variant"`
	// Product is the shop's number of its product, if customers wait for any of its variants; else it is empty.
	Product string `json:"product,omitempty"`
	// Hurry is as in [OrderMessagesInput].
	Hurry int `json:"hurry,omitempty"`
	// SilentUntil is what an earlier run has handed over: until when nothing is said about it. It is zero for the first one.
	SilentUntil time.Time `json:"silent_until,omitzero"`
}

// BackInStockResult is what became of the notice.
type BackInStockResult struct {
	// Notified reports whether a notice was sent.
	Notified bool `json:"notified,omitempty"`
	// Why says why not: a reason, or the kind of a failure.
	Why string `json:"why,omitempty"`
}

const (
	// maxHeard is how many variants of a product are remembered: enough to find one that stays in stock.
	maxHeard = 10
	// inStockDelay is how long a variant has to be in stock before anybody is told.
	inStockDelay = 10 * time.Minute
	// inStockSilence is how long nothing more is said about it then.
	inStockSilence = 24 * time.Hour
	// noticeLife is how long a notice is tried that could not be sent.
	noticeLife = 12 * time.Hour
)

// BackInStock tells those who asked for a variant, or for a product in any of its variants, that it is in stock again, at most once a
// day. A signal says that it may be: it is read a while later, and again after quiet hours.
func BackInStock(ctx workflow.Context, in BackInStockInput) (BackInStockResult, error) {
	b := &backInStock{in: in, heard: []string{in.Variant}, signals: workflow.GetSignalChannel(ctx, InStockSignal)}
	out := BackInStockResult{Notified: true}
	if in.SilentUntil.IsZero() {
		var err error
		if out, err = b.notify(ctx); err != nil || !out.Notified {
			return out, err
		}
		b.in.SilentUntil = workflow.Now(ctx).Add(b.hurried(inStockSilence))
	}
	return out, b.silence(ctx)
}

// backInStock is what customers wait for.
type backInStock struct {
	in      BackInStockInput
	signals workflow.ReceiveChannel
	// heard are the variants that may be in stock, the latest first.
	heard []string
	// notAfter is when a notice is no longer worth sending; zero until there is one.
	notAfter time.Time
}

func (b *backInStock) hurried(pause time.Duration) time.Duration {
	return pause / time.Duration(max(b.in.Hurry, 1))
}

// drain takes in the signals that have come, and reports whether there was one.
func (b *backInStock) drain() (came bool) {
	for {
		var s InStock
		if !b.signals.ReceiveAsync(&s) {
			return came
		}
		came = true
		if s.Variant != "" {
			rest := slices.DeleteFunc(b.heard, func(v string) bool { return v == s.Variant })
			b.heard = append([]string{s.Variant}, rest[:min(len(rest), maxHeard-1)]...)
		}
	}
}

// review reads the variants that may be in stock, the latest first, until it finds one that is: what came last may be sold out again
// while another one is not.
func (b *backInStock) review(ctx workflow.Context) (out messaging.ReviewVariantResult, err error) {
	for _, variant := range b.heard {
		in := messaging.ReviewVariantInput{Variant: variant, Product: b.in.Product}
		out, err = call(reviewing(ctx), messaged.ReviewVariant, in).get(ctx)
		if err != nil || !out.Gone && out.Dropped != composing.ReasonNotForSale {
			break
		}
	}
	return out, err
}

// notify sends a notice if the variant stays in stock. A signal that comes meanwhile has it read once more.
func (b *backInStock) notify(ctx workflow.Context) (BackInStockResult, error) {
	for {
		workflow.SetCurrentDetails(ctx, "Waiting whether it stays in stock.")
		timer := workflow.TimerOptions{Summary: "does it stay in stock?"}
		if err := workflow.NewTimerWithOptions(ctx, b.hurried(inStockDelay), timer).Get(ctx, nil); err != nil {
			return BackInStockResult{}, err
		}
		b.drain()
		out, err := b.tryOnce(ctx)
		if err != nil || out.Notified || !b.drain() {
			return out, err
		}
	}
}

// tryOnce reads the variant, and sends the notice that is due. A failure of either is on record; the workflow goes on.
func (b *backInStock) tryOnce(ctx workflow.Context) (BackInStockResult, error) {
	out, err := b.review(ctx)
	for err == nil && out.NotBefore.After(workflow.Now(ctx)) {
		timer := workflow.TimerOptions{Summary: "quiet hours end"}
		if err := workflow.NewTimerWithOptions(ctx, out.NotBefore.Sub(workflow.Now(ctx)), timer).Get(ctx, nil); err != nil {
			return BackInStockResult{}, err
		}
		b.drain()
		out, err = b.review(ctx)
	}
	switch {
	case temporal.IsCanceledError(err):
		return BackInStockResult{}, err
	case err != nil:
		return b.failed(ctx, LookKey, err)
	case out.Gone:
		return BackInStockResult{Why: "gone"}, nil
	case out.Message == nil:
		return BackInStockResult{Why: string(out.Dropped)}, nil
	}
	run := workflow.GetInfo(ctx)
	if b.notAfter.IsZero() {
		b.notAfter = workflow.Now(ctx).Add(noticeLife).UTC()
	}
	sent, err := call(sendingMessage(ctx, string(messages.KindInStock)), messaged.SendNotice, messaging.SendNoticeInput{
		Variant: b.in.Variant, Product: b.in.Product, Message: *out.Message, NotAfter: b.notAfter, FreshUntil: freshUntil(ctx, b.notAfter),
		Again: run.OriginalRunID != "" && run.OriginalRunID != run.WorkflowExecution.RunID,
	}).get(ctx)
	switch {
	case temporal.IsCanceledError(err):
		return BackInStockResult{}, err
	case err != nil:
		failed, reported := b.failed(ctx, out.Message.Key, err)
		// A notice that may have been sent is not sent again within the day.
		failed.Notified = failed.Why == string(messaging.MessageInDoubt)
		return failed, reported
	case sent.Outdated:
		return b.tryOnce(ctx)
	}
	return BackInStockResult{Notified: true}, nil
}

func (b *backInStock) failed(ctx workflow.Context, key string, err error) (BackInStockResult, error) {
	kind, message := cause(err)
	if kind == messaging.MessagesOff {
		return BackInStockResult{Why: string(kind)}, nil
	}
	return BackInStockResult{Why: string(kind)}, reportUnsent(ctx, UnsentMessageInput{
		Shop: b.in.Shop, Order: b.number(), Key: key, Kind: messages.KindInStock, Failure: kind, Message: message,
	})
}

// number is the number under which a notice that could not be sent is on record.
func (b *backInStock) number() string {
	if b.in.Product != "" {
		return ProductNumber(b.in.Product)
	}
	return b.in.Variant
}

// silence waits until it may be talked about again. Signals do nothing until then.
func (b *backInStock) silence(ctx workflow.Context) error {
	workflow.SetCurrentDetails(ctx, "Those who asked were told. Nothing more is said until "+b.in.SilentUntil.UTC().Format(time.RFC3339)+".")
	info := workflow.GetInfo(ctx)
	wait := max(b.in.SilentUntil.Sub(workflow.Now(ctx)), time.Millisecond)
	timer := workflow.NewTimerWithOptions(ctx, wait, workflow.TimerOptions{Summary: "silence"})
	err := workflow.Await(ctx, func() bool {
		b.drain()
		return timer.IsReady() || info.GetContinueAsNewSuggested()
	})
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if !timer.IsReady() {
		return workflow.NewContinueAsNewError(ctx, BackInStockType, b.in)
	}
	return nil
}

// BackInStockSummary returns the summary of a [BackInStock].
func BackInStockSummary(in BackInStockInput) string {
	if in.Product != "" {
		return "Product " + in.Product + " may be in stock"
	}
	return "Variant " + in.Variant + " may be in stock"
}
