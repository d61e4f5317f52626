package workflows_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/giftbridge/giftbridge/workflows"
)

// histories returns the recorded histories by name. They are written by
//
//	go test ./sandbox/e2e -run TestHistories -update
//
// and only ever added to: one that was written by a release is one that may still be running somewhere.
func histories(t *testing.T) map[string]*historypb.History {
	t.Helper()
	const root = "testdata/history"
	out := map[string]*historypb.History{}
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		name, isHistory := strings.CutSuffix(filepath.ToSlash(path), ".json")
		if err != nil || !isHistory {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		out[strings.TrimPrefix(name, root+"/")], err = client.HistoryFromJSON(file, client.HistoryJSONOptions{})
		return err
	})
	require.NoError(t, err)
	return out
}

func replay(h *historypb.History) error {
	replayer := worker.NewWorkflowReplayer()
	workflows.Register(replayer)
	return replayer.ReplayWorkflowHistory(silence{}, h)
}

// Workflows that run do so in the code that there is: it has to do again what older code did.
func TestReplay(t *testing.T) {
	t.Parallel()
	recorded := histories(t)
	for _, name := range []string{
		"PollOrders/first", "PollOrders/continued-first", "PollOrders/continued-last", "PollOrders/failed-page",
		"GiftCardOrder/one-card", "GiftCardOrder/several-units", "GiftCardOrder/merchant-unknown",
		"GiftCardOrder/unit-declined", "GiftCardOrder/retried", "GiftCardOrder/reset",
	} {
		require.Contains(t, recorded, name)
	}
	for name, h := range recorded {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, replay(h))
		})
	}
}

// The replay test would notice an activity under another name and a child under another ID. It does not notice other
// arguments, which the SDK does not compare.
func TestReplayNoticesChanges(t *testing.T) {
	t.Parallel()
	for name, h := range histories(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, e := range h.GetEvents() {
				if a := e.GetActivityTaskScheduledEventAttributes(); a != nil {
					a.ActivityType.Name += "V2"
					break
				}
			}
			require.ErrorContains(t, replay(h), "TMPRL1100")
		})
	}
	h := histories(t)["PollOrders/first"]
	for _, e := range h.GetEvents() {
		if a := e.GetStartChildWorkflowExecutionInitiatedEventAttributes(); a != nil {
			a.WorkflowId += "0"
		}
	}
	require.ErrorContains(t, replay(h), "TMPRL1100")
}

// Histories are read by anybody who has the source.
func TestHistoriesTellNothingOfTheirMachine(t *testing.T) {
	t.Parallel()
	host, err := os.Hostname()
	require.NoError(t, err)
	for name, h := range histories(t) {
		for _, e := range h.GetEvents() {
			text := e.String()
			require.NotRegexp(t, `identity:\s*"[^"]*@`, text, name)
			require.NotRegexp(t, `stack_trace`, text, name)
			require.NotContains(t, text, `"`+host+`:`, name)
			require.NotContains(t, text, "@"+host, name)
		}
	}
}
