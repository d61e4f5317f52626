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
)

// operations reads a worker's counters of a name and adds them up by operation.
func operations(ctx context.Context, addr, name string) (map[string]int, error) {
	status, text, err := ask(ctx, "http://"+addr+"/metrics")
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("status %d", status)
	}
	if err != nil {
		return nil, fmt.Errorf("read metrics of the worker: %w", err)
	}
	return parseCounters(string(text), name, "operation"), nil
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
