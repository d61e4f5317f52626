package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/mail"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/internal/shopify"
)

// Executions is what the digest asks of Temporal itself. The operator answers it.
type Executions interface {
	// RerunFailed runs failed orders again, a page of them or those that are named.
	RerunFailed(ctx context.Context, in RerunFailedOrdersInput) (RerunFailedOrdersResult, error)
	// CountRunning counts the orders that run and were started, or run again, since then.
	CountRunning(ctx context.Context, since time.Time) (int, error)
	// Beat tells that an activity is at work, and keeps details for its next attempt. It returns once Temporal has them.
	Beat(ctx context.Context, taskToken []byte, details ...any) error
	// Report says how all orders and polls stand, and what has changed since the last digest.
	Report(ctx context.Context, in ReportInput) (digest.Report, error)
}

// ReportInput says what a report is about.
type ReportInput struct {
	// Since is where the last digest's report ended.
	Since time.Time
	// RerunSince is when running failed orders again began; zero if that was not done.
	RerunSince time.Time
}

// Mailer sends a mail.
type Mailer interface {
	Send(ctx context.Context, m mail.Message) error
}

// Digest runs failed orders again and tells people what is still failing.
type Digest struct {
	Executions Executions
	// Mailer is nil where no mail server is configured.
	Mailer   Mailer
	Shop     string
	From     string
	To       []string
	Location *time.Location
	Now      func() time.Time
	// Orders reads orders that are left to people again, so that none is named that was cancelled or refunded since; nil,
	// all are named.
	Orders *OrderReader
}

// RerunFailedOrdersInput says which failed orders are run again. One page is done at a time, unless orders are named.
type RerunFailedOrdersInput struct {
	// Orders are workflow IDs; empty means all that are failed.
	Orders []string `json:"orders,omitempty"`
	// Kinds restricts it to orders that failed so; empty does not.
	Kinds []giftcard.Kind `json:"kinds,omitempty"`
	// Force includes kinds that running again does not cure by itself.
	Force bool `json:"force,omitempty"`
	// Reason stands in the history of each order.
	Reason string `json:"reason"`
	// Since is when it began: an order that was reset after that runs again already.
	Since time.Time `json:"since"`
	// PageToken continues after an earlier page.
	PageToken []byte `json:"page_token,omitempty"`
}

// RerunFailedOrdersResult is what became of the orders of a page.
type RerunFailedOrdersResult struct {
	// Rerun is the number of orders that run again, LeftAlone that of those that are failed, or named, and do not.
	Rerun     int `json:"rerun"`
	LeftAlone int `json:"left_alone"`
	// Orders tells of each, if they were named.
	Orders []RerunOrder `json:"orders,omitempty"`
	// PageToken is empty after the last page.
	PageToken []byte `json:"page_token,omitempty"`
}

// RerunOrder is what became of one order.
type RerunOrder struct {
	WorkflowID string `json:"workflow_id"`
	// RunID is the new run; empty if there is none.
	RunID string `json:"run_id,omitempty"`
	// LeftAlone says why there is no new run.
	LeftAlone string `json:"left_alone,omitempty"`
}

// RerunFailedOrders resets failed orders, each to the workflow task that scheduled the activity which failed: what earlier
// tasks did stays. Cards of the same task are asked for again, which audit numbers make safe, or [Attempts].
func (d *Digest) RerunFailedOrders(ctx context.Context, in RerunFailedOrdersInput) (RerunFailedOrdersResult, error) {
	stop := d.alive(ctx)
	defer stop()
	out, err := d.Executions.RerunFailed(ctx, in)
	return out, failure(ctx, "running failed orders again", err, untilTimeout)
}

// CountRunningOrdersInput says from when orders are counted.
type CountRunningOrdersInput struct {
	Since time.Time `json:"since"`
}

// CountRunningOrdersResult is the number of orders that run.
type CountRunningOrdersResult struct {
	Running int `json:"running"`
}

// CountRunningOrders counts the orders that run and were started, or run again, since then.
func (d *Digest) CountRunningOrders(ctx context.Context, in CountRunningOrdersInput) (CountRunningOrdersResult, error) {
	n, err := d.Executions.CountRunning(ctx, in.Since)
	return CountRunningOrdersResult{Running: n}, failure(ctx, "counting orders", err, untilTimeout)
}

// SendDigestInput says what a digest is about.
type SendDigestInput struct {
	// At is the time for which the digest was scheduled. It names the mail: one that is sent again is the same mail.
	At time.Time `json:"at"`
	// Since is where the last digest's report ended.
	Since time.Time `json:"since"`
	// RerunSince is when running failed orders again began; zero if that was not done.
	RerunSince time.Time `json:"rerun_since,omitzero"`
	// SendEmpty sends a mail also when there is nothing to say.
	SendEmpty bool `json:"send_empty,omitempty"`
	// LastRefused says why the last digest did not reach everybody; empty if it did.
	LastRefused string `json:"last_refused,omitempty"`
}

