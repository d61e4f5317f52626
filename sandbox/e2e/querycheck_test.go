package e2e_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/rest"
	"github.com/giftbridge/giftbridge/workflows"
)

// The names of the jobs that scrape workers and receivers.
const (
	scrapeJob    = "giftbridge-worker"
	receiversJob = "giftbridge-receiver"
)

var (
	// scrapedMetrics and scrapedLabels are the ones that Prometheus itself adds.
	scrapedMetrics = []string{"up"}
	scrapedLabels  = []string{"job", "instance"}
	// troubleValues are label values that do not occur when all is well: an activity that starts at once does not wait in
	// a queue. The failure reason's value is the SDK's (go.temporal.io/sdk/internal/common/metrics).
	troubleValues = map[string][]string{
		"job": {scrapeJob, receiversJob},
		"status": {
			strconv.Itoa(http.StatusServiceUnavailable), underscored(rest.TimedOut), underscored(rest.NoAnswer),
			underscored(rest.Unreadable),
		},
		"task_queue":     {workflows.TaskQueue, workflows.IssueTaskQueue},
		"failure_reason": {"NonDeterminismError"},
		"activity": {
			"DeliverCard", "ResendCard", "DrainCard", "ReviewOrder", "ReviewVariant", "SendMessage", "SendNotice",
		},
		"kind": {string(giftcard.Unauthorized)},
	}

	seriesLabel = regexp.MustCompile(`([a-zA-Z_][a-zA-Z0-9_]*)="((?:\\.|[^"\\])*)"`)
	// alertLabel and legendLabel match label references in the texts of rules and panels.
	alertLabel  = regexp.MustCompile(`\$labels\.([a-zA-Z_][a-zA-Z0-9_]*)`)
	legendLabel = regexp.MustCompile(`\{\{\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*\}\}`)
)

func underscored(o rest.Outcome) string { return strings.ReplaceAll(string(o), " ", "_") }

// missing returns the parts of a query that no series has.
func (x exposition) missing(query string) []string {
	q, err := parseQuery(query)
	if err != nil {
		return []string{err.Error()}
	}
	var out []string
	for _, s := range q.selectors {
		if !slices.Contains(scrapedMetrics, s.metric) && !slices.Contains(x.names(), s.metric) {
			out = append(out, "metric "+s.metric)
			continue
		}
		for _, m := range s.matchers {
			if !x.hasLabel(s.metric, m.label) {
				out = append(out, fmt.Sprintf("label %s of %s", m.label, s.metric))
				continue
			}
			for _, v := range x.unknown(s.metric, m) {
				out = append(out, fmt.Sprintf("%s %q of %s", m.label, v, s.metric))
			}
		}
		for _, l := range q.labels {
			if !x.hasLabel(s.metric, l) {
				out = append(out, fmt.Sprintf("label %s of %s", l, s.metric))
			}
		}
	}
	return out
}

// unfilled returns the labels in a text that the result of a query does not have.
func (x exposition) unfilled(query string, label *regexp.Regexp, text string) []string {
	q, err := parseQuery(query)
	if err != nil {
		return []string{err.Error()}
	}
	var out []string
	for _, found := range label.FindAllStringSubmatch(text, -1) {
		l := found[1]
		filled := slices.Contains(q.kept, l)
		if !q.aggregates {
			filled = slices.ContainsFunc(q.selectors, func(s selector) bool { return x.hasLabel(s.metric, l) })
		}
		if !filled {
			out = append(out, l)
		}
	}
	return out
}

func (x exposition) hasLabel(metric, label string) bool {
	return slices.Contains(scrapedLabels, label) || len(x.values(metric, label)) > 0
}

// values returns the values of a metric's label.
func (x exposition) values(metric, label string) []string {
	var all []string
	for series := range x {
		labels, found := strings.CutPrefix(series, metric+"{")
		if !found {
			continue
		}
		for _, l := range seriesLabel.FindAllStringSubmatch(labels, -1) {
			if l[1] == label {
				all = append(all, l[2])
			}
		}
	}
	return all
}

