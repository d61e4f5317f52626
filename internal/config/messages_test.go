package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/messaging"
	"github.com/giftbridge/giftbridge/internal/config/ops"
)

func TestMessages(t *testing.T) {
	t.Parallel()
	on := func(c *config.Config) {
		c.Sonar.Token, c.Messages.ShopName, c.Messages.ShopURL = config.NewSecret("hush"), "Example", "https://shop.example.com"
	}
	for name, tt := range map[string]struct {
		change func(*config.Config)
		want   string
	}{
		"off":            {func(*config.Config) {}, ""},
		"on":             {on, ""},
		"no name":        {func(c *config.Config) { on(c); c.Messages.ShopName = " " }, "MESSAGES_SHOP_NAME: is not set"},
		"no address":     {func(c *config.Config) { on(c); c.Messages.ShopURL = "" }, "MESSAGES_SHOP_URL: is not set"},
		"no kinds":       {func(c *config.Config) { on(c); c.Messages.Kinds = nil }, "MESSAGES: is not set"},
		"not encrypted":  {func(c *config.Config) { on(c); c.Payload = ops.Payload{Encryption: ops.EncryptionOff} }, "PAYLOAD_ENCRYPTION: is off"},
		"unknown kind":   {func(c *config.Config) { c.Messages.Kinds = config.List{"letter"} }, "MESSAGES"},
		"twice":          {func(c *config.Config) { c.Messages.Kinds = config.List{"receipt", "receipt"} }, "MESSAGES"},
		"country":        {func(c *config.Config) { c.Messages.Country = "USA" }, "MESSAGES_COUNTRY"},
		"zone":           {func(c *config.Config) { c.Messages.TimeZone = "Mars" }, "MESSAGES_TIMEZONE"},
		"language":       {func(c *config.Config) { c.Messages.Language = "Deutsch" }, "MESSAGES_LANGUAGE"},
		"in doubt":       {func(c *config.Config) { c.Messages.InDoubt = "maybe" }, "MESSAGES_IN_DOUBT"},
		"phone":          {func(c *config.Config) { c.Messages.Phone = "none" }, "MESSAGES_PHONE"},
		"in stock":       {func(c *config.Config) { c.Messages.InStock = 0 }, "MESSAGES_IN_STOCK_MIN"},
		"time-out":       {func(c *config.Config) { c.Sonar.Timeout = 0 }, "SONAR_TIMEOUT"},
		"plain HTTP":     {func(c *config.Config) { c.Sonar.URL = "http://example.com" }, "SONAR_URL"},
		"notify by":      {func(c *config.Config) { c.Sonar.NotifyBy = "shop" }, "SONAR_NOTIFY_BY"},
		"address policy": {func(c *config.Config) { c.Sonar.Address = "loose" }, "SONAR_ADDRESS"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := valid()
			tt.change(&c)
			if tt.want == "" {
				require.NoError(t, c.Validate())
				return
			}
			require.ErrorContains(t, c.Validate(), tt.want)
		})
	}
}

// Values are read as they are written.
func TestValuesOfMessages(t *testing.T) {
	t.Parallel()
	var quiet messaging.Quiet
	require.NoError(t, quiet.Decode("21:00-08:00"))
	require.Equal(t, "21:00-08:00", quiet.String())
	for _, bad := range []string{"", "21:00", "21:00-", "25:00-08:00"} {
		require.Error(t, quiet.Decode(bad), bad)
	}
	var from messaging.ShipFrom
	require.NoError(t, from.Decode("Austin; TX;78701;US"))
	require.Equal(t, "Austin;TX;78701;US", from.String())
	for _, bad := range []string{"Austin", "Austin;;78701;US", "Austin;TX;78701;USA", "a;b;c;US;d"} {
		require.Error(t, from.Decode(bad), bad)
	}
	require.NoError(t, from.Decode(""))
	require.Empty(t, from.String())
	var options messaging.Options
	require.NoError(t, options.Decode("color=Color|Colour,size=Size"))
	require.Equal(t, "size=Size,color=Color|Colour", options.String())
	for _, bad := range []string{"size", "weight=a", "size=", "size=a|a", "size=a,size=b"} {
		require.Error(t, options.Decode(bad), bad)
	}
	require.NoError(t, options.Decode(""))
	require.Empty(t, options.String())
}
