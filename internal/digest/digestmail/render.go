// Package digestmail makes a mail of a digest: subject, text, HTML, and a table as attachment. It is pure: other packages
// collect the report and send the mail.
package digestmail

import (
	"bytes"
	"embed"
	"fmt"
	html "html/template"
	"strings"
	text "text/template"
	"time"

	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/digest/sheet"
	"github.com/giftbridge/giftbridge/internal/digest/words"
)

// Mail is a rendered report.
type Mail struct {
	// Subject is one line of at most 60 characters.
	Subject string
	// Text and HTML have the same content. HTML is less than 100 kB, because Gmail cuts off longer mails.
	Text, HTML string
	// CSV contains every row of the report, including those that Text and HTML leave out. See [sheet.Columns].
	CSV []byte
}

// maxHTML is the size of the HTML in bytes. Gmail cuts off what exceeds 102 kB.
const maxHTML = 98_000

//go:embed templates
var templates embed.FS

var (
	textTemplate = text.Must(text.New("digest.txt.tmpl").
			Funcs(text.FuncMap{
			"wrap": words.Wrap, "count": words.Count, "number": words.Number, "title": title, "part": part, "paren": paren, "headed": headed,
			"upper": strings.ToUpper,
		}).
		ParseFS(templates, "templates/digest.txt.tmpl"))
	htmlTemplate = html.Must(html.New("digest.html.tmpl").
			Funcs(html.FuncMap{"count": words.Count, "number": words.Number, "headed": headed}).
			ParseFS(templates, "templates/digest.html.tmpl"))
)

// Render renders a report as a mail without links that act. It fails only if the report's time zone is unknown. Text and
// HTML list as many orders of each group as fit, up to 200.
func Render(r digest.Report) (Mail, error) { return RenderWith(r, Links{}) }

// RenderWith renders a report as [Render] does, with links that act. They are in text and HTML, and not in the CSV.
func RenderWith(r digest.Report, links Links) (Mail, error) {
	zone, err := time.LoadLocation(r.TimeZone)
	if err != nil {
		return Mail{}, fmt.Errorf("load time zone: %w", err)
	}
	v, page, err := fit(r, zone, links)
	if err != nil {
		return Mail{}, err
	}
	var plain bytes.Buffer
	if err := textTemplate.Execute(&plain, v); err != nil {
		return Mail{}, fmt.Errorf("render text: %w", err)
	}
	table, err := sheet.CSV(r, zone)
	if err != nil {
		return Mail{}, err
	}
	return Mail{Subject: v.Title, Text: plain.String(), HTML: page, CSV: table}, nil
}

// fit returns the view with the most rows of which the HTML fits, and that HTML. Without rows it always fits: all that
// remains is bounded.
func fit(r digest.Report, zone *time.Location, links Links) (view, string, error) {
	for limit := maxRows; ; limit = limit * 4 / 5 {
		v := newView(r, zone, limit, links)
		var page bytes.Buffer
		if err := htmlTemplate.Execute(&page, v); err != nil {
			return view{}, "", fmt.Errorf("render html: %w", err)
		}
		if page.Len() <= maxHTML || limit == 0 {
			return v, page.String(), nil
		}
	}
}

// headed returns the heading of a section, with its sum if it has one.
func headed(title, sum string) string {
	if sum == "" {
		return title
	}
	return title + ": " + sum
}

// paren returns a text in parentheses after a space, or nothing.
func paren(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

// part returns a heading of a large part of the text, underlined twice as heavily as a [title].
func part(s string) string { return underline(s, "=") }

// title returns a heading of the text, underlined.
func title(s string) string { return underline(s, "-") }

// underline returns a heading, wrapped and underlined.
func underline(s, with string) string {
	s = words.Wrap("", s)
	longest := 0
	for line := range strings.SplitSeq(s, "\n") {
		longest = max(longest, len([]rune(line)))
	}
	return s + "\n" + strings.Repeat(with, min(longest, words.Width))
}
