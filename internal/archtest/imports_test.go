package archtest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/giftbridge/giftbridge"

// pkg is the output of go list for a package.
type pkg struct {
	ImportPath string
	Imports    []string // The imports of its own files, without tests.
	Deps       []string // The same, and their transitive imports.
}

// set is a set of import paths.
type set func(importPath string) bool

// tree returns the set of the named packages and everything below them.
func tree(roots ...string) set {
	return func(p string) bool {
		return slices.ContainsFunc(roots, func(r string) bool { return p == r || strings.HasPrefix(p, r+"/") })
	}
}

// ours is tree for packages of this module.
func ours(roots ...string) set {
	for i, r := range roots {
		roots[i] = path.Join(module, r)
	}
	return tree(roots...)
}

func only(paths ...string) set {
	return func(p string) bool { return slices.Contains(paths, p) }
}

func (s set) except(others ...set) set {
	return func(p string) bool {
		return s(p) && !slices.ContainsFunc(others, func(o set) bool { return o(p) })
	}
}

func (s set) or(other set) set {
	return func(p string) bool { return s(p) || other(p) }
}

// fakes is the set of the simulators of outside services, named after the services: shopifytest, cashstartest, with the
// packages below them, and of what they share.
func fakes(p string) bool {
	rest, ok := strings.CutPrefix(p, module+"/internal/")
	if !ok || suites(p) {
		return false
	}
	return ours("internal/simulator")(p) || slices.ContainsFunc(strings.Split(rest, "/"), func(element string) bool {
		return strings.HasSuffix(element, "test") && element != "archtest"
	})
}

// suites is the set of what tests our own types: the conformance suite of adapters, and histories as Temporal would have them.
var suites = ours("internal/issuer/issuertest", "internal/relayed/relayedtest")

// standard is the set of the packages of the standard library: no dot in the first element of the path.
func standard(p string) bool {
	first, _, _ := strings.Cut(p, "/")
	return !strings.Contains(first, ".")
}

func anything(string) bool { return true }

// rule forbids the imports from one set of packages to another.
type rule struct {
	name string
	from set
	to   set
	deep bool // Transitive imports are forbidden too.
	why  string
}

var (
	everything = ours(".")
	clients    = ours("internal/shopify", "internal/cashstar", "internal/fourwayshop", "internal/sonar", "internal/relay", "internal/mail", "internal/rest")
	// vendors are the clients of vendors that could be replaced, and adapters their adapters.
	vendors  = ours("internal/shopify", "internal/cashstar", "internal/fourwayshop", "internal/sonar")
	adapters = ours("internal/intake/shopifyintake", "internal/intake/shopifyretail", "internal/issuer/cashstarissuer", "internal/issuer/fourwayshopissuer")
	// ports are what activities know instead, with what stands on them.
	ports     = ours("internal/issuer", "internal/intake", "internal/refusal", "internal/retail").except(adapters, suites)
	operators = ours("internal/executions", "internal/settings", "internal/orders", "internal/installation",
		"internal/rollout", "internal/recovery", "internal/resending", "internal/changed", "internal/left", "internal/privacy",
		"internal/reporting", "internal/health", "internal/acting", "internal/redemptions", "internal/messaging", "internal/told", "internal/operator")
)

