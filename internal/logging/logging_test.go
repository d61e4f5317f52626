package logging_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/log"

	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/ops"
	"github.com/giftbridge/giftbridge/internal/logging"
)

// lines returns what was logged as JSON.
func lines(t *testing.T, b *bytes.Buffer) []map[string]any {
	t.Helper()
	var out []map[string]any
	for line := range strings.Lines(b.String()) {
		var m map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &m), line)
		require.Equal(t, 1, strings.Count(line, `"time"`), "one time a line: %s", line)
		at, err := time.Parse("2006-01-02T15:04:05.000Z", m["time"].(string))
		require.NoError(t, err)
		require.WithinDuration(t, time.Now(), at, time.Hour)
		delete(m, "time")
		out = append(out, m)
	}
	return out
}

func TestNewWritesJSONWhereThereIsNoTerminal(t *testing.T) {
	t.Parallel()
	for _, format := range []string{ops.FormatAuto, ops.FormatJSON} {
		var b bytes.Buffer
		zl, err := logging.New(&b, ops.Log{Level: "info", Format: format})
		require.NoError(t, err)

		zl.Debug().Msg("unseen")
		zl.Info().Str("order", "#1001").Msg("seen")

		require.Equal(t, []map[string]any{{"level": "info", "order": "#1001", "message": "seen"}}, lines(t, &b))
	}
}

func TestNewAutoWritesJSONToAFile(t *testing.T) {
	t.Parallel()
	f, err := os.CreateTemp(t.TempDir(), "log")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	zl, err := logging.New(f, ops.Log{Level: "info", Format: ops.FormatAuto})
	require.NoError(t, err)

	zl.Info().Msg("seen")

	content, err := os.ReadFile(f.Name())
	require.NoError(t, err)
	require.Contains(t, string(content), `"message":"seen"`)
}

func TestNewConsole(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	zl, err := logging.New(&b, ops.Log{Level: "debug", Format: ops.FormatConsole})
	require.NoError(t, err)

	zl.Debug().Str("order", "#1001").Msg("seen")

	require.Regexp(t, `^\d\d:\d\d:\d\d DBG seen order=#1001\n$`, b.String(), "without colours, since it is no terminal")
}

func TestNewRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	for _, c := range []ops.Log{{Level: "loud", Format: "json"}, {Level: "info", Format: "text"}} {
		_, err := logging.New(&bytes.Buffer{}, c)
		require.ErrorContains(t, err, "LOG_")
	}
}

func TestTemporal(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	zl, err := logging.New(&b, ops.Log{Level: "info", Format: ops.FormatJSON})
	require.NoError(t, err)
	l := log.With(logging.Temporal(zl), "WorkflowID", "gift-card-order/x/1")

	l.Debug("unseen")
	l.Info("seen", "Attempt", 2)
	l.Warn("seen", "Error", errors.New("no luck"))
	l.Error("seen", "Password", config.NewSecret("hush"))

	require.Equal(t, []map[string]any{
		{"level": "info", "message": "seen", "WorkflowID": "gift-card-order/x/1", "Attempt": 2.0},
		{"level": "warn", "message": "seen", "WorkflowID": "gift-card-order/x/1", "Error": "no luck"},
		{"level": "error", "message": "seen", "WorkflowID": "gift-card-order/x/1", "Password": "[redacted]"},
	}, lines(t, &b))
}
