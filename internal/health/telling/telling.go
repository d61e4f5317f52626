// Package telling checks the messages to customers.
package telling

import (
	"context"
	"fmt"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/health/survey"
	"github.com/giftbridge/giftbridge/internal/installation"
	"github.com/giftbridge/giftbridge/workflows"
)

// Messages are the messages to customers.
type Messages struct {
	// Open is the number of orders about which more may be told.
	Open int `json:"open"`
	// Unsent is the number of messages that could not be sent, and that nobody has seen to.
	Unsent int `json:"unsent"`
	// Sweep is the schedule that looks for orders that changed without a webhook.
	Sweep installation.ScheduleStatus `json:"sweep_schedule"`
}

// Look reads the messages of an installation. It returns nil if messages are off: if this process has no account, and nothing of them
// is on record.
func Look(ctx context.Context, o *installation.Installation) (*Messages, error) {
	counted, err := survey.TakeMessages(ctx, o)
	if err != nil {
		return nil, err
	}
	out := &Messages{Open: counted.Open, Unsent: counted.Unsent}
	if !o.Configured().Messages && counted == (survey.Messages{}) {
		return nil, nil
	}
	out.Sweep, err = o.Schedule(ctx, workflows.SweepMessagesScheduleID, nil)
	return out, err
}

// Check reports messages that could not be sent, and that orders are not looked for that changed without a webhook.
func (m Messages) Check() check.Check {
	c := check.Check{Name: "messages", Status: check.Warn}
	switch {
	case !m.Sweep.Exists:
		c.Found = "the schedule of their sweep does not exist: nobody is told what webhooks miss"
		c.Fix = "run, with the settings of the workers: " + buildinfo.Program + " schedules"
	case m.Sweep.Paused:
		c.Found = "their sweep is PAUSED: nobody is told what webhooks miss"
		c.Fix = "have schedule " + workflows.SweepMessagesScheduleID + " continue, in the Web UI"
	case m.Unsent > 0:
		c.Found = fmt.Sprintf("%d could not be sent, and nobody has seen to that", m.Unsent)
		c.Fix = "run: " + buildinfo.Program + " messages list --failed"
	default:
		c.Status, c.Found = check.OK, fmt.Sprintf("%d orders are open, nothing is unsent", m.Open)
	}
	return c
}
