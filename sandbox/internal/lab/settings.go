package lab

import (
	"crypto/rand"
	"os"
	"time"

	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/ops"
	"github.com/giftbridge/giftbridge/sandbox/internal/child"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

// Workers is the number of worker processes.
const Workers = 2

// hurry is the factor by which everything is faster than in production, where polls come every five minutes.
const hurry = 75

// scaled returns the laboratory's equivalent of a duration in production.
func scaled(d time.Duration) time.Duration { return d / hurry }

// believed is how long a worker relies on what it has read of an order.
var believed = scaled(5 * time.Minute)

// The credentials of the simulated services, and the shop's name.
const (
	shopDomain     = "laboratory.myshopify.com"
	renamedDomain  = "renamed.myshopify.com"
	shopToken      = "shpat_laboratory"
	issuerUser     = "laboratory"
	issuerPassword = "laboratory-password"
	namespace      = "default"
)

// ports are the ports of a run. They stay the same throughout the run.
type ports struct{ temporal, shop, issuer, mail int }

// configuration returns the configuration of an accelerated installation and its environment. What takes minutes in
// production takes seconds, in the same proportions.
func configuration(p Plan, at ports, began time.Time, o Options) (config.Config, []string) {
	c := config.Default()
	c.Issue.DedupesStated, c.Orders.MatchBy = true, config.MatchableBy
	c.Shopify.Shop, c.Shopify.BaseURL = shopDomain, "http://"+child.Loopback(at.shop)
	c.Shopify.AccessToken = config.NewSecret(shopToken)
	c.Shopify.B2B = true
	c.Orders.GiftCardSKUs, c.Orders.CompanionSKUs = stack.SKUs(), config.List{companion}
	c.Orders.CreatedAtMin = began.Add(-time.Hour).UTC().Truncate(time.Second)
	// The overlap covers a clock that is behind and a short lag. No poll covers the long lag.
	c.Poll.Interval, c.Poll.Overlap, c.Poll.SettleDelay = scaled(5*time.Minute), 18*time.Second, time.Second
	c.Poll.SweepInterval = 24 * time.Hour // Sweeps run on request only.
	c.Poll.PageSize = 25
	c.CashStar.BaseURL = "http://" + child.Loopback(at.issuer) + "/v2/"
	c.CashStar.Username, c.CashStar.Password = issuerUser, config.NewSecret(issuerPassword)
	c.CashStar.Timeout = 2 * time.Second
	c.CashStar.MaxRPS = p.MaxRPS
	c.Issue.AuditPrefix = "LAB"
	c.Issue.Dedupes = o.IssuerDedupes || o.Deceive
	c.Issue.RetryBudget = 6 * time.Second
	c.SMTP.Host, c.SMTP.Port, c.SMTP.TLS = "127.0.0.1", at.mail, config.TLSNone
	c.Digest.From, c.Digest.To = "giftbridge@example.com", config.List{"operations@example.com"}
	// Digests are sent on request. The scheduled time is as far away as possible, so that no digest is sent by the
	// schedule.
	c.Digest.At = config.Clock{Hour: began.UTC().Add(-time.Hour).Hour()}
	c.Digest.RerunWait = 20 * time.Second
	c.Digest.SendEmpty = true
	key := make([]byte, ops.PayloadKeySize)
	_, _ = rand.Read(key) // It never fails.
	c.Payload.Encryption, c.Payload.BindNamespace = ops.EncryptionOn, true
	c.Payload.Keys = ops.PayloadKeys{{ID: "lab", Key: config.NewSecret(string(key))}}
	c.Metrics.Addr = ops.MetricsOff
	c.Log.Level, c.Log.Format = "info", ops.FormatJSON

	env := stack.Environ(c, child.Loopback(at.temporal), namespace)
	return c, append(env, "HOME="+o.folder, "PATH="+os.Getenv("PATH"))
}

// otherSettings returns the settings of a worker whose owner has a different view of the shop. They make no difference,
// because orders and polls carry the settings that were fixed with the schedule.
func otherSettings() []string {
	return []string{
		"GIFT_CARD_SKUS=MUG", "COMPANION_SKUS=" + stack.SKUs()[0], "MATCH_BY=external_id", "UNDERPAID=issue",
		"CREATED_AT_MIN=2020-01-01T00:00:00Z", "MAX_ORDER_AGE=24h", "RETRY_BUDGET=1h", "POLL_OVERLAP=1s",
	}
}

// otherIdentity returns the identity of another installation. A worker with it would request other cards.
func otherIdentity() []string { return []string{"AUDIT_PREFIX=OTHER"} }
