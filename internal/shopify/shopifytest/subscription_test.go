package shopifytest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/subscription"
)

const (
	createSubscription = `mutation($topic: WebhookSubscriptionTopic!, $s: WebhookSubscriptionInput!) {
		webhookSubscriptionCreate(topic: $topic, webhookSubscription: $s) {
			webhookSubscription { id name topic uri filter format includeFields metafieldNamespaces
				metafields { namespace key } apiVersion { handle supported } createdAt updatedAt }
			userErrors { field message } } }`
	updateSubscription = `mutation($id: ID!, $s: WebhookSubscriptionInput!) {
		webhookSubscriptionUpdate(id: $id, webhookSubscription: $s) {
			webhookSubscription { id name uri filter includeFields createdAt updatedAt } userErrors { field message } } }`
	deleteSubscription = `mutation($id: ID!) {
		webhookSubscriptionDelete(id: $id) { deletedWebhookSubscriptionId userErrors { field message } } }`
	listSubscriptions = `query($first: Int!, $after: String, $topics: [WebhookSubscriptionTopic!], $uri: String, $reverse: Boolean) {
		webhookSubscriptions(first: $first, after: $after, topics: $topics, uri: $uri, reverse: $reverse, sortKey: CREATED_AT) {
			nodes { id } pageInfo { hasNextPage endCursor } } webhookSubscriptionsCount { count } }`
)

func subscribe(t *testing.T, s *shopifytest.Server, topic string, in map[string]any) (made map[string]any, messages []string) {
	t.Helper()
	a := query(t, s, createSubscription, map[string]any{"topic": topic, "s": in})
	require.Nil(t, a.Errors)
	return result(a.Data["webhookSubscriptionCreate"].(map[string]any), "webhookSubscription")
}

// result returns what a mutation made, and the messages of its errors.
func result(payload map[string]any, field string) (made map[string]any, messages []string) {
	made, _ = payload[field].(map[string]any)
	for _, e := range payload["userErrors"].([]any) {
		messages = append(messages, e.(map[string]any)["message"].(string))
	}
	return made, messages
}

func TestASubscriptionIsMadeChangedAndDeleted(t *testing.T) {
	t.Parallel()
	now := newClock()
	s := shopifytest.New(shopifytest.Options{Now: now.Now})
	made, refused := subscribe(t, s, "ORDERS_CREATE", map[string]any{
		"uri": "https://gifts.example.com/webhooks", "name": "giftbridge-orders", "filter": `total_price:>"0.00"`,
		"includeFields": []any{"id", "updated_at"}, "metafieldNamespaces": []any{"gifts"},
		"metafields": []any{map[string]any{"namespace": "gifts", "key": "to"}},
	})
	require.Empty(t, refused)
	id := made["id"]
	require.Equal(t, map[string]any{
		"id": id, "name": "giftbridge-orders", "topic": "ORDERS_CREATE", "uri": "https://gifts.example.com/webhooks",
		"filter": `total_price:>"0.00"`, "format": "JSON", "includeFields": []any{"id", "updated_at"},
		"metafieldNamespaces": []any{"gifts"}, "metafields": []any{map[string]any{"namespace": "gifts", "key": "to"}},
		"apiVersion": map[string]any{"handle": "2026-07", "supported": true},
		"createdAt":  start.Format(time.RFC3339), "updatedAt": start.Format(time.RFC3339),
	}, made)

	now.Advance(time.Hour)
	a := query(t, s, updateSubscription, map[string]any{"id": id, "s": map[string]any{
		"uri": "https://gifts.example.com/other", "filter": nil,
	}})
	require.Nil(t, a.Errors)
	changed, refused := result(a.Data["webhookSubscriptionUpdate"].(map[string]any), "webhookSubscription")
	require.Empty(t, refused)
	require.Equal(t, map[string]any{
		"id": id, "name": "giftbridge-orders", "uri": "https://gifts.example.com/other", "filter": nil,
		"includeFields": []any{"id", "updated_at"},
		"createdAt":     start.Format(time.RFC3339), "updatedAt": start.Add(time.Hour).Format(time.RFC3339),
	}, changed)
	a = query(t, s, `query($id: ID!) { webhookSubscription(id: $id) { uri } }`, map[string]any{"id": id})
	require.Equal(t, map[string]any{"uri": "https://gifts.example.com/other"}, a.Data["webhookSubscription"])

	a = query(t, s, deleteSubscription, map[string]any{"id": id})
	require.Equal(t, id, a.Data["webhookSubscriptionDelete"].(map[string]any)["deletedWebhookSubscriptionId"])
	require.Empty(t, s.Subscriptions().All())
	for _, text := range []string{deleteSubscription, updateSubscription} {
		a = query(t, s, text, map[string]any{"id": id, "s": map[string]any{}})
		for _, payload := range a.Data {
			require.Equal(t, []any{map[string]any{"field": []any{"id"}, "message": "Webhook subscription does not exist"}},
				payload.(map[string]any)["userErrors"])
		}
	}
	a = query(t, s, `query($id: ID!) { webhookSubscription(id: $id) { uri } }`, map[string]any{"id": id})
	require.Nil(t, a.Data["webhookSubscription"])
}

