package digest

import (
	"bytes"
	"embed"
	"fmt"
	html "html/template"
	"strings"
	text "text/template"
	"time"
)

// Mail is a rendered report.
type Mail struct {
	// Subject is one line.
	Subject string
	// Text and HTML have the same content.
	Text, HTML string
	// CSV contains every row of the report, including those that Text and HTML leave out. See [Columns].
	CSV []byte
}

//go:embed templates
var templates embed.FS

var (
	textTemplate = text.Must(text.New("digest.txt.tmpl").
			Funcs(text.FuncMap{"wrap": wrap, "count": count, "number": number, "title": title, "join": strings.Join}).
			ParseFS(templates, "templates/digest.txt.tmpl"))
	htmlTemplate = html.Must(html.New("digest.html.tmpl").
			Funcs(html.FuncMap{"count": count, "number": number, "join": strings.Join}).
			ParseFS(templates, "templates/digest.html.tmpl"))
)

// Render renders a report as a mail. It fails only if the report's time zone is unknown.
func Render(r Report) (Mail, error) {
	zone, err := time.LoadLocation(r.TimeZone)
	if err != nil {
		return Mail{}, fmt.Errorf("load time zone: %w", err)
	}
	v := newView(r, zone)
	var plain, page bytes.Buffer
	if err := textTemplate.Execute(&plain, v); err != nil {
		return Mail{}, fmt.Errorf("render text: %w", err)
	}
	if err := htmlTemplate.Execute(&page, v); err != nil {
		return Mail{}, fmt.Errorf("render html: %w", err)
	}
	table, err := renderCSV(r, zone)
	if err != nil {
		return Mail{}, err
	}
	return Mail{Subject: subject(r), Text: plain.String(), HTML: page.String(), CSV: table}, nil
}

func subject(r Report) string {
	return "[giftbridge] " + clean(r.Shop, maxName) + ": " + headline(r)
}

// headline returns what matters most, in one line.
func headline(r Report) string {
	var also []string
	if n := r.native(); n > 0 {
		also = append(also, count(n, "native gift-card order"))
	}
	if !r.Missed.To.IsZero() {
		also = append(also, "orders were missed")
	}
	if r.Watermark.Stale {
		also = append(also, "new orders are not seen")
	}
	if n := r.failedPolls(); n > 0 {
		also = append(also, count(n, "poll")+" failed")
	}
	first := "nothing failed"
	switch failed, recovered := r.failed(), r.recovered(); {
	case failed > 0:
		first = count(failed, "gift-card order") + " failed (" + newness(r.fresh(), failed) + ")"
	case recovered > 0:
		first = count(recovered, "failed gift-card order") + ", " + plural(recovered, "recovered", "all recovered")
	case len(also) > 0:
		first = "no order failed"
	}
	return strings.Join(append([]string{first}, also...), "; ")
}

func newness(fresh, failed int) string {
	switch {
	case fresh == 0:
		return "none new"
	case fresh >= failed && failed > 1:
		return "all new"
	case fresh >= failed:
		return "new"
	default:
		return number(fresh) + " new"
	}
}

// title returns a heading of the text, underlined.
func title(s string) string {
	return s + "\n" + strings.Repeat("-", min(len([]rune(s)), width))
}
