package surveying

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// Surveys go on after errors, during which nothing is reported, and end with the process. Only the first of several
// errors in a row is logged.
func TestSurveys(t *testing.T) {
	t.Parallel()
	broken := errors.New("Temporal is away")
	answers := []error{nil, broken, broken, nil, broken, nil}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var reported []int
	logged, looks, pauses := 0, 0, 0
	Survey[int]{
		Look: func(context.Context) (*int, error) {
			looks++
			if err := answers[looks-1]; err != nil {
				return nil, err
			}
			found := looks
			return &found, nil
		},
		Report: func(now *int) {
			if now == nil {
				reported = append(reported, -1)
				return
			}
			reported = append(reported, *now)
		},
		Failed: func(err error) {
			require.Equal(t, broken, err)
			logged++
		},
		pause: func(context.Context) {
			if pauses++; pauses == len(answers) {
				cancel()
			}
		},
	}.run(ctx)
	require.Equal(t, []int{1, -1, -1, 4, -1, 6}, reported)
	require.Equal(t, 2, logged)
	require.Equal(t, len(answers), pauses)
}

// A survey that the end of the process interrupts is neither reported nor logged as an error.
func TestSurveyIsInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	Survey[int]{
		Look: func(context.Context) (*int, error) {
			cancel()
			return nil, ctx.Err()
		},
		Report: func(*int) { t.Error("reported") },
		Failed: func(error) { t.Error("logged") },
		pause:  func(context.Context) { t.Error("paused") },
	}.run(ctx)
}

// A process that stops does not wait for the next survey.
func TestPauseEndsWithTheProcess(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	pause(ctx)
}
