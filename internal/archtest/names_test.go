package archtest_test

import (
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/installation"
	"github.com/giftbridge/giftbridge/workflows"
)

// text returns a file of the repository.
func text(t *testing.T, name string) string {
	t.Helper()
	out, err := os.ReadFile(path.Join("../..", name))
	require.NoError(t, err)
	return string(out)
}

var scheduleFlag = regexp.MustCompile(`--schedule-id ([a-z][a-z-]+)`)

// The commands that docs and checks tell people to run name a schedule that exists.
func TestSchedulesAreNamedRight(t *testing.T) {
	t.Parallel()
	known := []string{workflows.PollScheduleID, workflows.SweepScheduleID, workflows.WatchScheduleID, workflows.DigestScheduleID}
	seen := map[string]bool{}
	err := fs.WalkDir(os.DirFS("../.."), ".", func(name string, d fs.DirEntry, err error) error {
		base := path.Base(name)
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (base == "testdata" || strings.HasPrefix(base, ".")):
			return fs.SkipDir
		case d.IsDir() || !slices.Contains([]string{".md", ".go", ".yml", ".yaml", ".sh"}, path.Ext(base)):
			return nil
		}
		for _, m := range scheduleFlag.FindAllStringSubmatch(text(t, name), -1) {
			require.Contains(t, known, m[1], name)
			seen[m[1]] = true
		}
		return nil
	})
	require.NoError(t, err)
	require.Len(t, seen, len(known))
	for _, id := range known {
		require.Contains(t, text(t, "starter/internal/setup/schedules.go"), id)
	}
}

// Who creates the search attributes by hand, as on Temporal Cloud, finds the right names and types.
func TestSearchAttributesAreNamedRight(t *testing.T) {
	t.Parallel()
	guide := text(t, "docs/deploy.md")
	for name, kind := range workflows.SearchAttributes() {
		require.Contains(t, guide, fmt.Sprintf("`%s` (%s)", name, kind))
	}
	columns := strings.Join(slices.Sorted(maps.Keys(workflows.SearchAttributes())), " ")
	for _, m := range regexp.MustCompile(`AND ([A-Z][A-Za-z]+) ?(=|IN)`).FindAllStringSubmatch(text(t, "docs/operations.md"), -1) {
		require.Contains(t, columns+" ExecutionStatus", m[1])
	}
}

// What is deployed listens, and is asked, on the ports that the programs use by default.
func TestPortsAgree(t *testing.T) {
	t.Parallel()
	port := func(addr string) string {
		_, p, err := net.SplitHostPort(addr)
		require.NoError(t, err)
		return p
	}
	def := config.Default()
	for _, tt := range []struct{ port, file, in string }{
		{port(def.Metrics.Addr), "deploy/kubernetes/worker.yaml", `prometheus.io/port: "%s"`},
		{port(def.Metrics.Addr), "deploy/kubernetes/worker.yaml", `value: "0.0.0.0:%s"`},
		{port(def.Metrics.Addr), "deploy/kubernetes/worker.yaml", `containerPort: %s`},
		{port(def.Metrics.Addr), "deploy/observability/prometheus.yaml", `port: %s`},
		{port(def.Metrics.Addr), "docker-compose.yml", `METRICS_ADDR: 0.0.0.0:%s`},
		{port(def.Codec.Addr), "deploy/kubernetes/codec-server.yaml", `containerPort: %s`},
		{port(def.Codec.Addr), "docker-compose.yml", `:%s`},
		{port(def.Codec.Addr), "docker-compose.production.yml", `:%s`},
		{port(def.Codec.Addr), "sandbox/simulators/command.go", `"http://127.0.0.1:%s"`},
		{port(def.Digest.TemporalUIURL[len("http://"):]), "docker-compose.yml", `PORT_WEB_UI:-%s}`},
	} {
		require.Contains(t, text(t, tt.file), fmt.Sprintf(tt.in, tt.port), tt.file)
	}
}

// Temporal keeps a closed order, and with it the ID that prevents a second card, for longer than orders are picked up.
func TestRetentionOutlastsOrders(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	age := config.Default().Orders.MaxOrderAge
	require.Zero(t, age%day)
	for _, name := range []string{"docs/architecture.md", "docs/deploy.md", "README.md", ".env.example"} {
		require.Regexp(t, fmt.Sprintf(`MAX_ORDER_AGE\W+%d days`, age/day), text(t, name), name)
	}
	kept := regexp.MustCompile(`(?:TEMPORAL_RETENTION(?::-|=)|--retention )(\d+)([dh])\b`)
	found := 0
	for _, name := range []string{"docker-compose.yml", ".env.example", "docs/deploy.md"} {
		all := kept.FindAllStringSubmatch(text(t, name), -1)
		require.NotEmpty(t, all, name)
		for _, m := range all {
			unit := map[string]string{"d": "24h", "h": "1h"}[m[2]]
			each, err := time.ParseDuration(unit)
			require.NoError(t, err)
			n, err := time.ParseDuration(m[1] + "ns")
			require.NoError(t, err)
			retention := time.Duration(n.Nanoseconds()) * each
			require.Greater(t, retention, age, name)
			require.False(t, installation.RetentionIsTight(retention, age), name)
			found++
		}
	}
	require.GreaterOrEqual(t, found, 3)
}

// An alert that looks for polls must look over more than two of their intervals, or it fires between two.
func TestAlertsOutlastIntervals(t *testing.T) {
	t.Parallel()
	rules := strings.Split(text(t, "deploy/observability/alerts.yml"), "- alert: ")
	window := regexp.MustCompile(`giftbridge_polls_\w+(?:\{[^}]*\})?\[(\w+)\]`)
	seen := 0
	for _, rule := range rules[1:] {
		name, _, _ := strings.Cut(rule, "\n")
		spans := window.FindAllStringSubmatch(rule, -1)
		if name == "NoPollEverSucceeded" {
			spans = regexp.MustCompile(`(?m)^ +for: (\w+)$`).FindAllStringSubmatch(rule, -1)
		}
		for _, m := range spans {
			span, err := time.ParseDuration(m[1])
			require.NoError(t, err)
			require.Greater(t, span, 2*config.Default().Poll.Interval, name)
			seen++
		}
	}
	require.GreaterOrEqual(t, seen, 3)
}