var rules = []rule{
	{
		name: "clients without Temporal", from: clients.or(ours("internal/giftcard")),
		to: tree("go.temporal.io"), deep: true,
		why: "retries and histories are Temporal's side of the house; a client can be read beside its vendor's manual",
	},
	{
		name: "clients without the domain", from: clients,
		to: ours("internal/giftcard", "internal/issuer", "internal/intake", "internal/refusal", "internal/messages", "internal/retail",
			"activities", "workflows", "internal/config", "internal/app"),
		why: "clients speak the vendor's words; adapters translate",
	},
	{
		name: "only its client uses Shopify's API", from: everything.except(ours("internal/shopify")),
		to:  ours("internal/shopify/adminapi"),
		why: "other packages read orders through package shopify",
	},
	{
		name: "activities and workflows know no vendor", from: ours("activities", "workflows"),
		to: vendors.or(adapters), deep: true,
		why: "what they need of a vendor is in the ports; another issuer or shop is another adapter",
	},
	{
		name: "ports know no vendor and no Temporal", from: ports,
		to: vendors.or(adapters).or(tree("go.temporal.io")).or(ours("activities", "workflows")), deep: true,
		why: "every adapter stands on them, and every activity",
	},
	{
		name: "the adapter of CashStar knows its client and the port", from: ours("internal/issuer/cashstarissuer"),
		to: everything.except(ours("internal/issuer/cashstarissuer", "internal/cashstar", "internal/giftcard",
			"internal/refusal", "internal/rest"), only(module+"/internal/issuer")),
		why: "an adapter translates between the two, and decides nothing else",
	},
	{
		name: "the adapter of Four Way Shop knows its client and the port", from: ours("internal/issuer/fourwayshopissuer"),
		to: everything.except(ours("internal/issuer/fourwayshopissuer", "internal/fourwayshop", "internal/giftcard",
			"internal/refusal", "internal/rest"), only(module+"/internal/issuer")),
		why: "an adapter translates between the two, and decides nothing else",
	},
	{
		name: "the adapter of Shopify knows its client and the port", from: ours("internal/intake/shopifyintake"),
		to: everything.except(ours("internal/intake/shopifyintake", "internal/shopify", "internal/giftcard",
			"internal/refusal", "internal/rest", "internal/printable"), only(module+"/internal/intake", module+"/internal/intake/skus")),
		why: "an adapter translates between the two, and decides nothing else",
	},
	{
		name: "the adapter of Shopify for messages knows its client and the port", from: ours("internal/intake/shopifyretail"),
		to: everything.except(ours("internal/intake/shopifyretail", "internal/intake/shopifyintake", "internal/shopify",
			"internal/retail", "internal/giftcard", "internal/printable"), only(module+"/internal/intake")),
		why: "an adapter translates between the two, and decides nothing else; the kinds of Shopify's refusals are decided once",
	},
	{
		name: "vendors are named where they are put in", from: everything.except(vendors, adapters,
			ours("internal/app", "internal/doctor")),
		to:  vendors.or(adapters),
		why: "to add a vendor is a line of wiring and an exam of the doctor",
	},
	{
		name: "arrivals know no settings of their own", from: ours("internal/intake/arrivals"),
		to:  ours("internal/config", "internal/settings", "internal/executions", "internal/app"),
		why: "the rules of the poll's schedule decide, as the desk hands them in, never the receiver's environment",
	},
	{
		name: "no conformance suite in production", from: everything.except(suites),
		to:  suites,
		why: "it tests adapters, and registers test flags",
	},
	{
		name: "clients and activities do not log", from: clients.or(ours("activities", "internal/giftcard")).or(ports).or(adapters),
		to:  tree("github.com/rs/zerolog", "log"),
		why: "they return errors; activities log through the SDK, which knows the workflow",
	},
	{
		name: "workflows are deterministic", from: ours("workflows"),
		to: only("net/http", "os", "os/exec", "math/rand", "math/rand/v2", "crypto/rand", "log", "log/slog").
			or(tree("github.com/rs/zerolog", "github.com/google/uuid")),
		why: "a replay must do the same again; the world is touched in activities",
	},
	{
		name: "workflows know activities and the domain only", from: ours("workflows"),
		to: everything.except(ours("workflows", "activities", "internal/giftcard", "internal/redemption", "internal/buildinfo"),
			only(module+"/internal/messages", module+"/internal/messages/composing", module+"/internal/messages/sending")),
		why: "what a workflow needs comes in its input; of the build, only the program's name in texts",
	},
	{
		name: "activities know nothing above them", from: ours("activities"),
		to:  ours("workflows", "internal/app", "internal/config", "internal/telemetry", "worker", "receiver", "starter").or(operators),
		why: "dependencies point downward",
	},
	{
		name: "the domain stands on the standard library", from: ours("internal/giftcard"),
		to:  set(anything).except(standard, ours("internal/giftcard")),
		why: "everything stands on it",
	},
	{
		name: "redemptions stand on the domain", from: ours("internal/redemption"),
		to:  set(anything).except(standard, ours("internal/redemption", "internal/giftcard")).or(tree("net/http", "os")),
		why: "workflows, activities and what speaks HTTP have these words in common",
	},
	{
		name: "messages know no vendor and no Temporal", from: ours("internal/messages", "internal/retail"),
		to: vendors.or(adapters).or(tree("go.temporal.io")).or(ours("activities", "workflows")), deep: true,
		why: "workflows, activities and commands have what customers are told in common",
	},
	{
		name: "looks are asked for by what is wired in", from: everything.except(ours("internal/app", "internal/looking")),
		to:  ours("internal/looking"),
		why: "receivers and sweeps start the workflows of messages in one way",
	},
	{
		name: "looks stand on the workflows", from: ours("internal/looking"),
		to:  ours(".").except(ours("internal/looking", "workflows")),
		why: "whether an order is looked at does not depend on who asks",
	},
	{
		name: "numbering plans are wired in", from: everything.except(ours("internal/messages/phones", "internal/app")),
		to:  ours("internal/messages/phones").or(tree("github.com/nyaruka/phonenumbers")),
		why: "they are megabytes; what needs a phone number asks for composing.Phones",
	},
	{
		name: "files of variables stand on the standard library", from: ours("internal/envfile"),
		to:  set(anything).except(standard, ours("internal/envfile")),
		why: "they are read before there is a configuration",
	},
	{
		name: "the digest only renders", from: ours("internal/digest"),
		to: set(anything).except(standard, ours("internal/digest", "internal/giftcard", "internal/printable",
			"internal/buildinfo")).
			or(tree("net/http", "os")),
		why: "a mail is a function of its report: it can be previewed, and tested to the last byte",
	},
	{
		name: "a report does not know how it is rendered", from: only(module + "/internal/digest"),
		to:  ours("internal/digest").except(only(module + "/internal/digest")).or(tree("html", "text", "encoding/csv")),
		why: "reports are in histories, and what renders them may change",
	},
	{
		name: "a digest is rendered where it is sent or printed",
		from: everything.except(ours("internal/digest", "activities", "starter")),
		to:   ours("internal/digest").except(only(module + "/internal/digest")),
		why:  "who collects a report, or decides when it is sent, does not depend on how it reads",
	},
	{
		name: "fakes have their own wire types", from: fakes,
		to:  everything.except(fakes),
		why: "a fake that shares a wrong JSON tag with the client agrees with it",
	},
	{
		name: "simulators stand on common ground", from: ours("internal/simulator"),
		to:  everything.except(ours("internal/simulator")),
		why: "what one service alone does is in the package of its simulator",
	},
	{
		name: "queries and searches know no shop",
		from: ours("internal/shopify/shopifytest/graphql", "internal/shopify/shopifytest/index"),
		to:   ours("internal/shopify/shopifytest"),
		why:  "they serve whatever a shop comes to hold",
	},
	{
		name: "no tests in production", from: everything.except(suites),
		to:  only("testing", "net/http/httptest").or(tree("github.com/stretchr/testify", "pgregory.net/rapid")),
		why: "a fake serves demos and compose as well as tests; a binary registers no test flags",
	},
	{
		name: "no fakes in production", from: everything.except(fakes),
		to:  fakes,
		why: "a production binary must not be able to make believe",
	},
	{
		name: "no generators in production", from: everything,
		to:  tree("github.com/Khan/genqlient/generate"),
		why: "code is generated before it is built",
	},
	{
		name: "processes wire", from: everything.except(ours("internal/app", "internal/operator", "internal/doctor", "worker",
			"receiver", "starter")),
		to:  ours("internal/app", "internal/operator", "internal/doctor", "worker", "receiver", "starter"),
		why: "only processes, and the commands of operators, put the parts together",
	},
	{
		name: "commands share without wiring", from: ours("internal/cli"),
		to: ours(".").except(ours("internal/cli", "internal/check", "internal/printable", "internal/buildinfo",
			"internal/envfile")),
		why: "what all commands need does not depend on what one of them does",
	},
	{
		name: "only commands talk to people", from: everything.except(ours("internal/cli", "worker", "receiver", "starter")),
		to:  ours("internal/cli").or(tree("github.com/spf13/cobra")),
		why: "questions, wrong usage and exit codes are a command's; everything else returns errors",
	},
	{
		name: "groups of commands are apart", from: ours("starter/internal"),
		to:  ours("starter/internal").except(ours("starter/internal/session")),
		why: "each group has a reason of its own to change; internal/cli and session hold what they share",
	},
	{
		name: "the worker knows no operator", from: ours("worker"),
		to:  ours("starter", "internal/doctor"),
		why: "what issues cards is small; the command line includes it, not the other way round",
	},
	{
		name: "the receiver knows no operator and no worker", from: ours("receiver"),
		to:  ours("starter", "worker", "internal/doctor"),
		why: "what strangers reach is small",
	},
	{
		name: "deliveries are read, not acted on", from: ours("internal/webhook"),
		to:  ours(".").except(ours("internal/webhook", "internal/webhook/bodies", "internal/printable")).or(tree("go.temporal.io")),
		why: "what strangers send meets as little code as possible; consumers act on what is left of it",
	},
	{
		name: "groups of commands run no worker", from: ours("starter/internal"),
		to:  ours("worker", "receiver"),
		why: "worker and receiver are commands beside them, which the root adds",
	},
	{
		name: "exams depend on each other whatever they examine", from: ours("internal/doctor/exam"),
		to:  ours(".").except(ours("internal/doctor/exam", "internal/check", "internal/printable")),
		why: "another service adds an exam, and changes nothing here",
	},
	{
		name: "executions are the ground of what operators do", from: ours("internal/executions"),
		to:  operators.except(ours("internal/executions")),
		why: "every other part reads workflows through it",
	},
	{
		name: "settings stand on executions", from: ours("internal/settings"),
		to:  operators.except(ours("internal/executions", "internal/settings")),
		why: "what an installation has settled does not depend on what is done with it",
	},
	{
		name: "orders stand on settings", from: ours("internal/orders"),
		to:  operators.except(ours("internal/executions", "internal/settings", "internal/orders")),
		why: "orders are looked at without changing anything",
	},
	{
		name: "an installation knows no orders", from: ours("internal/installation", "internal/rollout"),
		to:  ours("internal/orders", "internal/recovery", "internal/resending", "internal/left", "internal/reporting", "internal/health"),
		why: "a namespace is prepared, and workers are replaced, whatever orders there are",
	},
	{
		name: "recovery knows no decisions", from: ours("internal/recovery"),
		to:  ours("internal/changed", "internal/left", "internal/reporting", "internal/health"),
		why: "what people decide about an order stands on what its runs have done",
	},
	{
		name: "sending once more stands on orders", from: ours("internal/resending"),
		to:  operators.except(ours("internal/executions", "internal/settings", "internal/orders", "internal/resending")),
		why: "a card that is sent once more is neither made nor changed",
	},
	{
		name: "links stand on the standard library", from: ours("internal/maillink", "internal/token"),
		to:  set(anything).except(standard, ours("internal/maillink", "internal/token")).or(tree("net/http", "os", "log")),
		why: "what proves that a link is ours can be read in one sitting, and tells nobody the link",
	},
	{
		name: "links act through workflows alone", from: ours("internal/acting"),
		to: operators.except(ours("internal/acting", "internal/executions", "internal/orders")).
			or(ours("internal/actionpage", "internal/digest")),
		why: "what a link does is recorded before it is done, and done by a worker",
	},
	{
		name: "the page of a link decides nothing", from: ours("internal/actionpage"),
		to:  tree("go.temporal.io").or(ours("activities").or(operators.except(ours("internal/acting", "internal/executions")))),
		why: "it faces the internet: it shows where an order stands, and passes on that a button was pressed",
	},
	{
		name: "changed orders stand on recovery", from: ours("internal/changed"),
		to:  ours("internal/left", "internal/privacy", "internal/reporting", "internal/health", "internal/installation"),
		why: "what a cancellation in the shop does is known without what people decide, or are told",
	},
	{
		name: "ports know no HTTP", from: ports.except(ours("internal/intake/changes", "internal/intake/arrivals", "internal/intake/products", "internal/intake/named")),
		to:  ours("internal/webhook"),
		why: "only the queues of notices stand on what takes deliveries",
	},
	{
		name: "orders are not removed by what issues them",
		from: ours("internal/recovery", "internal/resending", "internal/left", "internal/reporting", "activities", "workflows"),
		to:   ours("internal/privacy"),
		why:  "only a person removes a history, at a prompt",
	},
	{
		name: "health changes nothing", from: ours("internal/health"),
		to:  ours("internal/recovery", "internal/resending", "internal/left", "internal/reporting", "internal/redemptions/deciding", "internal/told/deciding"),
		why: "a monitor asks every minute",
	},
	{
		name: "the configuration is read at the edge",
		from: everything.except(ours("internal/config", "internal/app", "internal/operator", "internal/settings",
			"internal/installation", "internal/doctor", "internal/logging", "internal/codec", "worker", "receiver", "starter")),
		to:  ours("internal/config"),
		why: "everything else is told what it needs; an installation's settings and schedules are what is compared with it",
	},
	{
		name: "codec and logs know how a process runs", from: ours("internal/codec", "internal/logging"),
		to:  ours("internal/config").except(ours("internal/config/ops")),
		why: "they serve every process, whichever shop and issuer it works for",
	},
	{
		name: "reading the environment is general", from: ours("internal/config/env"),
		to:  ours(".").except(ours("internal/config/env", "internal/printable", "internal/redact")),
		why: "it knows the form of variables; the sections know what they mean",
	},
	{
		name: "ground without wiring", from: ours("internal/config", "internal/codec", "internal/logging", "internal/check", "internal/redact"),
		to: ours("activities", "workflows", "internal/shopify", "internal/cashstar", "internal/fourwayshop", "internal/sonar", "internal/relay",
			"internal/mail", "internal/giftcard"),
		why: "every process stands on them, whatever it does",
	},
}

