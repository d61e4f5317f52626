// Package surveying repeats surveys: what a process finds out about many workflows at once, for its metrics.
package surveying

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	// every is the time between two surveys, and jitter the share by which it varies, so that processes that started together do
	// not ask Temporal together.
	every  = time.Minute
	jitter = 0.2
	// timeout limits one survey.
	timeout = 20 * time.Second
)

// Survey is a survey with a result of type T.
type Survey[T any] struct {
	// Look makes the survey. It gets twenty seconds.
	Look func(context.Context) (*T, error)
	// Report takes the result; nil after an error, until a survey works again.
	Report func(*T)
	// Failed is called with the first of several errors in a row.
	Failed func(error)

	pause func(context.Context)
}

// Start repeats the survey about once a minute, until stop is called. stop returns once it has ended.
func (s Survey[T]) Start() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	s.pause = pause
	go func() {
		defer close(done)
		s.run(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}

// run repeats the survey until ctx ends.
func (s Survey[T]) run(ctx context.Context) {
	for working := true; ctx.Err() == nil; s.pause(ctx) {
		now, err := s.look(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil && working {
			s.Failed(err)
		}
		working = err == nil
		s.Report(now)
	}
}

func (s Survey[T]) look(ctx context.Context) (*T, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	now, err := s.Look(ctx)
	if err != nil {
		return nil, err
	}
	return now, nil
}

// pause waits for the time between two surveys, or until ctx ends.
func pause(ctx context.Context) {
	spread := (2*rand.Float64() - 1) * jitter
	timer := time.NewTimer(time.Duration((1 + spread) * float64(every)))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
