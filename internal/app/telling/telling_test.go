package telling_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/app/telling"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/messaging"
	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/messages/composing"
	"github.com/giftbridge/giftbridge/internal/messages/texts"
	"github.com/giftbridge/giftbridge/internal/retail"
	"github.com/giftbridge/giftbridge/internal/shopify"
	"github.com/giftbridge/giftbridge/internal/webhook"
	"github.com/giftbridge/giftbridge/workflows"
)

// configured returns a configuration that sends messages.
func configured() config.Config {
	var c config.Config
	c.Sonar = messaging.Sonar{
		Token: config.NewSecret("hush"), URL: "https://sonar.invalid", Timeout: time.Second, Address: messaging.Strict,
		NotifyBy: messaging.ByProduct,
	}
	c.Messages = messaging.Messages{
		Kinds: config.List{"receipt", "shipment"}, ShopName: "Example", ShopURL: "https://shop.example.com", Country: "US",
		Phone: messaging.OfOrder, InDoubt: messaging.Drop, QuietFor: messaging.Marketing, TimeZone: "UTC", Language: "en", InStock: 1,
	}
	return c
}

// Every setting reaches the rules.
func TestRules(t *testing.T) {
	t.Parallel()
	c := configured()
	first, err := telling.Rules(c)
	require.NoError(t, err)
	require.Equal(t, []messages.Kind{messages.KindReceipt, messages.KindShipment}, first.Kinds)
	require.Equal(t, "Example", first.ShopName)
	require.Equal(t, "https://shop.example.com", first.ShopURL)
	require.True(t, first.StrictAddress)
	require.False(t, first.AnyPhone)
	require.Nil(t, first.ShipFrom)
	require.Equal(t, composing.NotifyByProduct, first.NotifyBy)
	require.NotNil(t, first.Phones)
	require.NotNil(t, first.Texts)

	c.Sonar.Address, c.Sonar.NotifyBy = messaging.Lenient, messaging.ByVariant
	c.Messages.Phone, c.Messages.QuietFor, c.Messages.TimeZone = messaging.AnyPhone, messaging.All, "America/New_York"
	c.Messages.Country, c.Messages.InStock, c.Messages.Image = "DE", 7, "https://shop.example.com/none.png"
	c.Messages.ShipFrom = messaging.ShipFrom{City: "Austin", State: "TX", Zip: "78701", Country: "US"}
	c.Messages.Options = messaging.Options{Size: []string{"Size"}, Color: []string{"Colour"}, Gender: []string{"Sex"}}
	require.NoError(t, c.Messages.Quiet.Decode("21:30-08:00"))
	second, err := telling.Rules(c)
	require.NoError(t, err)
	require.False(t, second.StrictAddress)
	require.True(t, second.AnyPhone)
	require.Equal(t, composing.NotifyByVariant, second.NotifyBy)
	require.Equal(t, composing.Quiet{From: 21*time.Hour + 30*time.Minute, Until: 8 * time.Hour, All: true}, second.Quiet)
	require.Equal(t, "America/New_York", second.Zone.String())
	require.Equal(t, &retail.Address{City: "Austin", Province: "TX", PostalCode: "78701", Country: "US"}, second.ShipFrom)
	require.Equal(t, composing.Options{Size: []string{"Size"}, Color: []string{"Colour"}, Gender: []string{"Sex"}}, second.Options)
	require.Equal(t, "DE", second.Country)
	require.Equal(t, 7, second.MinInStock)
	require.Equal(t, "https://shop.example.com/none.png", second.Image)
}

func TestRulesNameTheWrongFile(t *testing.T) {
	t.Parallel()
	c := configured()
	c.Messages.Templates = t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(c.Messages.Templates, "en"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(c.Messages.Templates, "en", "receipt.txt"), []byte("{{.Nothing}}"), 0o600))
	_, err := telling.New(telling.Options{Config: c})
	require.ErrorContains(t, err, "receipt")
}

// A text to many customers has the default language.
func TestRulesHaveADefaultLanguage(t *testing.T) {
	t.Parallel()
	c := configured()
	c.Messages.Language = "de"
	r, err := telling.Rules(c)
	require.NoError(t, err)
	require.Contains(t, r.Texts.Render(texts.InStock, "", texts.Sample(), false), "wieder")
	c.Messages.Language = "it"
	_, err = telling.Rules(c)
	require.ErrorContains(t, err, `MESSAGES_LANGUAGE: there are no templates in the language "it", but in de, en, es, fr`)
}

// Without an account, activities say that messages are off, and nothing else of them is there.
func TestOff(t *testing.T) {
	t.Parallel()
	m, err := telling.New(telling.Options{})
	require.NoError(t, err)
	require.False(t, m.Activities(nil, nil).On)
	require.Empty(t, telling.Topics(config.Config{}))
	require.Nil(t, telling.NewKeeper(config.Config{}, nil, 0, nil))
}

// A receiver has no account, and takes in what messages need if the shop has a name for its customers.
func TestReceiversHaveNoAccount(t *testing.T) {
	t.Parallel()
	c := configured()
	want := telling.Topics(c)
	require.NotEmpty(t, want)
	c.Sonar = messaging.Sonar{}
	require.Equal(t, want, telling.Topics(c))
	c.Messages.Kinds = config.List{"in-stock"}
	require.Equal(t, []string{"variants/in_stock"}, telling.Topics(c))
	c.Messages.ShopName = ""
	require.Empty(t, telling.Topics(c))
}

