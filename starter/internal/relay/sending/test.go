package sending

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/app/forwarding"
	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/relay"
	"github.com/giftbridge/giftbridge/starter/internal/session"
)

func newTest(f *cli.Flags) *cobra.Command {
	return &cobra.Command{
		Use:   "test ENDPOINT",
		Short: "Send a signed test event to an endpoint, and say what it answers",
		Long: `Test sends one event straight to the URL of an endpoint, with the secrets, headers and certificates that are configured here,
and prints how far it came: whether the address may be connected to, whether TLS works, what the endpoint has answered, and how long
that took. It asks neither Temporal nor a worker, and works while the endpoint is paused.

The event has the topic giftbridge/test and a body that says that it is a test: {"test":true,…}. The other system answers it like any
event. Run it where the workers run: elsewhere, other networks may be reached. It needs the workers' configuration.

Exit codes: 0 the endpoint has taken it, 1 it has not, 2 wrong usage or configuration.`,
		Example: `  giftbridge relay test orders
  giftbridge relay test products --json | jq .status`,
		Args: session.OneEndpoint, ValidArgsFunction: session.CompleteEndpoint,
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := config.Load()
			if err == nil {
				err = session.NeedsEndpoint(cfg, args[0])
			}
			if err != nil {
				return &cli.UsageError{Err: err}
			}
			client, err := forwarding.Client(cfg, args[0], nil)
			if err != nil {
				return &cli.UsageError{Err: err}
			}
			out := try(cmd.Context(), client, cfg.Relay.URL(args[0]), args[0], cfg.Shopify.Shop)
			if f.JSON {
				err = cli.JSON(cmd.OutOrStdout(), out)
			} else {
				err = out.print(cmd.OutOrStdout())
			}
			if err != nil || out.Taken {
				return err
			}
			return fmt.Errorf("endpoint %s has not taken the test event", args[0])
		},
	}
}

// What the parts of a test came to.
const (
	fine    = "ok"
	failed  = "failed"
	unknown = "not reached"
	none    = "none: the URL is http"
)

// tested is what became of a test event.
type tested struct {
	Endpoint string `json:"endpoint"`
	// Host is where it was sent. The rest of the URL may be secret.
	Host  string `json:"host"`
	Taken bool   `json:"taken"`
	// Address says whether the address may be connected to, and TLS whether TLS works.
	Address string `json:"address"`
	TLS     string `json:"tls"`
	// Status is the HTTP status, 0 if there was no answer. Error is what went wrong; empty if nothing did.
	Status       int    `json:"status,omitempty"`
	Error        string `json:"error,omitempty"`
	Milliseconds int64  `json:"milliseconds"`
	// Advice says what to do; empty if there is nothing to do.
	Advice string `json:"advice,omitempty"`
}

// poster is what [try] needs of a client.
type poster interface {
	Post(ctx context.Context, e relay.Event) (relay.Answer, error)
}

// testTopic is the topic of test events, which no event of the shop has.
const testTopic = "giftbridge/test"

// try sends a test event.
func try(ctx context.Context, p poster, rawURL, endpoint, shop string) tested {
	now := time.Now().UTC()
	body, _ := json.Marshal(map[string]any{ // It cannot fail.
		"test": true, "message": "This is a test event of giftbridge. It is about no order and no product.", "sent_at": now,
	})
	out := tested{Endpoint: endpoint, Address: fine, TLS: fine}
	if u, err := url.Parse(rawURL); err == nil {
		out.Host = u.Host
		if u.Scheme == "http" {
			out.TLS = none
		}
	}
	answer, err := p.Post(ctx, relay.Event{
		ID: relay.ID(endpoint, testTopic, "test", body), Topic: testTopic, Resource: "test", Shop: shop, Body: body,
		TriggeredAt: now, Attempt: 1,
	})
	out.Milliseconds = time.Since(now).Milliseconds()
	if err == nil {
		out.Taken, out.Status = true, answer.Status
		return out
	}
	out.fail(err)
	return out
}

// fail says how far an event came that was not taken.
func (t *tested) fail(err error) {
	t.Error = err.Error()
	e, ok := errors.AsType[*relay.Error](err)
	if !ok {
		return
	}
	t.Status = e.Status
	switch {
	case e.Outcome == relay.Blocked:
		t.Address, t.Advice = failed, "if that is where the other system is, name its network in RELAY_ALLOWED_NETWORKS"
	case e.Status != 0:
		t.Advice = advice(e)
		return
	case ofTLS(e):
		t.TLS, t.Advice = failed, "check the certificate; one of an authority of your own needs RELAY_CA_FILE"
		return
	default:
		t.Address, t.Advice = unknown, "check the name, the port and the network between; run it where the workers run"
	}
	if t.TLS == fine {
		t.TLS = unknown
	}
}

// ofTLS reports whether it was TLS that failed.
func ofTLS(err error) bool {
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	_, record := errors.AsType[tls.RecordHeaderError](err)
	_, alert := errors.AsType[tls.AlertError](err)
	return certificate || record || alert || strings.Contains(err.Error(), "tls: ")
}

// advice says what an answer asks for.
func advice(e *relay.Error) string {
	switch {
	case e.Outcome == relay.Gone:
		return "the other system says that it wants no events at this URL any more: ask its people for the new one"
	case e.Status/100 == 3:
		return "redirects are not followed: set the URL to which it leads"
	case e.Status == 401 || e.Status == 403 || e.Status == 407:
		return "check RELAY_SECRETS and RELAY_HEADERS on both sides, and the clocks"
	case e.Status == 404 || e.Status == 405:
		return "check the path of the URL"
	case e.Status/100 == 4:
		return "the other system refuses this event: it must answer a topic that it does not know with 2xx"
	}
	return "ask the people of the other system"
}

func (t tested) print(w io.Writer) error {
	status := func(s string) cli.Tinted {
		return cli.Tinted{Text: s, Status: map[string]check.Status{fine: check.OK, failed: check.Fail, unknown: check.Warn, none: check.Warn}[s]}
	}
	return cli.Table(w, func(row func(...any)) {
		row("endpoint", t.Endpoint)
		row("host", t.Host)
		row("address", status(t.Address))
		row("TLS", status(t.TLS))
		switch {
		case t.Status != 0 && t.Taken:
			row("answer", cli.Tinted{Text: fmt.Sprintf("HTTP %d: taken", t.Status), Status: check.OK})
		case t.Status != 0:
			row("answer", cli.Tinted{Text: fmt.Sprintf("HTTP %d: not taken", t.Status), Status: check.Fail})
		default:
			row("answer", cli.Tinted{Text: "none", Status: check.Fail})
		}
		row("time", fmt.Sprintf("%d ms", t.Milliseconds))
		if t.Error != "" {
			row("error", t.Error)
		}
		if t.Advice != "" {
			row("", "→ "+t.Advice)
		}
	})
}
