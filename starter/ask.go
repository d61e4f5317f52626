package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"strings"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/printable"
)

// errDeclined is the answer no.
var errDeclined = errors.New("nothing was done")

// confirm asks a question on standard error and returns nil if standard input answers yes, or if yes was given
// beforehand. It returns at once when the command is interrupted.
func confirm(cmd *cobra.Command, yes bool, question string) error {
	if yes {
		return nil
	}
	_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "%s [y/N] ", printable.Line(question, 0))
	type line struct {
		text string
		err  error
	}
	// A read from a terminal cannot be interrupted: it is left behind, and ends with the process.
	read := make(chan line, 1)
	go func() {
		text, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
		read <- line{text, err}
	}()
	var answer line
	select {
	case <-cmd.Context().Done():
		_, _ = fmt.Fprintln(cmd.ErrOrStderr())
		return cmd.Context().Err()
	case answer = <-read:
	}
	if answer.err != nil && !errors.Is(answer.err, io.EOF) {
		return fmt.Errorf("read the answer: %w", answer.err)
	}
	switch strings.ToLower(strings.TrimSpace(answer.text)) {
	case "y", "yes":
		return nil
	case "":
		if errors.Is(answer.err, io.EOF) {
			return app.Usagef("stdin is not interactive; pass --yes")
		}
	}
	return errDeclined
}

// whoami names who runs this command, for the record.
func whoami() string {
	name := ""
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	host, _ := os.Hostname()
	return cmp.Or(name, "somebody") + "@" + cmp.Or(host, "somewhere")
}
