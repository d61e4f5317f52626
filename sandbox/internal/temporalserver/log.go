package temporalserver

import (
	"context"
	"log/slog"
	"sync/atomic"

	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/log/tag"
)

// gate is a slog.Handler that passes records of at least a given level until it is shut.
type gate struct {
	slog.Handler

	level slog.Leveler
	shut  *atomic.Bool
}

// Enabled reports whether records of the level pass.
func (g gate) Enabled(ctx context.Context, level slog.Level) bool {
	return !g.shut.Load() && level >= g.level.Level() && g.Handler.Enabled(ctx, level)
}

// WithAttrs returns a gate in front of a handler with these attributes.
func (g gate) WithAttrs(attrs []slog.Attr) slog.Handler {
	g.Handler = g.Handler.WithAttrs(attrs)
	return g
}

// WithGroup returns a gate in front of a handler with this group.
func (g gate) WithGroup(name string) slog.Handler {
	g.Handler = g.Handler.WithGroup(name)
	return g
}

// logger is the server's logger. It logs a record that would panic or exit as an ordinary error, because the process
// belongs to the caller.
type logger struct{ log *slog.Logger }

var (
	_ log.Logger      = logger{}
	_ log.WithLogger  = logger{}
	_ log.SLogWrapper = logger{}
)

func (l logger) Debug(msg string, tags ...tag.Tag)  { l.write(slog.LevelDebug, msg, tags) }
func (l logger) Info(msg string, tags ...tag.Tag)   { l.write(slog.LevelInfo, msg, tags) }
func (l logger) Warn(msg string, tags ...tag.Tag)   { l.write(slog.LevelWarn, msg, tags) }
func (l logger) Error(msg string, tags ...tag.Tag)  { l.write(slog.LevelError, msg, tags) }
func (l logger) DPanic(msg string, tags ...tag.Tag) { l.write(slog.LevelError, msg, tags) }
func (l logger) Panic(msg string, tags ...tag.Tag)  { l.write(slog.LevelError, msg, tags) }
func (l logger) Fatal(msg string, tags ...tag.Tag)  { l.write(slog.LevelError, msg, tags) }

// With returns a logger whose records carry the tags.
func (l logger) With(tags ...tag.Tag) log.Logger {
	return logger{log: slog.New(l.log.Handler().WithAttrs(attributes(tags)))}
}

// SLog returns the logger to which the records go.
func (l logger) SLog() *slog.Logger { return l.log }

func (l logger) write(level slog.Level, msg string, tags []tag.Tag) {
	ctx := context.Background()
	if l.log.Enabled(ctx, level) {
		l.log.LogAttrs(ctx, level, msg, attributes(tags)...)
	}
}

func attributes(tags []tag.Tag) []slog.Attr {
	attrs := make([]slog.Attr, len(tags))
	for i, t := range tags {
		attrs[i] = slog.Any(t.Key(), t.Value())
	}
	return attrs
}
