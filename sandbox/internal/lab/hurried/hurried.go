// Package hurried has the installation that the laboratory runs: what takes minutes in production takes seconds there.
package hurried

import (
	"time"

	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/ops"
	"github.com/giftbridge/giftbridge/sandbox/internal/mischief"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan"
	"github.com/giftbridge/giftbridge/sandbox/internal/site"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
)

// Site is the installation that the laboratory runs.
var Site = site.Site{Name: "laboratory", AuditPrefix: "LAB"}

// RenamedDomain is the other domain of its shop.
const RenamedDomain = "renamed.myshopify.com"

// Believed is how long a worker relies on what it has read of an order.
var Believed = plan.Scaled(5 * time.Minute)

// Standstill is how long a request may be delayed after the worker has decided to send it: by a busy machine, and at most
// once per card also by Temporal, which has to store a note before the request. In production, where [Believed] is minutes,
// this is nothing.
const Standstill = 5 * time.Second

// Configuration returns the configuration of an accelerated installation. What takes minutes in production takes
// seconds, in the same proportions. maxRPS limits the requests to the issuer; 0 means no limit. dedupes says that the issuer is
// relied on to recognise a repeated request.
func Configuration(at site.Services, maxRPS float64, dedupes bool) config.Config {
	c := Site.Config(at)
	c.Shopify.B2B = true
	c.Orders.CompanionSKUs = config.List{scenario.Companion}
	// The overlap covers a clock that is behind and a short lag. No poll covers the long lag.
	c.Poll.Interval, c.Poll.Overlap, c.Poll.SettleDelay = plan.Scaled(5*time.Minute), 18*time.Second, time.Second
	c.Poll.PageSize = 25
	c.CashStar.Timeout, c.CashStar.MaxRPS = 2*time.Second, maxRPS
	c.FourWayShop.Timeout = 2 * time.Second
	c.Sonar.Timeout = 2 * time.Second
	c.Relay.Timeout = mischief.RelayPatience
	c.Issue.Dedupes = dedupes
	c.Issue.RetryBudget = 6 * time.Second
	c.Digest.RerunWait, c.Digest.SendEmpty = 20*time.Second, true
	c.Metrics.Addr = ops.MetricsOff
	c.Log.Level, c.Log.Format = "info", ops.FormatJSON
	return c
}

// OtherSettings returns the settings of a worker whose owner has a different view of the shop. They make no difference,
// because orders and polls carry the settings that were fixed with the schedule.
func OtherSettings() []string {
	return []string{
		"GIFT_CARD_SKUS=MUG", "FOURWAYSHOP_ITEMS=CUP=OTHER", "COMPANION_SKUS=" + scenario.SKUs()[0], "MATCH_BY=external_id", "UNDERPAID=issue",
		"CREATED_AT_MIN=2020-01-01T00:00:00Z", "MAX_ORDER_AGE=24h", "RETRY_BUDGET=1h", "POLL_OVERLAP=1s",
	}
}

// OtherIdentity returns the identity of another installation. A worker with it would request other cards.
func OtherIdentity() []string { return []string{"AUDIT_PREFIX=OTHER"} }
