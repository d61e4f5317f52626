package e2e_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

// promQuery is what a query reads.
type promQuery struct {
	selectors []selector
	// labels are the labels by which series are grouped and joined, and kept the ones of them that remain after an
	// aggregation.
	labels, kept []string
	aggregates   bool
}

// selector is a metric as named in a query, with its label matchers.
type selector struct {
	metric   string
	matchers []matcher
}

type matcher struct{ label, operator, value string }

var (
	promString   = regexp.MustCompile(`"(\\.|[^"\\])*"`)
	promGrouping = regexp.MustCompile(`\b(by|without|on|ignoring|group_left|group_right)\s*\(([^()]*)\)`)
	promRange    = regexp.MustCompile(`\[[^\]]*\]`)
	promToken    = regexp.MustCompile(`[a-zA-Z_:][a-zA-Z0-9_:]*(\{[^}]*\})?|[0-9.]+|[-+*/%^()=!<>,]+|\s+|.`)
	promMatcher  = regexp.MustCompile(`([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*""`)
)

// promAggregations and promFunctions are the functions and operators that the rules and panels use. A misspelled one is
// not the name of an existing metric either.
var (
	promAggregations = []string{"absent", "count", "max", "min", "sum"}
	promFunctions    = []string{"and", "histogram_quantile", "increase", "or", "rate", "time", "unless"}
)

// parseQuery parses the part of PromQL that the rules and panels use, and rejects the rest.
func parseQuery(query string) (promQuery, error) {
	var q promQuery
	values := promString.FindAllString(query, -1)
	plain := promString.ReplaceAllString(query, `""`)
	for _, g := range promGrouping.FindAllStringSubmatch(plain, -1) {
		labels := strings.FieldsFunc(g[2], func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
		q.labels = append(q.labels, labels...)
		if g[1] == "by" {
			q.kept = append(q.kept, labels...)
		}
	}
	plain = promRange.ReplaceAllString(promGrouping.ReplaceAllString(plain, " "), " ")
	if strings.Count(plain, "(") != strings.Count(plain, ")") || strings.Count(plain, "{") != strings.Count(plain, "}") {
		return q, fmt.Errorf("unbalanced brackets in %s", query)
	}
	for _, token := range promToken.FindAllString(plain, -1) {
		first := token[0]
		letter := 'a' <= first && first <= 'z' || 'A' <= first && first <= 'Z'
		name, inside, braces := strings.Cut(token, "{")
		switch {
		case strings.TrimSpace(token) == "" || strings.ContainsRune("-+*/%^()=!<>,.0123456789", rune(first)):
			continue
		case first != '_' && !letter:
			return q, fmt.Errorf("%q in %s", token, query)
		case !braces && slices.Contains(promAggregations, name):
			q.aggregates = true
			continue
		case !braces && slices.Contains(promFunctions, name):
			continue
		}
		s := selector{metric: name}
		found := promMatcher.FindAllStringSubmatch(inside, -1)
		if len(found) != strings.Count(inside, `""`) {
			return q, fmt.Errorf("labels of %s in %s", name, query)
		}
		for _, m := range found {
			value, err := strconv.Unquote(values[0])
			if err != nil {
				return q, fmt.Errorf("%s in %s: %w", values[0], query, err)
			}
			s.matchers, values = append(s.matchers, matcher{m[1], m[2], value}), values[1:]
		}
		q.selectors = append(q.selectors, s)
	}
	if len(q.selectors) == 0 {
		return q, fmt.Errorf("no metric in %s", query)
	}
	return q, nil
}

func TestParseQuery(t *testing.T) {
	t.Parallel()
	tests := map[string]promQuery{
		`up`: {selectors: []selector{{metric: "up"}}},
		`up{job="a(b"} == 0`: {
			selectors: []selector{{metric: "up", matchers: []matcher{{"job", "=", "a(b"}}}},
		},
		`time() - max(a_seconds) > 0.2`: {selectors: []selector{{metric: "a_seconds"}}, aggregates: true},
		`histogram_quantile(0.95, sum by (le, task_queue) (rate(a_bucket{q=~"x|y", z!="}"}[10m]))) > 10`: {
			selectors: []selector{{metric: "a_bucket", matchers: []matcher{{"q", "=~", "x|y"}, {"z", "!=", "}"}}}},
			labels:    []string{"le", "task_queue"}, kept: []string{"le", "task_queue"}, aggregates: true,
		},
		`max(a and on (instance) (b{x="1"} == on () group_left () max(b{x="2"})))`: {
			selectors: []selector{
				{metric: "a"},
				{metric: "b", matchers: []matcher{{"x", "=", "1"}}},
				{metric: "b", matchers: []matcher{{"x", "=", "2"}}},
			},
			labels: []string{"instance"}, aggregates: true,
		},
		`sum by (state) (ALERTS{name="A"})`: {
			selectors: []selector{{metric: "ALERTS", matchers: []matcher{{"name", "=", "A"}}}},
			labels:    []string{"state"}, kept: []string{"state"}, aggregates: true,
		},
		`sum(rat(a[5m]))`: {selectors: []selector{{metric: "rat"}, {metric: "a"}}, aggregates: true},
	}
	for query, want := range tests {
		got, err := parseQuery(query)
		require.NoError(t, err, query)
		require.Equal(t, want, got, query)
	}
	for _, query := range []string{`sum(a`, `1 > 0`, `a{b="c" d}"`} {
		_, err := parseQuery(query)
		require.Error(t, err, query)
	}
}
