package temporalserver_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/sandbox/internal/storetest"
	"github.com/giftbridge/giftbridge/sandbox/internal/temporalserver"
)

const (
	taskQueue  = "greetings"
	workflowID = "greeting"
)

var orderName = temporal.NewSearchAttributeKeyKeyword("OrderName")

func greet(_ workflow.Context, name string) (string, error) { return "hello " + name, nil }

func start(t *testing.T, opts temporalserver.Options) *temporalserver.Server {
	t.Helper()
	if opts.DBFile == "" && opts.PostgreSQL == "" {
		opts.PostgreSQL = storetest.PostgreSQL(t)
	}
	server, err := temporalserver.Start(t.Context(), opts)
	require.NoError(t, err)
	t.Cleanup(func() { stop(t, server) })
	return server
}

func stop(t *testing.T, server *temporalserver.Server) {
	t.Helper()
	require.NoError(t, server.Stop(context.WithoutCancel(t.Context())))
}

func dial(t *testing.T, server *temporalserver.Server) client.Client {
	t.Helper()
	c, err := client.DialContext(t.Context(), client.Options{
		HostPort:  server.HostPort(),
		Namespace: server.Namespace(),
		Logger:    log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// serve runs a worker in the client's namespace until the test ends.
func serve(t *testing.T, c client.Client) {
	t.Helper()
	w := worker.New(c, taskQueue, worker.Options{})
	w.RegisterWorkflow(greet)
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
}

// greetIn runs the workflow, with the attribute unless it is empty, and returns its result.
func greetIn(t *testing.T, c client.Client, name, order string) string {
	t.Helper()
	serve(t, c)
	opts := client.StartWorkflowOptions{ID: workflowID, TaskQueue: taskQueue}
	if order != "" {
		opts.TypedSearchAttributes = temporal.NewSearchAttributes(orderName.ValueSet(order))
	}
	run, err := c.ExecuteWorkflow(t.Context(), opts, greet, name)
	require.NoError(t, err)
	return result(t, run)
}

func result(t *testing.T, run client.WorkflowRun) string {
	t.Helper()
	var greeting string
	require.NoError(t, run.Get(t.Context(), &greeting))
	return greeting
}

func retention(t *testing.T, c client.Client, namespace string) time.Duration {
	t.Helper()
	described, err := c.WorkflowService().DescribeNamespace(t.Context(),
		&workflowservice.DescribeNamespaceRequest{Namespace: namespace})
	require.NoError(t, err)
	return described.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration()
}

func get(t *testing.T, url string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode, "GET %s: %s", url, body)
	return string(body)
}

func keywords(names ...string) map[string]enumspb.IndexedValueType {
	attributes := make(map[string]enumspb.IndexedValueType, len(names))
	for _, name := range names {
		attributes[name] = enumspb.INDEXED_VALUE_TYPE_KEYWORD
	}
	return attributes
}

func TestServer(t *testing.T) {
	t.Parallel()
	server := start(t, temporalserver.Options{
		SearchAttributes: keywords(orderName.GetName()),
		UICodecEndpoint:  "http://127.0.0.1:1/codec",
	})
	c := dial(t, server)

	require.Equal(t, "default", server.Namespace())
	require.Equal(t, 30*24*time.Hour, retention(t, c, "default"))
	require.Equal(t, "hello Ada", greetIn(t, c, "Ada", "#1001"))
	require.Eventually(t, func() bool {
		count, err := c.CountWorkflow(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{
			Query: "OrderName = '#1001' AND ExecutionStatus = 'Completed'",
		})
		return err == nil && count.GetCount() == 1
	}, 10*time.Second, 20*time.Millisecond)

	require.Contains(t, get(t, server.UIURL()+"/"), "<html")
	require.Contains(t, get(t, server.UIURL()+"/api/v1/namespaces"), `"default"`)
	settings := get(t, server.UIURL()+"/api/v1/settings")
	require.Contains(t, settings, `"DefaultNamespace":"default"`)
	require.Contains(t, settings, `"Endpoint":"http://127.0.0.1:1/codec"`)
}

func TestStopFreesPorts(t *testing.T) {
	t.Parallel()
	server := start(t, temporalserver.Options{})
	_, port, err := net.SplitHostPort(server.HostPort())
	require.NoError(t, err)
	frontend, err := strconv.Atoi(port)
	require.NoError(t, err)
	_, err = temporalserver.Start(t.Context(), temporalserver.Options{Port: frontend})
	require.ErrorContains(t, err, "address already in use")

	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, server.Stop(impatient), context.Canceled)
	stop(t, server)
	stop(t, server)

	again := start(t, temporalserver.Options{Port: frontend, UIPort: temporalserver.NoUI})
	require.Equal(t, server.HostPort(), again.HostPort())
	require.Empty(t, again.UIURL())
}

func TestTwoServersAtOnce(t *testing.T) {
	t.Parallel()
	one := start(t, temporalserver.Options{})
	two := start(t, temporalserver.Options{})
	require.NotEqual(t, one.HostPort(), two.HostPort())
	require.NotEqual(t, one.UIURL(), two.UIURL())

	require.Equal(t, "hello Ada", greetIn(t, dial(t, one), "Ada", ""))
	c := dial(t, two)
	_, err := c.DescribeWorkflow(t.Context(), workflowID, "")
	var notFound *serviceerror.NotFound
	require.ErrorAs(t, err, &notFound)
	stop(t, one)
	require.Equal(t, "hello Grace", greetIn(t, c, "Grace", ""))
}

// What one server kept is there in the next one, which has options of its own.
func TestStateIsOpenedAgain(t *testing.T) {
	t.Parallel()
	opts := temporalserver.Options{
		PostgreSQL: storetest.PostgreSQL(t),
		UIPort:     temporalserver.NoUI, Retention: 24 * time.Hour, SearchAttributes: keywords("Other"),
	}
	if opts.PostgreSQL == "" {
		// Characters that have a meaning in a URI.
		opts.DBFile = filepath.Join(t.TempDir(), "a b?c#d%41.db")
	}
	first := start(t, opts)
	require.Equal(t, "hello Ada", greetIn(t, dial(t, first), "Ada", ""))
	stop(t, first)
	if opts.DBFile != "" {
		require.FileExists(t, opts.DBFile)
	}

	opts.Retention = 0
	opts.SearchAttributes = keywords("Other", orderName.GetName())
	second := start(t, opts)
	c := dial(t, second)
	require.Equal(t, "hello Ada", result(t, c.GetWorkflow(t.Context(), workflowID, "")))
	require.Equal(t, temporalserver.DefaultRetention, retention(t, c, second.Namespace()))
	require.Equal(t, "hello Grace", greetIn(t, c, "Grace", "#1002"))
	stop(t, second)

	opts.SearchAttributes = map[string]enumspb.IndexedValueType{"Other": enumspb.INDEXED_VALUE_TYPE_INT}
	_, err := temporalserver.Start(t.Context(), opts)
	require.ErrorContains(t, err, "search attribute Other is of type Keyword, not Int")
}

func TestStartRefuses(t *testing.T) {
	t.Parallel()
	elevenKeywords := keywords("A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K")
	missing := filepath.Join(t.TempDir(), "missing", "temporal.db")
	letter := filepath.Join(t.TempDir(), "letter.txt")
	require.NoError(t, os.WriteFile(letter, []byte(strings.Repeat("Dear Ada, ", 100)), 0o600))
	untyped := map[string]enumspb.IndexedValueType{"A": enumspb.INDEXED_VALUE_TYPE_UNSPECIFIED}
	for name, test := range map[string]struct {
		opts temporalserver.Options
		want string
	}{
		"negative retention": {temporalserver.Options{Retention: -time.Hour}, "retention -1h0m0s is negative"},
		"two stores": {
			temporalserver.Options{DBFile: letter, PostgreSQL: "postgres://localhost/temporal"}, "either in a database file or",
		},
		"address of another kind": {temporalserver.Options{PostgreSQL: "mysql://:secret@localhost/t"}, "not of the form postgres://"},
		"address without a name":  {temporalserver.Options{PostgreSQL: "postgres://:secret@localhost/"}, "no database"},
		"directory missing":       {temporalserver.Options{DBFile: missing}, "find directory of database file"},
		"file of another kind":    {temporalserver.Options{DBFile: letter}, "file is not a database"},
		"too many of one type":    {temporalserver.Options{SearchAttributes: elevenKeywords}, "no column is left"},
		"attribute without type":  {temporalserver.Options{SearchAttributes: untyped}, "no column is left"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := temporalserver.Start(t.Context(), test.opts)
			require.ErrorContains(t, err, test.want)
			require.NotContains(t, err.Error(), "secret")
		})
	}
}
