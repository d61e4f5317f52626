package e2e_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.yaml.in/yaml/v3"

	"github.com/giftbridge/giftbridge/activities/relaying"
	"github.com/giftbridge/giftbridge/internal/app/receiving"
	"github.com/giftbridge/giftbridge/internal/checkout/api"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/checkout"
	"github.com/giftbridge/giftbridge/internal/config/inbound"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/relay"
	"github.com/giftbridge/giftbridge/internal/relay/relaytest"
	"github.com/giftbridge/giftbridge/internal/relaybox"
	"github.com/giftbridge/giftbridge/internal/webhook"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/workflows"
)

const (
	alertsFile    = "../../deploy/observability/alerts.yml"
	dashboardFile = "../../deploy/observability/dashboard.json"
	scrapeFile    = "../../deploy/observability/prometheus.yaml"
	runbookFile   = "testdata/operations.md" // A link: go test sees changes only below the module, and would repeat an old result.
	runbookURL    = "https://github.com/giftbridge/giftbridge/blob/main/docs/operations.md#"
)

// ruleFile is the part of a file of alert rules that ours use
// (prometheus.io/docs/prometheus/latest/configuration/alerting_rules).
type ruleFile struct {
	Groups []struct {
		Name  string `yaml:"name"`
		Rules []rule `yaml:"rules"`
	} `yaml:"groups"`
}

type rule struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         time.Duration     `yaml:"for"`
	Labels      map[string]string `yaml:"labels"`
	Annotations map[string]string `yaml:"annotations"`
}

func rules(t *testing.T) []rule {
	t.Helper()
	text, err := os.ReadFile(alertsFile)
	require.NoError(t, err)
	var f ruleFile
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	require.NoError(t, d.Decode(&f))
	var all []rule
	for _, g := range f.Groups {
		require.NotEmpty(t, g.Name)
		require.NotEmpty(t, g.Rules, g.Name)
		all = append(all, g.Rules...)
	}
	return all
}

// panel is the part of a Grafana panel that concerns queries.
type panel struct {
	ID      int    `json:"id"`
	Type    string `json:"type"`
	Title   string `json:"title"`
	Targets []struct {
		Expr   string `json:"expr"`
		Legend string `json:"legendFormat"`
	} `json:"targets"`
	Datasource struct {
		UID string `json:"uid"`
	} `json:"datasource"`
}

func panels(t *testing.T) []panel {
	t.Helper()
	text, err := os.ReadFile(dashboardFile)
	require.NoError(t, err)
	var d struct {
		UID    string  `json:"uid"`
		Title  string  `json:"title"`
		Panels []panel `json:"panels"`
	}
	require.NoError(t, json.Unmarshal(text, &d))
	require.NotEmpty(t, d.UID)
	require.NotEmpty(t, d.Title)
	return d.Panels
}

// receiverMetrics starts a receiver of the system, and returns what it exports.
func (w *system) receiverMetrics() exposition {
	w.t.Helper()
	c := w.Config
	c.Metrics.Addr, c.Receiver.Addr = "127.0.0.1:0", "127.0.0.1:0"
	c.Receiver.WebhookSecrets = inbound.WebhookSecrets{config.NewSecret("hush")}
	c.Receiver.Serves, c.Shopify.Webhooks = config.Default().Receiver.Serves, config.Default().Shopify.Webhooks
	c.Checkout.Clients = checkout.Clients{{Name: "shop", Hash: sha256.Sum256([]byte("hush")), Rights: checkout.Rights}}
	r, err := receiving.Start(w.ctx, receiving.Options{Config: c, Temporal: w.TemporalOptions(), Log: zerolog.Nop()})
	require.NoError(w.t, err)
	w.t.Cleanup(r.Stop)
	// Answers are histograms, which have no series before the first one.
	for _, path := range []string{webhook.OrdersPath, api.Path + api.RouteBalances} {
		answer, err := http.Post("http://"+r.Addr()+path, "application/json", strings.NewReader("{}"))
		require.NoError(w.t, err)
		require.NoError(w.t, answer.Body.Close())
		require.Equal(w.t, http.StatusUnauthorized, answer.StatusCode)
	}
	return w.scrape("http://" + r.MetricsAddr() + "/metrics")
}

