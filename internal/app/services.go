package app

import (
	"context"
	"crypto/tls"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/time/rate"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/activities/delivery"
	"github.com/giftbridge/giftbridge/activities/messaging"
	"github.com/giftbridge/giftbridge/activities/spending"
	"github.com/giftbridge/giftbridge/internal/actionpage"
	"github.com/giftbridge/giftbridge/internal/app/forwarding"
	"github.com/giftbridge/giftbridge/internal/app/later"
	"github.com/giftbridge/giftbridge/internal/app/telling"
	"github.com/giftbridge/giftbridge/internal/app/wanted"
	"github.com/giftbridge/giftbridge/internal/cashstar"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/intake/shopifyintake"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/issuer/accounts"
	"github.com/giftbridge/giftbridge/internal/issuer/cashstarissuer"
	"github.com/giftbridge/giftbridge/internal/issuer/gate"
	"github.com/giftbridge/giftbridge/internal/issuer/unset"
	"github.com/giftbridge/giftbridge/internal/mail"
	"github.com/giftbridge/giftbridge/internal/maillink"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/shopify"
	"github.com/giftbridge/giftbridge/internal/telemetry"
)

const (
	// shopifyTimeout limits one request to Shopify; a page of 250 orders takes a few seconds.
	shopifyTimeout = 30 * time.Second
	// connections is the number of idle connections kept open to one service, so that each of the cards that a worker
	// issues concurrently does not need its own handshake.
	connections = 64
	// maxHeader limits the header of a response; both services send a few kilobytes.
	maxHeader = 64 << 10
)

// NewShopify returns a client for the configured shop.
func NewShopify(cfg config.Shopify) (*shopify.Client, error) { return newShopify(cfg, nil) }

func newShopify(cfg config.Shopify, tel *telemetry.Telemetry) (*shopify.Client, error) {
	return newPolite(cfg, tel, 0)
}

// newPolite returns a client that leaves a share of Shopify's points to others.
func newPolite(cfg config.Shopify, tel *telemetry.Telemetry, keep float64) (*shopify.Client, error) {
	var token shopify.TokenSource = shopify.StaticToken(cfg.AccessToken.Reveal())
	if cfg.ClientID != "" {
		token = shopify.ClientCredentials{ID: cfg.ClientID, Secret: cfg.ClientSecret.Reveal()}
	}
	c, err := shopify.New(shopify.Options{
		BaseURL:    cfg.URL(),
		APIVersion: cfg.APIVersion,
		Token:      token,
		HTTPClient: &http.Client{Timeout: shopifyTimeout, Transport: Transport()},
		Company:    cfg.B2B,
		Keep:       keep,

		Observe:     tel.Request,
		ObserveCost: func(c shopify.Cost) { tel.Points(c.Available, c.Maximum) },
	})
	if err != nil {
		return nil, fmt.Errorf("set up the Shopify client: %w", err)
	}
	return c, nil
}

// NewCashStar returns a client for the configured account.
func NewCashStar(cfg config.CashStar) (*cashstar.Client, error) { return newCashStar(cfg, nil) }

func newCashStar(cfg config.CashStar, tel *telemetry.Telemetry) (*cashstar.Client, error) {
	c, err := cashstar.New(cashstar.Options{
		BaseURL:    cfg.BaseURL,
		Username:   cfg.Username,
		Password:   cfg.Password.Reveal(),
		HTTPClient: &http.Client{Transport: Transport()},
		Timeout:    cfg.Timeout,
		Observe:    tel.Request,
	})
	if err != nil {
		return nil, fmt.Errorf("set up the CashStar client: %w", err)
	}
	return c, nil
}

// Transport returns how services are reached over HTTP.
func Transport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConns, t.MaxIdleConnsPerHost = connections, connections
	t.MaxResponseHeaderBytes = maxHeader
	t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	return t
}

// shopIDTimeout limits the request for the shop's ID, so that nothing waits for Shopify while it is unavailable.
const shopIDTimeout = 5 * time.Second

// ShopID returns Shopify's ID of the configured shop, or "" if Shopify cannot be asked.
func ShopID(ctx context.Context, cfg config.Shopify) string {
	ctx, cancel := context.WithTimeout(ctx, shopIDTimeout)
	defer cancel()
	c, err := NewShopify(cfg)
	if err != nil {
		return ""
	}
	shop, err := c.GetShop(ctx)
	if err != nil {
		return ""
	}
	return shop.ID
}

