// Package relaying is the section of the configuration for the relay: which of the shop's events go on to another system, such as an
// ERP, where to, and how they are signed.
package relaying

import (
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/config/env"
)

// Relay configures the endpoints. It is used if one of the URLs is set.
type Relay struct {
	OrdersURL   string   `envconfig:"RELAY_ORDERS_URL"`
	ProductsURL string   `envconfig:"RELAY_PRODUCTS_URL"`
	Topics      env.List `envconfig:"RELAY_TOPICS" default:"orders/create,fulfillments/create,fulfillments/update,products/create,products/update"`
	Secrets     Secrets  `envconfig:"RELAY_SECRETS"`
	Headers     Headers  `envconfig:"RELAY_HEADERS"`
	// AllowedNetworks are networks that are not on the internet and may be connected to nevertheless.
	AllowedNetworks Networks `envconfig:"RELAY_ALLOWED_NETWORKS"`
	CAFile          string   `envconfig:"RELAY_CA_FILE"`
	CertFile        string   `envconfig:"RELAY_CERT_FILE"`
	KeyFile         string   `envconfig:"RELAY_KEY_FILE"`
	// Timeout is that of one request, and MaxRPS the number of requests per second to each endpoint; 0 means any number.
	Timeout time.Duration `envconfig:"RELAY_TIMEOUT" default:"15s"`
	MaxRPS  float64       `envconfig:"RELAY_MAX_RPS" default:"0"`
}

// The endpoints, as the inputs of workflows name them. They never change.
const (
	// Orders takes the events of orders, and of what is sent for them.
	Orders = "orders"
	// Products takes the events of products.
	Products = "products"
)

// topics are what can go on, with the endpoint of each. Those of the default are the events that the ERP asked for.
var topics = []struct{ topic, endpoint string }{
	{"orders/create", Orders},
	{"orders/updated", Orders},
	{"orders/paid", Orders},
	{"orders/edited", Orders},
	{"orders/cancelled", Orders},
	{"refunds/create", Orders},
	{"fulfillments/create", Orders},
	{"fulfillments/update", Orders},
	{"products/create", Products},
	{"products/update", Products},
	{"products/delete", Products},
}

// endpointOf returns the endpoint of a topic, empty for a topic that cannot go on.
func endpointOf(topic string) string {
	for _, t := range topics {
		if t.topic == topic {
			return t.endpoint
		}
	}
	return ""
}

func allTopics() string {
	names := make([]string, len(topics))
	for i, t := range topics {
		names[i] = t.topic
	}
	return strings.Join(names, ", ")
}

// The variables that are named in more than one place.
const (
	ordersURL   = "RELAY_ORDERS_URL"
	productsURL = "RELAY_PRODUCTS_URL"
	topicsName  = "RELAY_TOPICS"
	secretsName = "RELAY_SECRETS"
	headersName = "RELAY_HEADERS"
	networks    = "RELAY_ALLOWED_NETWORKS"
	certFile    = "RELAY_CERT_FILE"
	keyFile     = "RELAY_KEY_FILE"
)

const (
	wantURL = "an https URL without a user and a fragment, or an http URL on this machine (localhost, 127.0.0.0/8, ::1) or a " +
		"host in PLAIN_HTTP_HOSTS"
	// minTimeout and maxTimeout are the bounds of RELAY_TIMEOUT. Standard Webhooks asks for 15 to 30 seconds.
	minTimeout = time.Second
	maxTimeout = 30 * time.Second
)

// Section describes the variables.
var Section = env.Section{
	Field: "Relay", Heading: "Relay",
	Prefixes: []string{"RELAY_"},
	Variables: map[string]env.Reference{
		ordersURL: {
			Want: wantURL,
			About: "Where the events of orders, fulfilments and refunds are posted, such as to an ERP: [Relay](relay.md) is for its " +
				"developers. With it or `RELAY_PRODUCTS_URL`, `RELAY_SECRETS` is required, and so are webhooks and encrypted payloads. " +
				"A query of the URL is treated as a secret. An address in a private network also needs `RELAY_ALLOWED_NETWORKS`.",
		},
		productsURL: {
			Want: wantURL,
			About: "Where the events of products are posted. It may be the same URL. Both get the same secrets and headers, so both have " +
				"to belong to the same party.",
		},
		topicsName: {
			Want:  "one or more of " + allTopics() + ", separated by commas",
			About: "The events that are posted. Those of an endpoint without a URL are not.",
		},
		secretsName: {
			Want: "whsec_ and the base64 of 24 to 64 bytes, such as whsec_$(openssl rand -base64 32); or the current one and the " +
				"previous one separated by a comma",
			About: "Secrets that sign what is posted, as Standard Webhooks says. To rotate, put the new one first, and keep the old " +
				"one until the receiver of the events has the new one: meanwhile each request has both signatures.",
		},
		headersName: {
			Want: "Name: value, one header a line; no header that giftbridge or HTTP itself sets",
			About: "Headers that each request has, such as `Authorization: Basic …`. Their values are secrets. More than one is " +
				"easiest to write in the file of `RELAY_HEADERS_FILE`.",
		},
		networks: {
			Want: "networks such as 10.1.0.0/16 separated by commas, without bits beyond their length",
			About: "Networks that are not on the internet and to which events may be posted nevertheless. The metadata services of " +
				"clouds are refused in any network. Unset, only addresses on the internet are reached.",
		},
		"RELAY_CA_FILE": {
			Want: "the path of a PEM file",
			About: "Certificate authorities that are trusted beside the system's. This file, and those of the next two variables, " +
				"are read when the worker starts.",
		},
		certFile: {Want: "the path of a PEM file, together with RELAY_KEY_FILE", About: "The certificate with which giftbridge authenticates."},
		keyFile:  {Want: "the path of a PEM file, together with RELAY_CERT_FILE", About: "The key of that certificate."},
		"RELAY_TIMEOUT": {
			Want: "a duration from 1s to 30s", About: "Time-out of one request, including its answer.",
		},
		"RELAY_MAX_RPS": {
			Want:  "a number of requests per second, 0 for no limit",
			About: "Maximum number of requests per second that are sent to each endpoint.",
		},
	},
}

