package floor

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"time"

	"github.com/rs/zerolog"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/logging"
	"github.com/giftbridge/giftbridge/internal/relay"
)

// Names of the workflow of a mailbox, of the signal that puts a body into it, and of the path that does so; the resource follows.
const (
	MailboxType = "Mailbox"
	eventSignal = "event"
	MailboxPath = "/mailboxes/"
)

// The events of a mailbox.
const (
	// EventEndpoint and EventTopic are those of all of them.
	EventEndpoint = "orders"
	EventTopic    = "orders/create"
)

// MailboxID returns the ID of the workflow of a mailbox.
func MailboxID(resource string) string { return "mailbox/" + resource }

// ERP is where the events of a [Mailbox] are posted, in the name of a shop. Without a URL, none are.
type ERP struct{ URL, Secret, Shop string }

// client returns the client that giftbridge has: both ask the ERP in the same way, so that it has the same work. It is nil without a
// URL.
func (e ERP) client() (*relay.Client, error) {
	if e.URL == "" {
		return nil, nil
	}
	return relay.New(relay.Options{
		Endpoint: EventEndpoint, URL: e.URL, Secrets: []string{e.Secret},
		Allowed: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	})
}

// Mailbox posts the events of a resource, one after the other, and ends when none waits: the least that Temporal can do for events that
// come in order, and are kept before they are answered.
func Mailbox(ctx workflow.Context, resource string) error {
	var a *activities
	events := workflow.GetSignalChannel(ctx, eventSignal)
	for {
		var body []byte
		if !events.ReceiveAsync(&body) {
			return nil
		}
		if err := workflow.ExecuteActivity(brief(ctx), a.Deliver, resource, body).Get(ctx, nil); err != nil {
			return err
		}
	}
}

// Deliver posts an event once.
func (a *activities) Deliver(ctx context.Context, resource string, body []byte) error {
	_, err := a.erp.Post(ctx, relay.Event{
		ID: relay.ID(EventEndpoint, EventTopic, resource, body), Topic: EventTopic, Resource: resource, Shop: a.shopName, Body: body,
	})
	return err
}

// keepWithin is how long Temporal may take to keep an event: as long as in a receiver.
const keepWithin = 3 * time.Second

// mailboxes puts the bodies of webhooks into mailboxes before it answers.
type mailboxes struct{ client client.Client }

// openMailboxes connects to Temporal as a receiver does.
func openMailboxes(ctx context.Context, o HandlerOptions) (mailboxes, error) {
	connection := client.Options{HostPort: o.Temporal, Namespace: o.Namespace, Logger: logging.Temporal(zerolog.Nop())}
	app.Uncompress(&connection)
	c, err := client.DialContext(ctx, connection)
	if err != nil {
		return mailboxes{}, fmt.Errorf("connect to Temporal at %s: %w", o.Temporal, err)
	}
	return mailboxes{c}, nil
}

func (m mailboxes) put(w http.ResponseWriter, r *http.Request, body []byte) {
	ctx, cancel := context.WithTimeout(r.Context(), keepWithin)
	defer cancel()
	resource := r.PathValue("resource")
	_, err := m.client.SignalWithStartWorkflow(ctx, MailboxID(resource), eventSignal, body,
		client.StartWorkflowOptions{TaskQueue: TaskQueue}, MailboxType, resource)
	if err != nil {
		http.Error(w, fmt.Sprintf("not kept: %v", err), http.StatusServiceUnavailable)
	}
}
