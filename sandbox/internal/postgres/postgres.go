// Package postgres runs a throw-away PostgreSQL cluster for tests from the installed binaries. The cluster listens only
// in its own temporary folder, and its data does not survive: it neither syncs to the disk nor writes full pages.
package postgres

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// superuser needs no password: only the cluster's owner and root have access to the folder.
	superuser = "postgres"
	// maxConnections is enough for many servers at once.
	maxConnections = 2000

	startTimeout = time.Minute
	stopTimeout  = 30 * time.Second
	lookEvery    = 20 * time.Millisecond
)

// binFolders is where Debian's packages put the server's binaries, which are not on the PATH.
const binFolders = "/usr/lib/postgresql/*/bin"

// keeper becomes the command that it is given, beside a watcher that stops the command once file descriptor 3 reaches
// its end. That is a pipe. The system closes its other end however the process that holds it ends.
const keeper = `(read -r _ <&3; kill -QUIT $$ 2>/dev/null) & exec "$@" 3<&-`

// Server is a running cluster.
type Server struct {
	folder   string
	owner    owner
	lifeline io.Closer
	output   bytes.Buffer // To be read only after it has exited.
	exited   chan struct{}
	ended    error // How it exited; also to be read only then.
}

// Start creates a cluster and returns when it accepts connections. The context limits only the start.
func Start(ctx context.Context) (*Server, error) {
	s, err := start(ctx, binFolders)
	if err != nil {
		return nil, fmt.Errorf("start postgresql: %w", err)
	}
	return s, nil
}

func start(ctx context.Context, folders string) (_ *Server, err error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	postgres, initdb, err := find(folders)
	if err != nil {
		return nil, err
	}
	s := &Server{exited: make(chan struct{})}
	if s.owner, err = findOwner(); err != nil {
		return nil, err
	}
	if s.folder, err = os.MkdirTemp("", "giftbridge-postgres-*"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Stop())
		}
	}()
	if err := s.owner.take(s.folder); err != nil {
		return nil, err
	}
	// The locale is one that every machine has.
	//nolint:gosec // a binary that was found, and our own words
	c := exec.CommandContext(ctx, initdb, "--pgdata", s.data(), "--username", superuser,
		"--auth", "trust", "--encoding", "UTF8", "--no-locale", "--no-sync")
	if out, err := s.asOwner(c).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("make cluster: %w\n%s", err, out)
	}
	if err := s.run(postgres); err != nil {
		return nil, err
	}
	return s, s.await(ctx)
}

// find finds the server, on the PATH or else the newest in folders, and the initdb of the same version beside it.
func find(folders string) (postgres, initdb string, err error) {
	if postgres, err = exec.LookPath("postgres"); err != nil {
		if postgres, err = newest(folders); err != nil {
			return "", "", err
		}
	}
	// A symbolic link may have no initdb beside it.
	if postgres, err = filepath.EvalSymlinks(postgres); err != nil {
		return "", "", err
	}
	initdb, err = exec.LookPath(filepath.Join(filepath.Dir(postgres), "initdb"))
	if err != nil {
		return "", "", fmt.Errorf("find initdb beside postgres: %w", err)
	}
	return postgres, initdb, nil
}

// newest finds the server of the highest version if several are installed.
func newest(folders string) (string, error) {
	paths, err := filepath.Glob(filepath.Join(folders, "postgres"))
	if err != nil {
		return "", err
	}
	if len(paths) == 0 {
		return "", fmt.Errorf("postgres is neither on the PATH nor in %s; on Debian: apt-get install postgresql", folders)
	}
	return slices.MaxFunc(paths, func(a, b string) int { return cmp.Compare(version(a), version(b)) }), nil
}

// version returns the version in a path of the form version/bin/postgres, or 0 if there is none. Before version 10 it
// has two parts.
func version(path string) float64 {
	v, err := strconv.ParseFloat(filepath.Base(filepath.Dir(filepath.Dir(path))), 64)
	if err != nil {
		return 0
	}
	return v
}

func (s *Server) data() string { return filepath.Join(s.folder, "data") }

// asOwner makes a command run as the cluster's owner, in the cluster's folder.
func (s *Server) asOwner(c *exec.Cmd) *exec.Cmd {
	c.Dir = s.folder
	s.owner.run(c)
	return c
}

func (s *Server) run(postgres string) error {
	watched, lifeline, err := os.Pipe()
	if err != nil {
		return err
	}
	defer func() { _ = watched.Close() }()
	s.lifeline = lifeline
	args := []string{
		"-c", keeper, "sh", postgres, "-D", s.data(), "-k", s.folder, "-c", "listen_addresses=",
		"-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off",
		"-c", "max_connections=" + strconv.Itoa(maxConnections),
	}
	//nolint:gosec,noctx // our own words, and a binary that was found; the context bounds the start alone
	c := s.asOwner(exec.Command("sh", args...))
	c.ExtraFiles = []*os.File{watched}
	c.Stdout, c.Stderr = &s.output, &s.output
	c.WaitDelay = time.Second // The watcher may live a moment longer.
	if err := c.Start(); err != nil {
		_ = lifeline.Close()
		s.lifeline = nil
		return err
	}
	go func() {
		defer close(s.exited)
		s.ended = c.Wait()
	}()
	return nil
}

// await waits until the cluster reports that it is ready, in the same file that pg_ctl reads.
func (s *Server) await(ctx context.Context) error {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		status, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
		if err == nil && slices.ContainsFunc(strings.Split(string(status), "\n"), isReady) {
			return nil
		}
		select {
		case <-s.exited:
			return fmt.Errorf("postgresql ended: %w\n%s", s.ended, &s.output)
		case <-ctx.Done():
			return fmt.Errorf("wait for postgresql: %w", ctx.Err())
		case <-look.C:
		}
	}
}

func isReady(line string) bool { return strings.TrimSpace(line) == "ready" }

// URL returns the address of a database, which need not exist.
func (s *Server) URL(database string) string {
	u := url.URL{Scheme: "postgres", User: url.User(superuser), Path: "/" + database}
	u.RawQuery = url.Values{"host": {s.folder}}.Encode()
	return u.String()
}

// Stop stops the cluster at once and removes it.
func (s *Server) Stop() error {
	var err error
	if s.lifeline != nil {
		_ = s.lifeline.Close()
		select {
		case <-s.exited: // It was told to quit, so this is not an error.
		case <-time.After(stopTimeout):
			err = fmt.Errorf("stop postgresql: it still runs after %s", stopTimeout)
		}
		s.lifeline = nil
	}
	return errors.Join(err, os.RemoveAll(s.folder))
}
