package config

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/giftbridge/giftbridge/internal/config/cashstar"
	"github.com/giftbridge/giftbridge/internal/config/env"
	"github.com/giftbridge/giftbridge/internal/redact"
)

// Describe lists every variable with its value, in the order of the reference.
func (c Config) Describe() []env.Setting {
	def := Default()
	settings := schema.Describe(&c, &def)
	for i, s := range settings {
		if s.Name == cashstar.UserVariable && strings.Contains(s.Value, ":") { // Its password may be in it.
			settings[i].Value = redact.Secret
		}
	}
	return settings
}

// Table returns [Config.Describe], followed by other settings, as aligned text, one variable per line.
func (c Config) Table(others ...env.Setting) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, v := range append(c.Describe(), others...) {
		value, note := v.Value, ""
		switch {
		case v.Value == "":
			value = "-"
		case v.Name == dedupesVariable && !c.Issue.DedupesStated:
			note = "(not set: a new installation must set true or false; see docs/configuration.md)"
		case v.IsDefault:
			note = "(default)"
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\n", v.Name, value, note)
	}
	_ = w.Flush() // Neither the tabwriter nor the underlying builder can fail.
	return b.String()
}

const preamble = `<!-- Generated from internal/config by "go generate ./internal/config"; do not edit. -->

# Configuration

All settings are environment variables. A process reads them once, when it starts, and refuses to run if a value cannot
be read or is invalid, or if a variable is unknown; the message lists all problems at once.
` + "`giftbridge config`" + ` shows the settings in effect, with secrets redacted.

A variable that is set to the empty string counts as set: it does not get its default. Values with quotes around them,
or with white space around them, are refused: shells remove such quotes, but ` + "`docker run --env-file`" + ` keeps them.

` + "`giftbridge --env-file FILE`" + ` and ` + "`worker --env-file FILE`" + ` read variables from a file: one ` + "`NAME=value`" + ` a
line, with or without ` + "`export`" + `, Windows line ends, comments and quotes. The environment overrides the file, and a later
file an earlier one. Quotes around a value are removed. A ` + "`$`" + ` stands for itself: nothing is expanded, unlike in Compose.
A value without quotes that has a ` + "`#`" + ` after a space, and an unknown escape in double quotes, are refused with their line.

A secret can be in a file instead: for each secret ` + "`NAME`, including `PAYLOAD_KEYS`, `NAME_FILE`" + `
is the path of the file. One newline at the end of the file is not part of the secret.
`

const temporal = `
## Temporal

The connection is configured as for the ` + "`temporal`" + ` command line, with
[Temporal's own variables and profiles](https://docs.temporal.io/develop/environment-configuration):
` + "`TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`, `TEMPORAL_TLS*`, `TEMPORAL_PROFILE`," + `
` + "`TEMPORAL_CONFIG_FILE`" + `.
`

// Markdown returns the reference of all variables, docs/configuration.md.
func Markdown() string { return preamble + temporal + schema.Markdown(&Config{}) }
