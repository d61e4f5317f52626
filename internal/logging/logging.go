// Package logging sets up the one logger of a process and bridges it to Temporal.
package logging

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/rs/zerolog"
	"go.temporal.io/sdk/log"
	"golang.org/x/term"

	"github.com/giftbridge/giftbridge/internal/config/ops"
)

// Timestamps are in UTC with milliseconds: several lines per second are common, and so are processes in several time
// zones. zerolog keeps both settings in package variables, so they are set before anything can log.
func init() {
	zerolog.TimeFieldFormat = "2006-01-02T15:04:05.000Z07:00"
	zerolog.TimestampFunc = func() time.Time { return time.Now().UTC() }
}

// New returns a logger that writes lines of the configured level and above to w, in the configured format.
func New(w io.Writer, c ops.Log) (zerolog.Logger, error) {
	if err := c.Validate(); err != nil {
		return zerolog.Nop(), err
	}
	level, err := zerolog.ParseLevel(c.Level)
	if err != nil {
		return zerolog.Nop(), fmt.Errorf("parse log level: %w", err)
	}
	tty := terminal(w)
	if c.Format == ops.FormatConsole || (c.Format == ops.FormatAuto && tty) {
		w = zerolog.NewConsoleWriter(func(cw *zerolog.ConsoleWriter) {
			cw.Out = w
			cw.NoColor = cw.NoColor || !tty || os.Getenv("NO_COLOR") != "" // https://no-color.org
			cw.TimeFormat = time.TimeOnly
		})
	}
	return zerolog.New(w).Level(level).With().Timestamp().Logger(), nil
}

func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Temporal returns the logger in the form that Temporal's client and workers accept. Workflow and activity code gets it
// through the SDK.
func Temporal(zl zerolog.Logger) log.Logger {
	return log.NewStructuredLogger(slog.New(zerolog.NewSlogHandler(zl)))
}
