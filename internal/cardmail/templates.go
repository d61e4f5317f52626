package cardmail

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	html "html/template"
	"io/fs"
	"os"
	"slices"
	"strings"
	text "text/template"
	"time"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/printable"
)

// The names of the templates. A folder of one's own may have any of them.
const (
	subjectFile = "subject.txt.tmpl"
	textFile    = "card.txt.tmpl"
	htmlFile    = "card.html.tmpl"
)

var files = []string{subjectFile, textFile, htmlFile}

// pictureURL is an address that the templates may use as it is.
type pictureURL = html.URL

// PictureID is the Content-ID of the picture of the barcode, without angle brackets.
const PictureID = "barcode@giftbridge"

//go:embed templates
var embedded embed.FS

// Templates are the texts of the mails.
type Templates struct {
	subject, text *text.Template
	html          *html.Template
}

// Mail is a rendered mail.
type Mail struct {
	// Subject is one line.
	Subject string
	// Text and HTML have the same content. HTML shows the picture by its [PictureID].
	Text, HTML string
	Picture    Picture
}

// Load returns the templates: those of a folder, and the built-in ones for the files that it does not have. Without a
// folder it returns the built-in ones. It fails on a template that cannot be read, on one that does not work, and on one that
// leaves out what the card is spent with, so that no card is mailed with it.
func Load(folder string) (*Templates, error) {
	builtIn, err := fs.Sub(embedded, "templates")
	if err != nil {
		return nil, fmt.Errorf("read the built-in templates: %w", err)
	}
	var own fs.FS
	if folder != "" {
		own = os.DirFS(folder)
		if err := onlyKnown(own); err != nil {
			return nil, err
		}
	}
	sources := map[string]string{}
	for _, name := range files {
		from := builtIn
		if own != nil {
			if _, err := fs.Stat(own, name); !errors.Is(err, fs.ErrNotExist) {
				from = own
			}
		}
		source, err := fs.ReadFile(from, name)
		if err != nil {
			return nil, fmt.Errorf("read the template %s: %w", name, err)
		}
		sources[name] = string(source)
	}
	t := &Templates{}
	if t.subject, err = text.New(subjectFile).Parse(sources[subjectFile]); err != nil {
		return nil, fmt.Errorf("template %w", err)
	}
	if t.text, err = text.New(textFile).Parse(sources[textFile]); err != nil {
		return nil, fmt.Errorf("template %w", err)
	}
	if t.html, err = html.New(htmlFile).Parse(sources[htmlFile]); err != nil {
		return nil, fmt.Errorf("template %w", err)
	}
	return t, t.check()
}

// onlyKnown fails if a folder has no template, or one under another name: it would be left out without a word.
func onlyKnown(folder fs.FS) error {
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return fmt.Errorf("read the folder of templates: %w", err)
	}
	known := 0
	for _, e := range entries {
		switch {
		case slices.Contains(files, e.Name()):
			known++
		case strings.HasSuffix(e.Name(), ".tmpl"):
			return fmt.Errorf("the folder of templates has %s; need %s", e.Name(), strings.Join(files, ", "))
		}
	}
	if known == 0 {
		return fmt.Errorf("the folder of templates has none of %s", strings.Join(files, ", "))
	}
	return nil
}

// Sample returns a made-up card, to try templates with and to look at.
func Sample() Card {
	return Card{
		Code: "2900000000018", Value: giftcard.Money{Hundredths: 5000, Currency: "EUR"},
		ValidUntil: time.Date(2027, 12, 31, 23, 59, 59, 0, time.UTC),
		Shop:       "Example Shop", Order: "#1001", To: "Grace Hopper", From: "Ada Lovelace",
		Message: "Happy birthday, Grace!\n\nThe first round of compilers is on me.",
	}
}

// check renders made-up cards: one that has everything, and one that has only what every card has.
func (t *Templates) check() error {
	full := Sample()
	full.ValidFrom = full.ValidUntil.AddDate(-1, 0, 0)
	bare := Card{Code: "AB12CD34EF56", Value: full.Value}
	for _, c := range []Card{full, bare} {
		m, err := t.Render(c, c.Order != "", full.ValidFrom.AddDate(0, 0, -1))
		if err != nil {
			return err
		}
		for name, rendered := range map[string]string{textFile: m.Text, htmlFile: m.HTML} {
			if !strings.Contains(rendered, c.Code) && !strings.Contains(rendered, grouped(c.Code)) {
				return fmt.Errorf("template %s does not show the code of the card ({{.Code}}), without which nobody can spend it", name)
			}
		}
		if !strings.Contains(m.HTML, `"cid:`+PictureID+`"`) {
			return fmt.Errorf(`template %s does not show the barcode of the card (<img src="{{.Picture}}">)`, htmlFile)
		}
	}
	return nil
}

// Render returns the mail of a card. document says whether a printable document will be attached to it. An error repeats
// nothing of the card.
func (t *Templates) Render(c Card, document bool, now time.Time) (Mail, error) {
	picture, err := draw(c.Code)
	if err != nil {
		return Mail{}, err
	}
	v := newView(c, picture, document, now)
	var out bytes.Buffer
	if err := t.subject.Execute(&out, v); err != nil {
		return Mail{}, broken(err)
	}
	const maxSubject = 150
	v.Subject = printable.Line(out.String(), maxSubject)
	if v.Subject == "" {
		return Mail{}, fmt.Errorf("template %s is empty", subjectFile)
	}
	out.Reset()
	if err := t.text.Execute(&out, v); err != nil {
		return Mail{}, broken(err)
	}
	m := Mail{Subject: v.Subject, Text: out.String(), Picture: picture}
	out.Reset()
	if err := t.html.Execute(&out, v); err != nil {
		return Mail{}, broken(err)
	}
	m.HTML = out.String()
	return m, nil
}

// broken describes the failure of a template. The words of the template packages can hold values only if a template calls a
// function with them; what follows the place is left out all the same.
func broken(err error) error {
	where, _, _ := strings.Cut(err.Error(), ": executing")
	return fmt.Errorf("%s does not work: see the fields in docs/operations.md", strings.TrimPrefix(where, "template: "))
}
