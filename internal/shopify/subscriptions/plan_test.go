package subscriptions_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/rest"
	"github.com/giftbridge/giftbridge/internal/shopify"
	"github.com/giftbridge/giftbridge/internal/shopify/subscriptions"
)

const address = "https://gifts.example.com"

var everything = subscriptions.Scopes{"write_orders", "read_products", "read_shopify_payments_disputes"}

func wanting() subscriptions.Wanting {
	return subscriptions.Wanting{URL: address, Scopes: everything, Named: true}
}

// planned returns the subscriptions that a plan leads to from nothing, with ids from 1.
func planned(w subscriptions.Wanting) []subscriptions.Subscription {
	var out []subscriptions.Subscription
	for i, s := range subscriptions.Plan(nil, w) {
		s.Want.ID = fmt.Sprint(i + 1)
		out = append(out, s.Want)
	}
	return out
}

func find(t *testing.T, list []subscriptions.Subscription, topic string) *subscriptions.Subscription {
	t.Helper()
	i := slices.IndexFunc(list, func(s subscriptions.Subscription) bool { return s.Topic == topic })
	require.GreaterOrEqual(t, i, 0, topic)
	return &list[i]
}

// told are the steps of a plan that say something, as texts.
func told(steps []subscriptions.Step) []string {
	var out []string
	for _, s := range steps {
		if s.Do != subscriptions.Leave {
			out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", s.Do, s.Topic, s.ID, strings.Join(s.Why, "; "))))
		}
	}
	return out
}

func TestPlanFromNothing(t *testing.T) {
	t.Parallel()
	steps := subscriptions.Plan(nil, wanting())
	require.Len(t, steps, len(subscriptions.Topics))
	for i, s := range steps {
		require.Equal(t, subscriptions.Create, s.Do)
		require.Equal(t, subscriptions.Topics[i].Name, s.Topic)
		require.Empty(t, s.Want.Filter, "a wrong filter would be silent")
		require.Regexp(t, `^giftbridge-[a-z-]{1,39}$`, s.Want.Name)
	}
	require.Equal(t, subscriptions.Subscription{
		Name: "giftbridge-orders-create", Topic: "ORDERS_CREATE", URI: address + "/webhooks/shopify/orders", Format: "JSON",
	}, steps[0].Want)
	require.Empty(t, told(subscriptions.Plan(planned(wanting()), wanting())), "a plan that was carried out is done")
}

