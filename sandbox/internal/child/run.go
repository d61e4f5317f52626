package child

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/giftbridge/giftbridge/internal/cli"
)

// ready is the line that a process writes when it is ready.
const ready = "ready"

// Role starts the work of a process, and returns once it is ready. The work continues until the context ends.
type Role func(ctx context.Context, options json.RawMessage) error

// Run runs this program in a role. It starts the role, writes a line to standard output when it is ready, and returns
// when standard input ends: the process must not outlive the one that started it, and that one may be killed.
// Interrupts from the terminal are left to that process too.
func Run(ctx context.Context, roles map[string]Role, role, options string, stdin io.Reader, stdout io.Writer) error {
	signal.Ignore(os.Interrupt)
	start, ok := roles[role]
	if !ok {
		return cli.Usagef("there is no role %q", role)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, stdin)
		cancel()
	}()
	if err := start(ctx, json.RawMessage(options)); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(stdout, ready); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// Options decodes a role's options.
func Options[T any](raw json.RawMessage) (out T, err error) {
	if err := json.Unmarshal(raw, &out); err != nil {
		return out, fmt.Errorf("read options: %w", err)
	}
	return out, nil
}
