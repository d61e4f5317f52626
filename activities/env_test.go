package activities_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// serve serves h on a loopback address until the test ends.
func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	web := httptest.NewServer(h)
	t.Cleanup(web.Close)
	return web.URL
}

// newEnv returns an environment that runs the activities of each struct by their wire names.
func newEnv(logger log.Logger, structs ...any) *testsuite.TestActivityEnvironment {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(logger)
	env := suite.NewTestActivityEnvironment()
	for _, s := range structs {
		env.RegisterActivity(s)
	}
	return env
}

// execute runs an activity once, as a worker would: through its wire format.
func execute[Out any](t *testing.T, env *testsuite.TestActivityEnvironment, name string, in any) (Out, error) {
	t.Helper()
	var out Out
	value, err := env.ExecuteActivity(name, in)
	if err != nil {
		return out, err
	}
	require.NoError(t, value.Get(&out))
	return out, nil
}

// requireKind requires that the activity failed in the way that Temporal and people should see.
func requireKind(t *testing.T, err error, kind giftcard.Kind, doing string) *temporal.ApplicationError {
	t.Helper()
	var failure *temporal.ApplicationError
	require.ErrorAs(t, err, &failure)
	require.Equal(t, string(kind), failure.Type(), failure.Message())
	require.Equal(t, kind.Final(), failure.NonRetryable())
	require.Regexp(t, "^"+doing+": .", failure.Message())
	var details activities.FailureDetails
	require.NoError(t, failure.Details(&details))
	return failure
}

// logs keeps what was logged, with keys and values.
type logs struct {
	mu     sync.Mutex
	lines  []string
	errors []string
}

func (l *logs) add(level, message string, keysAndValues []any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	line := fmt.Sprintln(append([]any{level, message}, keysAndValues...)...)
	l.lines = append(l.lines, line)
	if level == "ERROR" {
		l.errors = append(l.errors, line)
	}
}

func (l *logs) Debug(message string, keysAndValues ...any) { l.add("DEBUG", message, keysAndValues) }
func (l *logs) Info(message string, keysAndValues ...any)  { l.add("INFO", message, keysAndValues) }
func (l *logs) Warn(message string, keysAndValues ...any)  { l.add("WARN", message, keysAndValues) }
func (l *logs) Error(message string, keysAndValues ...any) { l.add("ERROR", message, keysAndValues) }

// date returns noon of a day in the month of the tests' orders.
func date(day int) time.Time { return time.Date(2026, 7, day, 12, 0, 0, 0, time.UTC) }
