// Package relaying reports what goes on to another system, such as an ERP, and what does not.
package relaying

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/internal/relayed"
	"github.com/giftbridge/giftbridge/internal/relaygaps"
	"github.com/giftbridge/giftbridge/internal/relayqueue"
)

// Expected is what the configuration says: the endpoints that have a URL, and the topics that go on. Without endpoints, the relay is off.
type Expected struct{ Endpoints, Topics []string }

// Relaying is the state of the relay.
type Relaying struct {
	Endpoints []relayed.EndpointStatus `json:"endpoints"`
	// Gaps are the times of the last week for which the other system may lack events.
	Gaps []relaygaps.Gap `json:"gaps,omitempty"`
}

// ToldFor is how long a gap is told of after its end.
const ToldFor = 7 * 24 * time.Hour

// Read reads the state of the relay as of now; nil if it is off, and nothing waits from the time before.
func Read(ctx context.Context, r *executions.Reader, expected Expected, now time.Time) (*Relaying, error) {
	var out Relaying
	o := relayed.New(r, "")
	unset, err := o.Unset(ctx, expected.Endpoints)
	if err != nil {
		return nil, err
	}
	if len(expected.Endpoints) == 0 {
		if len(unset) == 0 {
			return nil, nil
		}
		return &Relaying{Endpoints: unset}, nil
	}
	if out.Endpoints, err = o.Statuses(ctx, expected.Endpoints); err != nil {
		return nil, err
	}
	out.Endpoints = append(out.Endpoints, unset...)
	out.Gaps, err = relaygaps.Find(ctx, r, expected.Topics, now.Add(-ToldFor))
	return &out, err
}

const (
	// longWaiting is how long events may wait before it is told: most are delivered within seconds. tooLong is how long before it is a
	// failure, unless a person has paused the endpoint.
	longWaiting = time.Hour
	tooLong     = 24 * time.Hour
)

// Check reports events that the other system has not got, and endpoints that get none.
func (r Relaying) Check(now time.Time) check.Check {
	c := check.Check{Name: "relay", Status: check.OK}
	var found []string
	for _, e := range r.Endpoints {
		if e.Unset {
			c.Status = atLeastWarn(c.Status)
			variable := "RELAY_" + strings.ToUpper(e.Endpoint) + "_URL"
			found = append(found, fmt.Sprintf("%d orders or products have events that wait for %s, to which none goes, because %s is not set",
				e.Waiting, e.Endpoint, variable))
			c.Fix = cmp.Or(c.Fix, "set "+variable+" until they are delivered")
			continue
		}
		if e.State != relayqueue.Open {
			c.Status = atLeastWarn(c.Status)
			says := e.Endpoint + " is " + map[relayqueue.State]string{
				relayqueue.Paused: "paused", relayqueue.Probing: "slowed down, because it fails",
			}[e.State]
			if e.Reason != "" {
				says += " (" + printable.Line(e.Reason, 0) + ")"
			}
			found = append(found, says)
			c.Fix = "run: " + buildinfo.Program + " relay test " + e.Endpoint + ", then " + buildinfo.Program + " relay resume " + e.Endpoint
		}
		waited := now.Sub(e.OldestWaiting)
		if e.Waiting > 0 && waited > longWaiting {
			c.Status = atLeastWarn(c.Status)
			if waited > tooLong && e.State != relayqueue.Paused {
				c.Status = check.Fail
			}
			found = append(found, fmt.Sprintf("%d orders or products have events that wait for %s, the oldest for %s",
				e.Waiting, e.Endpoint, printable.Duration(waited)))
			c.Fix = cmp.Or(c.Fix, "run: "+buildinfo.Program+" relay list --endpoint "+e.Endpoint)
		}
		if e.Undelivered > 0 {
			c.Status = atLeastWarn(c.Status)
			found = append(found, fmt.Sprintf("%s has refused %d events for good", e.Endpoint, e.Undelivered))
			c.Fix = cmp.Or(c.Fix, "run: "+buildinfo.Program+" relay list --failed --endpoint "+e.Endpoint)
		}
	}
	for _, g := range r.Gaps {
		c.Status = atLeastWarn(c.Status)
		found = append(found, Lacks(g))
		c.Fix = cmp.Or(c.Fix, "see the runbook, docs/operations.md: The ERP may lack events")
	}
	if len(found) == 0 {
		found = []string{"events go to " + strings.Join(names(r.Endpoints), " and ") + "; none is refused"}
	}
	c.Found = strings.Join(found, "; ")
	return c
}

// Lacks says for which time the other system may lack events.
func Lacks(g relaygaps.Gap) string {
	until := "since " + g.From.UTC().Format(time.RFC3339)
	if !g.Until.IsZero() {
		until = "from " + g.From.UTC().Format(time.RFC3339) + " to " + g.Until.UTC().Format(time.RFC3339)
	}
	return "events may be missing " + until + ": " + strings.Join(g.Topics, ", ")
}

func atLeastWarn(s check.Status) check.Status {
	if s == check.OK {
		return check.Warn
	}
	return s
}

func names(all []relayed.EndpointStatus) []string {
	var out []string
	for _, e := range all {
		out = append(out, e.Endpoint)
	}
	return out
}
