package roles

import (
	"context"
	"time"

	"github.com/giftbridge/giftbridge/internal/relay/relaytest"
	"github.com/giftbridge/giftbridge/sandbox/internal/mischief"
)

// erpLatency is long enough for requests to be in flight when a process is killed.
const erpLatency = 50 * time.Millisecond

// erp runs the ERP that takes the shop's events, with mischief for each order and product.
func (p process) erp(ctx context.Context) error {
	m := mischief.NewRelay(p.Seed)
	return p.serve(ctx, m.Handler(p.Site.NewERP(relaytest.Options{Seed: p.Seed, Latency: erpLatency, Fault: m.Fault})))
}
