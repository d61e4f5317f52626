package e2e_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/sandbox/internal/child"
	"github.com/giftbridge/giftbridge/sandbox/internal/programs"
	"github.com/giftbridge/giftbridge/sandbox/internal/site"
	"github.com/giftbridge/giftbridge/sandbox/internal/storetest"
	"github.com/giftbridge/giftbridge/sandbox/internal/temporalserver"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// command prepares one of our programs with only the stack's environment. Later variables take precedence.
func (w *system) command(ctx context.Context, name string, env, args []string) *exec.Cmd {
	w.t.Helper()
	return w.commandIn(ctx, programs.Folder(w.t), name, env, args)
}

// commandIn is command for programs in another folder.
func (w *system) commandIn(ctx context.Context, folder, name string, env, args []string) *exec.Cmd {
	w.t.Helper()
	c := exec.CommandContext(ctx, filepath.Join(folder, name), args...)
	c.Env = w.environ(folder, env)
	return c
}

// environ returns the environment of programs in a folder. They may be of an older release, which refuses variables that
// it does not know. So variables with their default value are not set for it, except for one that must be set.
func (w *system) environ(folder string, env []string) []string {
	w.t.Helper()
	set := w.Environ()
	if folder != programs.Folder(w.t) {
		for _, v := range config.Default().Describe() {
			set = slices.DeleteFunc(set, func(s string) bool { return s == v.Name+"="+v.Value && v.Name != "ISSUER_DEDUPES" })
		}
	}
	return slices.Concat([]string{"HOME=" + w.t.TempDir()}, set, env)
}

// process is a worker in a process of its own.
type process struct {
	*child.Process
	t    *testing.T
	addr string       // The address of its health checks.
	log  bytes.Buffer // To be read only when it has ended.
}

// startProcess starts a worker process and waits until it polls.
func (w *system) startProcess(env ...string) *process {
	w.t.Helper()
	return w.startProcessIn(programs.Folder(w.t), env...)
}

// startProcessIn is startProcess for a worker in another folder.
func (w *system) startProcessIn(folder string, env ...string) *process {
	w.t.Helper()
	return w.startProgram(folder, []string{programs.Worker}, env...)
}

// startProgram is startProcess for a command that runs a worker: the name of a program in a folder, and arguments.
func (w *system) startProgram(folder string, command []string, env ...string) *process {
	w.t.Helper()
	port, err := site.FreePort(w.ctx)
	require.NoError(w.t, err)
	p := &process{t: w.t, addr: site.Loopback(port)}
	p.Process, err = child.Program{
		Name: programs.Worker, Path: filepath.Join(folder, command[0]), Args: command[1:], Log: &p.log,
		Env: w.environ(folder, append([]string{"METRICS_ADDR=" + p.addr, "LOG_FORMAT=json"}, env...)),
	}.Start()
	require.NoError(w.t, err)
	showEnd(w.t, &p.log) // Cleanups run in reverse order, so the process has ended by then.
	w.t.Cleanup(p.kill)
	if err := p.AwaitAnswer(w.ctx, "http://"+p.addr+"/readyz"); err != nil {
		p.kill()
		require.NoError(w.t, err, "the worker does not poll: %s", &p.log)
	}
	return p
}

// maxLine is the longest line of a worker's log that can be read, including stack traces of many goroutines.
const maxLine = 1 << 20

// scan reads a worker's log line by line. If reading stopped at a line that is too long, the worker would block.
func scan(log io.Reader) *bufio.Scanner {
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, maxLine)
	return lines
}

// kill kills the process, like the loss of its machine.
func (p *process) kill() {
	_ = p.Kill()
	<-p.Ended()
}

func (p *process) get(path string) int {
	p.t.Helper()
	client := http.Client{Timeout: 10 * time.Second}
	answer, err := client.Get("http://" + p.addr + path)
	require.NoError(p.t, err)
	require.NoError(p.t, answer.Body.Close())
	return answer.StatusCode
}

// Nothing is lost when a worker dies. Cards whose answer it did not receive, and a card that was being requested, are
// completed by the next worker, each once.
func TestWorkerKilled(t *testing.T) {
	t.Parallel()
	var healthy, slow atomic.Bool
	w := start(t, stack.Options{NoWorker: true, CashStar: createOrderFault(func(cashstartest.Request) *cashstartest.Fault {
		switch {
		case healthy.Load():
			return nil
		case slow.CompareAndSwap(false, true):
			return &cashstartest.Fault{Kind: cashstartest.Slow, Delay: time.Hour, AfterCommit: true}
		default:
			return &cashstartest.Fault{Kind: cashstartest.Drop, AfterCommit: true}
		}
	})})
	first := w.startProcess("CASHSTAR_TIMEOUT=30s")
	placed := w.place(slices.Repeat([]scenario.Kind{scenario.Single, scenario.SeveralUnits, scenario.TwoLines}, 10)...)
	w.poll()
	w.await("half issued", func() bool { return len(w.Issuer.Cards()) > 30 })
	first.kill()
	healthy.Store(true)

	w.startProcess()
	w.settle(len(placed))
	w.requireBalance()
	require.Positive(t, w.Issuer.Stats().Repeated)
}

