package bench

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// The SDK's counters of requests to Temporal, as the worker exports them; long ones are polls that wait for a task
// (https://docs.temporal.io/references/sdk-metrics).
const (
	metricRequests     = "temporal_request_total"
	metricLongRequests = "temporal_long_request_total"
	labelOperation     = "operation"
)

// traffic is what a worker has asked of Temporal so far, by operation.
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

// since is what was asked after before. A worker that polls has asked for something and waits for work: counters that do
// not tell are not there, or have other names.
func (t traffic) since(before traffic) (requests, longPolls map[string]int, err error) {
	for name, counts := range map[string]map[string]int{metricRequests: t.requests, metricLongRequests: t.longPolls} {
		if len(counts) == 0 {
			return nil, nil, fmt.Errorf("read metrics of the worker: there is no %s by %s", name, labelOperation)
		}
	}
	return since(t.requests, before.requests), since(t.longPolls, before.longPolls), nil
}

// parseCounters reads lines such as name{label="key",other="…"} 12. Values of labels that we look for hold neither
// quotes nor blanks.
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
		number, _, _ = strings.Cut(strings.TrimSpace(number), " ") // A time may follow.
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

// since subtracts earlier counts and leaves out what did not happen.
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
