package subscriptions

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/shopify/adminapi"
)

const (
	// namedSince is the first version of the API in which subscriptions have names.
	namedSince = "2026-04"
	// pageSize is the number of subscriptions requested at a time, and maxPages bounds a list that does not end.
	pageSize = 250
	maxPages = 40
)

// Subscription is a subscription of the app in the shop
// (shopify.dev/docs/api/admin-graphql/latest/objects/WebhookSubscription).
type Subscription struct {
	ID string
	// Name is empty if the subscription has none, or if the version of the API knows no names.
	Name string
	// Topic is the topic as the API calls it, such as "ORDERS_CREATE".
	Topic string
	// URI is where deliveries go.
	URI string
	// Filter restricts the deliveries; empty means all.
	Filter string
	// Format is JSON or XML.
	Format string
	// IncludeFields restricts the payload; empty means everything.
	IncludeFields []string
	// MetafieldNamespaces and Metafields ("namespace.key") are added to the payload.
	MetafieldNamespaces, Metafields []string
	// APIVersion is the version in which payloads are written.
	APIVersion string
	UpdatedAt  time.Time
}

// Client keeps the subscriptions of the app in one shop. It is safe for concurrent use.
type Client struct {
	api   *adminapi.API
	named bool
}

// New returns a client for an API of the given version.
func New(api *adminapi.API, version string) *Client {
	// Versions are years and months, so they can be compared as texts; "unstable" comes last.
	return &Client{api: api, named: version >= namedSince}
}

// Named reports whether subscriptions have names in the version of the API.
func (c *Client) Named() bool { return c.named }

// List returns all subscriptions of the app in the shop, oldest first.
func (c *Client) List(ctx context.Context) ([]Subscription, error) {
	x := c.api.Exchange("list webhook subscriptions")
	var all []Subscription
	var after *string
	for range maxPages {
		page, info, err := c.page(ctx, x, after)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		switch {
		case info.HasNextPage == nil:
			return nil, x.Contradiction("a list of subscriptions that does not say whether it goes on")
		case !*info.HasNextPage:
			return all, nil
		case info.EndCursor == "" || after != nil && *after == info.EndCursor:
			return nil, x.Contradiction("a list of subscriptions that goes on without a new cursor")
		}
		after = &info.EndCursor
	}
	return nil, x.Contradiction("more than %d subscriptions", maxPages*pageSize)
}

func (c *Client) page(ctx context.Context, x *adminapi.Exchange, after *string) (out []Subscription, info pageInfo, err error) {
	if !c.named {
		data, err := listUnnamed(ctx, x, pageSize, after)
		switch {
		case err != nil:
			return nil, info, err
		case data.WebhookSubscriptions == nil:
			return nil, info, x.Contradiction("no list of subscriptions")
		}
		for _, n := range data.WebhookSubscriptions.Nodes {
			out = append(out, n.convert(""))
		}
		return out, data.WebhookSubscriptions.PageInfo, nil
	}
	data, err := listNamed(ctx, x, pageSize, after)
	switch {
	case err != nil:
		return nil, info, err
	case data.WebhookSubscriptions == nil:
		return nil, info, x.Contradiction("no list of subscriptions")
	}
	for _, n := range data.WebhookSubscriptions.Nodes {
		name := ""
		if n.Name != nil {
			name = *n.Name
		}
		out = append(out, n.convert(name))
	}
	return out, data.WebhookSubscriptions.PageInfo, nil
}

func (s listed) convert(name string) Subscription {
	out := Subscription{
		ID: s.Id, Name: name, Topic: s.Topic, URI: s.Uri, Format: s.Format, IncludeFields: s.IncludeFields,
		MetafieldNamespaces: s.MetafieldNamespaces, APIVersion: s.ApiVersion.Handle, UpdatedAt: s.UpdatedAt.UTC(),
	}
	if s.Filter != nil {
		out.Filter = *s.Filter
	}
	for _, m := range s.Metafields {
		out.Metafields = append(out.Metafields, m.Namespace+"."+m.Key)
	}
	return out
}

// Create makes a subscription. One that exists already, because somebody else has made it at the same moment, is no
// error.
func (c *Client) Create(ctx context.Context, s Subscription) error {
	x := c.api.Exchange("create webhook subscription")
	data, err := create(ctx, x, s.Topic, c.input(s))
	switch {
	case err != nil:
		return err
	case data.WebhookSubscriptionCreate == nil:
		return x.Contradiction("no result of a mutation")
	case isTaken(data.WebhookSubscriptionCreate.UserErrors):
		return nil
	}
	return accepted(x, data.WebhookSubscriptionCreate.UserErrors)
}

// Update changes the subscription with the id to what s says, all fields at once. The topic stays as it is.
func (c *Client) Update(ctx context.Context, id string, s Subscription) error {
	x := c.api.Exchange("update webhook subscription")
	data, err := update(ctx, x, id, c.input(s))
	switch {
	case err != nil:
		return err
	case data.WebhookSubscriptionUpdate == nil:
		return x.Contradiction("no result of a mutation")
	}
	return accepted(x, data.WebhookSubscriptionUpdate.UserErrors)
}

// Delete deletes the subscription with the id. One that is gone already is no error.
func (c *Client) Delete(ctx context.Context, id string) error {
	x := c.api.Exchange("delete webhook subscription")
	data, err := remove(ctx, x, id)
	switch {
	case err != nil:
		return err
	case data.WebhookSubscriptionDelete == nil:
		return x.Contradiction("no result of a mutation")
	case isGone(data.WebhookSubscriptionDelete.UserErrors):
		return nil
	}
	return accepted(x, data.WebhookSubscriptionDelete.UserErrors)
}

// input returns all fields, so that an update also resets those that giftbridge does not use.
func (c *Client) input(s Subscription) subscriptionInput {
	in := subscriptionInput{
		Uri: s.URI, Format: s.Format, IncludeFields: orEmpty(s.IncludeFields),
		MetafieldNamespaces: orEmpty(s.MetafieldNamespaces), Metafields: []HasMetafieldsMetafieldIdentifierInput{},
	}
	if s.Filter != "" {
		in.Filter = &s.Filter
	}
	if c.named {
		in.Name = s.Name
	}
	return in
}

// orEmpty returns an empty list instead of none: in JSON, null would leave the field as it is.
func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// isTaken reports whether Shopify refuses a subscription because one with the same topic, address and filter exists. That
// one then has the same name, too. A name alone may belong to another subscription.
func isTaken(errs []userError) bool {
	const taken, sameName = "already been taken", "name already exists"
	return allSay(errs, taken, sameName) && !allSay(errs, sameName)
}

// isGone reports whether Shopify refuses to delete a subscription because there is none. The words are assumed.
func isGone(errs []userError) bool {
	return allSay(errs, "does not exist", "not found", "doesn't exist")
}

// allSay reports whether there are errors, and each has some of these words.
func allSay(errs []userError, words ...string) bool {
	return len(errs) > 0 && !slices.ContainsFunc(errs, func(e userError) bool {
		return !slices.ContainsFunc(words, func(w string) bool { return strings.Contains(strings.ToLower(e.Message), w) })
	})
}

// accepted returns an error if Shopify did not carry out the mutation.
func accepted(x *adminapi.Exchange, refused []userError) error {
	if len(refused) == 0 {
		return nil
	}
	message := refused[0].Message
	if field := strings.Join(refused[0].Field, "."); field != "" {
		message = field + ": " + message
	}
	return x.Refused(message)
}
