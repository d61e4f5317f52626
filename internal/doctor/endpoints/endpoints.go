// Package endpoints examines the endpoints to which the shop's events are posted, such as those of an ERP. It posts nothing: an
// endpoint may take any request for an event.
package endpoints

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/giftbridge/giftbridge/internal/app/forwarding"
	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/doctor/exam"
	"github.com/giftbridge/giftbridge/internal/relay/guard"
)

// prefix is what the names of the checks begin with: "relay orders", "relay products". They must not change, because monitors read them.
const prefix = "relay "

// Name returns the name of the check of an endpoint.
func Name(endpoint string) string { return prefix + endpoint }

// soon is how long before its end a certificate is warned of.
const soon = 14 * 24 * time.Hour

// Endpoints is the examination of the configured endpoints.
type Endpoints struct {
	cfg config.Config
	now func() time.Time
	why func(context.Context, error) string
}

// New returns the examination of the configured endpoints. why describes an error on one line.
func New(cfg config.Config, now func() time.Time, why func(context.Context, error) string) *Endpoints {
	return &Endpoints{cfg, now, why}
}

// Exams returns a check for each endpoint that has a URL.
func (e *Endpoints) Exams() (all []exam.Exam) {
	for _, endpoint := range e.cfg.Relay.Endpoints() {
		all = append(all, exam.Exam{
			Name: Name(endpoint), Reads: []string{"RELAY_", "PLAIN_HTTP_HOSTS"},
			Do: func(ctx context.Context) check.Check { return e.reach(ctx, endpoint) },
		})
	}
	return all
}

// reach connects to an endpoint as the workers do.
func (e *Endpoints) reach(ctx context.Context, endpoint string) check.Check {
	expires, err := forwarding.Reach(ctx, e.cfg, endpoint)
	if err != nil {
		return exam.Fail(e.why(ctx, err), cure(err))
	}
	host := "the endpoint"
	if u, err := url.Parse(e.cfg.Relay.URL(endpoint)); err == nil {
		host = u.Host
	}
	day := expires.UTC().Format(time.DateOnly)
	switch {
	case expires.IsZero():
		return exam.OK("%s is reached without TLS; nothing was posted", host)
	case expires.Sub(e.now()) < soon:
		return exam.Warn(fmt.Sprintf("the certificate of %s ends on %s", host, day), "have its operators renew it")
	}
	return exam.OK("%s is reached over TLS, with a certificate until %s; nothing was posted", host, day)
}

// cure returns how to fix an endpoint that cannot be reached.
func cure(err error) string {
	var blocked *guard.BlockedError
	var unknown *net.DNSError
	var untrusted *tls.CertificateVerificationError
	var failed *net.OpError
	switch {
	case errors.As(err, &blocked):
		return "correct the URL; or, if this is your own network, add it to RELAY_ALLOWED_NETWORKS"
	case errors.As(err, &unknown):
		return "correct the host of the URL, or have this machine resolve it"
	case errors.As(err, &untrusted):
		return "have the endpoint present a valid certificate for its host with the whole chain; or set RELAY_CA_FILE to the certificate " +
			"authority that has signed it"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &failed) && failed.Op == "dial":
		return "allow outbound connections to the endpoint from this machine, and ask its operators whether it runs"
	}
	return "set the RELAY_* variables as described in docs/configuration.md; if the handshake was refused, ask the operators of the " +
		"endpoint which versions of TLS and which certificates they accept"
}