// broken returns a line for each import that a rule forbids.
func broken(pkgs []pkg, rules []rule) []string {
	var out []string
	for _, r := range rules {
		for _, p := range pkgs {
			if !r.from(p.ImportPath) {
				continue
			}
			imports := p.Imports
			if r.deep {
				imports = p.Deps
			}
			for _, i := range imports {
				if r.to(i) {
					out = append(out, fmt.Sprintf("%s: %s imports %s: %s", r.name, p.ImportPath, i, r.why))
				}
			}
		}
	}
	return out
}

// list runs go list in the root module, regardless of the workspace that the test runs in.
func list(t *testing.T, args ...string) []pkg {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-json=ImportPath,Imports,Deps"}, args...)...)
	cmd.Dir = "../.."
	cmd.Env = append(os.Environ(), "GOWORK=off")
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	var pkgs []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return pkgs
		}
		require.NoError(t, err)
		pkgs = append(pkgs, p)
	}
}

func TestImportsPointDown(t *testing.T) {
	t.Parallel()
	pkgs := list(t, "./...")
	require.Empty(t, broken(pkgs, rules))
	for _, r := range rules {
		require.True(t, slices.ContainsFunc(pkgs, func(p pkg) bool { return r.from(p.ImportPath) }),
			"%s: no package is behind this wall", r.name)
	}
}

