package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/rs/zerolog"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/logging"
	"github.com/giftbridge/giftbridge/sandbox/internal/child"
	"github.com/giftbridge/giftbridge/sandbox/internal/roles"
	"github.com/giftbridge/giftbridge/sandbox/internal/site"
)

const (
	// awaitEvery is the pause between two checks whether all cards are issued. The ledgers record when they were issued,
	// so the pause may be long enough to cost next to nothing.
	awaitEvery = 500 * time.Millisecond
	// settleEvery is the pause between two checks whether all workflows are done.
	settleEvery = 100 * time.Millisecond
)

// server is an in-memory Temporal server in a process of its own.
type server struct {
	*measured
	options client.Options
	// client does not decode payloads.
	client client.Client
}

func (p *Programs) openServer(ctx context.Context) (*server, error) {
	port, err := site.FreePort(ctx)
	if err != nil {
		return nil, err
	}
	program, err := roles.Program(roles.Temporal, roles.Options{Port: port})
	if err != nil {
		return nil, err
	}
	s := &server{options: client.Options{
		HostPort: site.Loopback(port), Namespace: roles.Namespace, Logger: logging.Temporal(zerolog.Nop()),
	}}
	s.measured, err = p.start(ctx, program, func(ctx context.Context, p *child.Process) error { return p.Await(ctx) })
	if err != nil {
		return nil, err
	}
	if s.client, err = client.DialContext(ctx, s.options); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

func (s *server) close() {
	s.client.Close()
	s.Stop()
}

// count returns the number of workflows that match a visibility query.
func (s *server) count(ctx context.Context, query string) (int, error) {
	n, err := s.client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: s.options.Namespace, Query: query,
	})
	if err != nil {
		return 0, fmt.Errorf("count workflows: %w", err)
	}
	return int(n.GetCount()), nil
}

// settle waits until at least the given number of workflows of a type have completed and no workflow is running. It
// fails if a workflow failed, or if gone reports that a process needed to complete them has ended.
func (s *server) settle(ctx context.Context, workflowType string, completed int, gone func() error) error {
	return until(ctx, settleEvery, func() (bool, error) {
		if err := gone(); err != nil {
			return false, err
		}
		failed, err := s.count(ctx, "ExecutionStatus IN ('Failed', 'TimedOut', 'Terminated', 'Canceled')")
		if err != nil {
			return false, err
		}
		if failed > 0 {
			return false, fmt.Errorf("%d workflows failed", failed)
		}
		running, err := s.count(ctx, "ExecutionStatus = 'Running'")
		if err != nil || running > 0 {
			return false, err
		}
		n, err := s.count(ctx, fmt.Sprintf("WorkflowType = '%s' AND ExecutionStatus = 'Completed'", workflowType))
		return n >= completed, err
	})
}
