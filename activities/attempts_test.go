package activities_test

import (
	"bytes"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
)

// requests keeps the bodies of the requests that pass through.
type requests struct {
	http.Handler
	mu     sync.Mutex
	bodies []string
}

func (r *requests) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	q.Body = io.NopCloser(bytes.NewReader(body))
	r.mu.Lock()
	r.bodies = append(r.bodies, string(body))
	r.mu.Unlock()
	r.Handler.ServeHTTP(w, q)
}

// However often Temporal retries, and however much time passes between attempts, the request is for the same card.
func TestIssueCardAsksTheSameInEachAttempt(t *testing.T) {
	t.Parallel()
	i := newIssuing(t, cashstartest.Options{})
	i.issuer.Inject(cashstartest.Fault{Kind: cashstartest.Drop, AfterCommit: true, Times: 3})
	asked := &requests{Handler: i.issuer}
	gifts := newGiftCards(t, asked, password)
	now := date(15)
	gifts.Now = func() time.Time {
		now = now.Add(24 * time.Hour)
		return now
	}
	in := secondCard()
	in.RetryBudget = time.Hour

	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(i.logs)
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(time.Minute) // The machine may be busy.
	env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: time.Minute})
	env.RegisterActivity(gifts)
	env.RegisterWorkflow(issueOne)
	env.ExecuteWorkflow(issueOne, in)

	var out activities.IssueCardResult
	require.NoError(t, env.GetWorkflowResult(&out))
	require.True(t, out.Existed)
	require.Equal(t, in.AuditNumber, out.AuditNumber)
	require.Len(t, i.issuer.Cards(), 1)
	require.Equal(t, in.AuditNumber, i.issuer.Cards()[0].AuditNumber)
	require.Len(t, asked.bodies, 4)
	for _, body := range asked.bodies {
		require.Equal(t, asked.bodies[0], body)
	}
}

func issueOne(ctx workflow.Context, in activities.IssueCardInput) (activities.IssueCardResult, error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		StartToCloseTimeout: time.Minute, RetryPolicy: &temporal.RetryPolicy{InitialInterval: time.Second},
	})
	var out activities.IssueCardResult
	err := workflow.ExecuteActivity(ctx, activities.IssueCardType, in).Get(ctx, &out)
	return out, err
}
