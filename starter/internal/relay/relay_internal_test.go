package relay

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/activities/relaying"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/relayed"
	"github.com/giftbridge/giftbridge/internal/relayqueue"
)

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

func TestPrintList(t *testing.T) {
	t.Parallel()
	l := listed{
		Endpoints: []relayed.EndpointStatus{
			{Endpoint: "orders", State: relayqueue.Paused, Reason: "service", By: "ann", Since: noon},
			{Endpoint: "products", State: relayqueue.Open},
		},
		Waiting: []relayed.Waiting{{
			Endpoint: "orders", Resource: "7", Name: "#1001", Since: noon, Failed: 3,
			Failure: &executions.Failure{Kind: "Unavailable", Message: "HTTP 503"},
		}},
		AllWaiting: 3,
		Undelivered: []relayed.Undelivered{{
			Endpoint: "products", Resource: "5", Event: relaying.Event{ID: "evt_aaaaaaaaaaaaaaaa", Topic: "products/update"},
			GivenUpAt: noon, Failure: executions.Failure{Kind: "InvalidRequest", Message: "HTTP 422"},
		}},
		AllUndelivered: 1,
	}
	var out, notes bytes.Buffer
	require.NoError(t, l.print(&out, &notes, noon))
	require.Equal(t, "endpoint orders is paused by ann since 2026-07-01T12:00:00Z: service; to resume it, run: giftbridge relay resume orders\n"+
		"2 more are not shown; --limit 0 lists all\n", notes.String())
	require.Contains(t, out.String(), "Unavailable: HTTP 503")
	require.Contains(t, out.String(), "evt_aaaaaaaaaaaa ")
	notes.Reset()
	require.NoError(t, listed{}.print(&out, &notes, noon))
	require.Equal(t, "nothing waits, and nothing is undelivered\n", notes.String())
}

func TestPrintDetail(t *testing.T) {
	t.Parallel()
	d := &relayed.Detail{
		Place: relayed.Place{Endpoint: "orders", Resource: "7"}, Name: "#1001", Unread: "no worker",
		Waiting: &relayed.Waiting{Since: noon, Failed: 2, NextAt: noon.Add(time.Minute), Failure: &executions.Failure{Kind: "Unavailable", Message: "HTTP 503"}},
		Undelivered: []relayed.Undelivered{{
			Event: relaying.Event{ID: "evt_aaaaaaaaaaaaaaaa", Topic: "orders/create"}, GivenUpAt: noon,
			Failure: executions.Failure{Kind: "InvalidRequest", Message: "HTTP 422"},
		}},
		Taken: []relayed.Taken{{Event: relaying.Event{ID: "evt_b", Topic: "orders/paid", Again: true}, At: noon, Attempts: 2, Stale: true}},
		Older: true,
	}
	var out bytes.Buffer
	require.NoError(t, printDetail(&out, d, noon))
	for _, says := range []string{
		"#1001", "2 attempts have failed", "Unavailable: HTTP 503", "it needs a worker that runs (no worker)",
		"giftbridge relay replay --id evt_aaaaaaaaaaaa", "2 attempts, older than what was taken before, sent once more by hand",
		"giftbridge relay replay --of orders/7", "what was taken before is not shown",
	} {
		require.Contains(t, out.String(), says)
	}
	out.Reset()
	require.NoError(t, printDetail(&out, &relayed.Detail{}, noon))
	require.Contains(t, out.String(), "nothing")
}

// A mistake is a line, and the exit code of wrong usage.
func TestUsage(t *testing.T) {
	t.Parallel()
	for says, args := range map[string][]string{
		"name one endpoint":             {"pause"},
		`there is no endpoint "erp"`:    {"resume", "erp"},
		"--reason must say why no":      {"pause", "orders"},
		"name an event":                 {"settle", "#1001"},
		"--reason must say why the":     {"settle", "evt_aaaaaaaaaaaaaaaa"},
		"name an order, a product":      {"show"},
		"--limit -1 is negative":        {"list", "--limit", "-1"},
		`--since "soon"`:                {"list", "--since", "soon"},
		`there is no endpoint "orderz"`: {"list", "--endpoint", "orderz"},
	} {
		cmd := Command(&cli.Flags{})
		cmd.SetArgs(args)
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		err := cmd.Execute()
		require.ErrorContains(t, err, says)
		require.ErrorAs(t, err, new(*cli.UsageError))
	}
}
