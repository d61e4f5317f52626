package e2e_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// selector is a metric as a query names it, with the labels that it is selected by.
type selector struct {
	metric string
	labels []string
}

var (
	promString   = regexp.MustCompile(`"(\\.|[^"\\])*"`)
	promGrouping = regexp.MustCompile(`\b(by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)`)
	promRange    = regexp.MustCompile(`\[[^\]]*\]`)
	promToken    = regexp.MustCompile(`[a-zA-Z_:][a-zA-Z0-9_:]*(\{[^}]*\})?|[0-9.]+|[-+*/%^()=!<>,]+|\s+|.`)
	promMatcher  = regexp.MustCompile(`([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*""`)
)

// promFunctions are the functions and operators that the rules and panels use. A misspelled one is no metric that
// exists either.
var promFunctions = []string{
	"absent", "and", "count", "histogram_quantile", "increase", "max", "min", "or", "rate", "sum", "time", "unless",
}

// selectors returns the metrics that a query asks for. It reads as much of PromQL as the rules and panels are written
// in, and refuses the rest.
func selectors(query string) ([]selector, error) {
	plain := promString.ReplaceAllString(query, `""`)
	plain = promRange.ReplaceAllString(promGrouping.ReplaceAllString(plain, " "), " ")
	if strings.Count(plain, "(") != strings.Count(plain, ")") || strings.Count(plain, "{") != strings.Count(plain, "}") {
		return nil, fmt.Errorf("unbalanced brackets in %s", query)
	}
	var out []selector
	for _, token := range promToken.FindAllString(plain, -1) {
		first := token[0]
		switch {
		case strings.TrimSpace(token) == "" || strings.ContainsRune("-+*/%^()=!<>,.0123456789", rune(first)):
			continue
		case first != '_' && (first < 'a' || first > 'z'):
			return nil, fmt.Errorf("%q in %s", token, query)
		}
		name, matchers, _ := strings.Cut(token, "{")
		if slices.Contains(promFunctions, name) && matchers == "" {
			continue
		}
		s := selector{metric: name}
		for _, m := range promMatcher.FindAllStringSubmatch(matchers, -1) {
			s.labels = append(s.labels, m[1])
		}
		if want := strings.Count(matchers, `""`); want != len(s.labels) {
			return nil, fmt.Errorf("labels of %s in %s", name, query)
		}
		out = append(out, s)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no metric in %s", query)
	}
	return out, nil
}

func TestSelectors(t *testing.T) {
	t.Parallel()
	tests := map[string][]selector{
		`up`:                            {{metric: "up"}},
		`up{job="a(b"} == 0`:            {{metric: "up", labels: []string{"job"}}},
		`time() - max(a_seconds) > 0.2`: {{metric: "a_seconds"}},
		`histogram_quantile(0.95, sum by (le, task_queue) (rate(a_bucket{q=~"x|y", z!="}"}[10m]))) > 10`: {
			{metric: "a_bucket", labels: []string{"q", "z"}},
		},
		`max(a and on (instance) (b == on () group_left () max(b)))`: {{metric: "a"}, {metric: "b"}, {metric: "b"}},
		`sum(rat(a[5m]))`: {{metric: "rat"}, {metric: "a"}},
		`sum(a`:           nil,
		`1 > 0`:           nil,
	}
	for query, want := range tests {
		got, err := selectors(query)
		if want == nil {
			require.Error(t, err, query)
			continue
		}
		require.NoError(t, err, query)
		require.Equal(t, want, got, query)
	}
}
