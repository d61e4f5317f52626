package installation

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/workflows"
)

// Pause is why no orders are taken in, and until when that is meant to last.
type Pause struct {
	Reason, By string
	At         time.Time
	// Until is zero if no end was given. Temporal does not end a pause by itself.
	Until time.Time
}

// maxReason bounds the reason of a pause, in characters.
const maxReason = 300

// Note returns the text that the schedules keep. [PauseOf] reads it.
func (p Pause) Note() string {
	note := fmt.Sprintf("%s (by %s at %s", printable.Line(p.Reason, maxReason), printable.Line(p.By, maxReason),
		p.At.UTC().Format(time.RFC3339))
	if !p.Until.IsZero() {
		note += ", until " + p.Until.UTC().Format(time.RFC3339)
	}
	return note + ")"
}

var noteForm = regexp.MustCompile(`^(.*) \(by (.*) at ([0-9TZ:-]+)(?:, until ([0-9TZ:-]+))?\)$`)

// PauseOf returns the pause that a schedule's note describes. A note that does not come from [Pause.Note], such as one that
// somebody wrote in Temporal's Web UI, is the reason, and nothing else is known.
func PauseOf(note string) Pause {
	parts := noteForm.FindStringSubmatch(note)
	if parts == nil {
		return Pause{Reason: note}
	}
	at, err := time.Parse(time.RFC3339, parts[3])
	if err != nil {
		return Pause{Reason: note}
	}
	out := Pause{Reason: parts[1], By: parts[2], At: at}
	if parts[4] != "" {
		if out.Until, err = time.Parse(time.RFC3339, parts[4]); err != nil {
			return Pause{Reason: note}
		}
	}
	return out
}

// Overdue returns how long ago a pause with this note was meant to end, or 0 if it may still last.
func Overdue(note string, now time.Time) time.Duration {
	until := PauseOf(note).Until
	if until.IsZero() || !now.After(until) {
		return 0
	}
	return now.Sub(until)
}

// Intake is the state of what takes orders in.
type Intake struct {
	// Poll and Sweep are the schedules. The sweep's does not exist in an installation of an earlier release.
	Poll  ScheduleStatus `json:"poll"`
	Sweep ScheduleStatus `json:"sweep"`
}

// Paused reports whether any part of the intake is paused.
func (i Intake) Paused() bool { return i.Poll.Paused || i.Sweep.Paused }

// Intake returns the state of the schedules that take orders in. The error is a [*executions.NotFoundError] if there is no
// poll.
func (o *Installation) Intake(ctx context.Context) (out Intake, err error) {
	if out.Poll, err = o.Schedule(ctx, workflows.PollScheduleID, nil); err != nil {
		return out, err
	}
	if !out.Poll.Exists {
		return out, &executions.NotFoundError{
			What: "no schedule takes orders in; run: " + buildinfo.Program + " schedules",
		}
	}
	out.Sweep, err = o.Schedule(ctx, workflows.SweepScheduleID, nil)
	return out, err
}

// PauseIntake pauses the poll and the sweep: orders that were not taken in yet wait in the shop. What already runs goes
// on. It returns the state before.
func (o *Installation) PauseIntake(ctx context.Context, p Pause) (Intake, error) {
	return o.setPaused(ctx, func(h client.ScheduleHandle, _ ScheduleStatus) error {
		return h.Pause(ctx, client.SchedulePauseOptions{Note: p.Note()})
	})
}

// ResumeIntake ends the pause of the poll and the sweep, and records the note. It returns the state before.
func (o *Installation) ResumeIntake(ctx context.Context, note string) (Intake, error) {
	return o.setPaused(ctx, func(h client.ScheduleHandle, s ScheduleStatus) error {
		if !s.Paused {
			return nil
		}
		return h.Unpause(ctx, client.ScheduleUnpauseOptions{Note: note})
	})
}

func (o *Installation) setPaused(ctx context.Context, set func(client.ScheduleHandle, ScheduleStatus) error) (Intake, error) {
	before, err := o.Intake(ctx)
	if err != nil {
		return before, err
	}
	for id, s := range map[string]ScheduleStatus{workflows.PollScheduleID: before.Poll, workflows.SweepScheduleID: before.Sweep} {
		if !s.Exists {
			continue
		}
		if err := set(o.Client.ScheduleClient().GetHandle(ctx, id), s); err != nil {
			return before, fmt.Errorf("change schedule %s: %w", id, err)
		}
	}
	return before, nil
}