// resendAndDrain mails the cards of an order that are made later once more, and takes their value back.
func (w *system) resendAndDrain(p scenario.Placed) {
	w.t.Helper()
	d := w.show(p, executions.Completed)
	units, err := w.Operator.Promises.Units(w.ctx, d.WorkflowID, d.RunIDs()...)
	require.NoError(w.t, err)
	require.NotEmpty(w.t, units)
	for i, u := range units {
		card, err := w.Operator.ResendableCard(w.ctx, d, u.Number)
		require.NoError(w.t, err)
		_, err = w.Operator.ResendCard(w.ctx, d, card, "grace@example.com", "ops", "ticket 4711")
		require.NoError(w.t, err)
		cancelled := orders.Card{IssuedCard: workflows.IssuedCard{Unit: u.Number}}
		_, err = w.Operator.CancelCard(w.ctx, d, cancelled, &units[i], "ops", "ticket 4711")
		require.NoError(w.t, err)
	}
}

// Every metric, label and value in a rule or panel is one that a worker or a receiver exports, or an alert. Rules that count
// workers do not count receivers.
func TestRulesAndPanelsNameWhatExists(t *testing.T) {
	t.Parallel()
	o := bothIssuers(fourwayshoptest.Options{PDFInAnswer: true})
	secret := "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("s", 32)))
	door := httptest.NewServer(relaytest.New(relaytest.Options{Secrets: []string{secret}}))
	t.Cleanup(door.Close)
	o.Configure = func(c *config.Config) {
		c.Relay.OrdersURL, c.Shopify.Webhooks = door.URL+"/orders", config.Default().Shopify.Webhooks
		require.NoError(t, c.Relay.Secrets.Decode(secret))
		require.NoError(t, c.Relay.AllowedNetworks.Decode("127.0.0.0/8"))
		c.CashStar.MaxRPS, c.Digest.Rerun = 50, false
		c.FourWayShop.PDFHosts = config.List{"documents.example.com"}
		c.Sonar.Token, c.Sonar.URL = config.NewSecret("hush"), door.URL // It answers no message, and none is sent.
		c.Messages.ShopName, c.Messages.ShopURL = "Example Shop", "https://shop.example.com"
	}
	w := measured(t, o)
	// A worker counts failed orders when it starts, and then every minute.
	w.place(scenario.UnknownMerchant)
	w.poll()
	w.settle(1)
	w.StopWorker()
	require.NoError(t, w.StartWorker(w.ctx))
	w.await("counted", func() bool {
		names := w.metrics().names()
		return slices.Contains(names, "giftbridge_failed_orders_oldest_timestamp_seconds") &&
			slices.Contains(names, "giftbridge_messages_open") && slices.Contains(names, "giftbridge_relay_gaps")
	})
	// How long events take has no series before the first one.
	body := []byte(`{"id":1001}`)
	require.NoError(t, relaybox.New(w.Operator.Client, time.Now).Put(w.ctx, relaying.Orders, "1001", relaying.Event{
		ID: relay.ID(relaying.Orders, webhook.OrdersCreate, "1001", body), Topic: webhook.OrdersCreate, Body: relaying.NewBody(body), TakenAt: time.Now(),
	}))
	w.await("delivered", func() bool {
		return slices.Contains(w.metrics().names(), "giftbridge_relay_delivery_seconds_bucket")
	})
	placed := w.place(scenario.Single, scenario.UnknownMerchant, scenario.MadeLater)
	w.poll()
	w.resendAndDrain(placed[2])
	w.settle(4)
	_, _, err := w.tryDigest()
	require.NoError(t, err)
	// The SDK reports failed workflow tasks only after one has failed; no worker knows this workflow.
	run, err := w.plain.ExecuteWorkflow(w.ctx, client.StartWorkflowOptions{TaskQueue: workflows.TaskQueue}, "Nobody")
	require.NoError(t, err)
	const failures = "temporal_workflow_task_execution_failed_total"
	w.await("failed", func() bool { return slices.Contains(w.metrics().names(), failures) })
	require.NoError(t, w.plain.TerminateWorkflow(w.ctx, run.GetID(), run.GetRunID(), "done"))
	x, receivers := w.metrics(), w.receiverMetrics()
	for _, r := range rules(t) {
		if counted := promCounted.FindStringSubmatch(r.Expr); counted != nil {
			require.NotContains(t, receivers.names(), counted[1], r.Alert)
		}
	}
	maps.Copy(x, receivers)
	for _, r := range rules(t) { // Prometheus itself makes a series of each alert that waits or fires.
		x[`ALERTS{alertname="`+r.Alert+`",alertstate="firing"}`] = "1"
	}

	for _, r := range rules(t) {
		require.Empty(t, x.missing(r.Expr), r.Alert)
		for _, text := range r.Annotations {
			require.Empty(t, x.unfilled(r.Expr, alertLabel, text), r.Alert)
		}
	}
	for _, p := range panels(t) {
		for _, target := range p.Targets {
			require.Empty(t, x.missing(target.Expr), p.Title)
			require.Empty(t, x.unfilled(target.Expr, legendLabel, target.Legend), p.Title)
		}
	}
	scrape, err := os.ReadFile(scrapeFile)
	require.NoError(t, err)
	require.Contains(t, string(scrape), "job_name: "+scrapeJob+"\n")
	require.Contains(t, string(scrape), "job_name: "+receiversJob+"\n")
}

