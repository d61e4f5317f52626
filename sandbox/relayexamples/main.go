// Command relayexamples runs the examples of docs/examples/relay, each against requests that our relay has signed, and against requests
// that another implementation of Standard Webhooks has signed. .ci/relay-examples installs what it needs.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// whole is how long all examples together may take.
const whole = 5 * time.Minute

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), whole)
	err := run(ctx, os.Args[1:], os.Stdout)
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, "relayexamples:", err)
		os.Exit(1)
	}
}

// run runs all examples, and prints a line for each and the sum.
func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("relayexamples", flag.ContinueOnError)
	examples := flags.String("examples", "", "the folder of the examples")
	compiled := flags.String("go", "", "the example in Go, compiled")
	library := flags.String("library", "", "the folder of the other implementation, in JavaScript")
	script := flags.String("peer", "", "the script that uses it")
	if err := flags.Parse(args); err != nil {
		return err
	}
	other, err := startPeer(ctx, *script, *library)
	if err != nil {
		return err
	}
	defer other.stop()
	var passed, failed int
	check := func(name string, problems []string, cases int) {
		failed += len(problems)
		passed += cases - len(problems)
		_, _ = fmt.Fprintf(out, "%-8s%3d cases, %d failed\n", name, cases, len(problems))
		for _, p := range problems {
			_, _ = fmt.Fprintln(out, "        "+p)
		}
	}
	problems, cases, err := ours(ctx, other)
	if err != nil {
		return err
	}
	check("ours", problems, cases)
	for _, e := range []struct {
		name    string
		command func(port string) []string
	}{
		{"Go", func(string) []string { return []string{*compiled} }},
		{"Node.js", func(string) []string { return []string{"node", filepath.Join(*examples, "node/server.mjs")} }},
		{"Python", func(string) []string { return []string{"python3", filepath.Join(*examples, "python/server.py")} }},
		{"PHP", func(port string) []string {
			return []string{"php", "-S", "127.0.0.1:" + port, filepath.Join(*examples, "php/index.php")}
		}},
	} {
		problems, cases, err := example(ctx, e.command, other)
		if err != nil {
			return fmt.Errorf("the example in %s: %w", e.name, err)
		}
		check(e.name, problems, cases)
	}
	_, _ = fmt.Fprintf(out, "%d passed, %d failed\n", passed, failed)
	if failed > 0 {
		return fmt.Errorf("%d cases failed", failed)
	}
	return nil
}

// server is an example that runs.
type server struct {
	url  string
	stop func()
}

// start starts an example that knows the secrets, and waits until it listens.
func start(ctx context.Context, command func(port string) []string, secrets ...string) (server, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return server{}, err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	l.Close()
	if err != nil {
		return server{}, err
	}
	seen, err := os.MkdirTemp("", "relay-seen-")
	if err != nil {
		return server{}, err
	}
	line := command(port)
	c := exec.CommandContext(ctx, line[0], line[1:]...) //nolint:gosec // The commands are written above.
	c.Env = append(os.Environ(), "PORT="+port, "RELAY_SECRETS="+strings.Join(secrets, ","), "RELAY_SEEN="+seen)
	if err := c.Start(); err != nil {
		return server{}, err
	}
	stop := func() {
		_ = c.Process.Kill()
		_ = c.Wait() // It was killed.
		_ = os.RemoveAll(seen)
	}
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", "127.0.0.1:"+port)
		if err == nil {
			conn.Close()
			return server{"http://127.0.0.1:" + port + "/", stop}, nil
		}
		select {
		case <-ctx.Done():
			stop()
			return server{}, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// peer is the other implementation, as a process.
type peer struct {
	in   io.WriteCloser
	out  *bufio.Scanner
	stop func()
}

func startPeer(ctx context.Context, script, library string) (*peer, error) {
	library, err := filepath.Abs(library)
	if err != nil {
		return nil, err
	}
	c := exec.CommandContext(ctx, "node", script, library) //nolint:gosec // Both are arguments of this command.
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	return &peer{in, bufio.NewScanner(out), func() {
		_ = in.Close()
		_ = c.Wait() // It ends with its input.
	}}, nil
}

// ask returns the signature of a request, or whether the one that it has is right.
func (p *peer) ask(s signed) (string, error) {
	if err := json.NewEncoder(p.in).Encode(s); err != nil { //nolint:gosec // The secrets are made up, and stay in this process and its child.
		return "", err
	}
	if !p.out.Scan() {
		return "", fmt.Errorf("the other implementation has ended: %w", p.out.Err())
	}
	return p.out.Text(), nil
}

// signed is a request, as the other implementation reads it.
type signed struct {
	Secret    string `json:"secret"`
	ID        string `json:"id"`
	Timestamp int64  `json:"timestamp"`
	Body      string `json:"body"`
	Signature string `json:"signature,omitempty"`
}

// send posts a request as it is, and returns the status.
func (s signed) send(ctx context.Context, url string, change func(http.Header)) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(s.Body))
	if err != nil {
		return 0, err
	}
	for name, value := range map[string]string{
		"Content-Type": "application/json", "Webhook-Id": s.ID, "Webhook-Timestamp": strconv.FormatInt(s.Timestamp, 10),
		"Webhook-Signature": s.Signature,
	} {
		req.Header.Set(name, value)
	}
	if change != nil {
		change(req.Header)
	}
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}
