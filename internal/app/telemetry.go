package app

import (
	"context"

	"github.com/giftbridge/giftbridge/internal/settings"

	"github.com/rs/zerolog"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/telemetry"
)

// newTelemetry returns the telemetry of a worker, or nil if neither metrics nor traces are configured.
func newTelemetry(ctx context.Context, cfg config.Config, log zerolog.Logger) (*telemetry.Telemetry, error) {
	return telemetry.New(ctx, telemetry.Options{
		Metrics:        cfg.Metrics.ListenAddr() != "",
		TracesEndpoint: cfg.Traces.Endpoint,
		Version:        buildinfo.Version(),
		StaleAfter:     settings.StaleAfter(cfg.Poll.Interval, cfg.Poll.SettleDelay),
		OnError:        func(err error) { log.Warn().Err(err).Msg("cannot record or export telemetry") },
	})
}

// MetricsAddr returns the address of metrics and health checks, or "" if there are none.
func (w *Worker) MetricsAddr() string { return w.health.Addr() }

// resumeMetrics sets the metrics to the results of the last poll and digest before this worker started, as far as these
// can be read.
func (w *Worker) resumeMetrics(ctx context.Context) {
	if w.telemetry.Handler() == nil {
		return
	}
	poll, digest, err := w.operator.LastResults(ctx)
	if err != nil {
		w.log.Warn().Err(err).Msg("the metrics are incomplete until the next poll and digest")
	}
	w.telemetry.Resume(ctx, poll, digest)
	watch, err := w.operator.LastWatch(ctx)
	if err != nil {
		w.log.Warn().Err(err).Msg("the metrics of the shop are incomplete until the next watch")
	}
	w.telemetry.ResumeWatch(ctx, watch)
}
