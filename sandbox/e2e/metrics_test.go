package e2e_test

import (
	"bufio"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

// measured starts a system whose worker serves metrics.
func measured(t *testing.T, o stack.Options) *system {
	t.Helper()
	configure := o.Configure
	o.Configure = func(c *config.Config) {
		c.Metrics.Addr = "127.0.0.1:0"
		if configure != nil {
			configure(c)
		}
	}
	return start(t, o)
}

// exposition is what /metrics says: the value of each series, as text.
type exposition map[string]string

// metrics asks the worker.
func (w *system) metrics() exposition {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.ctx, http.MethodGet, w.MetricsURL(), nil)
	require.NoError(w.t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(w.t, err)
	defer resp.Body.Close()
	require.Equal(w.t, http.StatusOK, resp.StatusCode)
	return readExposition(w.t, resp.Body)
}

func readExposition(t *testing.T, r io.Reader) exposition {
	t.Helper()
	out := exposition{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if i := strings.LastIndexByte(line, ' '); i > 0 && !strings.HasPrefix(line, "#") {
			out[line[:i]] = line[i+1:]
		}
	}
	require.NoError(t, lines.Err())
	return out
}

// names are the names of the series.
func (x exposition) names() []string {
	var all []string
	for series := range x {
		name, _, _ := strings.Cut(series, "{")
		all = append(all, name)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// ofOurs are the series of giftbridge and of the SDK, without those of the process.
func (x exposition) ofOurs() []string {
	var all []string
	for series := range x {
		if strings.HasPrefix(series, "giftbridge_") || strings.HasPrefix(series, "temporal_") {
			all = append(all, series)
		}
	}
	slices.Sort(all)
	return all
}

// What a worker does is counted, and nobody is named.
func TestMetrics(t *testing.T) {
	t.Parallel()
	w := measured(t, stack.Options{Configure: func(c *config.Config) {
		c.CashStar.MaxRPS, c.Digest.Rerun = 50, false
	}})
	require.NotContains(t, w.metrics(), "giftbridge_poll_watermark_timestamp_seconds", "no poll has completed")
	w.place(stack.Single, stack.SeveralUnits, stack.UnknownMerchant, stack.Mixed, stack.Unpaid)
	w.poll()
	w.settle(3)
	_, _, err := w.tryDigest()
	require.NoError(t, err)
	once := w.metrics()
	for _, s := range once.ofOurs() {
		if !strings.Contains(s, "_bucket") {
			t.Log(s, once[s])
		}
	}
	t.Log(len(once.ofOurs()), len(once))
}