// The server has hundreds of dependencies and its own Go version; they belong to the nested module.
func TestRootModuleDoesNotNeedTheServer(t *testing.T) {
	t.Parallel()
	server := tree("go.temporal.io/server", "github.com/temporalio/ui-server", "modernc.org")
	for _, p := range list(t, "-deps", "-test", "./...") {
		require.False(t, server(p.ImportPath), "%s belongs into the sandbox module", p.ImportPath)
	}
}

// The rules work: each of these invented imports is found by the rule that forbids it.
func TestBrokenFindsWhatIsForbidden(t *testing.T) {
	t.Parallel()
	tests := []struct{ rule, from, to string }{
		{"clients without Temporal", "internal/shopify", "go.temporal.io/sdk/temporal"},
		{"clients without Temporal", "internal/giftcard", "go.temporal.io/sdk/workflow"},
		{"clients without the domain", "internal/cashstar", module + "/internal/giftcard"},
		{"clients without Temporal", "internal/shopify/adminapi", "go.temporal.io/sdk/temporal"},
		{"clients without the domain", "internal/shopify/adminapi", module + "/internal/giftcard"},
		{"only its client uses Shopify's API", "activities", module + "/internal/shopify/adminapi"},
		{"clients without the domain", "internal/cashstar", module + "/internal/issuer"},
		{"clients without the domain", "internal/fourwayshop/wire", module + "/internal/giftcard"},
		{"clients without the domain", "internal/sonar", module + "/internal/messages"},
		{"clients without Temporal", "internal/sonar", "go.temporal.io/sdk/temporal"},
		{"clients without Temporal", "internal/relay/schedule", "go.temporal.io/sdk/temporal"},
		{"activities and workflows know no vendor", "activities", module + "/internal/cashstar"},
		{"activities and workflows know no vendor", "workflows", module + "/internal/fourwayshop"},
		{"activities and workflows know no vendor", "activities/messaging", module + "/internal/sonar"},
		{"activities and workflows know no vendor", "activities", module + "/internal/intake/shopifyintake"},
		{"activities and workflows know no vendor", "workflows", module + "/internal/shopify"},
		{"arrivals know no settings of their own", "internal/intake/arrivals", module + "/internal/config"},
		{"ports know no vendor and no Temporal", "internal/issuer", module + "/internal/issuer/cashstarissuer"},
		{"ports know no vendor and no Temporal", "internal/issuer/gate", "go.temporal.io/sdk/activity"},
		{"ports know no vendor and no Temporal", "internal/intake", module + "/internal/shopify"},
		{"the adapter of CashStar knows its client and the port", "internal/issuer/cashstarissuer", module + "/internal/shopify"},
		{"the adapter of CashStar knows its client and the port", "internal/issuer/cashstarissuer", module + "/internal/issuer/gate"},
		{"the adapter of Four Way Shop knows its client and the port", "internal/issuer/fourwayshopissuer", module + "/internal/cashstar"},
		{"the adapter of Shopify knows its client and the port", "internal/intake/shopifyintake", module + "/internal/issuer"},
		{
			"the adapter of Shopify for messages knows its client and the port", "internal/intake/shopifyretail",
			module + "/internal/issuer",
		},
		{"vendors are named where they are put in", "internal/telemetry", module + "/internal/shopify"},
		{"vendors are named where they are put in", "starter", module + "/internal/cashstar"},
		{"vendors are named where they are put in", "internal/digest", module + "/internal/issuer/cashstarissuer"},
		{"no conformance suite in production", "internal/issuer/cashstarissuer", module + "/internal/issuer/issuertest"},
		{"clients and activities do not log", "activities", "github.com/rs/zerolog"},
		{"clients and activities do not log", "internal/rest", "log/slog"},
		{"workflows are deterministic", "workflows", "net/http"},
		{"workflows are deterministic", "workflows", "math/rand/v2"},
		{"workflows are deterministic", "workflows", "github.com/google/uuid"},
		{"workflows know activities and the domain only", "workflows", module + "/internal/shopify"},
		{"activities know nothing above them", "activities", module + "/workflows"},
		{"the domain stands on the standard library", "internal/giftcard", "golang.org/x/text/cases"},
		{"the domain stands on the standard library", "internal/giftcard", module + "/internal/rest"},
		{"redemptions stand on the domain", "internal/redemption", module + "/internal/issuer"},
		{"redemptions stand on the domain", "internal/redemption", "net/http"},
		{"messages know no vendor and no Temporal", "internal/messages/composing", "go.temporal.io/sdk/workflow"},
		{"messages know no vendor and no Temporal", "internal/retail", module + "/internal/shopify"},
		{"numbering plans are wired in", "activities", module + "/internal/messages/phones"},
		{"numbering plans are wired in", "internal/messages/composing", "github.com/nyaruka/phonenumbers"},
		{"files of variables stand on the standard library", "internal/envfile", module + "/internal/config"},
		{"looks are asked for by what is wired in", "activities/messaging", module + "/internal/looking"},
		{"looks stand on the workflows", "internal/looking", module + "/internal/webhook"},
		{"the digest only renders", "internal/digest", module + "/internal/executions"},
		{"the digest only renders", "internal/digest", "net/http"},
		{"the digest only renders", "internal/digest/digestmail", "go.temporal.io/sdk/client"},
		{"the digest only renders", "internal/digest/digestmail", module + "/internal/mail"},
		{"the digest only renders", "internal/digest/sheet", module + "/internal/shopify"},
		{"the digest only renders", "internal/digest/words", "os"},
		{"a report does not know how it is rendered", "internal/digest", module + "/internal/digest/words"},
		{"a report does not know how it is rendered", "internal/digest", "html/template"},
		{"a digest is rendered where it is sent or printed", "internal/reporting", module + "/internal/digest/digestmail"},
		{"a digest is rendered where it is sent or printed", "workflows", module + "/internal/digest/sheet"},
		{"fakes have their own wire types", "internal/shopify/shopifytest", module + "/internal/shopify"},
		{"fakes have their own wire types", "internal/shopify/shopifytest/shop", module + "/internal/shopify"},
		{"fakes have their own wire types", "internal/simulator", module + "/internal/rest"},
		{"fakes have their own wire types", "internal/sonar/sonartest", module + "/internal/sonar"},
		{"fakes have their own wire types", "internal/sonar/sonartest/structures", module + "/internal/messages"},
		{"simulators stand on common ground", "internal/simulator", module + "/internal/cashstar/cashstartest"},
		{
			"queries and searches know no shop", "internal/shopify/shopifytest/index",
			module + "/internal/shopify/shopifytest/shop",
		},
		{
			"queries and searches know no shop", "internal/shopify/shopifytest/graphql",
			module + "/internal/shopify/shopifytest/index",
		},
		{"no tests in production", "internal/cashstar/cashstartest", "testing"},
		{"no tests in production", "internal/config", "github.com/stretchr/testify/require"},
		{"no fakes in production", "internal/app", module + "/internal/cashstar/cashstartest"},
		{"no fakes in production", "internal/shopify", module + "/internal/shopify/shopifytest/shop"},
		{"no fakes in production", "internal/app", module + "/internal/simulator"},
		{"no generators in production", "internal/shopify", "github.com/Khan/genqlient/generate"},
		{"processes wire", "internal/codec", module + "/internal/app"},
		{"commands share without wiring", "internal/cli", module + "/internal/config"},
		{"only commands talk to people", "internal/app", module + "/internal/cli"},
		{"only commands talk to people", "internal/operator", "github.com/spf13/cobra"},
		{"groups of commands are apart", "starter/internal/orders", module + "/starter/internal/setup"},
		{"groups of commands are apart", "starter/internal/decisions", module + "/starter/internal/orders"},
		{"the worker knows no operator", "worker/command", module + "/starter/internal/session"},
		{"groups of commands run no worker", "starter/internal/setup", module + "/worker/command"},
		{"the receiver knows no operator and no worker", "receiver/command", module + "/worker/command"},
		{"the receiver knows no operator and no worker", "receiver/command", module + "/internal/doctor"},
		{"deliveries are read, not acted on", "internal/webhook", module + "/internal/intake"},
		{"deliveries are read, not acted on", "internal/webhook", "go.temporal.io/sdk/client"},
		{"exams depend on each other whatever they examine", "internal/doctor/exam", module + "/internal/config"},
		{"executions are the ground of what operators do", "internal/executions", module + "/internal/settings"},
		{"settings stand on executions", "internal/settings", module + "/internal/installation"},
		{"orders stand on settings", "internal/orders", module + "/internal/recovery"},
		{"an installation knows no orders", "internal/rollout", module + "/internal/orders"},
		{"links stand on the standard library", "internal/maillink", module + "/internal/config"},
		{"links stand on the standard library", "internal/maillink", "net/http"},
		{"links act through workflows alone", "internal/acting", module + "/internal/left"},
		{"the page of a link decides nothing", "internal/actionpage", "go.temporal.io/sdk/client"},
		{"the page of a link decides nothing", "internal/actionpage", module + "/internal/left"},
		{"orders are not removed by what issues them", "internal/left", module + "/internal/privacy"},
		{"health changes nothing", "internal/health", module + "/internal/recovery"},
		{"health changes nothing", "internal/health", module + "/internal/left"},
		{"health changes nothing", "internal/health", module + "/internal/redemptions/deciding"},
		{"changed orders stand on recovery", "internal/changed", module + "/internal/left"},
		{"ports know no HTTP", "internal/intake", module + "/internal/webhook"},
		{"recovery knows no decisions", "internal/recovery", module + "/internal/left"},
		{"sending once more stands on orders", "internal/resending", module + "/internal/recovery"},
		{"the configuration is read at the edge", "internal/health", module + "/internal/config"},
		{"the configuration is read at the edge", "activities", module + "/internal/config"},
		{"codec and logs know how a process runs", "internal/logging", module + "/internal/config"},
		{"reading the environment is general", "internal/config/env", module + "/internal/config/ops"},
		{"ground without wiring", "internal/config", module + "/workflows"},
	}
	seen := map[string]bool{}
	for _, tt := range tests {
		seen[tt.rule] = true
		t.Run(tt.rule+" from "+tt.from, func(t *testing.T) {
			t.Parallel()
			p := pkg{ImportPath: module + "/" + tt.from, Imports: []string{tt.to}, Deps: []string{tt.to}}
			i := slices.IndexFunc(rules, func(r rule) bool { return r.name == tt.rule })
			require.NotEqual(t, -1, i)
			require.Len(t, broken([]pkg{p}, rules[i:i+1]), 1)
		})
	}
	for _, r := range rules {
		require.True(t, seen[r.name], "%s: not tested here", r.name)
	}
}

