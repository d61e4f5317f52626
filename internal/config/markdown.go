package config

import (
	"fmt"
	"strings"
)

const preamble = `<!-- Generated from internal/config by "go generate ./internal/config"; do not edit. -->

# Configuration

Everything is said in environment variables. A process reads them once, at its start, and refuses to run on anything
it cannot read, does not understand or has never heard of; the message lists all problems at once.
` + "`starter config`" + ` shows what is in force, secrets redacted.

A variable that is set to the empty string is set: it does not get its default. Values with quotes around them, or with
white space at their end, are refused: shells remove such quotes, but ` + "`docker run --env-file`" + ` keeps them.

A secret can stand in a file instead: ` + "`NAME_FILE`" + ` names the file for each ` + "`NAME`" + ` that is a secret, ` + "`PAYLOAD_KEYS`" + ` included.
One newline at the file's end is no part of the secret.
`

const temporal = `
## Temporal

The connection is configured as for the ` + "`temporal`" + ` command line, by
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
