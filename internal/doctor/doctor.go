// Package doctor examines an installation before the first order arrives: it checks that everything giftbridge needs is
// in place, and says how to fix what is not. Each check is one line with a cure. It changes nothing, issues no card and
// sends no mail.
//
// Each service has a file or a package with the names of its checks, what they need and read, and the checks.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/app/wanted"
	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/messaging"
	"github.com/giftbridge/giftbridge/internal/doctor/endpoints"
	"github.com/giftbridge/giftbridge/internal/doctor/exam"
	"github.com/giftbridge/giftbridge/internal/doctor/fourwayshop"
	"github.com/giftbridge/giftbridge/internal/doctor/messages"
	"github.com/giftbridge/giftbridge/internal/doctor/shop"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/internal/rest"
)

// Options are the options of an examination.
type Options struct {
	// Config is the configuration, as far as it could be read. Problems is the error of [config.Load].
	Config   config.Config
	Problems error
	// Temporal is the connection to Temporal. TemporalProblem is the reason why its settings could not be read.
	Temporal        client.Options
	TemporalProblem error
	// TemporalUnverified reports whether Temporal's certificate is accepted without verification.
	TemporalUnverified bool
	// Timeout limits each check.
	Timeout time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Report is the result of an examination.
type Report struct {
	// Checks are in the order in which to read them.
	Checks  []check.Check `json:"checks"`
	Summary Summary       `json:"summary"`
}

// Summary counts checks by status.
type Summary struct {
	OK   int `json:"ok"`
	Warn int `json:"warn"`
	Fail int `json:"fail"`
	Skip int `json:"skip"`
}

// Failed lists the names of the checks that failed, each once.
func (r Report) Failed() []string {
	var names []string
	for _, c := range r.Checks {
		if c.Status == check.Fail && !slices.Contains(names, c.Name) {
			names = append(names, c.Name)
		}
	}
	return names
}

// examination is the state that the checks share. A check writes its own fields before the checks that need it begin.
type examination struct {
	Options

	wrong     []string // The variables that are wrong.
	operator  *operator.Operator
	retention time.Duration
	shop      *shop.Shop
}

// exams lists all checks except the configuration's, in the order of the report. Another service adds its exams here.
func (x *examination) exams() []exam.Exam {
	return slices.Concat(x.payloadExams(), x.temporalExams(), x.shop.Exams(), x.identityExams(), x.shop.ClockExams(),
		x.shop.WebhookExams(), x.cashStarExams(),
		fourwayshop.New(x.Config, x.why).Exams(), x.checkoutExams(), messages.New(x.Config, x.why).Exams(),
		endpoints.New(x.Config, x.Now, x.why).Exams(), x.mailExams(), x.linksExams())
}

// wanting returns what the configuration needs the shop's app for besides gift cards.
func wanting(cfg config.Config) shop.Wanting {
	needs := wanted.Webhooks(cfg)
	return shop.Wanting{
		Messages: needs.Messages, InStock: needs.InStock, Locations: needs.Messages && cfg.Messages.ShipFrom == (messaging.ShipFrom{}),
	}
}

// Run makes all checks, independent ones concurrently.
func Run(ctx context.Context, o Options) Report {
	if o.Now == nil {
		o.Now = time.Now
	}
	x := &examination{Options: o}
	x.shop = shop.New(o.Config, o.Now, x.why).For(wanting(o.Config))
	report := Report{Checks: x.configuration()}
	if o.TemporalUnverified {
		report.Checks = append(report.Checks, unverified())
	}
	if o.Problems == nil && o.Config.Orders.Risk == config.Hold && o.Config.Issue.After == 0 {
		report.Checks = append(report.Checks, untimely())
	}
	report.Checks = append(report.Checks,
		exam.Run(ctx, x.exams(), exam.Options{Timeout: o.Timeout, Wrong: x.wrong, Reported: Configuration})...)
	if x.operator != nil {
		x.operator.Close()
	}
	for _, c := range report.Checks {
		switch c.Status {
		case check.OK:
			report.Summary.OK++
		case check.Warn:
			report.Summary.Warn++
		case check.Fail:
			report.Summary.Fail++
		case check.Skip:
			report.Summary.Skip++
		}
	}
	return report
}

// maxFound is the maximum length of an error's text.
const maxFound = 300

// why returns the text of an error on one line.
func (x *examination) why(ctx context.Context, err error) string {
	if !timedOut(err) {
		return printable.Line(err.Error(), maxFound)
	}
	// Clients have time-outs of their own, which may be shorter.
	if deadline, bounded := ctx.Deadline(); bounded && !time.Now().Before(deadline) {
		return fmt.Sprintf("no answer within %s", x.Timeout)
	}
	return "no answer in time"
}

// timedOut reports whether err is a time-out, whether of a client, of Temporal or of a context.
func timedOut(err error) bool {
	if said, found := errors.AsType[*rest.Error](err); found && said.Outcome == rest.TimedOut {
		return true
	}
	_, inTemporal := errors.AsType[*serviceerror.DeadlineExceeded](err)
	return inTemporal || errors.Is(err, context.DeadlineExceeded)
}