// unknown returns the values that a matcher requires and no series has, each alternative separately. Excluded values
// need not exist.
func (x exposition) unknown(metric string, m matcher) []string {
	wanted := map[string]*regexp.Regexp{}
	switch m.operator {
	case "=":
		wanted[m.value] = regexp.MustCompile(regexp.QuoteMeta(m.value))
	case "=~":
		for alternative := range strings.SplitSeq(m.value, "|") {
			re, err := regexp.Compile(alternative)
			if err != nil {
				return []string{m.value}
			}
			wanted[alternative] = re
		}
	}
	known := append(x.values(metric, m.label), troubleValues[m.label]...)
	var out []string
	for text, re := range wanted {
		if !slices.ContainsFunc(known, func(v string) bool { return v != "" && re.FindString(v) == v }) {
			out = append(out, text)
		}
	}
	slices.Sort(out)
	return out
}

// The check finds invented names, and nothing else.
func TestQueryCheck(t *testing.T) {
	t.Parallel()
	x := exposition{
		`orders_total{kind="Declined",queue="a \"b\""}`: "0",
		`orders_total{kind="Unauthorized",queue="c"}`:   "0",
		`requests_total{status="200"}`:                  "1",
		`tasks_total{failure_reason="WorkflowError"}`:   "1",
		`tasks_total_of_another_metric{reason="x"}`:     "1",
		`age_seconds`: "1",
	}
	for query, want := range map[string][]string{
		`age_seconds + sum(orders_total{kind="Declined"})`:                nil,
		`sum by (kind, instance) (orders_total{kind=~"Decl.*|Unauth.+"})`: nil,
		`requests_total{status=~"5..|timed_out", status!~"9.."}`:          nil,
		`up{job="giftbridge-worker"}`:                                     nil,
		`up{job="giftbridge-receiver"}`:                                   nil,
		`orders_lost_total`:                                               {"metric orders_lost_total"},
		`tasks_total{reason="WorkflowError"}`:                             {"label reason of tasks_total"},
		`age_seconds{kind="Declined"}`:                                    {"label kind of age_seconds"},
		`sum by (sort) (orders_total)`:                                    {"label sort of orders_total"},
		`age_seconds and on (kind) orders_total`:                          {"label kind of age_seconds"},
		`orders_total{kind="Unauthorised"}`:                               {`kind "Unauthorised" of orders_total`},
		`orders_total{kind="Decl"}`:                                       {`kind "Decl" of orders_total`},
		`orders_total{kind=~"Declined|Refused|Lost"}`: {
			`kind "Lost" of orders_total`, `kind "Refused" of orders_total`,
		},
		`requests_total{status=~"5..|late"}`: {`status "late" of requests_total`},
		`up{job="worker"}`:                   {`job "worker" of up`},
	} {
		require.Equal(t, want, x.missing(query), query)
	}
	for _, tt := range []struct {
		query string
		label *regexp.Regexp
		text  string
		want  []string
	}{
		{`sum by (kind) (orders_total)`, alertLabel, "{{ $value | humanize }} of {{ $labels.kind }}", nil},
		{`sum by (kind) (orders_total)`, legendLabel, "{{kind}} {{ queue }}", []string{"queue"}},
		{`sum(orders_total)`, alertLabel, "{{ $labels.kind }}", []string{"kind"}},
		{`orders_total > 0`, alertLabel, "{{ $labels.kind }} at {{ $labels.instance }}", nil},
		{`orders_total > 0`, alertLabel, "{{ $labels.sort }}", []string{"sort"}},
		{`max(age_seconds and on (instance) age_seconds)`, legendLabel, "{{instance}}", []string{"instance"}},
	} {
		require.Equal(t, tt.want, x.unfilled(tt.query, tt.label, tt.text), tt.query)
	}
}
