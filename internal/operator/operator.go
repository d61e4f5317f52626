// Package operator combines the packages with which people and workers act on an installation.
package operator

import (
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/acting"
	"github.com/giftbridge/giftbridge/internal/changed"
	"github.com/giftbridge/giftbridge/internal/codec"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/disputed"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/health"
	"github.com/giftbridge/giftbridge/internal/health/relaying"
	"github.com/giftbridge/giftbridge/internal/installation"
	"github.com/giftbridge/giftbridge/internal/left"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/privacy"
	"github.com/giftbridge/giftbridge/internal/promises"
	"github.com/giftbridge/giftbridge/internal/recovery"
	"github.com/giftbridge/giftbridge/internal/redemptions"
	"github.com/giftbridge/giftbridge/internal/reporting"
	"github.com/giftbridge/giftbridge/internal/resending"
	"github.com/giftbridge/giftbridge/internal/rollout"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/internal/told"
)

// Operator combines them for one namespace.
type Operator struct {
	*executions.Reader
	*settings.Settings
	*orders.Orders
	*installation.Installation
	*rollout.Rollout
	*recovery.Recovery
	// Promises are the cards that their issuers make later.
	Promises *promises.Promises
	// Redemptions are the amounts that checkouts have taken off cards.
	Redemptions *redemptions.Redemptions
	// Told is what customers were told about their orders.
	Told *told.Told
	*resending.Resending
	*changed.Changed
	*left.Left
	Acting *acting.Acting
	*disputed.Disputed
	*privacy.Privacy
	*reporting.Reporting
	*health.Monitor
}

// New returns an operator that uses c, which must be connected to the given namespace.
func New(c client.Client, namespace string, payloads *codec.Codec, cfg config.Config) *Operator {
	o := &Operator{Reader: executions.New(c, namespace, payloads, cfg.Digest.TemporalUIURL)}
	o.Settings = settings.New(o.Reader, settings.ConfiguredBy(cfg))
	o.Orders = orders.New(o.Settings)
	o.Installation = installation.New(o.Settings)
	o.Rollout = rollout.New(o.Reader, cfg.Worker.Deployment, cfg.Worker.Build())
	o.Recovery = recovery.New(o.Orders)
	o.Promises = promises.New(o.Recovery)
	o.Redemptions = redemptions.New(o.Reader, cfg.CardIDKey())
	o.Told = told.New(o.Orders)
	o.Resending = resending.New(o.Orders)
	o.Changed = changed.New(o.Recovery)
	o.Left = left.New(o.Recovery)
	o.Acting = acting.New(o.Orders)
	o.Disputed = disputed.New(o.Recovery)
	o.Privacy = privacy.New(o.Left)
	o.Reporting = reporting.New(o.Changed, cfg.Shopify.Shop, cfg.Digest.TimeZone).
		WithRelay(cfg.Relay.Endpoints(), cfg.Relay.Taken())
	o.Monitor = health.New(o.Installation, o.Rollout, health.Expected{
		PollInterval: cfg.Poll.Interval, SettleDelay: cfg.Poll.SettleDelay, MaxOrderAge: cfg.Orders.MaxOrderAge,
		Digest: cfg.SMTP.Enabled(), Links: cfg.Receiver.URL != "" && len(cfg.Links.Keys) > 0, LaterOnly: !cfg.IssuesAtOnce(),
		MatchesByName: cfg.Shopify.B2B && len(cfg.Orders.MatchBy) == 0 && cfg.IssuesAtOnce(),
		Relay:         relaying.Expected{Endpoints: cfg.Relay.Endpoints(), Topics: cfg.Relay.Taken()},
	})
	return o
}
