package main

import (
	"bytes"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/browser"
)

// Masks of what differs from run to run.
var masks = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`giftbridge-sandbox-\d+\.env`), "giftbridge-sandbox.env"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+/(orders| |\x1b)`), "127.0.0.1:8234/$1"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+/mails`), "127.0.0.1:8025/mails"},
	{regexp.MustCompile(`\^C`), ""},
}

// A picture shows the first lines and the last ones, which are the books.
const (
	firstLines = 17
	lastLines  = 14
)

// later matches what happens after many lines and is shown all the same, the first time: an order that succeeds in the
// end, and a mail.
var later = []*regexp.Regexp{
	regexp.MustCompile(`digest\S* .*asked for`),
	regexp.MustCompile(`\safter [A-Z]`),
	regexp.MustCompile(`/mails/\d`),
}

// escape matches the escape sequences that the sandbox writes: colours and weights.
var escape = regexp.MustCompile(`\x1b\[([0-9;]*)m`)

// excerpt returns the lines that a picture shows, with "…" in place of those between.
func excerpt(lines []string) []string {
	shown := map[int]bool{}
	for i := range lines {
		shown[i] = i < firstLines || i >= len(lines)-lastLines
	}
	for _, pattern := range later {
		if i := slices.IndexFunc(lines, pattern.MatchString); i >= 0 {
			shown[i] = true
			// On a narrow terminal, an entry's second line is indented.
			shown[i-1] = shown[i-1] || strings.HasPrefix(lines[i], indent)
		}
	}
	var out []string
	for i, line := range lines {
		if shown[i] {
			out = append(out, line)
		} else if shown[i-1] {
			out = append(out, "…")
		}
	}
	return out
}

// indent begins the second line of an entry.
const indent = "         "

// terminal takes a picture of what was written to a terminal.
func (c camera) terminal(text string, columns uint16) error {
	page, rows := render(text, columns)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "terminal.html", time.Time{}, bytes.NewReader(page))
	}))
	defer server.Close()
	width, height := size(columns, rows)
	look := browser.Look{Width: width, Height: height, Scale: 1.5}
	return c.take(fmt.Sprintf("sandbox-%d", columns), server.URL, look)
}

// render returns a page that shows what was written to a terminal, and the number of its lines.
func render(text string, columns uint16) (page []byte, rows int) {
	for _, m := range masks {
		text = m.pattern.ReplaceAllString(text, m.with)
	}
	lines := excerpt(strings.Split(strings.TrimSpace(strings.ReplaceAll(text, "\r", "")), "\n"))
	for i, line := range lines {
		lines[i] = colour(line)
	}
	return fmt.Appendf(nil, `<!DOCTYPE html><meta charset="utf-8"><style>
body { margin: 0; background: #16181b; color: #e4e6e9; }
pre { margin: 16px; width: %dch; font: 14px/20px "DejaVu Sans Mono", "Liberation Mono", monospace; }
b { color: #fff; } .c2 { opacity: .7; } .c31 { color: #ff7b72; } .c32 { color: #56d364; } .c33 { color: #e3b341; }
.c34 { color: #79c0ff; } .c35 { color: #d2a8ff; } .c36 { color: #76e3ea; } .c90 { color: #a5abb2; } .c1 { font-weight: 700; }
</style><pre>%s</pre>`, columns, strings.Join(lines, "\n")), len(lines)
}

// size returns the size in pixels of the page of a terminal.
func size(columns uint16, rows int) (width, height int64) {
	const character = 8.44 // The width of a character of the font at 14 pixels.
	return int64(float64(columns)*character) + 34, int64(rows)*20 + 32
}

// colour turns the escape sequences of a line into HTML.
func colour(line string) string {
	var b strings.Builder
	open, at := 0, 0
	closeAll := func() {
		b.WriteString(strings.Repeat("</span>", open))
		open = 0
	}
	for _, m := range escape.FindAllStringSubmatchIndex(line, -1) {
		b.WriteString(html.EscapeString(line[at:m[0]]))
		at = m[1]
		for code := range strings.SplitSeq(line[m[2]:m[3]], ";") {
			if code == "" || code == "0" {
				closeAll()
				continue
			}
			fmt.Fprintf(&b, `<span class="c%s">`, code)
			open++
		}
	}
	b.WriteString(html.EscapeString(line[at:]))
	closeAll()
	return b.String()
}
