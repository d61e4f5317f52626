package relaying_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/config/env"
	"github.com/giftbridge/giftbridge/internal/config/relaying"
)

type config struct{ Relay relaying.Relay }

func secret(letter string, size int) string {
	return "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat(letter, size)))
}

func valid(t *testing.T) relaying.Relay {
	t.Helper()
	var c config
	env.Default(&c)
	c.Relay.OrdersURL, c.Relay.ProductsURL = "https://erp.example.com/orders?company=1", "https://erp.example.com/products"
	require.NoError(t, c.Relay.Secrets.Decode(secret("a", 24)+","+secret("b", 64)))
	return c.Relay
}

func problems(r relaying.Relay, webhooks, encrypted bool) string {
	ps := env.Schema{Sections: []env.Section{relaying.Section}}.Problems()
	r.Check(ps, env.List{"erp"})
	r.Needs(ps)
	r.Surroundings(ps, webhooks, encrypted)
	if err := ps.Err(); err != nil {
		return err.Error()
	}
	return ""
}

func TestTakes(t *testing.T) {
	t.Parallel()
	r := valid(t)
	require.True(t, r.On())
	require.Empty(t, problems(r, true, true))
	require.Equal(t, []string{relaying.Orders, relaying.Products}, r.Endpoints())
	require.Equal(t, []string{"orders/create", "fulfillments/create", "fulfillments/update", "products/create", "products/update"}, r.Taken())
	for topic, want := range map[string]string{"orders/create": "orders", "fulfillments/update": "orders", "products/update": "products"} {
		endpoint, ok := r.Takes(topic)
		require.True(t, ok)
		require.Equal(t, want, endpoint)
	}
	for _, topic := range []string{"orders/updated", "app/uninstalled", ""} {
		_, ok := r.Takes(topic)
		require.False(t, ok, topic)
	}
	r.OrdersURL = ""
	_, ok := r.Takes("orders/create")
	require.False(t, ok)
	require.Empty(t, r.URL("x"))
	require.False(t, relaying.Relay{}.On())
	require.NotContains(t, problems(relaying.Relay{}, false, false), "PAYLOAD_ENCRYPTION")
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*relaying.Relay)
		want   string // "" means that it is valid
	}{
		"http":          {func(r *relaying.Relay) { r.OrdersURL = "http://erp.example.com/" }, "RELAY_ORDERS_URL"},
		"http, named":   {func(r *relaying.Relay) { r.OrdersURL = "http://erp/x?y=1" }, ""},
		"http, here":    {func(r *relaying.Relay) { r.ProductsURL = "http://127.0.0.1:8080/" }, ""},
		"a user":        {func(r *relaying.Relay) { r.ProductsURL = "https://u:hush@erp.example.com/" }, "RELAY_PRODUCTS_URL"},
		"a fragment":    {func(r *relaying.Relay) { r.ProductsURL = "https://erp.example.com/#hush" }, "RELAY_PRODUCTS_URL"},
		"no URL":        {func(r *relaying.Relay) { r.OrdersURL = "https://erp example/hush" }, "RELAY_ORDERS_URL"},
		"unknown topic": {func(r *relaying.Relay) { r.Topics[0] = "carts/create" }, `RELAY_TOPICS: "carts/create"`},
		"topic twice":   {func(r *relaying.Relay) { r.Topics[1] = "orders/create" }, "RELAY_TOPICS"},
		"more topics": {func(r *relaying.Relay) {
			r.Topics = append(r.Topics, "orders/paid", "refunds/create", "products/delete")
		}, ""},
		"no product":        {func(r *relaying.Relay) { r.Topics = r.Topics[:3] }, "RELAY_TOPICS: has no event of products"},
		"one endpoint":      {func(r *relaying.Relay) { r.ProductsURL, r.Topics = "", r.Topics[:3] }, ""},
		"no secret":         {func(r *relaying.Relay) { r.Secrets = nil }, "RELAY_SECRETS: is not set"},
		"three secrets":     {func(r *relaying.Relay) { r.Secrets = append(r.Secrets, env.NewSecret(secret("c", 30))) }, "has 3 secrets"},
		"same secret":       {func(r *relaying.Relay) { r.Secrets[1] = r.Secrets[0] }, "secret 2 is the same"},
		"an empty secret":   {func(r *relaying.Relay) { r.Secrets[0] = env.Secret{} }, "secret 1: need whsec_"},
		"an empty key":      {func(r *relaying.Relay) { r.Secrets[0] = env.NewSecret("whsec_") }, "secret 1: need whsec_"},
		"a short key":       {func(r *relaying.Relay) { r.Secrets[0] = env.NewSecret(secret("a", 23)) }, "secret 1: need whsec_"},
		"a long key":        {func(r *relaying.Relay) { r.Secrets[0] = env.NewSecret(secret("a", 65)) }, "secret 1: need whsec_"},
		"no prefix":         {func(r *relaying.Relay) { r.Secrets[0] = env.NewSecret(strings.Repeat("hush", 10)) }, "secret 1: need whsec_"},
		"a network":         {func(r *relaying.Relay) { r.AllowedNetworks = relaying.Networks{"10.1.0.0/16"} }, ""},
		"a sloppy network":  {func(r *relaying.Relay) { r.AllowedNetworks = relaying.Networks{"10.1.2.3/16"} }, "RELAY_ALLOWED_NETWORKS"},
		"an address":        {func(r *relaying.Relay) { r.AllowedNetworks = relaying.Networks{"10.1.2.3"} }, "RELAY_ALLOWED_NETWORKS"},
		"a certificate":     {func(r *relaying.Relay) { r.CertFile = "x" }, "RELAY_KEY_FILE"},
		"a key":             {func(r *relaying.Relay) { r.KeyFile = "x" }, "RELAY_CERT_FILE"},
		"no time":           {func(r *relaying.Relay) { r.Timeout = 0 }, "RELAY_TIMEOUT"},
		"a negative rate":   {func(r *relaying.Relay) { r.MaxRPS = -1 }, "RELAY_MAX_RPS"},
		"our header":        {headers("Webhook-Id: x"), "header 1, Webhook-Id, is set by"},
		"HTTP's header":     {headers("A: b\nContent-Length: 7"), "header 2, Content-Length"},
		"header twice":      {headers("A: b\na: c"), "a duplicate"},
		"header's name":     {headers("A b: hush"), "header 1 has no valid name"},
		"no header's value": {headers("A:"), "has no value"},
		"headers":           {headers("\nAuthorization: Basic aDp=\r\n\nX-Y: a: b, c\n"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := valid(t)
			tt.change(&r)
			got := problems(r, true, true)
			if tt.want == "" {
				require.Empty(t, got)
				return
			}
			require.Contains(t, got, tt.want)
			require.NotContains(t, got, "hush")
		})
	}
	require.Contains(t, problems(valid(t), false, true), "RELAY_ORDERS_URL: is set, and webhooks are off")
	require.Contains(t, problems(valid(t), true, false), "PAYLOAD_ENCRYPTION: is off")
}

