// Package later connects the issuers that make cards later: to the activities of a worker, and to the part of a receiver
// that takes their answers. Today there is one such issuer, Four Way Shop (4WS).
package later

import (
	"context"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"time"

	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"golang.org/x/time/rate"

	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/activities/spending"
	"github.com/giftbridge/giftbridge/internal/answers"
	"github.com/giftbridge/giftbridge/internal/callback"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/fourwayshop"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/cardpdf"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/issuer/fourwayshopissuer"
	"github.com/giftbridge/giftbridge/internal/promises"
	"github.com/giftbridge/giftbridge/internal/recovery"
	"github.com/giftbridge/giftbridge/internal/telemetry"
	"github.com/giftbridge/giftbridge/internal/token"
)

// Issuers are the configured issuers that make cards later, by the names by which inputs of workflows call them.
type Issuers map[string]issuer.Abilities

// With returns these issuers, after the one that issues at once if that is used.
func (all Issuers) With(atOnce issuer.Abilities, used bool) []issuer.Abilities {
	var out []issuer.Abilities
	if used {
		out = append(out, atOnce)
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		out = append(out, all[name])
	}
	return out
}

// NewIssuers returns the configured issuers that make cards later; none if none is configured. Their requests keep to the
// configured rate. tel may be nil.
func NewIssuers(cfg config.Config, via http.RoundTripper, tel *telemetry.Telemetry) (Issuers, error) {
	all := Issuers{}
	if !cfg.FourWayShop.On() {
		return all, nil
	}
	found, err := newFourWayShop(cfg, via, tel)
	if err != nil {
		return nil, err
	}
	all[fourwayshopissuer.Name] = found
	return all, nil
}

func newFourWayShop(cfg config.Config, via http.RoundTripper, tel *telemetry.Telemetry) (issuer.Abilities, error) {
	account := cfg.FourWayShop
	var wait func(context.Context) error
	if rps := account.MaxRPS; rps > 0 {
		wait = tel.Pace(rate.NewLimiter(rate.Limit(rps), int(math.Ceil(rps/10)))).Wait
	}
	client, err := fourwayshop.New(fourwayshop.Options{
		BaseURL:    account.BaseURL,
		Username:   account.Username,
		Password:   account.Password.Reveal(),
		HTTPClient: &http.Client{Transport: via},
		Timeout:    account.Timeout,
		Observe:    tel.Request,
		Wait:       wait,
	})
	if err != nil {
		return issuer.Abilities{}, fmt.Errorf("set up the Four Way Shop client: %w", err)
	}
	adapter := fourwayshopissuer.New(client, fourwayshopissuer.Options{
		EntityCode: account.EntityCode, BranchCode: account.BranchCode, Country: account.Country, PriceList: account.PriceList,
		Adds: account.Reversals,
	})
	if len(account.PDFHosts) == 0 {
		return issuer.Find(adapter)
	}
	pdfs, err := cardpdf.New(cardpdf.Options{Hosts: account.PDFHosts, Observe: tel.Request})
	if err != nil {
		return issuer.Abilities{}, fmt.Errorf("set up the PDFs of cards: %w", err)
	}
	return issuer.Find(adapter.WithDocuments(pdfs))
}

// NewCards returns the activities of the cards that are made later. They read orders again by orders.
func NewCards(cfg config.Config, issuers Issuers, r *recovery.Recovery, orders *intake.Reader) *deferred.Cards {
	temporal := promises.New(r)
	return &deferred.Cards{
		Issuers: issuers, Callbacks: addresses(cfg), Temporal: temporal,
		Orders: &deferred.OrderCheck{Reader: orders, Cards: temporal},
		IDKey:  cfg.CardIDKey(), Now: time.Now,
	}
}

// NewTills returns the activities that take amounts off cards at checkouts.
func NewTills(cfg config.Config, issuers Issuers) *spending.Tills {
	return &spending.Tills{Issuers: issuers, Callbacks: addresses(cfg), Now: time.Now}
}

func addresses(cfg config.Config) *callback.Addresses {
	var keys token.Keys
	for _, k := range cfg.FourWayShop.CallbackKeys {
		keys = append(keys, token.Key{ID: k.ID, Secret: []byte(k.Secret.Reveal())})
	}
	return callback.New(cfg.Receiver.URL, keys)
}

// NewHandler returns what takes the answers of the issuers, below [callback.Path]. It needs no account of theirs. It returns
// nil if no answers are expected.
func NewHandler(
	cfg config.Config, temporal answers.Signaller, meter metric.Meter, log zerolog.Logger,
) (http.Handler, error) {
	if len(cfg.FourWayShop.CallbackKeys) == 0 {
		return nil, nil
	}
	counted, err := meter.Int64Counter("giftbridge_callbacks",
		metric.WithDescription("Answers of issuers that make cards later, by issuer and by what became of them."))
	if err != nil {
		return nil, fmt.Errorf("set up the metrics of callbacks: %w", err)
	}
	by := map[string]issuer.Deferred{}
	for name, reads := range readers() {
		by[name] = reads
	}
	count := func(name string, o answers.Outcome, n int64) {
		counted.Add(context.Background(), n, metric.WithAttributes(
			attribute.String("issuer", name), attribute.String("outcome", string(o))))
	}
	for name := range by {
		for _, o := range answers.Outcomes {
			count(name, o, 0) // Otherwise the increase to one would not be visible.
		}
	}
	return answers.New(answers.Options{
		Addresses: addresses(cfg), Issuers: by, Temporal: temporal, Log: log,
		Count: func(name string, o answers.Outcome) { count(name, o, 1) },
	}), nil
}