func TestPlan(t *testing.T) {
	t.Parallel()
	foreign := subscriptions.Subscription{
		ID: "90", Name: "crm", Topic: "ORDERS_CREATE", URI: "https://crm.example.com/in", Format: "JSON",
	}
	tests := []struct {
		name   string
		change func(t *testing.T, have *[]subscriptions.Subscription, w *subscriptions.Wanting)
		want   []string
	}{
		{"missing", func(_ *testing.T, have *[]subscriptions.Subscription, _ *subscriptions.Wanting) {
			*have = (*have)[1:]
		}, []string{"create orders/create"}},
		{"other address", func(_ *testing.T, _ *[]subscriptions.Subscription, w *subscriptions.Wanting) {
			w.URL = "https://new.example.com/"
		}, func() []string {
			var out []string
			for i, topic := range subscriptions.Topics {
				out = append(out, fmt.Sprintf("update %s %d uri: %s%s -> https://new.example.com%[4]s", topic.Name, i+1, address, topic.Path))
			}
			return out
		}()},
		{"each field", func(t *testing.T, have *[]subscriptions.Subscription, _ *subscriptions.Wanting) {
			find(t, *have, "ORDERS_CREATE").Filter = "total_price:>=1"
			find(t, *have, "ORDERS_PAID").Format = "XML"
			find(t, *have, "ORDERS_UPDATED").IncludeFields = []string{"id", "admin"}
			find(t, *have, "ORDERS_EDITED").MetafieldNamespaces = []string{"custom"}
			find(t, *have, "REFUNDS_CREATE").Metafields = []string{"custom.a"}
			find(t, *have, "PRODUCTS_UPDATE").Name = "giftbridge-old"
			find(t, *have, "PRODUCTS_DELETE").APIVersion = "2026-01" // Of the app, not of the subscription.
		}, []string{
			"update orders/create 1 filter: total_price:>=1 -> -",
			"update orders/paid 2 format: XML -> JSON",
			"update orders/updated 3 include fields: admin,id -> -",
			"update orders/edited 4 metafield namespaces: custom -> -",
			"update refunds/create 6 metafields: custom.a -> -",
			"update products/update 8 name: giftbridge-old -> giftbridge-products-update",
		}},
		{"several of one topic: the right one stays", func(t *testing.T, have *[]subscriptions.Subscription, _ *subscriptions.Wanting) {
			again := *find(t, *have, "ORDERS_PAID")
			again.ID, again.URI = "70", "https://old.example.com/webhooks/shopify/orders"
			*have = slices.Insert(*have, 0, again)
		}, []string{"delete orders/paid 70 it is one of several for this topic"}},
		{"several, none right: the one at the address stays", func(t *testing.T, have *[]subscriptions.Subscription, _ *subscriptions.Wanting) {
			paid := find(t, *have, "ORDERS_PAID")
			paid.IncludeFields = []string{"id"}
			again := *paid
			again.ID, again.URI = "70", "https://old.example.com/webhooks/shopify/orders"
			*have = slices.Insert(*have, 0, again)
		}, []string{
			"delete orders/paid 70 it is one of several for this topic", "update orders/paid 2 include fields: id -> -",
		}},
		{"topic of no use", func(_ *testing.T, have *[]subscriptions.Subscription, _ *subscriptions.Wanting) {
			*have = append(*have, subscriptions.Subscription{ID: "71", Name: "giftbridge-carts-create", Topic: "CARTS_CREATE"})
		}, []string{"delete CARTS_CREATE 71 giftbridge does not use this topic"}},
		{"somebody else's are left alone", func(_ *testing.T, have *[]subscriptions.Subscription, _ *subscriptions.Wanting) {
			*have = append(*have, foreign, subscriptions.Subscription{ID: "91", Topic: "CARTS_CREATE", URI: "https://gifts.example.com.evil.example/x"})
		}, nil},
		{"somebody else's at our address will do", func(t *testing.T, have *[]subscriptions.Subscription, _ *subscriptions.Wanting) {
			find(t, *have, "ORDERS_PAID").Name = "by-hand"
		}, nil},
		{"somebody else's at our address that leaves something out", func(t *testing.T, have *[]subscriptions.Subscription, _ *subscriptions.Wanting) {
			paid := find(t, *have, "ORDERS_PAID")
			paid.Name, paid.IncludeFields = "by-hand", []string{"id"}
		}, []string{`conflict orders/paid 2 the subscription "by-hand" of somebody else takes this address; include fields: id -> -`}},
		{"missing scope", func(_ *testing.T, have *[]subscriptions.Subscription, w *subscriptions.Wanting) {
			*have, w.Scopes = nil, subscriptions.Scopes{"read_orders", "read_products"}
			for _, s := range subscriptions.Plan(nil, *w) {
				if s.Topic != "disputes/create" {
					*have = append(*have, s.Want)
				}
			}
		}, []string{"skip disputes/create  the app lacks the scope read_shopify_payments_disputes"}},
		{"scope that was lost", func(_ *testing.T, _ *[]subscriptions.Subscription, w *subscriptions.Wanting) {
			w.Scopes = nil
		}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			have, w := planned(wanting()), wanting()
			tt.change(t, &have, &w)
			require.Equal(t, tt.want, told(subscriptions.Plan(have, w)))
		})
	}
}

// Before 2026-04 subscriptions have no names: those at the receiver's address are ours.
func TestPlanWithoutNames(t *testing.T) {
	t.Parallel()
	w := wanting()
	w.Named = false
	have := planned(w)
	require.Empty(t, have[0].Name)
	require.Empty(t, told(subscriptions.Plan(have, w)))
	have[0].Filter = "x:1"
	have = append(have, subscriptions.Subscription{ID: "92", Topic: "ORDERS_CREATE", URI: "https://crm.example.com/in"})
	require.Equal(t, []string{"update orders/create 1 filter: x:1 -> -"}, told(subscriptions.Plan(have, w)))
	w.Named = true // A newer version gives them names.
	require.Equal(t, "update orders/paid 2 name: - -> giftbridge-orders-paid", told(subscriptions.Plan(have, w))[1])
}

