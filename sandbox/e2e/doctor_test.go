package e2e_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/giftbridge/giftbridge/internal/check"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/ops"
	"github.com/giftbridge/giftbridge/internal/doctor"
	"github.com/giftbridge/giftbridge/internal/doctor/shop"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// quarterAgo returns the version of Shopify's API that was released n quarters before the current one.
func quarterAgo(n int) string {
	now := time.Now().UTC()
	return time.Date(now.Year(), now.Month()-(now.Month()-1)%3-time.Month(3*n), 1, 0, 0, 0, 0, time.UTC).Format("2006-01")
}

// breakage is one thing that is broken.
type breakage struct {
	name string
	// env breaks it for the doctor alone, harm for the whole system until cure.
	env        []string
	harm, cure func()
	// check is the check that reports it.
	check string
	// found and says are parts of its finding and of the remedy that it names.
	found, says string
}

// One thing after the other is broken. Its check reports it with the remedy, and no other check does.
func TestDoctorTellsWhatIsBroken(t *testing.T) {
	t.Parallel()
	shop := unlimited()
	shop.Versions = []string{quarterAgo(3), quarterAgo(2), quarterAgo(1), quarterAgo(0)}
	w := start(t, stack.Options{
		NoWorker: true, Shopify: shop,
		Configure: func(c *config.Config) { c.Shopify.APIVersion = quarterAgo(0) },
	})
	w.requireDiagnosis(breakage{
		check: doctor.Workers, found: "no worker is polling giftbridge workflow, giftbridge activity", says: "start workers",
	})
	require.NoError(t, w.StartWorker(w.ctx))
	w.requireWell()
	w.place(scenario.Single)
	w.poll()
	w.settle(1)
	w.requireWell()
	text := w.ok("doctor")
	require.Regexp(t, `(?m)^ok +stored payloads +the newest 4 can be read$`, text)
	require.Regexp(t, `\n\n22 checks: 22 ok, 0 warn, 0 fail, 0 skipped\n$`, text)

	for _, b := range w.breakages() { // One after the other, because they break the same system.
		if b.harm != nil {
			b.harm()
		}
		w.requireDiagnosis(b)
		if b.cure != nil {
			b.cure()
		}
	}
	w.requireWell()
	w.requireNewKeyWarns()
}

