package config

import (
	"fmt"
	"strings"
)

const preamble = `<!-- Generated from internal/config by "go generate ./internal/config"; do not edit. -->

# Configuration

All settings are environment variables. A process reads them once, when it starts, and refuses to run if a value cannot
be read or is invalid, or if a variable is unknown; the message lists all problems at once.
` + "`starter config`" + ` shows the settings in effect, with secrets redacted.

A variable that is set to the empty string counts as set: it does not get its default. Values with quotes around them,
or with white space at the end, are refused: shells remove such quotes, but ` + "`docker run --env-file`" + ` keeps them.

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
func Markdown() string {
	var b strings.Builder
	b.WriteString(preamble + temporal)
	def := Default()
	section := ""
	for _, l := range leaves(&def) {
		if l.section != section {
			section = l.section
			fmt.Fprintf(&b, "\n## %s\n\n| variable | value | default | meaning |\n|---|---|---|---|\n", sections[section])
		}
		std := "-"
		switch {
		case l.def != "":
			std = "`" + l.def + "`"
		case l.required:
			std = "**required**"
		}
		ref := references[l.name]
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", l.name, ref.want, std, ref.about)
	}
	return b.String()
}
