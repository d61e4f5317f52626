package rig

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

// settleEvery is the pause between two checks whether all workflows are done.
const settleEvery = 100 * time.Millisecond

// Server is an in-memory Temporal server in a process of its own.
type Server struct {
	*Process

	Options client.Options
	// Client does not decode payloads.
	Client client.Client
}

// ServerOptions are the options of a server.
type ServerOptions struct {
	// TransferPollRPS is how often per second a shard of the history service looks for new tasks at most; zero means the
	// default of Temporal.
	TransferPollRPS int
	// Deployed gives the server the settings of deploy/temporal.
	Deployed bool
}

// OpenServer starts a server and connects to it.
func (p *Programs) OpenServer(ctx context.Context, o ServerOptions) (*Server, error) {
	port, err := site.FreePort(ctx)
	if err != nil {
		return nil, err
	}
	program, err := roles.Program(roles.Temporal, roles.Options{
		Port: port, TransferPollRPS: o.TransferPollRPS, Deployed: o.Deployed,
	})
	if err != nil {
		return nil, err
	}
	s := &Server{Options: client.Options{
		HostPort: site.Loopback(port), Namespace: roles.Namespace, Logger: logging.Temporal(zerolog.Nop()),
	}}
	s.Process, err = p.Start(ctx, program, func(ctx context.Context, p *child.Process) error { return p.Await(ctx) })
	if err != nil {
		return nil, err
	}
	if s.Client, err = client.DialContext(ctx, s.Options); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

// Close disconnects and stops the server.
func (s *Server) Close() {
	s.Client.Close()
	s.Stop()
}

// Count returns the number of workflows that match a visibility query.
func (s *Server) Count(ctx context.Context, query string) (int, error) {
	n, err := s.Client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: s.Options.Namespace, Query: query,
	})
	if err != nil {
		return 0, fmt.Errorf("count workflows: %w", err)
	}
	return int(n.GetCount()), nil
}

// Settle waits until at least the given number of workflows of a type have completed and no workflow is running. It
// fails if a workflow failed, or if gone reports that a process needed to complete them has ended.
func (s *Server) Settle(ctx context.Context, workflowType string, completed int, gone func() error) error {
	return Until(ctx, settleEvery, func() (bool, error) {
		if err := gone(); err != nil {
			return false, err
		}
		failed, err := s.Count(ctx, "ExecutionStatus IN ('Failed', 'TimedOut', 'Terminated', 'Canceled')")
		if err != nil {
			return false, err
		}
		if failed > 0 {
			return false, fmt.Errorf("%d workflows failed", failed)
		}
		running, err := s.Count(ctx, "ExecutionStatus = 'Running'")
		if err != nil || running > 0 {
			return false, err
		}
		n, err := s.Count(ctx, fmt.Sprintf("WorkflowType = '%s' AND ExecutionStatus = 'Completed'", workflowType))
		return n >= completed, err
	})
}