func TestSubscriptionsThatAreRefused(t *testing.T) {
	t.Parallel()
	const taken, blank, noHTTP, internal = "Address for this topic has already been taken", "Address can't be blank",
		"Address protocol http:// is not supported", "Address cannot be a Shopify or an internal domain"
	for name, c := range map[string]struct {
		opts  shopifytest.Options
		topic string
		in    map[string]any
		want  []string
	}{
		"same address":         {topic: "ORDERS_CREATE", in: map[string]any{"uri": "https://a.example.com/"}, want: []string{taken}},
		"another topic":        {topic: "ORDERS_PAID", in: map[string]any{"uri": "https://a.example.com/"}},
		"another filter":       {topic: "ORDERS_CREATE", in: map[string]any{"uri": "https://a.example.com/", "filter": "id:1"}},
		"another address":      {topic: "ORDERS_CREATE", in: map[string]any{"uri": "https://b.example.com/"}},
		"no address":           {topic: "ORDERS_PAID", in: map[string]any{}, want: []string{blank}},
		"no TLS":               {topic: "ORDERS_PAID", in: map[string]any{"uri": "http://a.example.com/"}, want: []string{noHTTP}},
		"this machine":         {topic: "ORDERS_PAID", in: map[string]any{"uri": "http://127.0.0.1:1/"}, want: []string{noHTTP, internal}},
		"a shop":               {topic: "ORDERS_PAID", in: map[string]any{"uri": "https://a.myshopify.com/"}, want: []string{internal}},
		"a private network":    {topic: "ORDERS_PAID", in: map[string]any{"uri": "https://10.0.0.1/"}, want: []string{internal}},
		"not an address":       {topic: "ORDERS_PAID", in: map[string]any{"uri": "ftp://a.example.com"}, want: []string{"Address is invalid"}},
		"a machine is allowed": {opts: shopifytest.Options{AllowInternal: true}, topic: "ORDERS_PAID", in: map[string]any{"uri": "http://127.0.0.1:1/"}},
		"a container is allowed": {
			opts: shopifytest.Options{AllowInternal: true}, topic: "ORDERS_PAID", in: map[string]any{"uri": "http://receiver:8235/"},
		},
		"no shop is allowed": {
			opts: shopifytest.Options{AllowInternal: true}, topic: "ORDERS_PAID",
			in: map[string]any{"uri": "https://a.myshopify.com/"}, want: []string{internal},
		},
		"internal ones alone": {
			opts: shopifytest.Options{AllowInternal: true}, topic: "ORDERS_PAID",
			in: map[string]any{"uri": "http://a.example.com/"}, want: []string{noHTTP},
		},
		"same name": {
			topic: "ORDERS_PAID", in: map[string]any{"uri": "https://b.example.com/", "name": "First"},
			want: []string{"Name already exists, no duplicate allowed"},
		},
		"a name with a space": {
			topic: "ORDERS_PAID", in: map[string]any{"uri": "https://b.example.com/", "name": "a b"},
			want: []string{"Name name field can only contain alphanumeric characters, underscores, and hyphens"},
		},
		"a filter without a field": {
			topic: "ORDERS_PAID", in: map[string]any{"uri": "https://b.example.com/", "filter": "GIFT-25"},
			want: []string{"The specified filter is invalid, please ensure you specify the field(s) you wish to filter on."},
		},
		"no scope": {
			topic: "DISPUTES_CREATE", in: map[string]any{"uri": "https://b.example.com/"},
			want: []string{"You do not have permission to create or update webhooks with disputes/create topic."},
		},
		"no access to protected data": {
			opts:  shopifytest.Options{DeniedFields: []string{"WebhookSubscriptionTopic.ORDERS_PAID"}},
			topic: "ORDERS_PAID", in: map[string]any{"uri": "https://b.example.com/"},
			want: []string{"You do not have permission to create or update webhooks with orders/paid topic. " +
				"This topic contains protected customer data."},
		},
		"no scope is needed": {topic: "APP_UNINSTALLED", in: map[string]any{"uri": "https://b.example.com/"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := shopifytest.New(c.opts)
			s.Subscriptions().Put(subscription.Subscription{Topic: "ORDERS_CREATE", URI: "https://a.example.com/", Name: "first"})
			made, messages := subscribe(t, s, c.topic, c.in)
			require.Equal(t, c.want, messages)
			require.Equal(t, c.want != nil, made == nil)
			want := 2
			if c.want != nil {
				want = 1
			}
			require.Len(t, s.Subscriptions().All(), want)
		})
	}
}

