package activities_test

import (
	"net/http"
	"net/http/httptest"
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

// newEnv runs the activities of each struct by their wire names.
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

// requireKind requires that the activity failed in the way that Temporal and people are to see.
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

// logs collects what was logged.
type logs chan string

func newLogs() logs { return make(logs, 1000) }

func (l logs) Debug(string, ...any)       {}
func (l logs) Info(string, ...any)        {}
func (l logs) Warn(string, ...any)        {}
func (l logs) Error(msg string, _ ...any) { l <- msg }

// date is a day of the month in which the orders of the tests lie.
func date(day int) time.Time { return time.Date(2026, 7, day, 12, 0, 0, 0, time.UTC) }