func (w *system) breakages() []breakage {
	schedules := w.plain.ScheduleClient()
	pause := func(id string) (harm, cure func()) {
		h := schedules.GetHandle(w.ctx, id)
		return func() { require.NoError(w.t, h.Pause(w.ctx, client.SchedulePauseOptions{Note: "holiday"})) },
			func() { require.NoError(w.t, h.Unpause(w.ctx, client.ScheduleUnpauseOptions{})) }
	}
	remove := func(id string) func() {
		return func() { require.NoError(w.t, schedules.GetHandle(w.ctx, id).Delete(w.ctx)) }
	}
	pausePoll, resumePoll := pause(workflows.PollScheduleID)
	pauseDigest, resumeDigest := pause(workflows.DigestScheduleID)
	ensure := func() { w.ok("schedules") }
	scopes := w.Shop.Scopes()
	grant := func(scopes ...string) func() { return func() { w.Shop.SetScopes(scopes...) } }
	sell := func(variants ...shopifytest.Variant) func() { return func() { w.Shop.SetVariants(variants...) } }
	variants := scenario.Variants()
	native := append([]shopifytest.Variant{{SKU: scenario.SKUs()[1], GiftCard: true}}, variants...)
	otherKey := "other:" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", ops.PayloadKeySize)))
	const nowhere = "http://127.0.0.1:1"
	return []breakage{
		{
			name: "a variable that cannot be read", env: []string{"POLL_INTERVAL=soon"}, check: doctor.Configuration,
			found: `POLL_INTERVAL is "soon"`, says: "need ",
		},
		{
			name: "a variable that is missing", env: []string{"GIFT_CARD_SKUS="}, check: doctor.Configuration,
			found: "GIFT_CARD_SKUS is not set", says: "SKUs separated by commas",
		},
		{
			name: "a slip in a name", env: []string{"SHOPIFY_SHOPP=x"}, check: doctor.Configuration,
			found: "did you mean SHOPIFY_SHOP?", says: "rename",
		},
		{
			name: "a broken key", env: []string{"PAYLOAD_KEYS=k1:short"}, check: doctor.Configuration,
			found: "PAYLOAD_KEYS", says: "openssl rand -base64 32",
		},
		{
			name: "no Temporal", env: []string{"TEMPORAL_ADDRESS=127.0.0.1:1"}, check: doctor.Temporal,
			found: "127.0.0.1:1 cannot be reached: dial tcp 127.0.0.1:1: connect: connection refused", says: "TEMPORAL_ADDRESS",
		},
		{
			name: "TLS to a Temporal without", env: []string{"TEMPORAL_TLS=true"}, check: doctor.Temporal,
			found: "first record does not look like a TLS handshake", says: "TEMPORAL_TLS=false",
		},
		{
			name: "another namespace", env: []string{"TEMPORAL_NAMESPACE=elsewhere"}, check: doctor.Namespace,
			found: `"elsewhere" does not exist`, says: "temporal operator namespace create --namespace elsewhere --retention 720h",
		},
		{
			name: "a short retention", harm: func() { w.setRetention(24 * time.Hour) },
			cure: func() { w.setRetention(30 * 24 * time.Hour) }, check: doctor.Retention,
			found: "kept for 1 day", says: "temporal operator namespace update --namespace default --retention 720h",
		},
		{
			name: "a search attribute is gone", harm: func() { w.removeSearchAttribute("GiftCardSku") }, cure: ensure,
			check: doctor.SearchAttributes, found: "GiftCardSku (KeywordList)", says: "giftbridge schedules",
		},
		{
			name: "the poll is paused", harm: pausePoll, cure: resumePoll, check: doctor.PollSchedule,
			found: "holiday", says: "run: giftbridge resume",
		},
		{
			name: "no poll", harm: remove(workflows.PollScheduleID), cure: ensure, check: doctor.PollSchedule,
			found: "does not exist", says: "giftbridge schedules",
		},
		{
			name: "a new configuration", env: []string{"POLL_PAGE_SIZE=17"}, check: doctor.PollSchedule,
			found: "differs from the configuration: page_size", says: "giftbridge schedules",
		},
		{
			name: "the digest is paused", harm: pauseDigest, cure: resumeDigest, check: doctor.DigestSchedule,
			found: "holiday", says: "--schedule-id daily-digest",
		},
		{
			name: "no digest", harm: remove(workflows.DigestScheduleID), cure: ensure, check: doctor.DigestSchedule,
			found: "does not exist", says: "giftbridge schedules",
		},
		{
			name: "another time for the digest", env: []string{"DIGEST_TIMEZONE=Asia/Tokyo"}, check: doctor.DigestSchedule,
			found: "differs from the configuration: times at which it runs", says: "giftbridge schedules",
		},
		{
			name: "another key", env: []string{"PAYLOAD_KEYS=" + otherKey}, check: doctor.StoredPayloads,
			found: `key "sandbox" is not in PAYLOAD_KEYS, which has "other"`, says: "add that key",
		},
		{
			name: "a version without workers", env: []string{"WORKER_DEPLOYMENT=blue", "WORKER_BUILD_ID=1"}, check: doctor.WorkerVersion,
			found: "no version of deployment blue is current", says: "giftbridge deployment set-current",
		},
		{
			name: "another token", env: []string{"SHOPIFY_ACCESS_TOKEN=shpat_other"}, check: shop.Shopify,
			found: "HTTP 401", says: "SHOPIFY_ACCESS_TOKEN",
		},
		{
			name: "another shop", env: []string{"SHOPIFY_SHOP=other.myshopify.com"}, check: shop.Shopify,
			found: "sandbox.myshopify.com, but SHOPIFY_SHOP is other.myshopify.com", says: "SHOPIFY_SHOP",
		},
		{
			name: "no shop", env: []string{"SHOPIFY_BASE_URL=" + nowhere}, check: shop.Shopify,
			found: "connection refused", says: "SHOPIFY_BASE_URL",
		},
		{
			name: "a scope is missing", harm: grant("read_orders", "read_products"), cure: grant(scopes...),
			check: shop.Scopes, found: "lacks read_customers", says: "Dev Dashboard",
		},
		{
			name: "no access to customers' names", harm: func() { w.Shop.Deny("Customer.firstName") },
			cure: func() { w.Shop.Deny() }, check: shop.Orders, found: "ACCESS_DENIED",
			says: "protected customer data",
		},
		{
			name: "a version that is gone", env: []string{"SHOPIFY_API_VERSION=2024-01"}, check: shop.Version,
			found: "2024-01 is no longer available; Shopify answered with " + quarterAgo(3),
			says:  "the newest is " + quarterAgo(0),
		},
		{
			name: "a version that never was", env: []string{"SHOPIFY_API_VERSION=2099-01"}, check: shop.Version,
			found: "no version 2099-01", says: "SHOPIFY_API_VERSION",
		},
		{
			name: "a variant is missing", harm: sell(variants[0], variants[1]), cure: sell(variants...),
			check: shop.GiftCardSKUs, found: "no variant has GIFT-50, GIFT-100", says: "GIFT_CARD_SKUS",
		},
		{
			name: "a native gift card", harm: sell(native...), cure: sell(variants...), check: shop.GiftCardSKUs,
			found: "GIFT-50", says: "ordinary product",
		},
		{
			name: "another password at the issuer", env: []string{"CASHSTAR_PASSWORD=other-password"}, check: doctor.CashStar,
			found: "HTTP 401", says: "CASHSTAR_PASSWORD",
		},
		{
			name: "no issuer", env: []string{"CASHSTAR_BASE_URL=" + nowhere + "/v2/"}, check: doctor.CashStar,
			found: "connection refused", says: "CASHSTAR_BASE_URL",
		},
		{
			name: "another merchant", env: []string{"MERCHANT_CODE=NOBODY"}, check: doctor.Merchants,
			found: "NOBODY is not one of the account's", says: "MERCHANT_CODE",
		},
		{
			name: "no mail server", env: []string{"SMTP_PORT=1"}, check: doctor.MailServer,
			found: "connection refused", says: "SMTP_PORT",
		},
		{
			name: "a mail server without TLS", env: []string{"SMTP_TLS=starttls"}, check: doctor.MailServer,
			found: "does not offer STARTTLS", says: "SMTP_TLS",
		},
		{
			name: "no mail server wanted", env: []string{"SMTP_HOST=", "DIGEST_FROM=", "DIGEST_TO="}, check: doctor.DigestSchedule,
			found: "SMTP_HOST is not set", says: "giftbridge schedules",
		},
	}
}

