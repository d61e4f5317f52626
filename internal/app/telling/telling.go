// Package telling wires the messages to customers: the rules by which they are composed, the shop that is read for them, the service
// that brings them to phones, and what keeps the shop's deliveries until an order was looked at. Today there is one such service,
// Sonar.
package telling

import (
	"cmp"
	"fmt"
	"net/http"
	"time"

	"github.com/rs/zerolog"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/activities/messaging"
	"github.com/giftbridge/giftbridge/internal/app/measuring"
	"github.com/giftbridge/giftbridge/internal/config"
	settings "github.com/giftbridge/giftbridge/internal/config/messaging"
	"github.com/giftbridge/giftbridge/internal/installation"
	"github.com/giftbridge/giftbridge/internal/intake/shopifyretail"
	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/messages/composing"
	"github.com/giftbridge/giftbridge/internal/messages/phones"
	"github.com/giftbridge/giftbridge/internal/messages/texts"
	"github.com/giftbridge/giftbridge/internal/rest"
	"github.com/giftbridge/giftbridge/internal/retail"
	"github.com/giftbridge/giftbridge/internal/shopify"
	"github.com/giftbridge/giftbridge/internal/sonar"
	"github.com/giftbridge/giftbridge/internal/telemetry"
)

// Options are what messages are wired with.
type Options struct {
	Config config.Config
	// Shop reads the configured shop.
	Shop *shopify.Client
	// Via is how the service is reached.
	Via http.RoundTripper
	// Telemetry measures requests, and what becomes of messages; it may be nil.
	Telemetry *telemetry.Telemetry
}

// Messages sends messages. They are off unless the configuration has an account.
type Messages struct {
	options Options
	rules   composing.Rules
	client  *sonar.Client
	metrics *measuring.Messages
}

// New returns messages as they are configured. It connects to nothing. The error names the setting that is wrong.
func New(o Options) (*Messages, error) {
	m := &Messages{options: o}
	if !o.Config.Sonar.On() {
		return m, nil
	}
	var err error
	if m.rules, err = Rules(o.Config); err != nil {
		return nil, err
	}
	if m.metrics, err = measuring.NewMessages(o.Telemetry.Meter()); err != nil {
		return nil, fmt.Errorf("set up the metrics of messages: %w", err)
	}
	m.client, err = NewClient(o.Config.Sonar, o.Via, o.Telemetry.Request)
	return m, err
}

// Survey reports as metrics how many messages are open or unsent, until stop is called. If messages are off, it does nothing.
func (m *Messages) Survey(o *installation.Installation, log zerolog.Logger) (stop func()) {
	return m.metrics.Survey(o, log)
}

// NewClient returns a client of the configured account.
func NewClient(account settings.Sonar, via http.RoundTripper, observe rest.Observer) (*sonar.Client, error) {
	c, err := sonar.New(sonar.Options{
		URL: account.URL, Token: account.Token.Reveal(), HTTPClient: &http.Client{Transport: via}, Timeout: account.Timeout, Observe: observe,
	})
	if err != nil {
		return nil, fmt.Errorf("set up the Sonar client: %w", err)
	}
	return c, nil
}

// NewSource returns the orders and variants of the shop behind a client.
func NewSource(shop *shopify.Client) retail.Source { return shopifyretail.New(shop) }

// Activities returns the activities of a worker. If messages are off, each of them fails as messaging.MessagesOff.
func (m *Messages) Activities(temporal activities.Beater, looks messaging.Looks) *messaging.Messages {
	if m.client == nil {
		return &messaging.Messages{Now: time.Now}
	}
	return &messaging.Messages{
		On: true, Source: NewSource(m.options.Shop), Rules: m.rules, Sender: sender{m.client},
		SendInDoubt: m.options.Config.Messages.InDoubt == settings.Send,
		Temporal:    temporal, Looks: looks, Now: time.Now, Count: m.metrics.Count,
	}
}

// Rules returns how the configured shop talks to its customers. The error names the setting, or the file of texts, that is wrong.
func Rules(cfg config.Config) (composing.Rules, error) {
	account, m := cfg.Sonar, cfg.Messages
	zone, err := m.Location()
	if err != nil {
		return composing.Rules{}, fmt.Errorf("load MESSAGES_TIMEZONE: %w", err)
	}
	r := composing.Rules{
		ShopName: m.ShopName, ShopURL: m.ShopURL, Country: m.Country,
		AnyPhone: m.Phone == settings.AnyPhone, StrictAddress: account.Address != settings.Lenient,
		Options:  composing.Options{Size: m.Options.Size, Color: m.Options.Color, Gender: m.Options.Gender},
		NotifyBy: composing.NotifyByProduct, MinInStock: m.InStock, Image: m.Image,
		Quiet: composing.Quiet{From: sinceMidnight(m.Quiet.From), Until: sinceMidnight(m.Quiet.Until), All: m.QuietFor == settings.All},
		Zone:  zone,
	}
	for _, kind := range m.Kinds {
		r.Kinds = append(r.Kinds, messages.Kind(kind))
	}
	if account.ByVariant() {
		r.NotifyBy = composing.NotifyByVariant
	}
	if from := m.ShipFrom; from != (settings.ShipFrom{}) {
		r.ShipFrom = &retail.Address{City: from.City, Province: from.State, PostalCode: from.Zip, Country: from.Country}
	}
	return Complete(r, m.Templates, m.Language)
}

// Complete returns rules with numbering plans and texts. The texts are those in a folder, and the built-in ones for what it lacks;
// all are built in if the folder is empty. language is that of whoever has none with texts. The error names the file that is wrong,
// or MESSAGES_LANGUAGE.
func Complete(r composing.Rules, folder, language string) (composing.Rules, error) {
	all, err := texts.Load(folder)
	if err != nil {
		return composing.Rules{}, fmt.Errorf("read the texts of messages in %s: %w", cmp.Or(folder, "this program"), err)
	}
	if all, err = all.WithDefault(language); err != nil {
		return composing.Rules{}, fmt.Errorf("use MESSAGES_LANGUAGE: %w", err)
	}
	r.Phones, r.Texts = phones.Book{}, all
	return r, nil
}

func sinceMidnight(c config.Clock) time.Duration {
	return time.Duration(c.Hour)*time.Hour + time.Duration(c.Minute)*time.Minute
}
