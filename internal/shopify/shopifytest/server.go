package shopifytest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/delivery"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/events"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/graphql"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/shop"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/subscription"
	"github.com/giftbridge/giftbridge/internal/simulator"
)

// AccessToken is the access token of a shop whose [Options] specify neither a token nor an app.
const AccessToken = "shpat_simulated"

// WebhookSecret signs the webhooks of a shop whose [Options] specify neither a secret nor an app.
const WebhookSecret = "shpss_simulated" //nolint:gosec // of a simulated shop

// kindToken is the kind of token requests. The kind of a query is its first root field.
const kindToken = "token"

// Options are the options of a simulated shop. The zero value is usable.
type Options struct {
	// ShopID is Shopify's number for the shop, by default 1.
	ShopID int64
	// ShopName, Domain, TimeZone and Currency describe the shop. They default to "Simulated shop",
	// "simulated.myshopify.com", UTC and USD.
	ShopName, Domain string
	TimeZone         *time.Location
	Currency         string
	// AccessToken is an access token that does not expire.
	AccessToken string
	// ClientID and ClientSecret are the credentials of an app, for the client-credentials grant. Its tokens live for
	// TokenLifetime, by default a day less a second.
	ClientID, ClientSecret string
	TokenLifetime          time.Duration
	// Versions are the accessible versions of the API, oldest first: by default 2026-01 to 2026-10.
	Versions []string
	// BucketSize and RestoreRate, in points and points per second, default to those of a Standard plan: 2000 and 100.
	BucketSize, RestoreRate float64
	// NodesCostOne charges a lookup of several ids as one; otherwise each id is charged.
	NodesCostOne bool
	// Lag is how long a write stays invisible to searches.
	Lag time.Duration
	// Scopes are the access scopes granted to the app, by default read_orders, read_customers and read_products.
	Scopes []string
	// Variants are the variants of the shop's products.
	Variants []Variant
	// WebhookVersion is the version of the API in which webhooks are written, by default 2026-07.
	WebhookVersion string
	// Webhooks say how webhooks are delivered. Domain, Version, Unsubscribed and Now are the server's. The secret is by
	// default ClientSecret or, without one, [WebhookSecret].
	Webhooks delivery.Options
	// AllowInternal accepts webhook subscriptions to addresses of this machine and of private networks, also without TLS.
	AllowInternal bool
	// DeniedFields are fields to which the app has no access, such as "Order.email", and topics, such as
	// "WebhookSubscriptionTopic.ORDERS_CREATE".
	DeniedFields []string
	// Faults are the faults of requests.
	Faults Faults
	// Now is the shop's clock, by default time.Now.
	Now func() time.Time
}

// Server is a simulated shop with its API. It is an [http.Handler] and safe for concurrent use.
type Server struct {
	*shop.Shop

	opts          Options
	subscriptions *subscription.Store
	webhooks      *delivery.Sender
	events        *events.Events
	bucket        *simulator.Bucket
	faults        *faults
	counts        *counts
	mux           *http.ServeMux
	requests      atomic.Int64

	mu          sync.Mutex
	issued      map[string]time.Time
	uninstalled bool
}

// New returns a shop without orders.
func New(opts Options) *Server {
	opts.ShopID = cmp.Or(opts.ShopID, 1)
	opts.ShopName = cmp.Or(opts.ShopName, "Simulated shop")
	opts.Domain = cmp.Or(opts.Domain, "simulated.myshopify.com")
	opts.Currency = cmp.Or(opts.Currency, "USD")
	opts.TokenLifetime = cmp.Or(opts.TokenLifetime, 24*time.Hour-time.Second)
	opts.BucketSize, opts.RestoreRate = cmp.Or(opts.BucketSize, 2000), cmp.Or(opts.RestoreRate, 100)
	if opts.TimeZone == nil {
		opts.TimeZone = time.UTC
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if len(opts.Versions) == 0 {
		opts.Versions = []string{"2026-01", "2026-04", "2026-07", "2026-10"}
	}
	if opts.AccessToken == "" && opts.ClientID == "" {
		opts.AccessToken = AccessToken
	}
	opts.WebhookVersion = cmp.Or(opts.WebhookVersion, "2026-07")
	if opts.Scopes == nil {
		opts.Scopes = []string{"read_orders", "read_customers", "read_products"}
	}
	s := &Server{
		Shop: shop.New(shop.Options{
			ID: opts.ShopID, Name: opts.ShopName, Domain: opts.Domain, Currency: opts.Currency, TimeZone: opts.TimeZone,
			Versions: opts.Versions, Lag: opts.Lag, Scopes: opts.Scopes, Denied: opts.DeniedFields,
			Variants: opts.Variants, Now: opts.Now,
		}),
		opts:   opts,
		bucket: simulator.NewBucket(opts.Now, opts.BucketSize, opts.RestoreRate),
		faults: newFaults(opts.Faults),
		counts: newCounts(opts.BucketSize),
		mux:    http.NewServeMux(),
		issued: map[string]time.Time{},
	}
	s.subscribe()
	s.mux.HandleFunc("POST /admin/api/{version}/graphql.json", s.graphQL)
	s.mux.HandleFunc("POST /admin/oauth/access_token", s.accessToken)
	s.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { s.refuse(w, "other", 404, "Not Found") })
	s.control()
	return s
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", s.opts.Now().UTC().Format(http.TimeFormat))
	w.Header().Set("X-Request-Id", "simulated-"+strconv.FormatInt(s.requests.Add(1), 10))
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	s.mux.ServeHTTP(w, r)
}

