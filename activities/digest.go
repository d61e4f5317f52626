package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/digest/digestmail"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/mail"
	"github.com/giftbridge/giftbridge/internal/maillink"
	"github.com/giftbridge/giftbridge/internal/printable"
)

// Reports describes an installation to the digest. reporting.Reporting implements it.
type Reports interface {
	Beater
	// Report describes the state of all orders and polls, and what has changed since the last digest.
	Report(ctx context.Context, in ReportInput) (digest.Report, error)
}

// ReportInput is the scope of a report.
type ReportInput struct {
	// Since is the end of the last digest's report.
	Since time.Time
	// RerunSince is when the rerun of failed orders began; zero if there was none.
	RerunSince time.Time
}

// Mailer sends a mail.
type Mailer interface {
	Send(ctx context.Context, m mail.Message) error
}

// Digest mails a report of the orders that are failing.
type Digest struct {
	Reports Reports
	// Mailer is nil if no mail server is configured.
	Mailer   Mailer
	Shop     string
	From     string
	To       []string
	Location *time.Location
	Now      func() time.Time
	// Orders rereads the orders that are left to people, so that orders cancelled or refunded since are not listed. If
	// nil, all are listed.
	Orders *intake.Reader
	// Links makes the links with which the mail's readers act on orders; nil if there are none. They are made when the mail
	// is sent, so that no history has one.
	Links *maillink.Maker
	// Disputes rereads the disputes that the digest lists. If nil, they are listed as they were recorded.
	Disputes intake.Disputes
}

// SendDigestInput is the scope of a digest.
type SendDigestInput struct {
	// At is the time for which the digest was scheduled. It is part of the Message-ID, so a resend is recognised as a
	// duplicate.
	At time.Time `json:"at"`
	// Since is the end of the last digest's report.
	Since time.Time `json:"since"`
	// RerunSince is when the rerun of failed orders began; zero if there was none.
	RerunSince time.Time `json:"rerun_since,omitzero"`
	// SendEmpty sends a mail even if there is nothing to report.
	SendEmpty bool `json:"send_empty,omitempty"`
	// LastRefused says why the last digest did not reach every recipient; empty if it did.
	LastRefused string `json:"last_refused,omitempty"`
}

// SendDigestResult is the outcome of a digest.
type SendDigestResult struct {
	// Until is the end of the report. The next report begins there.
	Until time.Time `json:"until"`
	// Sent reports whether a mail was sent; no mail is sent if there is nothing to report.
	Sent      bool `json:"sent"`
	Failed    int  `json:"failed"`
	FailedNew int  `json:"failed_new"`
	Recovered int  `json:"recovered"`
	Retrying  int  `json:"retrying"`
	Mixed     int  `json:"mixed"`
	// Expiring is the number of failed orders that can be rerun only for a short time, because their histories expire
	// soon.
	Expiring int `json:"expiring,omitempty"`
	// Refused says why the mail did not reach every recipient; empty if it did. It contains no address.
	Refused string `json:"refused,omitempty"`
	// WithoutLinks reports whether the worker that sent the mail could make no links for it, so that its readers cannot act on
	// orders from it.
	WithoutLinks bool `json:"without_links,omitempty"`
}

// SendDigest makes the report and mails it. One activity does both, so that thousands of failed orders never enter a
// history. As soon as the mail server has accepted the mail, a heartbeat records that: if the worker dies before the
// activity completes, the next attempt does not send a second mail.
func (d *Digest) SendDigest(ctx context.Context, in SendDigestInput) (SendDigestResult, error) {
	var sent SendDigestResult
	if activity.HasHeartbeatDetails(ctx) && activity.GetHeartbeatDetails(ctx, &sent) == nil && sent.Sent {
		return sent, nil
	}
	stop := Alive(ctx, d.Reports)
	defer stop()
	report, err := d.Reports.Report(ctx, ReportInput{Since: in.Since, RerunSince: in.RerunSince})
	if err != nil {
		return SendDigestResult{}, failure(ctx, "making the digest's report", err, untilTimeout)
	}
	d.leaveOutSettled(ctx, &report)
	d.leaveOutWon(ctx, &report)
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
	if err := d.Reports.Beat(ctx, token); err != nil {
		// Temporal may consider this worker dead, and another worker may be sending the same mail.
		return SendDigestResult{}, failure(ctx, "checking with Temporal before sending the digest", err, untilTimeout)
	}
	if out.Refused, err = d.send(ctx, in.At, report); err != nil {
		return SendDigestResult{}, failure(ctx, "sending the digest", err, untilTimeout)
	}
	out.Sent, out.WithoutLinks = true, d.Links == nil
	stop()
	if err := d.Reports.Beat(ctx, token, out); err != nil {
		activity.GetLogger(ctx).Warn("the digest was sent, but this could not be recorded", "error", err)
	}
	return out, nil
}

