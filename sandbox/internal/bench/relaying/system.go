package relaying

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/giftbridge/giftbridge/internal/relay/relaytest"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/delivery"
	"github.com/giftbridge/giftbridge/internal/webhook"
	"github.com/giftbridge/giftbridge/sandbox/internal/floor"
	"github.com/giftbridge/giftbridge/sandbox/internal/rig"
	"github.com/giftbridge/giftbridge/sandbox/internal/shopevents"
	"github.com/giftbridge/giftbridge/workflows"
)

const (
	// answers is how long the ERP takes for its answer: little, so that a difference shows.
	answers = 20 * time.Millisecond
	// inFlight is the number of events that were sent and have not arrived, at most, and of connections of the shop.
	inFlight = 32
	// answerTimeout is how long the shop waits for an answer.
	answerTimeout = 5 * time.Second
	apiVersion    = "2026-07"
)

// system is the real system.
type system struct {
	*rig.Installation
	*shopevents.Events
	*book

	ours target
	// bare is a bare handler and a bare worker on the same server; without processes if they were not opened.
	bare   target
	secret string
	client *http.Client
}

// target is what events are sent to.
type target struct {
	// url returns where the webhook of an event goes.
	url func(shopevents.Event) string
	// receiver answers webhooks, and worker posts events.
	receiver, worker *rig.Process
	// workflow is the type of the workflow of a mailbox, and id returns the ID of one.
	workflow string
	id       func(resource string) string
	// kept is the number of events that were answered with 200.
	kept int
}

// open starts a system whose ERP gets a limited number of events a second; zero means any number.
func (p *Programs) open(ctx context.Context, server rig.ServerOptions, maxRPS float64) (*system, error) {
	s := &system{book: newBook(), client: &http.Client{Timeout: answerTimeout, Transport: &http.Transport{
		MaxIdleConnsPerHost: inFlight, DisableCompression: true,
	}}}
	var err error
	s.Installation, err = p.rig.Install(ctx, rig.InstallationOptions{
		Worker: p.rig.Path(workerProgram), Receiver: p.rig.Path(receiverProgram), Server: server,
		Shopify: shopifytest.Options{BucketSize: 1e6, RestoreRate: 1e5},
		Relay: &rig.RelayOptions{MaxRPS: maxRPS, ERP: relaytest.Options{
			Latency: answers,
			// It is called for every good request, and never has a fault.
			Fault: func(d relaytest.Delivery) *relaytest.Fault {
				s.arrive(d)
				return nil
			},
		}},
	})
	if err != nil {
		return nil, err
	}
	s.secret = s.Config.Receiver.WebhookSecrets[0].Reveal()
	s.ours = target{
		url:      func(e shopevents.Event) string { return s.Config.Receiver.URL + webhook.PathOf(e.Topic) },
		receiver: s.Receiver, worker: s.Worker, workflow: workflows.RelayType,
		id: func(resource string) string { return workflows.RelayID(string(relaytest.Orders), resource) },
	}
	if s.Events, err = shopevents.New(s.Config.Shopify.Shop); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// openBeside starts a system without a limit, and the bare programs beside it.
func (p *Programs) openBeside(ctx context.Context) (*system, error) {
	s, err := p.open(ctx, rig.ServerOptions{Deployed: true}, 0)
	if err != nil {
		return nil, err
	}
	if err := p.besides(ctx, s); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (p *Programs) besides(ctx context.Context, s *system) error {
	relay := s.Config.Relay
	worker, _, err := p.rig.StartFloor(ctx, "mailboxes", "--temporal", s.Options.HostPort, "--namespace", s.Options.Namespace,
		"--erp", relay.OrdersURL, "--erp-secret", relay.Secrets.Reveal(), "--erp-shop", s.Config.Shopify.Shop)
	if err != nil {
		return err
	}
	s.bare.worker = worker
	handler, address, err := p.rig.StartFloor(ctx, "handler", "handler", "--secret", s.secret, "--temporal", s.Options.HostPort,
		"--namespace", s.Options.Namespace)
	if err != nil {
		return err
	}
	s.bare = target{
		url:      func(e shopevents.Event) string { return "http://" + address + floor.MailboxPath + e.Resource },
		receiver: handler, worker: worker, workflow: floor.MailboxType, id: floor.MailboxID,
	}
	return nil
}

// send sends the webhook of an event once, as the shop does, and reports whether it was answered with 200.
func (s *system) send(ctx context.Context, t *target, e shopevents.Event) (bool, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url(e), bytes.NewReader(e.Body))
	if err != nil {
		return false, err
	}
	for name, value := range map[string]string{
		"Content-Type": "application/json", "X-Shopify-Topic": e.Topic, "X-Shopify-Shop-Domain": s.Config.Shopify.Shop,
		"X-Shopify-Hmac-Sha256": delivery.Sign(s.secret, e.Body), "X-Shopify-API-Version": apiVersion,
		"X-Shopify-Triggered-At": time.Now().UTC().Format(time.RFC3339Nano), "X-Shopify-Webhook-Id": e.ID,
	} {
		r.Header.Set(name, value)
	}
	answer, err := s.client.Do(r)
	if err != nil {
		return false, errors.Join(fmt.Errorf("send a webhook: %w", err), s.gone())
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode == http.StatusOK, err
}

// settle waits until all mailboxes of a target are empty.
func (s *system) settle(ctx context.Context, t *target) error {
	return s.Server.Settle(ctx, t.workflow, t.kept, s.gone)
}

// gone returns an error if a process has ended.
func (s *system) gone() error {
	err := s.Gone()
	for _, p := range []*rig.Process{s.bare.receiver, s.bare.worker} {
		if p != nil {
			err = errors.Join(err, p.Gone())
		}
	}
	return err
}

// memory returns the most memory that the receiver and the worker have held.
func (s *system) memory() (m Memory, err error) {
	const mib = 1 << 20
	receiver, err := s.Receiver.PeakMemory()
	if err != nil {
		return m, err
	}
	worker, err := s.Worker.PeakMemory()
	return Memory{Receiver: float64(receiver) / mib, Worker: float64(worker) / mib}, err
}

func (s *system) close() {
	for _, p := range []*rig.Process{s.bare.receiver, s.bare.worker} {
		if p != nil {
			p.Stop()
		}
	}
	s.Close()
}

// wait waits.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