// RevokeTokens invalidates all tokens issued by the client-credentials grant.
func (s *Server) RevokeTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.issued)
}

// Stats returns the counts so far.
func (s *Server) Stats() Stats { return s.counts.stats() }

func (s *Server) authorized(token string) bool {
	if token == "" {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.uninstalled {
		return false
	}
	return token == s.opts.AccessToken || s.opts.Now().Before(s.issued[token])
}

// accessToken implements the client-credentials grant. Like Shopify, it accepts a form or JSON.
func (s *Server) accessToken(w http.ResponseWriter, r *http.Request) {
	const kind = kindToken
	if w = s.misbehave(w, r, kind); w == nil {
		return
	}
	var in struct {
		GrantType    string `json:"grant_type"`
		ClientID     string `json:"client_id"`
		ClientSecret string `json:"client_secret"`
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		if json.NewDecoder(r.Body).Decode(&in) != nil {
			s.answer(w, kind, 400, map[string]string{"error": "invalid_request"})
			return
		}
	} else {
		in.GrantType, in.ClientID = r.PostFormValue("grant_type"), r.PostFormValue("client_id")
		in.ClientSecret = r.PostFormValue("client_secret")
	}
	switch {
	case in.GrantType != "client_credentials":
		s.answer(w, kind, 400, map[string]string{"error": "unsupported_grant_type"})
	case s.opts.ClientID == "" || in.ClientID != s.opts.ClientID || in.ClientSecret != s.opts.ClientSecret:
		s.answer(w, kind, 401, map[string]string{"error": "invalid_client"})
	default:
		s.mu.Lock()
		token := fmt.Sprintf("shpat_issued_%d", s.requests.Load())
		s.issued[token] = s.opts.Now().Add(s.opts.TokenLifetime)
		s.mu.Unlock()
		s.answer(w, kind, 200, map[string]any{
			"access_token": token, "scope": strings.Join(s.Scopes(), ","),
			"expires_in": int(s.opts.TokenLifetime.Seconds()),
		})
	}
}

var versionPattern = regexp.MustCompile(`^20\d\d-(01|04|07|10)$`)

// servedVersion returns the version that serves a call: the requested version, or the oldest one if the requested
// version no longer exists. It returns an empty string for a version that never existed.
func (s *Server) servedVersion(asked string) string {
	switch {
	case slices.Contains(s.opts.Versions, asked):
		return asked
	case versionPattern.MatchString(asked) && asked < s.opts.Versions[0]:
		return s.opts.Versions[0]
	}
	return ""
}

// graphQL answers one query.
func (s *Server) graphQL(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Query         string         `json:"query"`
		Variables     map[string]any `json:"variables"`
		OperationName string         `json:"operationName"`
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.refuse(w, "invalid", 413, "Payload Too Large")
		return
	}
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.UseNumber()
	if err := decoder.Decode(&in); err != nil || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		s.refuse(w, "invalid", 400, "Bad Request")
		return
	}
	version := s.servedVersion(r.PathValue("version"))
	query := schema(version).Parse(in.Query, in.OperationName)
	kind := query.Kind()
	if w = s.misbehave(w, r, kind); w == nil {
		return
	}
	if !s.authorized(r.Header.Get("X-Shopify-Access-Token")) {
		s.refuse(w, kind, 401, "[API] Invalid API key or access token (unrecognized login or wrong password)")
		return
	}
	if version == "" {
		s.refuse(w, kind, 404, "Not Found")
		return
	}
	w.Header().Set("X-Shopify-API-Version", version)
	x, errs := query.Bind(in.Variables, graphql.Rules{Denied: s.Denied, NodesCostOne: s.opts.NodesCostOne})
	if len(errs) > 0 {
		s.fail(w, kind, nil, errs...)
		return
	}
	s.execute(w, kind, x)
}

// refuse responds in the format of Shopify's refusals, with errors as a plain text.
func (s *Server) refuse(w http.ResponseWriter, kind string, status int, message string) {
	s.answer(w, kind, status, map[string]string{"errors": message})
}

// fail responds to a query that did not run. Like Shopify, it does so with status 200.
func (s *Server) fail(w http.ResponseWriter, kind string, cost *graphql.CostReport, errs ...*graphql.Error) {
	s.counts.failed(errs)
	s.send(w, kind, http.StatusOK, graphql.Failure(cost, errs...))
}

func (s *Server) answer(w http.ResponseWriter, kind string, status int, body any) {
	s.send(w, kind, status, simulator.MustMarshal(body))
}

func (s *Server) send(w http.ResponseWriter, kind string, status int, body []byte) {
	s.deliver(w, kind, simulator.Answer{Status: status, Raw: body, Media: "application/json; charset=utf-8"})
}

func (s *Server) deliver(w http.ResponseWriter, kind string, a simulator.Answer) {
	s.counts.Answered(kind, a.Status)
	a.Send(w)
}