// NewOrders returns activities that only read the orders of the configured shop.
func NewOrders(cfg config.Config) (*activities.Orders, error) {
	client, err := NewShopify(cfg.Shopify)
	if err != nil {
		return nil, err
	}
	return &activities.Orders{Source: newSource(cfg.Recipient, client), Shop: cfg.Shopify.Shop, Now: time.Now}, nil
}

// newSource returns the orders of the shop behind a client.
func newSource(cfg config.Recipient, client *shopify.Client) *shopifyintake.Source {
	return shopifyintake.New(client, shopifyintake.PropertyKeys{
		Email: cfg.EmailKey, Name: cfg.NameKey, Message: cfg.MessageKey, SendOn: cfg.SendOnKey,
	})
}

// keptForPolls is the share of Shopify's points that is kept free while announced orders are read: a poll is what finds
// the orders that are not read for lack of points.
const keptForPolls = 0.5

// NewAnnounced returns the source from which announced orders are read.
func NewAnnounced(cfg config.Config, tel *telemetry.Telemetry) (*shopifyintake.Source, error) {
	client, err := newPolite(cfg.Shopify, tel, keptForPolls)
	if err != nil {
		return nil, err
	}
	return newSource(cfg.Recipient, client), nil
}

// NewAccounts returns the issuer's list of accounts, or nil if the process has no credentials for the issuer, or no issuer
// that has accounts is used. Without it, each order looks up its account itself, which costs it an activity.
func NewAccounts(cfg config.Config, tel *telemetry.Telemetry) (*accounts.List, error) {
	if !cfg.IssuesAtOnce() || cfg.CashStar.Username == "" {
		return nil, nil
	}
	found, err := newIssuer(cfg, tel)
	if err != nil {
		return nil, err
	}
	return accounts.NewList(found), nil
}

// NewIssuer returns the issuer that issues cards at once, with its abilities. If none is configured, every request to it
// fails.
func NewIssuer(cfg config.Config) (issuer.Abilities, error) { return newIssuer(cfg, nil) }

func newIssuer(cfg config.Config, tel *telemetry.Telemetry) (issuer.Abilities, error) {
	if !cfg.IssuesAtOnce() {
		return issuer.Find(unset.New("GIFT_CARD_SKUS"))
	}
	client, err := newCashStar(cfg.CashStar, tel)
	if err != nil {
		return issuer.Abilities{}, err
	}
	found, err := issuer.Find(cashstarissuer.New(client, cfg.Issue.Dedupes))
	if err == nil && (found.Accounts == nil || found.Prober == nil) {
		err = fmt.Errorf("%s lists no accounts, or answers no harmless request; both are needed", found.Words().Issuer)
	}
	return found, err
}

// services are the clients of a worker. They are made before it connects to Temporal, so that a configuration that does not
// work is reported at once.
type services struct {
	orders *shopifyintake.Source
	issuer issuer.Abilities
	// later are the issuers that make cards later.
	later later.Issuers
	// delivery is what the mails that bring cards need.
	delivery later.Delivery
	// relay is where the shop's events go; nil if none go on.
	relay *forwarding.Door
	// messages are those that customers get about what they bought.
	messages *telling.Messages
	// mailer is nil without a mail server.
	mailer activities.Mailer
	zone   *time.Location
	// pace is nil without a rate limit.
	pace activities.Pacer
}

func newServices(cfg config.Config, tel *telemetry.Telemetry) (s services, err error) {
	shop, err := newShopify(cfg.Shopify, tel)
	if err != nil {
		return s, err
	}
	s.orders = newSource(cfg.Recipient, shop).For(wanted.Webhooks(cfg))
	if s.issuer, err = newIssuer(cfg, tel); err != nil {
		return s, err
	}
	if s.later, err = later.NewIssuers(cfg, Transport(), tel); err != nil {
		return s, err
	}
	if s.relay, err = forwarding.NewDoor(cfg, tel); err != nil {
		return s, err
	}
	s.messages, err = telling.New(telling.Options{Config: cfg, Shop: shop, Via: Transport(), Telemetry: tel})
	if err != nil {
		return s, err
	}
	if s.zone, err = cfg.Digest.Location(); err != nil {
		return s, fmt.Errorf("load DIGEST_TIMEZONE: %w", err)
	}
	if cfg.SMTP.Enabled() {
		if s.mailer, err = NewMailer(cfg.SMTP); err != nil {
			return s, err
		}
	}
	if s.delivery, err = later.NewDelivery(cfg, s.later, s.mailer, tel); err != nil {
		return s, err
	}
	if rps := cfg.CashStar.MaxRPS; rps > 0 {
		s.pace = tel.Pace(rate.NewLimiter(rate.Limit(rps), int(math.Ceil(rps/10))))
	}
	return s, nil
}

