package api

import (
	"net/http"
	"strings"

	"github.com/giftbridge/giftbridge/internal/redemption"
)

const (
	keyHeader = "Idempotency-Key"
	// maxKey is the number of characters of the longest key.
	maxKey = 255
)

// keyOf returns the idempotency key of a request. The header holds a string of a structured field (RFC 8941), which is in
// quotes. A key without quotes is taken too, and means the same one.
func keyOf(h http.Header) (string, *answer) {
	lines := h.Values(keyHeader)
	if len(lines) == 0 || len(lines) == 1 && strings.Trim(lines[0], " \t") == "" {
		a := refused(redemption.Problem{Type: redemption.KeyRequired}, "")
		return "", &a
	}
	if len(lines) == 1 {
		if key, ok := parseKey(strings.Trim(lines[0], " \t")); ok {
			return key, nil
		}
	}
	a := invalid("The header Idempotency-Key holds one key of 1 to 255 printable ASCII characters, in double quotes.")
	return "", &a
}

// parseKey returns the key that a header line holds.
func parseKey(line string) (string, bool) {
	quoted, ok := strings.CutPrefix(line, `"`)
	if !ok {
		return line, len(line) <= maxKey && !strings.ContainsFunc(line, func(r rune) bool {
			return r <= ' ' || r > '~' || strings.ContainsRune(`"\,;`, r)
		})
	}
	var b strings.Builder
	for i := 0; i < len(quoted); i++ {
		switch c := quoted[i]; {
		case c == '"':
			return b.String(), i == len(quoted)-1 && b.Len() >= 1 && b.Len() <= maxKey
		case c == '\\' && i+1 < len(quoted) && (quoted[i+1] == '"' || quoted[i+1] == '\\'):
			i++
			b.WriteByte(quoted[i])
		case c == '\\' || c < ' ' || c > '~':
			return "", false
		default:
			b.WriteByte(c)
		}
	}
	return "", false
}
