package ops

import (
	"slices"

	"github.com/giftbridge/giftbridge/internal/config/env"
)

// Log sets the level and the format of the logs.
type Log struct {
	Level  string `envconfig:"LOG_LEVEL" default:"info" required:"true"`
	Format string `envconfig:"LOG_FORMAT" default:"auto" required:"true"`
}

// The values of LOG_FORMAT.
const (
	FormatAuto    = "auto" // Console on a terminal, JSON elsewhere.
	FormatJSON    = "json"
	FormatConsole = "console"
)

var logSection = env.Section{
	Field: "Log", Heading: "Logs",
	Variables: map[string]env.Reference{
		"LOG_LEVEL": {
			Want:  "trace, debug, info, warn or error",
			About: "Minimum level of the log entries that are written.",
		},
		"LOG_FORMAT": {
			Want:  "auto, json or console",
			About: "`auto` is `console` on a terminal and `json` elsewhere.",
		},
	},
}

// Validate checks only the log settings.
func (l Log) Validate() error {
	ps := problems()
	l.Check(ps)
	return ps.Err()
}

// Check checks the values.
func (l Log) Check(ps *env.Problems) {
	if l.Level != "" && !slices.Contains([]string{"trace", "debug", "info", "warn", "error"}, l.Level) {
		ps.Bad("LOG_LEVEL", l.Level)
	}
	if l.Format != "" && !slices.Contains([]string{FormatAuto, FormatJSON, FormatConsole}, l.Format) {
		ps.Bad("LOG_FORMAT", l.Format)
	}
}

// Metrics configures where metrics are served.
type Metrics struct {
	Addr string `envconfig:"METRICS_ADDR" default:"127.0.0.1:9464"`
}

// MetricsOff is the value of METRICS_ADDR that turns metrics off. The empty value does too.
const MetricsOff = "off"

// ListenAddr returns the address to listen on, empty when metrics are off.
func (m Metrics) ListenAddr() string {
	if m.Addr == MetricsOff {
		return ""
	}
	return m.Addr
}

var metricsSection = env.Section{
	Field: "Metrics", Heading: "Metrics",
	Variables: map[string]env.Reference{
		"METRICS_ADDR": {
			Want: "host:port, or off",
			About: "Address that serves `/metrics` for Prometheus, and the health checks `/healthz` and `/readyz`. `off` or empty: " +
				"they are not served.",
		},
	},
}

// Check checks the values.
func (m Metrics) Check(ps *env.Problems) {
	if addr := m.ListenAddr(); addr != "" && !env.IsHostPort(addr) {
		ps.Bad("METRICS_ADDR", m.Addr)
	}
}

// Traces configures where traces are sent. OpenTelemetry's own libraries read its other variables.
type Traces struct {
	Endpoint string `envconfig:"OTEL_EXPORTER_OTLP_ENDPOINT"`
}

var tracesSection = env.Section{
	Field: "Traces", Heading: "Traces",
	Variables: map[string]env.Reference{
		"OTEL_EXPORTER_OTLP_ENDPOINT": {
			Want: env.WantBaseURL,
			About: "The collector that receives traces as OTLP over HTTP, such as `http://localhost:4318`. Unset, no traces are " +
				"sent. `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_TRACES_SAMPLER`, `OTEL_TRACES_SAMPLER_ARG` and " +
				"`OTEL_EXPORTER_OTLP_HEADERS` work as OpenTelemetry defines them.",
		},
	},
}

// Check checks the values. A collector of traces may require credentials (OTEL_EXPORTER_OTLP_HEADERS), which are sent
// in the clear only to the hosts in plain.
func (t Traces) Check(ps *env.Problems, plain env.List) {
	ps.BaseURL("OTEL_EXPORTER_OTLP_ENDPOINT", t.Endpoint, plain)
}
