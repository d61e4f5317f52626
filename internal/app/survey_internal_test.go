package app

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/telemetry"
)

// Surveys go on after errors, during which nothing is reported, and end with the worker. Only the first of several
// errors in a row is logged.
func TestSurveys(t *testing.T) {
	t.Parallel()
	broken := errors.New("Temporal is away")
	answers := []error{nil, broken, broken, nil, broken, nil}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var reported []int
	logged, looks, pauses := 0, 0, 0
	surveys{
		look: func(context.Context) (*telemetry.Orders, error) {
			looks++
			if err := answers[looks-1]; err != nil {
				return nil, err
			}
			return &telemetry.Orders{Failed: looks}, nil
		},
		report: func(now *telemetry.Orders) {
			if now == nil {
				reported = append(reported, -1)
				return
			}
			reported = append(reported, now.Failed)
		},
		failed: func(err error) {
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

// A survey that the end of the worker interrupts is neither reported nor logged as an error.
func TestSurveyIsInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	surveys{
		look: func(context.Context) (*telemetry.Orders, error) {
			cancel()
			return nil, ctx.Err()
		},
		report: func(*telemetry.Orders) { t.Error("reported") },
		failed: func(error) { t.Error("logged") },
		pause:  func(context.Context) { t.Error("paused") },
	}.run(ctx)
}

// A worker that stops does not wait for the next survey.
func TestPauseEndsWithTheWorker(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	pause(ctx)
}
