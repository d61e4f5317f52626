// Package exam makes checks that depend on each other. It knows nothing of what they examine.
//
// A check is skipped, and says so, if a check that it depends on failed: if a server cannot be reached, only that check
// fails.
package exam

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/printable"
)

// Exam is the definition of a check.
type Exam struct {
	Name string
	// Needs lists the checks that this one depends on. What they have found out is there when Do begins.
	Needs []string
	// Reads lists the variables that the check reads. A name that ends in an underscore is a prefix.
	Reads []string
	Do    func(context.Context) check.Check
}

// Options are the options of [Run].
type Options struct {
	// Timeout limits each check.
	Timeout time.Duration
	// Wrong lists the variables that are wrong. A check that reads one of them is skipped, and refers to the check
	// Reported.
	Wrong    []string
	Reported string
}

// outcome is the outcome of an exam. If the exam was skipped, root is the check that has to be fixed first.
type outcome struct {
	check.Check
	root  string
	ended chan struct{}
}

// Run makes all checks, independent ones concurrently, and returns them in the order of the exams.
func Run(ctx context.Context, exams []Exam, o Options) []check.Check {
	outcomes := map[string]*outcome{}
	for _, e := range exams {
		outcomes[e.Name] = &outcome{ended: make(chan struct{})}
	}
	var all sync.WaitGroup
	for _, e := range exams {
		all.Go(func() {
			out := outcomes[e.Name]
			defer close(out.ended)
			out.Check, out.root = o.perform(ctx, e, outcomes)
		})
	}
	all.Wait()
	var checks []check.Check
	for _, e := range exams {
		checks = append(checks, outcomes[e.Name].Check)
	}
	return checks
}

// perform makes one exam after waiting for the exams that it needs.
func (o Options) perform(ctx context.Context, e Exam, outcomes map[string]*outcome) (c check.Check, root string) {
	for _, need := range e.Needs {
		<-outcomes[need].ended
		if root == "" {
			root = outcomes[need].blocks()
		}
	}
	if names := Among(o.Wrong, e.Reads); len(names) > 0 {
		root = o.Reported
		c = Skip("not checked: see " + root + ", " + strings.Join(names, ", "))
	} else if root != "" {
		c = Skip("not checked: see " + root)
	} else {
		ctx, cancel := context.WithTimeout(ctx, o.Timeout)
		defer cancel()
		c = e.Do(ctx)
	}
	c.Name = e.Name
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

// Among returns the names that are among those that a check reads.
func Among(names, reads []string) []string {
	var found []string
	for _, name := range names {
		if slices.ContainsFunc(reads, func(r string) bool {
			return name == r || (strings.HasSuffix(r, "_") && strings.HasPrefix(name, r))
		}) {
			found = append(found, name)
		}
	}
	return found
}

// OK returns a check that passed.
func OK(format string, args ...any) check.Check {
	return check.Check{Status: check.OK, Found: fmt.Sprintf(format, args...)}
}

// Warn returns a check that found something to know about.
func Warn(found, fix string) check.Check {
	return check.Check{Status: check.Warn, Found: found, Fix: fix}
}

// Fail returns a check that failed.
func Fail(found, fix string) check.Check {
	return check.Check{Status: check.Fail, Found: found, Fix: fix}
}

// Skip returns a check that could not be made.
func Skip(found string) check.Check { return check.Check{Status: check.Skip, Found: found} }
