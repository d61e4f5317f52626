package app

import (
	"context"
	"time"

	"github.com/giftbridge/giftbridge/internal/app/surveying"
	"github.com/giftbridge/giftbridge/internal/telemetry"
)

// startSurveys reports what may need somebody as metrics, until the worker stops: orders, and messages and the relay if these are on. Without
// metrics it does nothing. Surveys read lists, and ask cards in doubt: they add no event.
func (w *Worker) startSurveys(s services) {
	if w.telemetry.Handler() == nil {
		return
	}
	orders := surveying.Survey[telemetry.Orders]{Look: w.survey, Report: w.telemetry.SetOrders, Failed: func(err error) {
		w.log.Warn().Err(err).Msg("cannot count failed orders; the metrics leave them out until it works again")
	}}.Start()
	w.stopSurveys = []func(){orders, s.messages.Survey(w.operator.Installation, w.log), s.relay.Survey(w.operator.Reader, w.log)}
}

// survey asks Temporal for the orders that may need somebody.
func (w *Worker) survey(ctx context.Context) (*telemetry.Orders, error) {
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
