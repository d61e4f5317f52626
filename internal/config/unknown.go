package config

import (
	"os"
	"regexp"
	"slices"
	"strings"
)

// ours are the beginnings of names that only giftbridge reads. The other variables share theirs with the rest of the
// world.
var ours = []string{
	"SHOPIFY_", "CASHSTAR_", "POLL_", "DIGEST_", "SMTP_", "RECIPIENT_", "PAYLOAD_", "CODEC_SERVER_", "WORKER_",
}

// serviceLink matches what Kubernetes, and Docker before it, puts into the environment for a service named like one of
// ours: https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables.
var serviceLink = regexp.MustCompile(
	`_(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$`)

// unknown finds variables that look like ours and are not: a slip in a name would leave its default in force, unseen.
func unknown() problems {
	var c Config
	var known []string
	for _, l := range leaves(&c) {
		known = append(known, l.name)
	}
	var names []string
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if !slices.ContainsFunc(ours, func(p string) bool { return strings.HasPrefix(name, p) }) ||
			slices.Contains(known, name) || serviceLink.MatchString(name) {
			continue
		}
		names = append(names, name)
	}
	slices.Sort(names)
	var ps problems
	for _, name := range names {
		if near := nearest(name, known); near != "" {
			ps.add(name, "unknown; did you mean %s?", near)
		} else {
			ps.add(name, "unknown")
		}
	}
	return ps
}

// nearest returns the known name with the fewest edits to it, if a third of the name or less has to change.
func nearest(name string, known []string) string {
	best, fewest := "", len(name)/3+1
	for _, k := range known {
		if d := edits(name, k); d < fewest {
			best, fewest = k, d
		}
	}
	return best
}

// edits is the Levenshtein distance of two ASCII strings.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substitute := diagonal
			if a[i] != b[j] {
				substitute++
			}
			diagonal = row[j+1]
			row[j+1] = min(substitute, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