// topics are the activities of a worker, by topic.
type topics struct {
	orders    *activities.Orders
	giftCards *activities.GiftCards
	later     *deferred.Cards
	tills     *spending.Tills
	delivery  *delivery.Deliveries
	messages  *messaging.Messages
	digest    *activities.Digest
	reruns    *activities.Reruns
	decisions *activities.Decisions
	changes   *activities.Changes
	watch     *activities.Watch
}

// newTopics connects the activities to the services and to Temporal. The shop is its name in workflow IDs.
func newTopics(o WorkerOptions, s services, temporal *operator.Operator, shop string) topics {
	cfg := o.Config
	customers := accounts.NewList(s.issuer)
	reader := intake.NewReader(s.orders, o.Believed)
	return topics{
		orders: &activities.Orders{
			Source: s.orders, Marker: s.orders, Shop: shop, Claims: temporal, Intake: temporal,
			Accounts: customers, MerchantCode: cfg.Issue.MerchantCode, Now: time.Now,
			Disputes: s.orders, Records: temporal,
		},
		giftCards: &activities.GiftCards{
			Issuer:       s.issuer,
			Accounts:     customers,
			MerchantCode: cfg.Issue.MerchantCode,
			Orders:       reader,
			Runs:         temporal,
			Attempts:     temporal,
			AtMostOnce:   !s.issuer.Direct.Dedupes(),
			Pace:         s.pace,
			Gate:         &gate.Gate{Read: s.issuer.Prober.Probe},
			Timeout:      cfg.CashStar.Timeout,
			Now:          time.Now,
		},
		later:    later.NewCards(cfg, s.later, temporal.Recovery, reader),
		tills:    later.NewTills(cfg, s.later),
		delivery: s.delivery.Activities(temporal.Recovery, reader),
		digest: &activities.Digest{
			Reports: temporal, Mailer: s.mailer, Orders: reader, Disputes: s.orders,
			Shop: cfg.Shopify.Shop, From: cfg.Digest.From, To: cfg.Digest.To, Location: s.zone, Now: time.Now,
			Links: maillink.NewMaker(cfg.Receiver.URL, actionKeys(cfg)),
		},
		reruns:    &activities.Reruns{Orders: temporal},
		decisions: &activities.Decisions{Orders: temporal},
		changes:   &activities.Changes{Source: s.orders, Issuer: s.issuer, Later: s.later, Orders: temporal, Shop: shop},
		watch:     &activities.Watch{Shop: s.orders, Temporal: temporal},
	}
}

// actionKeys returns the keys that sign and verify the links of the digest; none if there are no links.
func actionKeys(cfg config.Config) maillink.Keys {
	var keys maillink.Keys
	for _, k := range cfg.Links.Keys {
		keys = append(keys, maillink.Key{ID: k.ID, Secret: []byte(k.Secret.Reveal())})
	}
	return keys
}

// ActionPage returns the pages behind the links of the digest. It answers everything below maillink.Path.
func ActionPage(cfg config.Config, o *operator.Operator, log zerolog.Logger) http.Handler {
	return actionpage.New(actionpage.Options{
		Acts: o.Acting, Keys: actionKeys(cfg), URL: cfg.Receiver.URL, Log: log,
	})
}

// NewMailer returns a sender that sends mail through the configured server.
func NewMailer(cfg config.SMTP) (*mail.Sender, error) {
	s, err := mail.New(mail.Options{
		Host:     cfg.Host,
		Port:     cfg.Port,
		Username: cfg.Username,
		Password: cfg.Password.Reveal(),
		TLS:      mail.TLS(cfg.TLS),
	})
	if err != nil {
		return nil, fmt.Errorf("set up the mail sender: %w", err)
	}
	return s, nil
}
