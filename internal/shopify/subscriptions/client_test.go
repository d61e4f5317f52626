package subscriptions_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/rest"
	"github.com/giftbridge/giftbridge/internal/shopify"
	"github.com/giftbridge/giftbridge/internal/shopify/subscriptions"
)

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