// lookAgainFor bounds the time for rereading orders that are left to people. The remaining orders are listed unread.
const lookAgainFor = 3 * time.Minute

// leaveOutSettled removes from a report's list of orders left to people those that the shop has since cancelled or
// refunded completely. Once a read fails, the remaining orders stay listed.
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
		order, err := d.Orders.Get(ctx, left.OrderID)
		if err != nil {
			activity.GetLogger(ctx).Warn("orders that are left to people are listed without being reread", "error", err)
			answers = false
			return false
		}
		settled := intake.Settled(order)
		switch {
		case settled && left.Reason == giftcard.NativeGiftCard:
			report.NativeTotal--
		case settled && left.Reason == giftcard.MixedOrder:
			report.MixedTotal--
		}
		return settled
	})
}

// links returns the links of the digest that was scheduled for the given time.
func (d *Digest) links(at time.Time) digestmail.Links {
	signer := d.Links.For(at.In(d.Location))
	if signer == nil {
		return digestmail.Links{}
	}
	link := func(action maillink.Action) func(digest.Run) string {
		return func(r digest.Run) string { return signer.Link(r.WorkflowID, r.RunID, action) }
	}
	return digestmail.Links{
		Again: link(maillink.Again), Settle: link(maillink.Settle), Validity: printable.Duration(maillink.Validity),
	}
}

// leaveOutWon rereads the disputes of a report, and removes those that the shop has won. If a read fails, they are listed as
// they were recorded.
func (d *Digest) leaveOutWon(ctx context.Context, report *digest.Report) {
	if d.Disputes == nil || len(report.Disputed) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookAgainFor)
	defer cancel()
	var numbers []string
	for _, o := range report.Disputed {
		numbers = append(numbers, o.OrderID)
	}
	slices.Sort(numbers)
	orders, err := d.Disputes.ReadDisputes(ctx, slices.Compact(numbers))
	if err != nil {
		activity.GetLogger(ctx).Warn("disputes are listed without being reread", "error", err)
		return
	}
	now := map[string]intake.Dispute{}
	for _, o := range orders {
		for _, dispute := range o.Disputes {
			now[o.Number+"/"+dispute.ID] = dispute
		}
	}
	report.Disputed = slices.DeleteFunc(report.Disputed, func(o digest.DisputedOrder) bool {
		return now[o.OrderID+"/"+o.Dispute].Won()
	})
	for i, o := range report.Disputed {
		if dispute, ok := now[o.OrderID+"/"+o.Dispute]; ok {
			report.Disputed[i].Kind, report.Disputed[i].Status = dispute.Kind, dispute.Status
		}
	}
}

// send mails a report. If the mail reached some recipients but not all, it returns the reason.
func (d *Digest) send(ctx context.Context, at time.Time, report digest.Report) (refused string, err error) {
	if d.Mailer == nil {
		return "", giftcard.Errorf(giftcard.InvalidRequest, "no mail server is configured: set SMTP_HOST")
	}
	rendered, err := digestmail.RenderWith(report, d.links(at))
	if err != nil {
		return "", giftcard.Errorf(giftcard.InvalidRequest, "render the digest: %v", err)
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
		// The recipients who got the mail must not get it again every ten minutes because another recipient's address
		// is wrong.
		activity.GetLogger(ctx).Error("the digest was sent, but not to everyone", "error", err)
		return printable.Line(some.Error(), maxMessage), nil
	}
	return "", err
}
