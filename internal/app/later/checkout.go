package later

import (
	"net/http"
	"time"

	"github.com/giftbridge/giftbridge/internal/checkout"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/telemetry"
)

// NewDesk returns what redeems cards at checkouts. Hurry divides the pauses of the cards' workflows; zero is one.
func NewDesk(
	cfg config.Config, temporal *executions.Reader, via http.RoundTripper, tel *telemetry.Telemetry, hurry int,
) (*checkout.Desk, error) {
	issuers, err := NewIssuers(cfg, via, tel)
	if err != nil {
		return nil, err
	}
	return &checkout.Desk{
		Client: temporal.Client, Converter: temporal.Converter, Issuers: issuers,
		IDKey: cfg.CardIDKey(), Now: time.Now, Hurry: hurry,
	}, nil
}
