package env

import (
	"os"
	"regexp"
	"slices"
	"strings"
)

// otherProtocol matches names that are close to our SMTP_* because they name another protocol, not because of a typo.
var otherProtocol = regexp.MustCompile(`^(S?FTP|HTTP|IMAP|LMTP|SNMP|SNTP|AMQP|XMPP)_`)

// serviceLink matches the variables that Kubernetes, and Docker before it, sets for a service with a name like one of
// ours: https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables.
var serviceLink = regexp.MustCompile(
	`_(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$`)

// unknown adds a problem for each variable that looks like one of ours but is not: a typo in a name would silently
// leave the default in force.
func (s Schema) unknown(c any, ps *Problems) {
	known, ours := slices.Clone(s.Others), s.prefixes()
	for _, v := range variables(c) {
		known = append(known, v.name)
		if v.secret() {
			known = append(known, v.name+inFile)
		}
	}
	for _, entry := range slices.Sorted(slices.Values(os.Environ())) {
		name, _, _ := strings.Cut(entry, "=")
		if slices.Contains(known, name) || serviceLink.MatchString(name) || otherProtocol.MatchString(name) {
			continue
		}
		if s.disguised(name, known, ps) {
			continue
		}
		within := slip(name)
		oursAlone := slices.ContainsFunc(ours, func(p string) bool { return strings.HasPrefix(name, p) })
		if oursAlone {
			within = len(name) / 3
		}
		if near := nearest(name, known, within); near != "" {
			ps.Add(name, "unknown; did you mean %s?", near)
		} else if oursAlone {
			ps.Add(name, "unknown")
		}
	}
}

// disguised adds a problem for a known name with something around it that a file has left there, or in lower case. The
// variable would be ignored, and nothing in a list of the environment would show why.
func (s Schema) disguised(name string, known []string, ps *Problems) bool {
	meant, marked := strings.CutPrefix(name, byteOrderMark)
	meant = strings.TrimSpace(strings.TrimPrefix(meant, "export "))
	upper := strings.ToUpper(meant)
	ours := slices.ContainsFunc(s.prefixes(), func(p string) bool { return strings.HasPrefix(upper, p) })
	switch {
	case marked && slices.Contains(known, meant):
		ps.Add(meant, "has a byte order mark in front of its name: need the bare name; save the file as UTF-8 without it")
	case meant != name && slices.Contains(known, meant):
		ps.Add(meant, "has white space or \"export\" around its name: need the bare name; shells remove it, docker's "+
			"--env-file keeps it")
	case ours && upper != meant && slices.Contains(known, upper):
		ps.Add(meant, "is in lower case: need %s", upper)
	default:
		return false
	}
	return true
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