// promCounted finds what a rule counts processes by, or misses when there is none.
var promCounted = regexp.MustCompile(`\b(?:count|absent)\((giftbridge_\w+)\)`)

// Each rule says what is wrong, how severe it is, and where the runbook says what to do.
func TestAlertRules(t *testing.T) {
	t.Parallel()
	anchors := headings(t)
	seen := map[string]bool{}
	for _, r := range rules(t) {
		require.Regexp(t, `^[A-Z][A-Za-z]+$`, r.Alert)
		require.False(t, seen[r.Alert], r.Alert)
		seen[r.Alert] = true
		require.Contains(t, []string{"page", "ticket"}, r.Labels["severity"], r.Alert)
		require.Len(t, r.Labels, 1, r.Alert)
		require.Len(t, r.Annotations, 3, r.Alert)
		require.NotEmpty(t, r.Annotations["summary"], r.Alert)
		require.NotEmpty(t, r.Annotations["description"], r.Alert)
		anchor, ok := strings.CutPrefix(r.Annotations["runbook_url"], runbookURL)
		require.True(t, ok, r.Alert)
		require.Contains(t, anchors, anchor, r.Alert)
		for _, text := range r.Annotations {
			require.Equal(t, strings.Count(text, "{{"), strings.Count(text, "}}"), r.Alert)
		}
	}
	require.NotContains(t, anchors, "somewhere-else")
}

var promAge = regexp.MustCompile(`time\(\) - max\((\w+)\)`)

// No alert about failed orders waits for a digest, which may be off.
func TestAlertsOnFailedOrdersNeedNoDigest(t *testing.T) {
	t.Parallel()
	for _, r := range rules(t) {
		if strings.HasPrefix(r.Alert, "FailedOrders") {
			require.Contains(t, r.Expr, "giftbridge_failed_orders", r.Alert)
			require.NotContains(t, r.Expr, "digest", r.Alert)
		}
	}
}

// An unknown time has no age, so a rule about an age stays silent if there never was such a time. Another rule covers
// that case.
func TestAlertsOnAgesAreNotBlind(t *testing.T) {
	t.Parallel()
	var ages, absent []string
	for _, r := range rules(t) {
		if m := promAge.FindStringSubmatch(r.Expr); m != nil {
			ages = append(ages, m[1])
		}
		if rest, ok := strings.CutPrefix(r.Expr, "absent("); ok {
			metric, _, _ := strings.Cut(rest, ")")
			absent = append(absent, metric)
		}
	}
	require.Len(t, ages, 2)
	require.Subset(t, absent, ages)
}

// Panels have unique IDs, and query the provisioned data source.
func TestDashboard(t *testing.T) {
	t.Parallel()
	seen := map[int]bool{}
	for _, p := range panels(t) {
		require.False(t, seen[p.ID], p.Title)
		seen[p.ID] = true
		require.NotEmpty(t, p.Title)
		if p.Type == "row" {
			continue
		}
		require.NotEmpty(t, p.Targets, p.Title)
		require.Equal(t, "prometheus", p.Datasource.UID, p.Title)
	}
}

var notInAnchors = regexp.MustCompile(`[^a-z0-9 _-]`)

// headings returns the anchors of the runbook's headings, as GitHub generates them.
func headings(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(runbookFile)
	require.NoError(t, err)
	var all []string
	for line := range strings.Lines(string(text)) {
		if title, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); ok && strings.HasPrefix(line, "#") {
			plain := notInAnchors.ReplaceAllString(strings.ToLower(strings.TrimSpace(title)), "")
			all = append(all, strings.ReplaceAll(plain, " ", "-"))
		}
	}
	return all
}
