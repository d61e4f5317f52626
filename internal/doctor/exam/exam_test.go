package exam_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/doctor/exam"
)

// found returns an exam that ends with a status.
func found(name string, status check.Status, needs ...string) exam.Exam {
	return exam.Exam{Name: name, Needs: needs, Do: func(context.Context) check.Check {
		return check.Check{Status: status, Found: "as it\nis"}
	}}
}

// A failure is reported once: what depends on it, however far, refers to it. A warning stops nothing.
func TestRun(t *testing.T) {
	t.Parallel()
	reads := func(e exam.Exam, names ...string) exam.Exam { e.Reads = names; return e }
	checks := exam.Run(t.Context(), []exam.Exam{
		found("tap", check.Warn),
		found("water", check.OK, "tap"),
		found("power", check.Fail, "water"),
		found("kettle", check.OK, "water", "power"),
		found("tea", check.OK, "kettle"),
		reads(found("milk", check.OK), "MILK_", "FAT"),
		found("cup", check.OK, "milk"),
		reads(found("spoon", check.OK), "MILKY"),
	}, exam.Options{Timeout: time.Minute, Wrong: []string{"MILK_FAT", "FATTER"}, Reported: "settings"})
	require.Equal(t, []check.Check{
		{Name: "tap", Status: check.Warn, Found: "as it is"},
		{Name: "water", Status: check.OK, Found: "as it is"},
		{Name: "power", Status: check.Fail, Found: "as it is"},
		{Name: "kettle", Status: check.Skip, Found: "not checked: see power"},
		{Name: "tea", Status: check.Skip, Found: "not checked: see power"},
		{Name: "milk", Status: check.Skip, Found: "not checked: see settings, MILK_FAT"},
		{Name: "cup", Status: check.Skip, Found: "not checked: see settings"},
		{Name: "spoon", Status: check.OK, Found: "as it is"},
	}, checks)
}

// Every check has the whole time-out to itself.
func TestRunLimitsEachCheck(t *testing.T) {
	t.Parallel()
	slow := exam.Exam{Name: "slow", Do: func(ctx context.Context) check.Check {
		<-ctx.Done()
		return check.Check{Status: check.Warn, Found: ctx.Err().Error()}
	}}
	next := exam.Exam{Name: "next", Needs: []string{"slow"}, Do: func(ctx context.Context) check.Check {
		_, limited := ctx.Deadline()
		require.True(t, limited)
		return check.Check{Status: check.OK, Found: "in time"}
	}}
	checks := exam.Run(t.Context(), []exam.Exam{slow, next}, exam.Options{Timeout: time.Millisecond})
	require.Equal(t, "context deadline exceeded", checks[0].Found)
	require.Equal(t, "in time", checks[1].Found)
}