func TestBrokenAllowsTheRest(t *testing.T) {
	t.Parallel()
	for from, imports := range map[string][]string{
		"workflows":                       {"time", "go.temporal.io/sdk/workflow", module + "/activities"},
		"activities":                      {"go.temporal.io/sdk/activity", module + "/internal/issuer"},
		"internal/issuer/issuertest":      {"testing", module + "/internal/issuer"},
		"internal/issuer/cashstarissuer":  {module + "/internal/cashstar", module + "/internal/issuer"},
		"internal/giftcard":               {"crypto/sha256", "time"},
		"internal/shopify":                {"net/http", module + "/internal/rest", module + "/internal/shopify/adminapi"},
		"internal/cashstar/cashstartest":  {"net/http", "encoding/json", module + "/internal/simulator"},
		"internal/app":                    {module + "/workflows", module + "/internal/config", "github.com/rs/zerolog"},
		"worker":                          {module + "/internal/app", "os"},
		"internal/shopifytestimonials":    {"net/http"},
		"internal/archtest":               nil,
		"internal/cashstar/cashstartests": {"net/http"},
	} {
		require.Empty(t, broken([]pkg{{ImportPath: module + "/" + from, Imports: imports}}, rules), from)
	}
}

func TestDeepRulesLookThroughOtherPackages(t *testing.T) {
	t.Parallel()
	p := pkg{
		ImportPath: module + "/internal/shopify",
		Imports:    []string{"example.com/helper"},
		Deps:       []string{"example.com/helper", "go.temporal.io/sdk/temporal"},
	}
	require.Len(t, broken([]pkg{p}, rules), 1)
}
