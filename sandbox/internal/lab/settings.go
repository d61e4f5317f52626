package lab

import (
	"crypto/rand"
	"os"
	"time"

	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/sandbox/internal/child"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

// Workers is the number of worker processes.
const Workers = 2

// The credentials of the simulated services, and the shop's name.
const (
	shopDomain     = "laboratory.myshopify.com"
	shopToken      = "shpat_laboratory"
	issuerUser     = "laboratory"
	issuerPassword = "laboratory-password"
	namespace      = "default"
)

// ports are those of a run, for all its time.
type ports struct{ temporal, shop, issuer, mail int }

// configuration is that of an installation in a hurry: what takes minutes in production takes seconds, in the same
// proportions.
func configuration(p Plan, at ports, began time.Time, o Options) (config.Config, []string) {
	c := config.Default()
	c.Issue.DedupesStated, c.Orders.MatchBy = true, config.MatchableBy
	c.Shopify.Shop, c.Shopify.BaseURL = shopDomain, "http://"+child.Loopback(at.shop)
	c.Shopify.AccessToken = config.NewSecret(shopToken)
	c.Shopify.B2B = true
	c.Orders.GiftCardSKUs, c.Orders.CompanionSKUs = stack.SKUs(), config.List{companion}
	c.Orders.CreatedAtMin = began.Add(-time.Hour).UTC().Truncate(time.Second)
	c.Poll.Interval, c.Poll.Overlap, c.Poll.SettleDelay = 4*time.Second, 30*time.Second, time.Second
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
	// Digests are asked for. The schedule's own is as far away as can be, so that none comes unasked.
	c.Digest.At = config.Clock{Hour: began.UTC().Add(-time.Hour).Hour()}
	c.Digest.RerunWait = 20 * time.Second
	c.Digest.SendEmpty = true
	key := make([]byte, config.PayloadKeySize)
	_, _ = rand.Read(key) // It never fails.
	c.Payload.Encryption = config.EncryptionOn
	c.Payload.Keys = config.PayloadKeys{{ID: "lab", Key: config.NewSecret(string(key))}}
	c.Metrics.Addr = config.MetricsOff
	c.Log.Level, c.Log.Format = "info", config.FormatJSON

	env := stack.Environ(c, child.Loopback(at.temporal), namespace)
	env = append(env,
		"DIGEST_SEND_EMPTY=true",
		"LOG_LEVEL="+c.Log.Level, "LOG_FORMAT="+c.Log.Format,
		"HOME="+o.folder, "PATH="+os.Getenv("PATH"),
	)
	return c, env
}
