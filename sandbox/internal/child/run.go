package child

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/giftbridge/giftbridge/internal/app"
)

// ready is what a process writes when it is.
const ready = "ready"

// Role starts what a process is for, and returns once that is ready. It goes on until the context ends.
type Role func(ctx context.Context, options json.RawMessage) error

// Run is what this program does in a role: it starts it, writes a line to standard output when it is ready, and returns
// when standard input ends, for it must not outlive the one that started it, and that one may be killed. Interrupts from
// the terminal are that one's business too.
func Run(ctx context.Context, roles map[string]Role, role, options string, stdin io.Reader, stdout io.Writer) error {
	signal.Ignore(os.Interrupt)
	start, ok := roles[role]
	if !ok {
		return app.Usagef("there is no role %q", role)
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

// Options reads a role's options.
func Options[T any](raw json.RawMessage) (out T, err error) {
	if err := json.Unmarshal(raw, &out); err != nil {
		return out, fmt.Errorf("read options: %w", err)
	}
	return out, nil
}
