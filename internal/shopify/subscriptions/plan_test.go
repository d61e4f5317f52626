package subscriptions_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/shopify/subscriptions"
	"github.com/giftbridge/giftbridge/internal/webhook"
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
	require.Len(t, steps, len(subscriptions.Needs{}.Topics()))
	for i, s := range steps {
		require.Equal(t, subscriptions.Create, s.Do)
		require.Equal(t, subscriptions.Needs{}.Topics()[i].Name, s.Topic)
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
			for i, topic := range (subscriptions.Needs{}).Topics() {
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

// A shop has the topics that its settings need, and no others.
func TestNeeds(t *testing.T) {
	t.Parallel()
	gifts := []string{
		"orders/create", "orders/paid", "orders/updated", "orders/edited", "orders/cancelled", "refunds/create",
		"disputes/create", "products/update", "products/delete", "app/uninstalled",
	}
	parcels := []string{"fulfillments/create", "fulfillments/update"}
	for name, tt := range map[string]struct {
		needs subscriptions.Needs
		more  []string
	}{
		"gift cards": {subscriptions.Needs{}, nil},
		"messages":   {subscriptions.Needs{Messages: true}, parcels},
		"stock":      {subscriptions.Needs{InStock: true}, []string{"variants/in_stock"}},
		"relay": {
			subscriptions.Needs{Relay: []string{"orders/create", "products/create", "fulfillments/update"}},
			[]string{"fulfillments/update", "products/create"},
		},
		"everything": {
			subscriptions.Needs{Messages: true, InStock: true, Relay: []string{"products/create", "fulfillments/create"}},
			append(slices.Clone(parcels), "products/create", "variants/in_stock"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := wanting()
			w.Needs, w.Scopes = tt.needs, append(slices.Clone(everything), "read_fulfillments")
			var names, created, removed []string
			for _, topic := range tt.needs.Topics() {
				names = append(names, topic.Name)
				require.Equal(t, strings.ToUpper(strings.ReplaceAll(topic.Name, "/", "_")), topic.Enum)
				require.Equal(t, webhook.PathOf(topic.Name), topic.Path, "the receiver takes it there")
			}
			require.ElementsMatch(t, slices.Concat(gifts, tt.more), names)
			for _, topic := range tt.more {
				created = append(created, "create "+topic)
				removed = append(removed, topic)
			}
			require.ElementsMatch(t, created, told(subscriptions.Plan(planned(wanting()), w)))
			var deleted []string
			for _, s := range subscriptions.Plan(planned(w), wanting()) {
				if s.Do == subscriptions.Delete {
					deleted = append(deleted, s.Topic)
				}
			}
			require.ElementsMatch(t, removed, deleted, "what is no longer needed is deleted, under its name in deliveries")
		})
	}
}

func TestDeletions(t *testing.T) {
	t.Parallel()
	have := append(planned(wanting()), subscriptions.Subscription{ID: "90", Name: "crm", Topic: "ORDERS_CREATE", URI: address + "/crm"})
	steps := subscriptions.Deletions(have, wanting())
	require.Len(t, steps, len(subscriptions.Needs{}.Topics()))
	for _, s := range steps {
		require.NotEqual(t, "90", s.ID)
		require.True(t, s.Changes())
	}
}

func TestMissingScopes(t *testing.T) {
	t.Parallel()
	gifts := subscriptions.Needs{}.Topics()
	needed, optional := subscriptions.Scopes{}.Missing(gifts)
	require.Equal(t, []string{"read_orders", "read_products"}, needed)
	require.Equal(t, []string{"read_shopify_payments_disputes"}, optional)
	needed, optional = everything.Missing(gifts)
	require.Empty(t, append(needed, optional...))
	needed, optional = everything.Missing(subscriptions.Needs{Messages: true}.Topics())
	require.Equal(t, []string{"read_fulfillments"}, append(needed, optional...))
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
`, subscriptions.TOML(address, "2026-07", subscriptions.Needs{}))
	require.Contains(t, subscriptions.TOML(address, "2026-07", subscriptions.Needs{Messages: true, InStock: true}), `
  "refunds/create",
  "fulfillments/create",
  "fulfillments/update",
  # "disputes/create", # if the app has the scope read_shopify_payments_disputes
  "app/uninstalled",
]
uri = "https://gifts.example.com/webhooks/shopify/orders"

[[webhooks.subscriptions]]
topics = [
  "products/update",
  "products/delete",
  "variants/in_stock",
]
`)
}