// A worker that is asked to stop completes what it is doing, takes no new work, and exits successfully.
func TestWorkerStops(t *testing.T) {
	t.Parallel()
	asked, answer := make(chan struct{}), make(chan struct{})
	var once sync.Once
	w := start(t, stack.Options{NoWorker: true, CashStar: createOrderFault(func(cashstartest.Request) *cashstartest.Fault {
		once.Do(func() {
			close(asked)
			<-answer
		})
		return nil
	})})
	p := w.startProcess("CASHSTAR_TIMEOUT=30s")
	require.Equal(t, http.StatusOK, p.get("/healthz"))
	require.Equal(t, http.StatusOK, p.get("/readyz"))
	require.Equal(t, http.StatusNotFound, p.get("/"))

	order := w.PlaceKind(scenario.Single)
	w.poll()
	<-asked
	require.NoError(t, p.Signal(syscall.SIGTERM))
	w.await("unready", func() bool { return p.get("/readyz") == http.StatusServiceUnavailable })
	require.Equal(t, http.StatusOK, p.get("/healthz"), "draining is not dead")
	close(answer)
	<-p.Ended()
	require.Equal(t, cli.ExitOK, p.ExitCode(), &p.log)
	require.Len(t, w.Issuer.Cards(), 1)
	require.Zero(t, w.Issuer.Stats().Repeated)

	w.startProcess()
	d := w.show(order, executions.Completed)
	require.False(t, d.Result.Cards[0].Existed, "the answer was not lost")
	require.Zero(t, w.Issuer.Stats().Repeated)
}

// The worker of the installed program works like the one with a name of its own: it issues cards, its health can be asked
// for, and it stops when it is asked to.
func TestWorkerOfGiftbridge(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{NoWorker: true})
	p := w.startProgram(programs.Folder(t), []string{programs.Giftbridge, "worker"})
	order := w.PlaceKind(scenario.Single)
	w.poll()
	w.show(order, executions.Completed)
	require.Len(t, w.Issuer.Cards(), 1)

	health := func() ([]byte, error) {
		env := []string{"METRICS_ADDR=" + p.addr}
		return w.command(w.ctx, programs.Giftbridge, env, []string{"worker", "health"}).CombinedOutput()
	}
	out, err := health()
	require.NoError(t, err, string(out))
	require.NoError(t, p.Signal(syscall.SIGTERM))
	<-p.Ended()
	require.Equal(t, cli.ExitOK, p.ExitCode(), &p.log)
	out, err = health()
	require.Error(t, err)
	require.Contains(t, string(out), "giftbridge worker health: ")
}

// A worker reports what is wrong and exits, instead of starting work that it cannot do properly.
func TestWorkerRefuses(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{NoWorker: true})
	tests := map[string]struct {
		env  []string
		args []string
		code int
		says []string
	}{
		"bad configuration": {
			env:  []string{"GIFT_CARD_SKUS=", "POLL_INTERVAL=never"},
			code: cli.ExitUsage, says: []string{"GIFT_CARD_SKUS", "POLL_INTERVAL"},
		},
		"an argument": {args: []string{"now"}, code: cli.ExitUsage, says: []string{`"now"`}},
		"retention too short": {
			env: []string{"MAX_ORDER_AGE=721h"}, code: cli.ExitFailure,
			says: []string{"720h0m0s", "MAX_ORDER_AGE", "temporal operator namespace update"},
		},
		"no such namespace": {
			env: []string{"TEMPORAL_NAMESPACE=elsewhere"}, code: cli.ExitFailure, says: []string{"elsewhere"},
		},
		"address in use": {
			env:  []string{"METRICS_ADDR=" + strings.TrimPrefix(w.Config.Shopify.BaseURL, "http://")},
			code: cli.ExitFailure, says: []string{"METRICS_ADDR", "address already in use"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			out, err := w.command(w.ctx, programs.Worker, append(tt.env, "LOG_LEVEL=error"), tt.args).CombinedOutput()
			var exit *exec.ExitError
			require.ErrorAs(t, err, &exit, string(out))
			require.Equal(t, tt.code, exit.ExitCode(), string(out))
			for _, s := range tt.says {
				require.Contains(t, string(out), s)
			}
			require.NotContains(t, string(out), w.Config.CashStar.Password.Reveal())
		})
	}
}

// A worker that cannot reach Temporal gives up, and says where it looked.
func TestWorkerWithoutTemporal(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{NoWorker: true, NoSchedule: true})
	out, err := w.command(w.ctx, programs.Worker, []string{"TEMPORAL_ADDRESS=127.0.0.1:1"}, nil).CombinedOutput()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	require.Equal(t, cli.ExitFailure, exit.ExitCode())
	require.Contains(t, string(out), "connect to Temporal at 127.0.0.1:1")
}

// A worker that is started during a restart of Temporal waits for it.
func TestWorkerWaitsForTemporal(t *testing.T) {
	t.Parallel()
	w := start(t, stack.Options{NoWorker: true, NoSchedule: true})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	port := listener.Addr().(*net.TCPAddr).Port
	require.NoError(t, listener.Close())
	worker := w.command(w.ctx, programs.Worker, []string{
		"TEMPORAL_ADDRESS=" + listener.Addr().String(), "METRICS_ADDR=off", "LOG_FORMAT=json",
	}, nil)
	stderr, err := worker.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, worker.Start())
	defer func() {
		require.NoError(t, worker.Process.Kill())
		require.Error(t, worker.Wait())
	}()
	lines := scan(stderr)
	requireLine(t, lines, "waiting for Temporal")
	temporal, err := temporalserver.Start(w.ctx, temporalserver.Options{
		Port: port, UIPort: temporalserver.NoUI, PostgreSQL: storetest.PostgreSQL(t),
		SearchAttributes: workflows.SearchAttributes(),
	})
	require.NoError(t, err)
	defer func() { require.NoError(t, temporal.Stop(context.Background())) }()
	requireLine(t, lines, "worker is polling")
}

func requireLine(t *testing.T, lines *bufio.Scanner, says string) {
	t.Helper()
	for lines.Scan() {
		if strings.Contains(lines.Text(), says) {
			return
		}
	}
	require.Fail(t, "the worker does not say: "+says)
}