func headers(text string) func(*relaying.Relay) {
	return func(r *relaying.Relay) {
		if err := r.Headers.Decode(text); err != nil {
			panic(err)
		}
	}
}

func TestValuesAreReadAndHidden(t *testing.T) {
	t.Parallel()
	var h relaying.Headers
	require.EqualError(t, h.Decode("A: b\nhush"), "line 2: need Name: value")
	require.NoError(t, h.Decode("A: hush\nB: hush: hush"))
	require.Equal(t, "A: hush\nB: hush: hush", h.Reveal())
	var s relaying.Secrets
	require.Error(t, s.Decode("a\nb"))
	require.NoError(t, s.Decode(" hush , hush2"))
	require.Equal(t, []string{"hush", "hush2"}, s.Values())
	out, err := json.Marshal(map[string]any{"h": h, "s": s})
	require.NoError(t, err)
	require.NotContains(t, string(out)+fmt.Sprint(h, s), "hush")
	require.Equal(t, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, relaying.Networks{"x", "10.0.0.0/8"}.Prefixes())
}

// Whatever stands in the variable, an error repeats nothing of it, and what was read is written so that it is read the same again.
func FuzzHeaders(f *testing.F) {
	for _, seed := range []string{"", "A: b", "Authorization: Basic aDp=\r\nX: y: z\n", "no colon", ":", "A:\n\n:b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var h, again relaying.Headers
		if err := h.Decode(text); err != nil {
			require.Regexp(t, `^line \d+: need Name: value$`, err.Error())
			return
		}
		require.NoError(t, again.Decode(h.Reveal()))
		require.Equal(t, h.Reveal(), again.Reveal())
		require.LessOrEqual(t, strings.Count(h.String(), "[redacted]"), len(text)+1)
	})
}
