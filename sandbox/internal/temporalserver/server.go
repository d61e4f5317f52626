// Package temporalserver runs a Temporal server and its Web UI inside this process, for use on one machine: all
// services, one namespace, SQLite in memory or in a file, or PostgreSQL, loopback only, without authentication and
// without calls home. It is wired like the Temporal CLI's development server
// (https://github.com/temporalio/cli/blob/main/internal/devserver/server.go).
package temporalserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/temporal"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

const (
	// readyTimeout limits the wait for a started server to answer.
	readyTimeout = 30 * time.Second
	// stopTimeout limits Stop. The frontend alone lets long polls continue for a second.
	stopTimeout = 30 * time.Second
	// pollInterval is the pause between two checks whether something answers yet.
	pollInterval = 10 * time.Millisecond
)

// Server is a running Temporal server.
type Server struct {
	hostPort string
	store    store
	temporal temporal.Server
	ui       *ui

	stopOnce sync.Once
	stopped  chan struct{}
	stopErr  error
}

// Start starts a server. It returns when the frontend and the Web UI answer and the namespace matches the options, even
// if the database had other settings for it. The context limits only the start.
func Start(ctx context.Context, opts Options) (*Server, error) {
	if err := opts.validate(); err != nil {
		return nil, fmt.Errorf("start temporal server: %w", err)
	}
	s := &Server{stopped: make(chan struct{})}
	if err := s.start(ctx, opts); err != nil {
		return nil, fmt.Errorf("start temporal server: %w", err)
	}
	return s, nil
}

func (s *Server) start(ctx context.Context, opts Options) error {
	var err error
	logger := log.NewNoopLogger() // Any other logger could end the process.
	if s.store, err = openStore(opts, logger); err != nil {
		return err
	}
	if err := s.store.setNamespace(ctx, DefaultNamespace, cmp.Or(opts.Retention, DefaultRetention), opts.SearchAttributes); err != nil {
		return err
	}
	ports, err := reservePorts(ctx, opts.Port)
	if err != nil {
		return err
	}
	s.hostPort = address(ports[primitives.FrontendService])
	s.temporal, err = temporal.NewServer(
		temporal.WithConfig(serverConfig(ports, s.store)),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithStaticHosts(ports.hosts()),
		temporal.WithLogger(logger),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper {
			return authorization.NewNoopClaimMapper()
		}),
		temporal.WithDynamicConfigClient(dynamicConfig(opts.DynamicConfig)),
	)
	if err != nil {
		return err
	}
	if err := s.temporal.Start(); err != nil {
		return err
	}
	err = s.waitForNamespace(ctx)
	if err == nil && opts.UIPort != NoUI {
		s.ui, err = startUI(ctx, opts, s.hostPort)
	}
	if err != nil {
		return errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
	}
	return nil
}

func (s *Server) waitForNamespace(ctx context.Context) error {
	conn, err := grpc.NewClient(s.hostPort, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithNoProxy())
	if err != nil {
		return fmt.Errorf("connect to frontend: %w", err)
	}
	defer conn.Close()
	frontend := workflowservice.NewWorkflowServiceClient(conn)
	err = poll(ctx, func(ctx context.Context) error {
		_, err := frontend.CountWorkflowExecutions(ctx,
			&workflowservice.CountWorkflowExecutionsRequest{Namespace: DefaultNamespace}, grpc.WaitForReady(true))
		return err
	})
	if err != nil {
		return fmt.Errorf("wait for frontend: %w", err)
	}
	return nil
}

// HostPort returns the address of the frontend, in the form that a Temporal client expects.
func (s *Server) HostPort() string { return s.hostPort }

// Namespace returns the namespace's name.
func (s *Server) Namespace() string { return DefaultNamespace }

// UIURL returns the Web UI's address, or the empty string if there is none.
func (s *Server) UIURL() string {
	if s.ui == nil {
		return ""
	}
	return s.ui.url
}

// Stop stops the server and frees its ports. It returns when that is done. If the context ends or half a minute passes
// first, it returns an error and stopping continues. Further calls wait for the same stop.
func (s *Server) Stop(ctx context.Context) error {
	s.stopOnce.Do(func() { go s.stop() })
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	select {
	case <-s.stopped:
		return s.stopErr
	case <-ctx.Done():
		return fmt.Errorf("stop temporal server: %w", ctx.Err())
	}
}

func (s *Server) stop() {
	defer close(s.stopped)
	if s.ui != nil {
		s.ui.server.Stop()
	}
	if err := errors.Join(s.temporal.Stop(), s.store.close()); err != nil {
		s.stopErr = fmt.Errorf("stop temporal server: %w", err)
	}
}

// poll calls ask until it returns no error.
func poll(ctx context.Context, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		err := ask(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-ticker.C:
		}
	}
}