func TestOn(t *testing.T) {
	t.Parallel()
	c := configured()
	shop, err := shopify.New(shopify.Options{BaseURL: "https://shop.invalid", APIVersion: "2026-07", Token: shopify.StaticToken("x")})
	require.NoError(t, err)
	m, err := telling.New(telling.Options{Config: c, Shop: shop})
	require.NoError(t, err)
	require.False(t, m.Activities(nil, nil).SendInDoubt)
	c.Messages.InDoubt = messaging.Send
	m, err = telling.New(telling.Options{Config: c, Shop: shop})
	require.NoError(t, err)
	on := m.Activities(nil, nil)
	require.True(t, on.On)
	require.True(t, on.SendInDoubt)
}

func TestTopics(t *testing.T) {
	t.Parallel()
	c := configured()
	require.Contains(t, telling.Topics(c), webhook.FulfillmentsUpdate)
	require.NotContains(t, telling.Topics(c), webhook.VariantsInStock)
	c.Messages.Kinds = config.List{"in-stock"}
	require.Equal(t, []string{webhook.VariantsInStock}, telling.Topics(c))
}

// temporal records signals.
type temporal struct {
	ids, names []string
	args       []any
	err        error
}

func (c *temporal) SignalWithStartWorkflow(
	_ context.Context, id, _ string, arg any, o client.StartWorkflowOptions, _ any, _ ...any,
) (client.WorkflowRun, error) {
	name, _ := o.TypedSearchAttributes.GetKeyword(workflows.ShopifyOrderName)
	c.ids, c.args, c.names = append(c.ids, id), append(c.args, arg), append(c.names, name)
	return nil, c.err
}

// A delivery is kept as a signal to the workflow of what it is about. Only the time of the order itself says whether the order was
// seen already.
func TestKeeper(t *testing.T) {
	t.Parallel()
	c := configured()
	c.Messages.Kinds = append(c.Messages.Kinds, "in-stock")
	flows, at := &temporal{}, time.Date(2026, 7, 10, 12, 0, 0, 0, time.UTC)
	k := telling.NewKeeper(c, flows, 1, func(context.Context) (string, error) { return "shop", nil })
	require.Equal(t, telling.Topics(c), k.Topics())
	for _, n := range []webhook.Notice{
		{Topic: webhook.OrdersUpdated, Order: "5001", Name: "#1001", UpdatedAt: at},
		{Topic: webhook.FulfillmentsCreate, Order: "5001", Fulfillment: "9", UpdatedAt: at},
		{Topic: webhook.VariantsInStock, Product: "70", Variant: "7"},
	} {
		require.NoError(t, k.Keep(t.Context(), webhook.Delivery{Notice: n}))
	}
	require.Equal(t, []string{"order-messages/shop/5001", "order-messages/shop/5001", "back-in-stock/shop/product-70"}, flows.ids)
	require.Equal(t, []string{"#1001", "", ""}, flows.names, "people find a record by the order's name")
	require.Equal(t, workflows.Look{Topic: webhook.OrdersUpdated, UpdatedAt: at}, flows.args[0])
	require.Equal(t, workflows.Look{Topic: webhook.FulfillmentsCreate}, flows.args[1])

	require.Equal(t, workflows.InStock{Variant: "7"}, flows.args[2])

	flows.ids = nil
	require.NoError(t, k.KeepOversized(t.Context(), webhook.Delivery{Notice: webhook.Notice{Topic: webhook.OrdersCreate}}))
	require.Empty(t, flows.ids, "the beginning of its body does not say which order it is")
	require.NoError(t, k.KeepOversized(t.Context(), webhook.Delivery{Notice: webhook.Notice{Topic: webhook.OrdersCreate, Order: "5002"}}))
	require.Equal(t, []string{"order-messages/shop/5002"}, flows.ids)
	var _ webhook.OversizedKeeper = k

	// Without the number of its product, a variant has a notice of its own, and so has every one if customers asked for variants.
	flows.ids = nil
	shirt := webhook.Delivery{Notice: webhook.Notice{Topic: webhook.VariantsInStock, Product: "70", Variant: "7"}}
	cut := webhook.Delivery{Notice: webhook.Notice{Topic: webhook.VariantsInStock, Variant: "7"}}
	require.NoError(t, k.KeepOversized(t.Context(), shirt))
	require.NoError(t, k.KeepOversized(t.Context(), cut))
	c.Sonar.NotifyBy = messaging.ByVariant
	k = telling.NewKeeper(c, flows, 1, func(context.Context) (string, error) { return "shop", nil })
	require.NoError(t, k.Keep(t.Context(), shirt))
	require.Equal(t, []string{"back-in-stock/shop/product-70", "back-in-stock/shop/7", "back-in-stock/shop/7"}, flows.ids)

	flows.err = errors.New("away")
	require.Error(t, k.Keep(t.Context(), webhook.Delivery{Notice: webhook.Notice{Topic: webhook.OrdersCreate, Order: "1"}}))
	unknown := telling.NewKeeper(c, flows, 1, func(context.Context) (string, error) { return "", errors.New("whose?") })
	require.EqualError(t, unknown.Keep(t.Context(), webhook.Delivery{}), "whose?")
}
