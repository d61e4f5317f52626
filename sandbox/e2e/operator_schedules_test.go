package e2e_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/giftbridge/giftbridge/internal/installation"
	"github.com/giftbridge/giftbridge/internal/settings"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// The sweep for messages is scheduled while messages are on. A shop without them reads nothing of it.
func TestMessagesSchedule(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{NoWorker: true, NoSchedule: true})
	deploy := func(token string) (did []string) {
		w.Config.Sonar.Token = config.NewSecret(token)
		o, err := app.NewOperator(w.ctx, w.TemporalOptions(), w.Config, zerolog.Nop())
		require.NoError(t, err)
		defer o.Close()
		changes, err := o.EnsureSchedules(w.ctx, settings.Ensure{Yes: true})
		require.NoError(t, err)
		for _, c := range changes {
			if c.What == "schedule "+workflows.SweepMessagesScheduleID {
				did = append(did, c.Did)
			}
		}
		return did
	}
	require.Empty(t, deploy(""))
	require.Equal(t, []string{installation.Created}, deploy("a token"))
	d, err := w.keyed.ScheduleClient().GetHandle(w.ctx, workflows.SweepMessagesScheduleID).Describe(w.ctx)
	require.NoError(t, err)
	require.Equal(t, []client.ScheduleIntervalSpec{{Every: time.Hour}}, d.Schedule.Spec.Intervals)
	action := d.Schedule.Action.(*client.ScheduleWorkflowAction)
	require.Equal(t, workflows.SweepMessagesType, action.Workflow)
	var in workflows.SweepMessagesInput
	require.NoError(t, w.converter().FromPayload(action.Args[0].(*commonpb.Payload), &in))
	require.Equal(t, workflows.SweepMessagesInput{
		Shop: w.Config.Shopify.Shop, Recent: workflows.Duration(2 * time.Hour), Overlap: workflows.Duration(10 * time.Minute),
	}, in)
	require.Equal(t, []string{installation.Unchanged}, deploy("another token"))
	require.Equal(t, []string{installation.Removed}, deploy(""))
	require.Empty(t, deploy(""))
}

