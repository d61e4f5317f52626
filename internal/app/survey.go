package app

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/giftbridge/giftbridge/internal/telemetry"
)

const (
	// surveyEvery is the time between two surveys of the orders, and surveyJitter the share by which it varies, so that
	// workers that started together do not ask Temporal together.
	surveyEvery  = time.Minute
	surveyJitter = 0.2
	// surveyTimeout limits one survey.
	surveyTimeout = 20 * time.Second
)

// startSurveys reports the orders that may need somebody as metrics, until the worker stops. Without metrics it does
// nothing. Surveys read lists, and ask cards in doubt: they add no event.
func (w *Worker) startSurveys() {
	if w.telemetry.Handler() == nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	w.stopSurveys = func() {
		cancel()
		<-done
	}
	s := surveys{look: w.survey, report: w.telemetry.SetOrders, failed: func(err error) {
		w.log.Warn().Err(err).Msg("cannot count failed orders; the metrics leave them out until it works again")
	}, pause: pause}
	go func() {
		defer close(done)
		s.run(ctx)
	}()
}

// survey asks Temporal for the orders that may need somebody.
func (w *Worker) survey(ctx context.Context) (*telemetry.Orders, error) {
	ctx, cancel := context.WithTimeout(ctx, surveyTimeout)
	defer cancel()
	now, err := w.operator.Survey(ctx, time.Now())
	if err != nil {
		return nil, err
	}
	return &telemetry.Orders{
		Failed: now.Failed, Expiring: now.Expiring, OldestFailed: now.OldestFailed, RunningLong: now.RunningLong,
		FailedChanges: now.FailedChanges, Making: now.Making, MakingLong: now.MakingLong, Suspicious: now.Suspicious,
		OldestMaking: now.OldestMaking, UnknownRedemptions: now.UnknownRedemptions, OldestUnknownRedemption: now.OldestUnknown,
		ContradictedRedemptions: now.Contradicted,
	}, nil
}

// surveys repeats a survey.
type surveys struct {
	look   func(context.Context) (*telemetry.Orders, error)
	report func(*telemetry.Orders)
	// failed is called with the first of several errors in a row.
	failed func(error)
	pause  func(context.Context)
}

// run repeats the survey until ctx ends. After an error, the orders are unknown until a survey works again.
func (s surveys) run(ctx context.Context) {
	for working := true; ctx.Err() == nil; s.pause(ctx) {
		now, err := s.look(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil && working {
			s.failed(err)
		}
		working = err == nil
		s.report(now)
	}
}

// pause waits for the time between two surveys, or until ctx ends.
func pause(ctx context.Context) {
	spread := (2*rand.Float64() - 1) * surveyJitter
	timer := time.NewTimer(time.Duration((1 + spread) * float64(surveyEvery)))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