// On reports whether any event goes on.
func (r Relay) On() bool { return r.OrdersURL != "" || r.ProductsURL != "" }

// Endpoints returns the endpoints that have a URL.
func (r Relay) Endpoints() []string {
	var out []string
	for _, endpoint := range []string{Orders, Products} {
		if r.URL(endpoint) != "" {
			out = append(out, endpoint)
		}
	}
	return out
}

// URL returns the URL of an endpoint, empty if it has none.
func (r Relay) URL(endpoint string) string {
	switch endpoint {
	case Orders:
		return r.OrdersURL
	case Products:
		return r.ProductsURL
	}
	return ""
}

// Takes returns the endpoint that takes the events of a topic. It is not ok if none does.
func (r Relay) Takes(topic string) (endpoint string, ok bool) {
	endpoint = endpointOf(topic)
	return endpoint, r.URL(endpoint) != "" && slices.Contains(r.Topics, topic)
}

// Taken returns the topics that go on, in the order in which they are configured. They are the ones to subscribe to.
func (r Relay) Taken() []string {
	var out []string
	for _, topic := range r.Topics {
		if _, ok := r.Takes(topic); ok {
			out = append(out, topic)
		}
	}
	return out
}

// Check checks the form of the values. plain are the hosts at which plain HTTP may be spoken.
func (r Relay) Check(ps *env.Problems, plain env.List) {
	checkURL(ps, ordersURL, r.OrdersURL, plain)
	checkURL(ps, productsURL, r.ProductsURL, plain)
	for i, topic := range r.Topics {
		if endpointOf(topic) == "" || slices.Contains(r.Topics[:i], topic) {
			ps.Bad(topicsName, topic)
		}
	}
	r.Secrets.check(ps)
	r.Headers.check(ps)
	r.AllowedNetworks.check(ps)
	switch {
	case r.CertFile != "" && r.KeyFile == "":
		ps.Add(keyFile, "is not set: need it with %s", certFile)
	case r.CertFile == "" && r.KeyFile != "":
		ps.Add(certFile, "is not set: need it with %s", keyFile)
	}
	if r.Timeout < minTimeout || r.Timeout > maxTimeout {
		ps.Bad("RELAY_TIMEOUT", r.Timeout.String())
	}
	if r.MaxRPS < 0 || math.IsNaN(r.MaxRPS) || math.IsInf(r.MaxRPS, 0) {
		ps.Bad("RELAY_MAX_RPS", strconv.FormatFloat(r.MaxRPS, 'g', -1, 64))
	}
	for _, endpoint := range r.Endpoints() {
		if !slices.ContainsFunc(r.Topics, func(topic string) bool { return endpointOf(topic) == endpoint }) {
			ps.Add(topicsName, "has no event of %s: need one, or no RELAY_%s_URL", endpoint, strings.ToUpper(endpoint))
		}
	}
}

// checkURL is [env.Problems.BaseURL] for a URL that may have a query.
func checkURL(ps *env.Problems, name, raw string, plain env.List) {
	u, err := url.Parse(raw)
	if err != nil {
		ps.Add(name, "is not a URL: need %s", ps.Want(name))
		return
	}
	u.RawQuery, u.ForceQuery = "", false
	ps.BaseURL(name, u.String(), plain)
}

// Needs requires what a worker cannot post events without.
func (r Relay) Needs(ps *env.Problems) {
	if r.On() && len(r.Secrets) == 0 {
		ps.Add(secretsName, "is not set: need %s, because %s is set", ps.Want(secretsName), r.because())
	}
}

// Surroundings requires what the relay needs of other sections, if it is used: webhooks, which bring the events, and encryption.
func (r Relay) Surroundings(ps *env.Problems, webhooks, encrypted bool) {
	if !r.On() {
		return
	}
	if !webhooks {
		ps.Add(r.because(), "is set, and webhooks are off, which bring the events: need RECEIVER_URL, and SHOPIFY_WEBHOOKS other than off")
	}
	if !encrypted {
		ps.Add("PAYLOAD_ENCRYPTION", "is off: need it on, because %s is set: events hold names and addresses of customers", r.because())
	}
}

// because returns the variable that turns the relay on.
func (r Relay) because() string {
	if r.OrdersURL != "" {
		return ordersURL
	}
	return productsURL
}
