package forwarding

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/rs/zerolog"

	"github.com/giftbridge/giftbridge/activities/relaying"
	"github.com/giftbridge/giftbridge/internal/app/measuring"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/relay"
	"github.com/giftbridge/giftbridge/internal/relayed"
	"github.com/giftbridge/giftbridge/internal/rest"
	"github.com/giftbridge/giftbridge/internal/telemetry"
)

// Door is where the endpoints take events. It implements [relaying.Door].
type Door struct {
	shop    string
	clients map[string]*relay.Client
	metrics *measuring.Relay
}

// NewDoor returns the door to the configured endpoints. It is nil if there are none. tel measures what goes through; it may be nil.
func NewDoor(cfg config.Config, tel *telemetry.Telemetry) (*Door, error) {
	if !cfg.Relay.On() {
		return nil, nil
	}
	metrics, err := measuring.NewRelay(tel.Meter(), cfg.Relay.Endpoints(), cfg.Relay.Taken())
	if err != nil {
		return nil, fmt.Errorf("set up the metrics of the relay: %w", err)
	}
	d := &Door{shop: cfg.Shopify.Shop, clients: map[string]*relay.Client{}, metrics: metrics}
	for _, endpoint := range cfg.Relay.Endpoints() {
		c, err := Client(cfg, endpoint, tel.Request)
		if err != nil {
			return nil, err
		}
		d.clients[endpoint] = c
	}
	return d, nil
}

// Client returns the client that posts to a configured endpoint. It sends no request.
func Client(cfg config.Config, endpoint string, observe rest.Observer) (*relay.Client, error) {
	c, err := relay.New(options(cfg, endpoint, observe))
	if err != nil {
		return nil, fmt.Errorf("set up the relay: %w", err)
	}
	return c, nil
}

// Reach connects to a configured endpoint and sends no request; see [relay.Options.Reach].
func Reach(ctx context.Context, cfg config.Config, endpoint string) (expires time.Time, err error) {
	return options(cfg, endpoint, nil).Reach(ctx)
}

func options(cfg config.Config, endpoint string, observe rest.Observer) relay.Options {
	headers := make([]relay.Header, len(cfg.Relay.Headers))
	for i, h := range cfg.Relay.Headers {
		headers[i] = relay.Header{Name: h.Name, Value: h.Value.Reveal()}
	}
	return relay.Options{
		Endpoint: endpoint, URL: cfg.Relay.URL(endpoint), Secrets: cfg.Relay.Secrets.Values(), Headers: headers,
		Allowed: cfg.Relay.AllowedNetworks.Prefixes(),
		CAFile:  cfg.Relay.CAFile, CertFile: cfg.Relay.CertFile, KeyFile: cfg.Relay.KeyFile,
		Timeout: cfg.Relay.Timeout, Observe: observe,
	}
}

// Post implements [relaying.Door]. Every error is a [*relaying.Refusal].
func (d *Door) Post(ctx context.Context, p relaying.Posting) error {
	err := d.post(ctx, p)
	d.metrics.Posted(p, err)
	return err
}

// Survey reports as metrics what waits for the endpoints, and what they have refused, until stop is called. A nil door reports nothing.
func (d *Door) Survey(r *executions.Reader, log zerolog.Logger) (stop func()) {
	if d == nil {
		return func() {}
	}
	return d.metrics.Survey(relayed.New(r, ""), log)
}

func (d *Door) post(ctx context.Context, p relaying.Posting) error {
	c := d.clients[p.Endpoint]
	if c == nil {
		return &relaying.Refusal{Kind: giftcard.Unavailable, Message: "this worker has no URL of endpoint " + p.Endpoint}
	}
	body, err := p.Event.Body.Bytes()
	if err != nil { // Only somebody who can write histories can make such a body.
		return &relaying.Refusal{Kind: giftcard.InvalidRequest, Event: true, Message: err.Error()}
	}
	_, err = c.Post(ctx, relay.Event{
		ID: p.Event.ID, Topic: p.Event.Topic, Resource: p.Resource, Shop: d.shop, APIVersion: p.Event.APIVersion,
		Body: body, Oversized: p.Event.Size, TriggeredAt: p.Event.TriggeredAt,
		Stale: p.Stale, Replayed: p.Event.Again, Attempt: p.Attempt,
	})
	return refusal(err)
}

// refusal returns what an error of an attempt means, nil for none.
func refusal(err error) error {
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*relay.Error](err)
	if !ok {
		return &relaying.Refusal{Kind: giftcard.Unavailable, Message: err.Error()}
	}
	return &relaying.Refusal{
		Kind: kind(e), Message: e.Error(), Event: e.OfEvent(), Gone: e.Outcome == relay.Gone, RetryAfter: e.RetryAfter,
	}
}

func kind(e *relay.Error) giftcard.Kind {
	switch {
	case e.OfEvent():
		return giftcard.InvalidRequest
	case e.Outcome == relay.Throttled:
		return giftcard.RateLimited
	case e.Status == http.StatusUnauthorized, e.Status == http.StatusForbidden, e.Status == http.StatusProxyAuthRequired:
		return giftcard.Unauthorized
	case e.Outcome == relay.Refused, e.Outcome == relay.Gone, e.Status/100 == 3:
		return giftcard.UnexpectedResponse
	case errors.Is(e, context.DeadlineExceeded):
		return giftcard.Timeout
	}
	return giftcard.Unavailable
}
