package e2e_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"mime/quotedprintable"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// markers maps descriptions to texts that must not occur.
type markers map[string]string

// found returns the markers that occur in a text in any form: escaped for URLs, JSON, HTML or mail, quoted by Go or
// Protocol Buffers, in base64 or hexadecimal, in lower or upper case, or broken across lines.
func (m markers) found(text string) []string {
	views := []string{text, joined(text)}
	for range 2 { // Quoted text may have been quoted before.
		text = unescaped(text)
		views = append(views, text, joined(text))
	}
	fold := strings.NewReplacer("+", " ") // URLs may write a blank as a plus sign.
	var folded []string
	for _, v := range views {
		folded = append(folded, strings.ToLower(fold.Replace(v)))
	}
	has := func(views []string, needle string) bool {
		return slices.ContainsFunc(views, func(v string) bool { return strings.Contains(v, needle) })
	}
	var out []string
	for name, value := range m {
		hidden := has(folded, strings.ToLower(fold.Replace(value))) ||
			has(folded, strings.ToLower(fold.Replace(joined(value)))) || has(folded, hex.EncodeToString([]byte(value)))
		for _, form := range inBase64(value) {
			hidden = hidden || has(views, form)
		}
		if hidden {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// joined removes white space, because base64 is broken into lines and card numbers are written in groups.
func joined(s string) string { return strings.Join(strings.Fields(s), "") }

var (
	escapedByte = regexp.MustCompile(`\\x[0-9a-fA-F]{2}|\\[0-3][0-7]{2}|\\u00[0-9a-fA-F]{2}|%[0-9a-fA-F]{2}|=[0-9A-F]{2}`)
	escapedChar = strings.NewReplacer(`\"`, `"`, `\/`, `/`, `\\`, `\`, "=\r\n", "", "=\n", "", `\n`, "\n")
)

// unescaped removes one level of escapes.
func unescaped(s string) string {
	s = html.UnescapeString(escapedChar.Replace(s))
	return escapedByte.ReplaceAllStringFunc(s, func(e string) string {
		if strings.HasPrefix(e, `\u`) {
			r, _, _, err := strconv.UnquoteChar(e, 0)
			if err != nil {
				return e
			}
			return string(r)
		}
		base := 16
		if e[0] == '\\' && e[1] != 'x' {
			base = 8
		}
		b, err := strconv.ParseUint(strings.TrimLeft(e, `\x%=`), base, 8)
		if err != nil {
			return e
		}
		return string([]byte{byte(b)})
	})
}

// inBase64 returns the forms of a text within a longer text in base64. For each alignment with the groups of three
// bytes, it returns the characters that depend only on the text.
func inBase64(value string) []string {
	var out []string
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for shift := range 3 {
			encoded := encoding.EncodeToString([]byte(strings.Repeat("\x00", shift) + value))
			first := (shift*8 + 5) / 6
			last := (shift + len(value)) * 8 / 6
			out = append(out, encoded[first:last])
		}
	}
	return out
}

// A search that never finds anything proves nothing, so each form of a marker must be found, and no other text.
func TestMarkersAreFound(t *testing.T) {
	t.Parallel()
	const value = `Zoë "Mark" <zoe+mark@example.com> & Söhne/=%`
	m := markers{"name": value}
	quoted := func(v any) string {
		b, err := json.Marshal(v)
		require.NoError(t, err)
		return string(b)
	}
	var mail bytes.Buffer
	w := quotedprintable.NewWriter(&mail)
	_, err := io.WriteString(w, strings.Repeat("long ", 10)+value)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	wrapped := base64.StdEncoding.EncodeToString([]byte("before " + value + " and after that"))
	forms := map[string]string{
		"plain":               value,
		"upper case":          strings.ToUpper(value),
		"broken over lines":   strings.ReplaceAll(value, " ", "\r\n\t"),
		"JSON":                quoted(map[string]string{"a": value}),
		"JSON in JSON":        quoted(quoted([]string{value})),
		"URL query":           url.QueryEscape(value),
		"URL path":            url.PathEscape(value),
		"HTML":                html.EscapeString(value),
		"quoted by Go":        fmt.Sprintf("%q", value),
		"quoted in ASCII":     strconv.QuoteToASCII(value),
		"hexadecimal":         fmt.Sprintf("%x", value),
		"HEXADECIMAL":         fmt.Sprintf("%X", value),
		"octal":               octal(value),
		"quoted-printable":    mail.String(),
		"base64 in lines":     wrapped[:40] + "\r\n" + wrapped[40:],
		"base64 of a payload": quoted(map[string]string{"data": wrapped}),
	}
	for shift := range 4 {
		padded := []byte(strings.Repeat("x", shift) + value + strings.Repeat("y", shift))
		forms[fmt.Sprint("base64 at ", shift)] = base64.StdEncoding.EncodeToString(padded)
		forms[fmt.Sprint("base64 for URLs at ", shift)] = base64.RawURLEncoding.EncodeToString(padded)
	}
	for name, form := range forms {
		require.Equal(t, []string{"name"}, m.found("before "+form+" after"), name)
	}
	for _, other := range []string{"", "zoe", "Zoë Mark", wrapped[:20], strings.ReplaceAll(value, "a", "o")} {
		require.Empty(t, m.found(other), other)
	}
	require.Equal(t, []string{"number"}, markers{"number": "6006491234567890"}.found("card 6006 4912 3456 7890"))
}

// octal writes a text as the text format of Protocol Buffers does.
func octal(s string) string {
	var out strings.Builder
	for _, b := range []byte(s) {
		fmt.Fprintf(&out, `\%03o`, b)
	}
	return out.String()
}