// diagnosis returns the doctor's report as a program reads it.
func (w *system) diagnosis(env ...string) (doctor.Report, said) {
	w.t.Helper()
	out := w.starter(env, "doctor", "--json")
	var r doctor.Report
	require.NoError(w.t, json.Unmarshal([]byte(out.stdout), &r), out.stderr)
	return r, out
}

func (w *system) requireWell() {
	w.t.Helper()
	r, out := w.diagnosis()
	for _, c := range r.Checks {
		require.Equal(w.t, check.OK, c.Status, "%+v", c)
		require.Empty(w.t, c.Fix, "%+v", c)
	}
	require.Equal(w.t, doctor.Summary{OK: len(r.Checks)}, r.Summary)
	require.Equal(w.t, cli.ExitOK, out.code)
	require.Empty(w.t, out.stderr)
}

// requireDiagnosis requires that one check reports what is broken, that dependent checks are skipped, and that all
// others pass.
func (w *system) requireDiagnosis(b breakage) {
	w.t.Helper()
	r, out := w.diagnosis(b.env...)
	require.Equal(w.t, 1, r.Summary.Fail, "%s: %+v", b.name, r.Checks)
	require.Equal(w.t, []string{b.check}, r.Failed(), b.name)
	for _, c := range r.Checks {
		switch c.Status {
		case check.Fail:
			require.Contains(w.t, c.Found, b.found, b.name)
			require.Contains(w.t, c.Fix, b.says, b.name)
		case check.Skip:
			require.Contains(w.t, c.Found, "not checked: see "+b.check, b.name)
		default:
			require.Equal(w.t, check.OK, c.Status, "%s: %+v", b.name, c)
		}
	}
	require.Equal(w.t, cli.ExitFailure, out.code, b.name)
	require.Equal(w.t, "giftbridge doctor: failed checks: "+b.check+"\n", out.stderr, b.name)
	requireNothingPersonal(w.t, out.stdout)
	require.NotContains(w.t, out.stdout, w.Config.Payload.Keys[0].Key.Reveal())
}

// removeSearchAttribute makes a change that only giftbridge schedules can undo.
func (w *system) removeSearchAttribute(name string) {
	w.t.Helper()
	_, err := w.plain.OperatorService().RemoveSearchAttributes(w.ctx, &operatorservice.RemoveSearchAttributesRequest{
		Namespace: w.Temporal.Namespace(), SearchAttributes: []string{name},
	})
	require.NoError(w.t, err)
}

// A key that has just become the first one causes a warning until giftbridge schedules has rewritten the schedules.
func (w *system) requireNewKeyWarns() {
	w.t.Helper()
	keys := "PAYLOAD_KEYS=new:" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("y", ops.PayloadKeySize))) + "," +
		"sandbox:" + base64.StdEncoding.EncodeToString([]byte(w.Config.Payload.Keys[0].Key.Reveal()))
	r, out := w.diagnosis(keys)
	require.Equal(w.t, cli.ExitOK, out.code)
	require.Equal(w.t, 2, r.Summary.Warn, "%+v", r.Checks)
	for _, c := range r.Checks {
		if c.Status == check.Warn {
			require.Contains(w.t, []string{doctor.PollSchedule, doctor.DigestSchedule}, c.Name)
			require.Equal(w.t, "run: giftbridge schedules", c.Fix)
		}
	}
}
