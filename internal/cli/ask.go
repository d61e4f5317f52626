package cli

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

	"github.com/giftbridge/giftbridge/internal/printable"
)

// ErrDeclined is the error after the answer no.
var ErrDeclined = errors.New("nothing was done")

// Confirm asks a question on standard error. It returns nil if standard input answers yes, or if yes is set. It returns
// at once when the command is interrupted.
func Confirm(cmd *cobra.Command, yes bool, question string) error {
	return ConfirmFrom(cmd, bufio.NewReader(cmd.InOrStdin()), yes, question)
}

// ConfirmFrom is [Confirm] for a command that asks more than once: it continues reading where the last answer ended.
func ConfirmFrom(cmd *cobra.Command, in *bufio.Reader, yes bool, question string) error {
	if yes {
		return nil
	}
	answer, end, err := Ask(cmd, in, question+" [y/N]")
	switch {
	case err != nil:
		return err
	case answer == "y" || answer == "yes":
		return nil
	case answer == "" && end:
		return Usagef("stdin is not interactive; pass --yes")
	}
	return ErrDeclined
}

// Ask asks a question on standard error. It returns the answer from standard input, in lower case, and whether the
// input has ended. It returns at once when the command is interrupted.
func Ask(cmd *cobra.Command, in *bufio.Reader, question string) (answer string, end bool, err error) {
	_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "%s ", printable.Line(question, 0))
	type line struct {
		text string
		err  error
	}
	// A read from a terminal cannot be interrupted. It is abandoned, and ends with the process.
	read := make(chan line, 1)
	go func() {
		text, err := in.ReadString('\n')
		read <- line{text, err}
	}()
	select {
	case <-cmd.Context().Done():
		_, _ = fmt.Fprintln(cmd.ErrOrStderr())
		return "", false, cmd.Context().Err()
	case l := <-read:
		end = errors.Is(l.err, io.EOF)
		if l.err != nil && !end {
			return "", false, fmt.Errorf("read the answer: %w", l.err)
		}
		return strings.ToLower(strings.TrimSpace(l.text)), end, nil
	}
}

// Whoami returns who runs this command, for the record.
func Whoami() string {
	name := ""
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	host, _ := os.Hostname()
	return cmp.Or(name, "unknown-user") + "@" + cmp.Or(host, "unknown-host")
}
