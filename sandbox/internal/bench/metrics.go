package bench

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// The SDK's counters of requests to Temporal, as the worker exports them. Long requests are polls that wait for a task
// (https://docs.temporal.io/references/sdk-metrics).
const (
	metricRequests     = "temporal_request_total"
	metricLongRequests = "temporal_long_request_total"
	labelOperation     = "operation"
)

// traffic counts the requests that a worker has made to Temporal so far, by operation.
type traffic struct{ requests, longPolls map[string]int }

// readTraffic reads a worker's counters.
func readTraffic(ctx context.Context, addr string) (traffic, error) {
	status, text, err := ask(ctx, "http://"+addr+"/metrics")
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("status %d", status)
	}
	if err != nil {
		return traffic{}, fmt.Errorf("read metrics of the worker: %w", err)
	}
	return traffic{
		requests:  parseCounters(string(text), metricRequests, labelOperation),
		longPolls: parseCounters(string(text), metricLongRequests, labelOperation),
	}, nil
}

// since returns the requests that were made after before. A polling worker has made requests and is waiting for work,
// so an empty counter means that the metric is missing or has another name. That is an error.
func (t traffic) since(before traffic) (requests, longPolls map[string]int, err error) {
	for name, counts := range map[string]map[string]int{metricRequests: t.requests, metricLongRequests: t.longPolls} {
		if len(counts) == 0 {
			return nil, nil, fmt.Errorf("read metrics of the worker: there is no %s by %s", name, labelOperation)
		}
	}
	return since(t.requests, before.requests), since(t.longPolls, before.longPolls), nil
}

// parseCounters reads lines such as name{label="key",other="…"} 12. The values of the labels that it is used for
// contain neither quotes nor blanks.
func parseCounters(text, name, label string) map[string]int {
	out := map[string]int{}
	for line := range strings.Lines(text) {
		labels, ok := strings.CutPrefix(line, name+"{")
		if !ok {
			continue
		}
		labels, number, ok := strings.Cut(labels, "} ")
		if !ok {
			continue
		}
		number, _, _ = strings.Cut(strings.TrimSpace(number), " ") // A timestamp may follow.
		value, err := strconv.ParseFloat(number, 64)
		if err != nil {
			continue
		}
		for l := range strings.SplitSeq(labels, ",") {
			if key, ok := strings.CutPrefix(l, label+`="`); ok {
				out[strings.TrimSuffix(key, `"`)] += int(value)
			}
		}
	}
	return out
}

// since returns the differences from earlier counts, without those that are zero.
func since(now, before map[string]int) map[string]int {
	out := map[string]int{}
	for key, n := range now {
		if d := n - before[key]; d > 0 {
			out[key] = d
		}
	}
	return out
}

func total(counts map[string]int) int {
	sum := 0
	for _, n := range counts {
		sum += n
	}
	return sum
}
