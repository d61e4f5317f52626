package operator

import (
	"errors"
	"net/url"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/internal/codec"
	"github.com/giftbridge/giftbridge/internal/config"
)

// Operator acts on one installation.
type Operator struct {
	client    client.Client
	namespace string
	converter converter.DataConverter
	failures  converter.FailureConverter
	cfg       config.Config
}

// New returns an operator who uses the client, which is of that namespace.
func New(c client.Client, namespace string, payloads *codec.Codec, cfg config.Config) *Operator {
	return &Operator{
		client:    c,
		namespace: namespace,
		converter: codec.DataConverter(payloads),
		failures:  codec.FailureConverter(payloads),
		cfg:       cfg,
	}
}

// Close ends the client's connection.
func (o *Operator) Close() { o.client.Close() }

// Link returns the address of a run in the Temporal Web UI, or that of the newest run where none is named.
func (o *Operator) Link(workflowID, runID string) string {
	link := strings.TrimRight(o.cfg.Digest.TemporalUIURL, "/") + "/namespaces/" + url.PathEscape(o.namespace) +
		"/workflows/" + url.PathEscape(workflowID)
	if runID == "" {
		return link
	}
	return link + "/" + url.PathEscape(runID) + "/history"
}

// ShopLink returns the address of an order in Shopify's admin.
func ShopLink(shop, orderID string) string {
	return "https://" + shop + "/admin/orders/" + url.PathEscape(orderID)
}

// NotFoundError says that there is nothing by that name.
type NotFoundError struct{ What string }

// Error implements error.
func (e *NotFoundError) Error() string { return e.What }

func isNotFound(err error) bool {
	var nf *serviceerror.NotFound
	return errors.As(err, &nf)
}

func isAlreadyStarted(err error) bool {
	var started *serviceerror.WorkflowExecutionAlreadyStarted
	return errors.As(err, &started)
}

// Failure is why something failed.
type Failure struct {
	// Kind is one of giftcard.Kinds, or a name of Temporal's where we gave none.
	Kind    string `json:"kind"`
	Message string `json:"message"`
}

// failureOf reads kind and message from an error as Temporal returns it.
func failureOf(err error) *Failure {
	var app *temporal.ApplicationError
	var timeout *temporal.TimeoutError
	var terminated *temporal.TerminatedError
	var canceled *temporal.CanceledError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &app):
		return &Failure{Kind: app.Type(), Message: app.Message()}
	case errors.As(err, &timeout):
		return &Failure{Kind: "Timeout", Message: timeout.Error()}
	case errors.As(err, &terminated):
		return &Failure{Kind: terminatedKind, Message: "somebody terminated it"}
	case errors.As(err, &canceled):
		return &Failure{Kind: "Canceled", Message: "somebody cancelled it"}
	}
	return &Failure{Kind: "Unknown", Message: err.Error()}
}

// keyword reads a search attribute of one or several keywords, joined by commas.
func keyword(fields map[string]*commonpb.Payload, name string) string {
	p, ok := fields[name]
	if !ok {
		return ""
	}
	var one string
	if converter.GetDefaultDataConverter().FromPayload(p, &one) == nil {
		return one
	}
	var several []string
	if converter.GetDefaultDataConverter().FromPayload(p, &several) == nil {
		return strings.Join(several, ",")
	}
	return ""
}

// quote writes a value for a visibility query, where a backslash takes the next character's meaning away.
func quote(s string) string { return "'" + strings.NewReplacer(`\`, `\\`, "'", "''").Replace(s) + "'" }

func quoteTime(t time.Time) string { return quote(t.UTC().Format(time.RFC3339)) }