// The digest's schedule follows the configuration from deploy to deploy, and keeps the time of day across daylight
// saving changes.
func TestDigestSchedule(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{NoWorker: true, NoSchedule: true})
	deploy := func(change func(*config.Config)) string {
		change(&w.Config)
		o, err := app.NewOperator(w.ctx, w.TemporalOptions(), w.Config, zerolog.Nop())
		require.NoError(t, err)
		defer o.Close()
		changes, err := o.EnsureSchedules(w.ctx, settings.Ensure{Yes: true})
		require.NoError(t, err)
		for _, c := range changes {
			if c.What == "schedule "+workflows.DigestScheduleID {
				return c.Did
			}
		}
		return "not mentioned"
	}
	same := func(*config.Config) {}
	schedule := w.keyed.ScheduleClient().GetHandle(w.ctx, workflows.DigestScheduleID)
	daily := func(zone string, hour, minute int) {
		t.Helper()
		d, err := schedule.Describe(w.ctx)
		require.NoError(t, err)
		require.Equal(t, zone, d.Schedule.Spec.TimeZoneName)
		require.NotEmpty(t, d.Info.NextActionTimes)
		location, err := time.LoadLocation(zone)
		require.NoError(t, err)
		var day int
		for i, at := range d.Info.NextActionTimes {
			local := at.In(location)
			require.Equal(t, []int{hour, minute, 0}, []int{local.Hour(), local.Minute(), local.Second()})
			if i > 0 {
				require.Equal(t, day+1, local.YearDay(), "every day")
			}
			if day = local.YearDay(); local.Month() == time.December && local.Day() == 31 {
				day = 0
			}
		}
	}

	require.Equal(t, installation.Off, deploy(func(c *config.Config) { c.SMTP.Host = "" }))
	require.Equal(t, installation.Created, deploy(func(c *config.Config) {
		c.SMTP.Host = "127.0.0.1"
		c.Digest.At, c.Digest.TimeZone = config.Clock{}, "UTC"
	}))
	daily("UTC", 0, 0)
	require.Equal(t, installation.Unchanged, deploy(same), "midnight is what the server takes for no value")
	require.Equal(t, installation.Updated, deploy(func(c *config.Config) { c.Digest.At = config.Clock{Hour: 18} }))
	require.Equal(t, installation.Unchanged, deploy(same))
	require.Equal(t, installation.Updated, deploy(func(c *config.Config) { c.Digest.At = config.Clock{Hour: 18, Minute: 5} }))
	daily("UTC", 18, 5)
	require.Equal(t, installation.Updated, deploy(func(c *config.Config) { c.Digest.TimeZone = "America/New_York" }))
	require.Equal(t, installation.Unchanged, deploy(same))
	daily("America/New_York", 18, 5)
	require.Equal(t, installation.Updated, deploy(func(c *config.Config) { c.Digest.SendEmpty = true }))
	require.Equal(t, installation.Updated, deploy(func(c *config.Config) { c.Digest.RerunWait = 5 * time.Minute }))
	require.Equal(t, installation.Updated, deploy(func(c *config.Config) { c.Digest.Rerun = false }))
	require.Equal(t, installation.Unchanged, deploy(same))
	require.NoError(t, schedule.Pause(w.ctx, client.SchedulePauseOptions{Note: "holiday"}))
	require.Equal(t, installation.Updated, deploy(func(c *config.Config) { c.Digest.At = config.Clock{Hour: 18} }))
	d, err := schedule.Describe(w.ctx)
	require.NoError(t, err)
	require.Equal(t, []any{true, "holiday"}, []any{d.Schedule.State.Paused, d.Schedule.State.Note})

	newYork, err := time.LoadLocation("America/New_York")
	require.NoError(t, err)
	for name, days := range map[string][2]time.Time{
		"forward": {time.Date(2027, 3, 12, 0, 0, 0, 0, newYork), time.Date(2027, 3, 17, 0, 0, 0, 0, newYork)},
		"back":    {time.Date(2027, 11, 5, 0, 0, 0, 0, newYork), time.Date(2027, 11, 10, 0, 0, 0, 0, newYork)},
	} {
		times := w.matching(days[0], days[1])
		require.Len(t, times, 5, name)
		offsets := map[string]bool{}
		for _, at := range times {
			local := at.In(newYork)
			require.Equal(t, "18:00:00", local.Format(time.TimeOnly), name)
			offsets[local.Format("-07:00")] = true
		}
		require.Len(t, offsets, 2, "the clocks change in between")
	}
	// Times that a clock change skips or repeats. Nothing is lost: each digest begins where the last one ended.
	require.Equal(t, installation.Updated, deploy(func(c *config.Config) { c.Digest.At = config.Clock{Hour: 2, Minute: 30} }))
	require.Empty(t, w.matching(time.Date(2027, 3, 14, 0, 0, 0, 0, newYork), time.Date(2027, 3, 15, 0, 0, 0, 0, newYork)))
	require.Equal(t, installation.Updated, deploy(func(c *config.Config) { c.Digest.At = config.Clock{Hour: 1, Minute: 30} }))
	require.Len(t, w.matching(time.Date(2027, 11, 7, 0, 0, 0, 0, newYork), time.Date(2027, 11, 8, 0, 0, 0, 0, newYork)), 2)

	require.Equal(t, installation.Removed, deploy(func(c *config.Config) { c.SMTP.Host = "" }))
	_, err = schedule.Describe(w.ctx)
	var missing *serviceerror.NotFound
	require.ErrorAs(t, err, &missing)
	require.Equal(t, installation.Off, deploy(same))
}

// matching returns the times at which the digest's schedule acts.
func (w *system) matching(from, to time.Time) []time.Time {
	w.t.Helper()
	answer, err := w.plain.WorkflowService().ListScheduleMatchingTimes(w.ctx,
		&workflowservice.ListScheduleMatchingTimesRequest{
			Namespace: w.Temporal.Namespace(), ScheduleId: workflows.DigestScheduleID,
			StartTime: timestamppb.New(from), EndTime: timestamppb.New(to),
		})
	require.NoError(w.t, err)
	var times []time.Time
	for _, t := range answer.GetStartTime() {
		times = append(times, t.AsTime())
	}
	return times
}

// Workers of a deploy prepare the namespace at the same moment, each for itself.
func TestSchedulesAtOnce(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{NoWorker: true, NoSchedule: true})
	atOnce := func(c config.Config) {
		t.Helper()
		var all sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			all.Go(func() {
				o, err := app.NewOperator(w.ctx, w.TemporalOptions(), c, zerolog.Nop())
				if errs[i] = err; err != nil {
					return
				}
				defer o.Close()
				_, errs[i] = o.EnsureSchedules(w.ctx, settings.Ensure{Yes: true})
			})
		}
		all.Wait()
		require.NoError(t, errors.Join(errs...))
		o, err := app.NewOperator(w.ctx, w.TemporalOptions(), c, zerolog.Nop())
		require.NoError(t, err)
		defer o.Close()
		changes, err := o.EnsureSchedules(w.ctx, settings.Ensure{})
		require.NoError(t, err)
		require.Len(t, changes, 6)
		for _, change := range changes {
			require.Contains(t, []string{installation.Unchanged, installation.Off}, change.Did, change.What)
		}
	}

	atOnce(w.Config)
	changed := w.Config
	changed.Poll.Interval, changed.Digest.At = 7*time.Minute, config.Clock{Hour: 3}
	atOnce(changed)
	changed.SMTP.Host = ""
	atOnce(changed)
}
