package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/rs/zerolog"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/logging"
	"github.com/giftbridge/giftbridge/sandbox/internal/child"
	"github.com/giftbridge/giftbridge/sandbox/internal/temporalserver"
	"github.com/giftbridge/giftbridge/workflows"
)

// ChildCommand is the name of the hidden command that runs Temporal in a process of its own.
const ChildCommand = "bench-child"

const roleTemporal = "temporal"

// temporalOptions are the options of the Temporal process.
type temporalOptions struct {
	Port          int            `json:"port"`
	DynamicConfig map[string]any `json:"dynamic_config,omitempty"`
}

// RunChild runs a process in a role; see [child.Run].
func RunChild(ctx context.Context, role, options string, stdin io.Reader, stdout io.Writer) error {
	return child.Run(ctx, map[string]child.Role{roleTemporal: runTemporal}, role, options, stdin, stdout)
}

func runTemporal(ctx context.Context, raw json.RawMessage) error {
	o, err := child.Options[temporalOptions](raw)
	if err != nil {
		return err
	}
	_, err = temporalserver.Start(ctx, temporalserver.Options{
		Port: o.Port, UIPort: temporalserver.NoUI, SearchAttributes: workflows.SearchAttributes(),
		DynamicConfig: o.DynamicConfig,
	})
	return err
}

// Server is an in-memory Temporal server in a process of its own.
type Server struct {
	*Process
	HostPort string
	// Client does not decode payloads.
	Client client.Client
}

func (p *Programs) openServer(ctx context.Context, dynamicConfig map[string]any) (_ *Server, err error) {
	port, err := child.FreePort(ctx)
	if err != nil {
		return nil, err
	}
	program, err := child.Own(ChildCommand, roleTemporal, temporalOptions{Port: port, DynamicConfig: dynamicConfig})
	if err != nil {
		return nil, err
	}
	log, err := p.log(roleTemporal)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	program.Log = log
	// The server looks for no configuration of its own, and it must not depend on the environment.
	program.Env = []string{"HOME=" + p.folder}
	started, err := program.Start()
	if err != nil {
		return nil, err
	}
	s := &Server{Process: &Process{Process: started, Name: roleTemporal}, HostPort: child.Loopback(port)}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if err := started.Await(ctx); err != nil {
		return nil, lastWords(err, log)
	}
	s.Client, err = client.DialContext(ctx, client.Options{
		HostPort: s.HostPort, Namespace: temporalserver.DefaultNamespace, Logger: logging.Temporal(zerolog.Nop()),
	})
	return s, err
}

func (s *Server) close() {
	if s.Client != nil {
		s.Client.Close()
	}
	s.Stop()
}

// count returns the number of workflows that match a visibility query.
func (s *Server) count(ctx context.Context, query string) (int, error) {
	n, err := s.Client.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: temporalserver.DefaultNamespace, Query: query,
	})
	if err != nil {
		return 0, fmt.Errorf("count workflows: %w", err)
	}
	return int(n.GetCount()), nil
}

// settle waits until at least the given number of workflows of a type have completed and no workflow is running. It
// fails if a workflow failed, or if gone reports that a process needed to complete them has ended.
func (s *Server) settle(ctx context.Context, workflowType string, completed int, gone func() error) error {
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
