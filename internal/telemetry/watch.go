package telemetry

import (
	"context"
	"time"

	"github.com/giftbridge/giftbridge/internal/intake/skus"
	"github.com/giftbridge/giftbridge/workflows"
)

func (m *metrics) watchEnded(ctx context.Context, out any, err error) {
	m.watchesFinished.Add(ctx, 1, completedOr(err))
	done, ok := out.(workflows.WatchShopResult)
	if err != nil || !ok {
		return
	}
	if w := done.Webhooks; w != nil && w.Repaired != nil && !w.Repaired.At.Before(done.LookedAt.Truncate(time.Second)) {
		m.webhooksRepaired.Add(ctx, int64(len(w.Repaired.Topics)))
	}
	m.setWatch(ctx, done)
}

// setWatch sets the gauges to the last watch. What it could not look at keeps its last value.
func (m *metrics) setWatch(ctx context.Context, last workflows.WatchShopResult) {
	if w := last.Webhooks; w != nil {
		m.webhooksWrong.Record(ctx, int64(len(w.Left)))
	}
	if last.LookedAt.IsZero() || last.ProductsFailed != nil || last.Products.Unchecked != "" {
		return
	}
	count := map[skus.Flaw]int64{}
	for _, f := range last.Products.Findings {
		count[f.Flaw]++
	}
	for _, flaw := range skus.Flaws {
		m.productFindings.Record(ctx, count[flaw], label(labelReason, string(flaw)))
	}
}

// ResumeWatch sets the metrics to the result of the last watch before this worker started.
func (t *Telemetry) ResumeWatch(ctx context.Context, last workflows.WatchShopResult) {
	if t != nil && t.metrics != nil {
		t.metrics.setWatch(ctx, last)
	}
}

// zeroWatch says that nothing is wrong as long as no watch is known.
func (m *metrics) zeroWatch(ctx context.Context) {
	m.webhooksWrong.Record(ctx, 0)
	for _, flaw := range skus.Flaws {
		m.productFindings.Record(ctx, 0, label(labelReason, string(flaw)))
	}
}
