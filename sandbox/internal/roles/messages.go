package roles

import (
	"context"
	"time"

	"github.com/giftbridge/giftbridge/internal/sonar/sonartest"
	"github.com/giftbridge/giftbridge/sandbox/internal/mischief"
)

// messagesLatency is long enough for requests to be in flight when a process is killed.
const messagesLatency = 50 * time.Millisecond

// messages runs the service that brings messages to phones, with mischief for each customer.
func (p process) messages(ctx context.Context) error {
	m := mischief.NewMessages(p.Seed)
	service := p.Site.NewSonar(sonartest.Options{Seed: p.Seed, Latency: messagesLatency, Fault: m.Fault})
	m.Refuse = service.Refuse
	return p.serve(ctx, m.Handler(service))
}