func TestDeletions(t *testing.T) {
	t.Parallel()
	have := append(planned(wanting()), subscriptions.Subscription{ID: "90", Name: "crm", Topic: "ORDERS_CREATE", URI: address + "/crm"})
	steps := subscriptions.Deletions(have, wanting())
	require.Len(t, steps, len(subscriptions.Topics))
	for _, s := range steps {
		require.NotEqual(t, "90", s.ID)
		require.True(t, s.Changes())
	}
}

func TestMissingScopes(t *testing.T) {
	t.Parallel()
	needed, optional := subscriptions.Scopes{}.Missing()
	require.Equal(t, []string{"read_orders", "read_products"}, needed)
	require.Equal(t, []string{"read_shopify_payments_disputes"}, optional)
	needed, optional = everything.Missing()
	require.Empty(t, append(needed, optional...))
}

func TestTOML(t *testing.T) {
	t.Parallel()
	require.Equal(t, `[webhooks]
api_version = "2026-07"

[[webhooks.subscriptions]]
topics = [
  "orders/create",
  "orders/paid",
  "orders/updated",
  "orders/edited",
  "orders/cancelled",
  "refunds/create",
  # "disputes/create", # if the app has the scope read_shopify_payments_disputes
  "app/uninstalled",
]
uri = "https://gifts.example.com/webhooks/shopify/orders"

[[webhooks.subscriptions]]
topics = [
  "products/update",
  "products/delete",
]
uri = "https://gifts.example.com/webhooks/shopify/products"
`, subscriptions.TOML(address, "2026-07"))
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// client returns a client that receives the bodies one after the other, and the requests that it has sent.
func client(t *testing.T, version string, bodies ...string) (*subscriptions.Client, *[]string) {
	t.Helper()
	var sent []string
	c, err := shopify.New(shopify.Options{
		BaseURL: "https://example.myshopify.com", APIVersion: version, Token: shopify.StaticToken("t0ken"),
		HTTPClient: &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(r.Body)
			if err != nil || len(bodies) == 0 {
				return nil, io.ErrUnexpectedEOF
			}
			sent = append(sent, string(body))
			next := bodies[0]
			bodies = bodies[1:]
			return &http.Response{
				StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
				Body: io.NopCloser(strings.NewReader(next)),
			}, nil
		})},
	})
	require.NoError(t, err)
	return c.Webhooks(), &sent
}

const node = `{"id":"gid://shopify/WebhookSubscription/1","name":"giftbridge-orders-create","topic":"ORDERS_CREATE",
	"uri":"https://gifts.example.com/webhooks/shopify/orders","filter":null,"format":"JSON","includeFields":[],
	"metafieldNamespaces":["n"],"metafields":[{"namespace":"n","key":"k"}],"apiVersion":{"handle":"2026-07"},
	"updatedAt":"2026-07-01T12:00:00Z"}`

func page(nodes, more, cursor string) string {
	return `{"data":{"webhookSubscriptions":{"nodes":[` + nodes + `],"pageInfo":{"hasNextPage":` + more + `,"endCursor":"` +
		cursor + `"}}}}`
}

func TestListReadsAllPages(t *testing.T) {
	t.Parallel()
	c, sent := client(t, "2026-07", page(node, "true", "c1"), page(strings.Replace(node, "/1", "/2", 1), "false", ""))
	got, err := c.List(t.Context())
	require.NoError(t, err)
	require.Len(t, got, 2)
	require.Equal(t, []string{"n.k"}, got[0].Metafields)
	require.Equal(t, "giftbridge-orders-create", got[1].Name)
	require.Contains(t, (*sent)[0], `"after":null`)
	require.Contains(t, (*sent)[1], `"after":"c1"`)
}

// A list that is not whole would make subscriptions a second time, or delete the wrong ones.
func TestListRefusesWhatIsNotWhole(t *testing.T) {
	t.Parallel()
	for _, bodies := range [][]string{
		{`{"data":{}}`},
		{page(node, "null", "")},
		{page(node, "true", "")},
		{page(node, "true", "c1"), page(node, "true", "c1")},
	} {
		c, _ := client(t, "2026-07", bodies...)
		_, err := c.List(t.Context())
		var e *rest.Error
		require.ErrorAs(t, err, &e, bodies)
		require.Equal(t, rest.Contradictory, e.Outcome)
	}
}

