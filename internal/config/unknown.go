package config

import (
	"os"
	"regexp"
	"slices"
	"strings"
)

// ours lists the prefixes that only giftbridge uses: an unknown name with such a prefix is a typo. Other programs share
// the prefixes of our other variables, so there only a name that is very close to a known one counts as a typo.
var ours = []string{
	"SHOPIFY_", "CASHSTAR_", "POLL_", "DIGEST_", "SMTP_", "RECIPIENT_", "PAYLOAD_", "CODEC_SERVER_", "WORKER_",
}

// others lists the names that our libraries read: go.temporal.io/sdk/contrib/envconfig and OpenTelemetry's.
var others = []string{
	"TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "TEMPORAL_API_KEY", "TEMPORAL_CLIENT_AUTHORITY", "TEMPORAL_CONFIG_FILE",
	"TEMPORAL_PROFILE", "TEMPORAL_TLS", "TEMPORAL_TLS_CLIENT_CERT_PATH", "TEMPORAL_TLS_CLIENT_CERT_DATA",
	"TEMPORAL_TLS_CLIENT_KEY_PATH", "TEMPORAL_TLS_CLIENT_KEY_DATA", "TEMPORAL_TLS_SERVER_CA_CERT_PATH",
	"TEMPORAL_TLS_SERVER_CA_CERT_DATA", "TEMPORAL_TLS_SERVER_NAME", "TEMPORAL_TLS_DISABLE_HOST_VERIFICATION",
	"TEMPORAL_CODEC_ENDPOINT", "TEMPORAL_CODEC_AUTH",
	"OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG",
	"OTEL_EXPORTER_OTLP_HEADERS",
}

// otherProtocol matches names that are close to our SMTP_* because they name another protocol, not because of a typo.
var otherProtocol = regexp.MustCompile(`^(S?FTP|HTTP|IMAP|LMTP|SNMP|SNTP|AMQP|XMPP)_`)

// serviceLink matches the variables that Kubernetes, and Docker before it, sets for a service with a name like one of
// ours: https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables.
var serviceLink = regexp.MustCompile(
	`_(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$`)

// unknown finds variables that look like ours but are not: a typo in a name would silently leave the default in force.
func unknown() problems {
	known := slices.Clone(others)
	var c Config
	for _, l := range leaves(&c) {
		known = append(known, l.name)
		if l.secret() {
			known = append(known, l.name+inFile)
		}
	}
	var ps problems
	for _, entry := range slices.Sorted(slices.Values(os.Environ())) {
		name, _, _ := strings.Cut(entry, "=")
		if slices.Contains(known, name) || serviceLink.MatchString(name) || otherProtocol.MatchString(name) {
			continue
		}
		within := slip(name)
		oursAlone := slices.ContainsFunc(ours, func(p string) bool { return strings.HasPrefix(name, p) })
		if oursAlone {
			within = len(name) / 3
		}
		if near := nearest(name, known, within); near != "" {
			ps.add(name, "unknown; did you mean %s?", near)
		} else if oursAlone {
			ps.add(name, "unknown")
		}
	}
	return ps
}

// slip returns the number of edits up to which a name still counts as a typo of one of ours: one, or two in a long
// name. Short names are close to each other by chance.
func slip(name string) int {
	const long = 12
	if len(name) < long {
		return 1
	}
	return 2
}

// nearest returns the known name with the smallest edit distance to name, or "" if none is within the given distance.
func nearest(name string, known []string, within int) string {
	best, fewest := "", within+1
	for _, k := range known {
		if d := edits(name, k); d < fewest {
			best, fewest = k, d
		}
	}
	return best
}

// edits returns the edit distance of two ASCII strings. It counts letters that are added, left out, replaced, or
// swapped with the next letter.
func edits(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, last, row = last, row, before
		row[0] = i + 1
		for j := range len(b) {
			replaced := last[j]
			if a[i] != b[j] {
				replaced++
			}
			row[j+1] = min(replaced, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