// SendDigestResult is the account of a digest.
type SendDigestResult struct {
	// Until is where the report ended: the next one begins there.
	Until time.Time `json:"until"`
	// Sent tells whether a mail was sent; there is none when there is nothing to say.
	Sent      bool `json:"sent"`
	Failed    int  `json:"failed"`
	FailedNew int  `json:"failed_new"`
	Recovered int  `json:"recovered"`
	Retrying  int  `json:"retrying"`
	Mixed     int  `json:"mixed"`
	// Expiring is how many failed orders cannot be run again for much longer, since their histories expire.
	Expiring int `json:"expiring,omitempty"`
	// Refused says why the mail did not reach everybody; empty if it did. It names no address.
	Refused string `json:"refused,omitempty"`
}

// SendDigest makes the report and mails it. The report is made where it is sent, so that thousands of failed orders
// never enter a history. As soon as the mail server has taken the mail, that is noted as a heartbeat: should the worker
// die before the activity completes, the next attempt sends no second mail.
func (d *Digest) SendDigest(ctx context.Context, in SendDigestInput) (SendDigestResult, error) {
	var sent SendDigestResult
	if activity.HasHeartbeatDetails(ctx) && activity.GetHeartbeatDetails(ctx, &sent) == nil && sent.Sent {
		return sent, nil
	}
	stop := d.alive(ctx)
	defer stop()
	report, err := d.Executions.Report(ctx, ReportInput{Since: in.Since, RerunSince: in.RerunSince})
	if err != nil {
		return SendDigestResult{}, failure(ctx, "making the digest's report", err, untilTimeout)
	}
	d.leaveOutSettled(ctx, &report)
	report.Refused = in.LastRefused
	out := SendDigestResult{
		Until:     report.Window.To,
		Failed:    report.FailedTotal,
		FailedNew: report.FailedNew,
		Recovered: report.RecoveredTotal,
		Retrying:  report.RetryingTotal,
		Mixed:     report.MixedTotal,
		Expiring:  report.Expiring(),
	}
	if report.Empty() && !in.SendEmpty {
		return out, nil
	}
	token := activity.GetInfo(ctx).TaskToken
	if err := d.Executions.Beat(ctx, token); err != nil {
		// Temporal may have taken this worker for dead, and another one may be sending the same mail.
		return SendDigestResult{}, failure(ctx, "asking whether to send the digest", err, untilTimeout)
	}
	if out.Refused, err = d.send(ctx, in.At, report); err != nil {
		return SendDigestResult{}, failure(ctx, "sending the digest", err, untilTimeout)
	}
	out.Sent = true
	stop()
	if err := d.Executions.Beat(ctx, token, out); err != nil {
		activity.GetLogger(ctx).Warn("the digest was sent, which could not be noted", "error", err)
	}
	return out, nil
}

// lookAgainFor bounds the reading of orders that are left to people: the rest is named unread.
const lookAgainFor = 3 * time.Minute

// leaveOutSettled takes those orders out of a report's list of what is left to people that the shop has cancelled or
// refunded as a whole since. While the shop does not answer, all are named.
func (d *Digest) leaveOutSettled(ctx context.Context, report *digest.Report) {
	if d.Orders == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookAgainFor)
	defer cancel()
	answers := true
	report.Left = slices.DeleteFunc(report.Left, func(left digest.LeftOrder) bool {
		if !answers {
			return false
		}
		order, err := d.Orders.get(ctx, left.OrderID)
		if err != nil {
			activity.GetLogger(ctx).Warn("orders that are left to people are named unread", "error", err)
			answers = false
			return false
		}
		settled := settledInShop(order)
		switch {
		case settled && left.Reason == giftcard.NativeGiftCard:
			report.NativeTotal--
		case settled && left.Reason == giftcard.MixedOrder:
			report.MixedTotal--
		}
		return settled
	})
}

// settledInShop reports whether nothing of an order is owed any longer. One that Shopify does not show is for people to look
// at.
func settledInShop(o *shopify.Order) bool {
	if o == nil {
		return false
	}
	return !o.CancelledAt.IsZero() || !slices.ContainsFunc(o.LineItems, func(l shopify.LineItem) bool { return l.CurrentQuantity > 0 })
}

// send mails a report. It returns why the mail did not reach everybody, if it has reached somebody.
func (d *Digest) send(ctx context.Context, at time.Time, report digest.Report) (refused string, err error) {
	if d.Mailer == nil {
		return "", giftcard.Errorf(giftcard.InvalidRequest, "no mail server is configured: set SMTP_HOST")
	}
	rendered, err := digest.Render(report)
	if err != nil {
		return "", giftcard.Errorf(giftcard.InvalidRequest, "render: %v", err)
	}
	err = d.Mailer.Send(ctx, mail.Message{
		From:    d.From,
		To:      d.To,
		Subject: rendered.Subject,
		Text:    rendered.Text,
		HTML:    rendered.HTML,
		Attachments: []mail.Attachment{{
			Name:        "giftbridge-" + at.In(d.Location).Format(time.DateOnly) + ".csv",
			ContentType: "text/csv; charset=utf-8",
			Data:        rendered.CSV,
		}},
		MessageID: fmt.Sprintf("digest.%s@%s", at.UTC().Format("20060102T150405Z"), d.Shop),
		Date:      d.Now(),
	})
	if some, ok := errors.AsType[*mail.Error](err); ok && some.Delivered > 0 {
		// Whoever got it must not get it again every ten minutes because somebody else's address is wrong.
		activity.GetLogger(ctx).Error("the digest was sent, but not to everyone", "error", err)
		return printable.Line(some.Error(), maxMessage), nil
	}
	return "", err
}
