package executions

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/giftbridge/giftbridge/internal/codec"
)

// Namespace returns the name of the namespace.
func (o *Reader) Namespace() string { return o.namespace }

// ServerVersion returns the version of the Temporal server.
func (o *Reader) ServerVersion(ctx context.Context) (string, error) {
	info, err := o.Client.WorkflowService().GetSystemInfo(ctx, &workflowservice.GetSystemInfoRequest{})
	if err != nil {
		return "", fmt.Errorf("ask Temporal for its version: %w", err)
	}
	return info.GetServerVersion(), nil
}

// Reader reads the workflows of one namespace.
type Reader struct {
	// Client is the connection to Temporal.
	Client client.Client
	// Converter and Failures decode the payloads and failures that the available keys can decrypt.
	Converter converter.DataConverter
	Failures  converter.FailureConverter

	namespace, uiURL string
}

// New returns a reader that uses c, which must be connected to the given namespace. All links begin with uiURL, the
// address of the Temporal Web UI.
func New(c client.Client, namespace string, payloads *codec.Codec, uiURL string) *Reader {
	return &Reader{
		Client:    c,
		Converter: codec.DataConverter(payloads),
		Failures:  codec.FailureConverter(payloads),
		namespace: namespace,
		uiURL:     strings.TrimRight(uiURL, "/"),
	}
}

// Close closes the client's connection.
func (o *Reader) Close() { o.Client.Close() }

// Link returns the address of a run in the Temporal Web UI, or of the workflow's newest run if runID is empty.
func (o *Reader) Link(workflowID, runID string) string {
	link := o.uiURL + "/namespaces/" + url.PathEscape(o.namespace) +
		"/workflows/" + url.PathEscape(workflowID)
	if runID == "" {
		return link
	}
	return link + "/" + url.PathEscape(runID) + "/history"
}

// NotFoundError reports that something does not exist. The field What is the message.
type NotFoundError struct{ What string }

// Error implements error.
func (e *NotFoundError) Error() string { return e.What }

// IsNotFound reports whether Temporal has no workflow, schedule or deployment of that name.
func IsNotFound(err error) bool {
	var nf *serviceerror.NotFound
	return errors.As(err, &nf)
}

// IsAlreadyStarted reports whether a workflow was not started because there is one with its ID.
func IsAlreadyStarted(err error) bool {
	var started *serviceerror.WorkflowExecutionAlreadyStarted
	return errors.As(err, &started)
}

// IsBusy reports whether Temporal has too much to do: it refused a request for that reason, or did not answer in time.
func IsBusy(err error) bool {
	var busy *serviceerror.ResourceExhausted
	var late *serviceerror.DeadlineExceeded
	return errors.As(err, &busy) || errors.As(err, &late)
}

// Retention returns how long the namespace keeps closed workflows.
func (o *Reader) Retention(ctx context.Context) (time.Duration, error) {
	ns, err := o.Client.WorkflowService().DescribeNamespace(ctx,
		&workflowservice.DescribeNamespaceRequest{Namespace: o.namespace})
	if err != nil {
		return 0, fmt.Errorf("read how long Temporal keeps records: %w", err)
	}
	return ns.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration(), nil
}