// A subscription has had a name since 2026-04.
func TestOlderVersionsKnowNoNames(t *testing.T) {
	t.Parallel()
	const old = "/admin/api/2026-01/graphql.json"
	s := shopifytest.New(shopifytest.Options{})
	for code, body := range map[string]map[string]any{
		"undefinedField": {"query": `{ webhookSubscriptions(first: 1) { nodes { name } } }`},
		"INVALID_VARIABLE": {
			"query": `mutation($s: WebhookSubscriptionInput!) {
				webhookSubscriptionCreate(topic: ORDERS_PAID, webhookSubscription: $s) { userErrors { message } } }`,
			"variables": map[string]any{"s": map[string]any{"name": "a"}},
		},
	} {
		_, a := send(t, s, old, shopifytest.AccessToken, body)
		require.Equal(t, code, a.code(t))
		_, a = send(t, s, path, shopifytest.AccessToken, body)
		require.Nil(t, a.Errors)
	}
}

func TestSubscriptionsAreListedByPages(t *testing.T) {
	t.Parallel()
	s := shopifytest.New(shopifytest.Options{})
	var want []string
	for i := range 5 {
		made := s.Subscriptions().Put(subscription.Subscription{
			Topic: []string{"ORDERS_PAID", "ORDERS_CREATE"}[i%2], URI: fmt.Sprintf("https://a.example.com/%d", i),
		})
		want = append(want, fmt.Sprint("gid://shopify/WebhookSubscription/", made.ID))
	}
	page := func(vars map[string]any) (ids []string, cursor any) {
		a := query(t, s, listSubscriptions, vars)
		require.Nil(t, a.Errors)
		require.InDelta(t, 5, a.Data["webhookSubscriptionsCount"].(map[string]any)["count"], 0)
		list := a.Data["webhookSubscriptions"].(map[string]any)
		for _, n := range list["nodes"].([]any) {
			ids = append(ids, n.(map[string]any)["id"].(string))
		}
		info := list["pageInfo"].(map[string]any)
		if info["hasNextPage"].(bool) {
			cursor = info["endCursor"]
		}
		return ids, cursor
	}
	for _, reverse := range []bool{false, true} {
		var got []string
		for cursor, pages := any(nil), 0; pages == 0 || cursor != nil; pages++ {
			var ids []string
			ids, cursor = page(map[string]any{"first": 2, "after": cursor, "reverse": reverse})
			got = append(got, ids...)
		}
		if reverse {
			require.Equal(t, []string{want[4], want[3], want[2], want[1], want[0]}, got)
		} else {
			require.Equal(t, want, got)
		}
	}
	ids, _ := page(map[string]any{"first": 9, "topics": []any{"ORDERS_CREATE"}})
	require.Equal(t, []string{want[1], want[3]}, ids)
	ids, _ = page(map[string]any{"first": 9, "uri": "https://a.example.com/4"})
	require.Equal(t, []string{want[4]}, ids)
	for _, vars := range []map[string]any{{"first": 0}, {"first": 251}, {"first": 1, "after": "x"}} {
		require.Equal(t, "BAD_REQUEST", query(t, s, listSubscriptions, vars).code(t))
	}
}

func TestCostsOfSubscriptions(t *testing.T) {
	t.Parallel()
	s := shopifytest.New(shopifytest.Options{})
	a := query(t, s, createSubscription, map[string]any{"topic": "ORDERS_PAID", "s": map[string]any{"uri": "https://a.example.com/"}})
	require.InDelta(t, 10, a.Ext.Cost["requestedQueryCost"], 3)
	a = query(t, s, `{ webhookSubscriptions(first: 250) { nodes { id topic uri } pageInfo { hasNextPage } } }`, nil)
	require.InDelta(t, 13, a.Ext.Cost["requestedQueryCost"], 0)
	require.InDelta(t, 2, a.Ext.Cost["actualQueryCost"], 0)
}
