package e2e_test

import (
	"context"
	"testing"
	"time"

	"github.com/giftbridge/giftbridge/internal/config/ops"
	"github.com/giftbridge/giftbridge/internal/installation"
	"github.com/giftbridge/giftbridge/internal/settings"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/sandbox/internal/site"
	"github.com/giftbridge/giftbridge/sandbox/internal/storetest"
	"github.com/giftbridge/giftbridge/sandbox/internal/temporalserver"
	"github.com/giftbridge/giftbridge/workflows"
)

// bare starts an unprepared Temporal server, and returns client options and a configuration for it.
func bare(t *testing.T, o temporalserver.Options) (client.Options, config.Config) {
	t.Helper()
	o.UIPort, o.PostgreSQL = temporalserver.NoUI, storetest.PostgreSQL(t)
	s, err := temporalserver.Start(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop(context.Background())) })
	const nobody = "http://127.0.0.1:1"
	c := site.Site{Name: "sandbox"}.Config(site.Services{Shop: nobody, Issuer: nobody})
	c.Payload, c.Metrics.Addr = ops.Payload{Encryption: ops.EncryptionOff}, ops.MetricsOff
	require.NoError(t, c.Validate())
	return client.Options{HostPort: s.HostPort(), Namespace: s.Namespace()}, c
}

// A namespace that deletes workflows of orders that can still be polled would let them be issued twice. A development
// server has such a namespace, so the refusal says what to do.
func TestRetentionGuard(t *testing.T) {
	t.Parallel()
	temporal, cfg := bare(t, temporalserver.Options{
		Retention: 24 * time.Hour, SearchAttributes: workflows.SearchAttributes(),
	})
	const advice = "temporal operator namespace update --namespace default --retention 720h"
	_, err := app.StartWorker(t.Context(), app.WorkerOptions{Config: cfg, Temporal: temporal, Log: zerolog.Nop()})
	require.ErrorContains(t, err, "deletes closed workflows after 24h0m0s")
	require.ErrorContains(t, err, advice)
	o, err := app.NewOperator(t.Context(), temporal, cfg, zerolog.Nop())
	require.NoError(t, err)
	defer o.Close()
	_, err = o.EnsureSchedules(t.Context(), settings.Ensure{Yes: true})
	require.ErrorContains(t, err, advice)
	_, err = o.PollNow(t.Context())
	require.ErrorContains(t, err, "schedule poll-orders does not exist; run: giftbridge schedules")

	// Orders are safe if they are polled for less time than their workflows are kept.
	cfg.Orders.MaxOrderAge, cfg.Issue.RetryBudget = 23*time.Hour, time.Hour
	w, err := app.StartWorker(t.Context(), app.WorkerOptions{Config: cfg, Temporal: temporal, Log: zerolog.Nop()})
	require.NoError(t, err)
	w.Stop()
}

// Without its search attributes, every start of an order would be retried forever.
func TestSearchAttributeGuard(t *testing.T) {
	t.Parallel()
	temporal, cfg := bare(t, temporalserver.Options{})
	options := app.WorkerOptions{Config: cfg, Temporal: temporal, Log: zerolog.Nop()}
	_, err := app.StartWorker(t.Context(), options)
	require.ErrorContains(t, err, "GiftCardSku (KeywordList), ShopifyOrderName (Keyword); run: giftbridge schedules")

	o, err := app.NewOperator(t.Context(), temporal, cfg, zerolog.Nop())
	require.NoError(t, err)
	defer o.Close()
	changes, err := o.EnsureSchedules(t.Context(), settings.Ensure{Yes: true})
	require.NoError(t, err)
	require.Contains(t, changes, installation.Change{What: "search attribute GiftCardSku", Did: installation.Created})
	require.Contains(t, changes, installation.Change{What: "schedule poll-orders", Did: installation.Created})
	w, err := app.StartWorker(t.Context(), options)
	require.NoError(t, err)
	w.Stop()
}
