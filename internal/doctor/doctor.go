// Package doctor examines an installation before the first order arrives: it checks that everything giftbridge needs is
// in place, and says how to fix what is not. Each check is one line with a cure. It changes nothing, issues no card and
// sends no mail.
//
// A check is skipped, and says so, if a check that it depends on failed: if Temporal cannot be reached, only that check
// fails.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/giftbridge/giftbridge/internal/check"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/cashstar"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/internal/rest"
	"github.com/giftbridge/giftbridge/internal/shopify"
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
	shop      *shopify.Client
	access    *shopify.Access
	// strange reports whether Shopify does not know the configured version of its API.
	strange   bool
	skew      time.Duration
	merchants []cashstar.Merchant
}

// exam is the definition of a check.
type exam struct {
	name string
	// needs lists the checks that this one depends on. reads lists the variables that it reads, by name or by prefix.
	needs, reads []string
	do           func(*examination, context.Context) check.Check
}

// outcome is the outcome of an exam. If the exam was skipped, root is the check that has to be fixed first.
type outcome struct {
	check.Check
	root  string
	ended chan struct{}
}

// Run makes all checks, independent ones concurrently.
func Run(ctx context.Context, o Options) Report {
	if o.Now == nil {
		o.Now = time.Now
	}
	x := &examination{Options: o}
	report := Report{Checks: x.configuration()}
	if o.TemporalUnverified {
		report.Checks = append(report.Checks, unverified())
	}
	outcomes := map[string]*outcome{}
	for _, e := range exams {
		outcomes[e.name] = &outcome{ended: make(chan struct{})}
	}
	var all sync.WaitGroup
	for _, e := range exams {
		all.Go(func() {
			out := outcomes[e.name]
			defer close(out.ended)
			out.Check, out.root = x.perform(ctx, e, outcomes)
		})
	}
	all.Wait()
	if x.operator != nil {
		x.operator.Close()
	}
	for _, e := range exams {
		report.Checks = append(report.Checks, outcomes[e.name].Check)
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

// perform makes one exam after waiting for the exams that it needs.
func (x *examination) perform(ctx context.Context, e exam, outcomes map[string]*outcome) (c check.Check, root string) {
	for _, need := range e.needs {
		<-outcomes[need].ended
		if root == "" {
			root = outcomes[need].blocks()
		}
	}
	if names := x.wrongAmong(e.reads); len(names) > 0 {
		root = Configuration
		c = skip("not checked: see " + root + ", " + strings.Join(names, ", "))
	} else if root != "" {
		c = skip("not checked: see " + root)
	} else {
		ctx, cancel := context.WithTimeout(ctx, x.Timeout)
		defer cancel()
		c = e.do(x, ctx)
	}
	c.Name = e.name
	c.Found, c.Fix = printable.Line(c.Found, 0), printable.Line(c.Fix, 0)
	return c, root
}

// blocks returns the check that has to be fixed before the checks that need this one can be made, or "" if they can.
func (o *outcome) blocks() string {
	switch o.Status {
	case check.Fail:
		return o.Name
	case check.Skip:
		return o.root
	}
	return ""
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

func ok(format string, args ...any) check.Check {
	return check.Check{Status: check.OK, Found: fmt.Sprintf(format, args...)}
}

func warn(found, cure string) check.Check {
	return check.Check{Status: check.Warn, Found: found, Fix: cure}
}

func fail(found, cure string) check.Check {
	return check.Check{Status: check.Fail, Found: found, Fix: cure}
}

func skip(found string) check.Check { return check.Check{Status: check.Skip, Found: found} }