// Versions before 2026-04 refuse a query that asks for names.
func TestNoNamesBefore(t *testing.T) {
	t.Parallel()
	const created = `{"data":{"webhookSubscriptionCreate":{"userErrors":[]}}}`
	for version, named := range map[string]bool{"2025-10": false, "2026-01": false, "2026-04": true, "2026-10": true, "unstable": true} {
		c, sent := client(t, version, page("", "false", ""), created)
		require.Equal(t, named, c.Named(), version)
		_, err := c.List(t.Context())
		require.NoError(t, err)
		require.NoError(t, c.Create(t.Context(), subscriptions.Subscription{Name: "giftbridge-x", Topic: "ORDERS_CREATE"}))
		var list, create struct {
			Query     string `json:"query"`
			Variables struct {
				Input map[string]any `json:"input"`
			} `json:"variables"`
		}
		require.NoError(t, json.Unmarshal([]byte((*sent)[0]), &list))
		require.NoError(t, json.Unmarshal([]byte((*sent)[1]), &create))
		require.Equal(t, named, strings.Contains(list.Query, "\t\t\tname\n"), version)
		require.Equal(t, named, create.Variables.Input["name"] != nil, version)
	}
}

// An update resets what giftbridge does not use: each field is in the request.
func TestUpdateSendsAllFields(t *testing.T) {
	t.Parallel()
	c, sent := client(t, "2026-07", `{"data":{"webhookSubscriptionUpdate":{"userErrors":[]}}}`)
	require.NoError(t, c.Update(t.Context(), "gid://shopify/WebhookSubscription/1", planned(wanting())[0]))
	var request struct {
		Variables json.RawMessage `json:"variables"`
	}
	require.NoError(t, json.Unmarshal([]byte((*sent)[0]), &request))
	require.JSONEq(t, `{"id":"gid://shopify/WebhookSubscription/1","input":{"uri":"https://gifts.example.com/webhooks/shopify/orders",
		"filter":null,"format":"JSON","includeFields":[],"metafieldNamespaces":[],"metafields":[],"name":"giftbridge-orders-create"}}`,
		string(request.Variables))
}

func TestAnswersToMutations(t *testing.T) {
	t.Parallel()
	refused := func(mutation string, messages ...string) string {
		var list []string
		for _, m := range messages {
			list = append(list, `{"field":["webhookSubscription","uri"],"message":"`+m+`"}`)
		}
		return `{"data":{"` + mutation + `":{"userErrors":[` + strings.Join(list, ",") + `]}}}`
	}
	const create, update, remove = "webhookSubscriptionCreate", "webhookSubscriptionUpdate", "webhookSubscriptionDelete"
	step := func(do subscriptions.Action) subscriptions.Step {
		return subscriptions.Step{Do: do, Topic: "orders/create", ID: "gid://shopify/WebhookSubscription/1"}
	}
	const taken = "Address for this topic has already been taken"
	for _, tt := range []struct {
		do   subscriptions.Action
		body string
		want string
	}{
		{subscriptions.Create, refused(create), ""},
		{subscriptions.Create, refused(create, taken), ""},
		{subscriptions.Create, refused(create, taken, "Name already exists, no duplicate allowed"), ""},
		{subscriptions.Create, refused(create, "Name already exists, no duplicate allowed"), "Name already exists"},
		{subscriptions.Create, refused(create, taken, "Address is invalid"), "already been taken"},
		{subscriptions.Create, refused(create, "The specified filter is invalid"), "create the subscription to orders/create"},
		{subscriptions.Create, `{"data":{"webhookSubscriptionCreate":null}}`, "no result"},
		{subscriptions.Update, refused(update), ""},
		{subscriptions.Update, refused(update, taken), "already been taken"},
		{subscriptions.Update, `{"data":{}}`, "no result"},
		{subscriptions.Delete, refused(remove), ""},
		{subscriptions.Delete, refused(remove, "Webhook subscription does not exist"), ""},
		{subscriptions.Delete, refused(remove, "No"), "delete the subscription"},
		{subscriptions.Delete, `{"data":{}}`, "no result"},
	} {
		c, _ := client(t, "2026-07", tt.body)
		err := c.Carry(t.Context(), step(tt.do))
		if tt.want == "" {
			require.NoError(t, err, tt.body)
			continue
		}
		require.ErrorContains(t, err, tt.want, tt.body)
	}
	c, sent := client(t, "2026-07")
	for _, do := range []subscriptions.Action{subscriptions.Leave, subscriptions.Skip, subscriptions.Conflict} {
		require.NoError(t, c.Carry(t.Context(), step(do)))
	}
	require.Empty(t, *sent)
}
