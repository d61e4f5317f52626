package mailtest

import (
	"embed"
	"encoding/base64"
	"html/template"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

//go:embed page.html
var pageFile embed.FS

var pages = template.Must(template.ParseFS(pageFile, "page.html"))

// mailPolicy is the policy for a mail's own HTML: it may use inline styles, and open links in new windows, but nothing
// else.
const (
	mailPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; " +
		"sandbox allow-popups allow-popups-to-escape-sandbox"
	pagePolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; form-action 'none'; base-uri 'none'"
)

// shown is the maximum number of mails in the list.
const shown = 100

// entry is a mail on the page. Err is the error if the mail could not be parsed.
type entry struct {
	Message
	Mail
	Err error
}

// Page returns a page that shows the newest mails. Its links are relative: mount it, with its prefix stripped, at a
// path that ends in a slash.
func (s *Server) Page() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		messages := s.Messages()
		slices.Reverse(messages)
		entries := make([]entry, 0, shown)
		for _, m := range messages[:min(len(messages), shown)] {
			entries = append(entries, newEntry(m))
		}
		render(w, "list", entries)
	})
	mux.HandleFunc("GET /mails/{id}", s.withMail(func(w http.ResponseWriter, _ *http.Request, e entry) {
		render(w, "mail", e)
	}))
	mux.HandleFunc("GET /mails/{id}/html", s.withMail(func(w http.ResponseWriter, _ *http.Request, e entry) {
		header(w, "text/html; charset=utf-8", mailPolicy)
		_, _ = io.WriteString(w, e.withPictures())
	}))
	mux.HandleFunc("GET /mails/{id}/source", s.withMail(func(w http.ResponseWriter, _ *http.Request, e entry) {
		header(w, "text/plain; charset=utf-8", mailPolicy)
		_, _ = w.Write(e.Data)
	}))
	mux.HandleFunc("GET /mails/{id}/attachments/{n}", s.withMail(attachment))
	return mux
}

func newEntry(m Message) entry {
	mail, err := m.Parse()
	return entry{Message: m, Mail: mail, Err: err}
}

func (s *Server) withMail(handle func(http.ResponseWriter, *http.Request, entry)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, _ := strconv.Atoi(r.PathValue("id"))
		messages := s.Messages()
		i := slices.IndexFunc(messages, func(m Message) bool { return m.ID == id })
		if i < 0 {
			http.NotFound(w, r)
			return
		}
		handle(w, r, newEntry(messages[i]))
	}
}

// withPictures returns the HTML with the pictures that it shows inside it, since the page may load nothing.
func (e entry) withPictures() string {
	page := e.HTML
	for _, a := range e.Inline {
		if media, _, err := mime.ParseMediaType(a.ContentType); err == nil && strings.HasPrefix(media, "image/") {
			page = strings.ReplaceAll(page, `"cid:`+a.ContentID+`"`,
				`"data:`+media+";base64,"+base64.StdEncoding.EncodeToString(a.Data)+`"`)
		}
	}
	return page
}

func attachment(w http.ResponseWriter, r *http.Request, e entry) {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 0 || n >= len(e.Attachments) {
		http.NotFound(w, r)
		return
	}
	a := e.Attachments[n]
	header(w, "application/octet-stream", mailPolicy)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": a.Name}))
	_, _ = w.Write(a.Data)
}

func header(w http.ResponseWriter, contentType, policy string) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Security-Policy", policy)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Cache-Control", "no-store")
}

func render(w http.ResponseWriter, name string, data any) {
	header(w, "text/html; charset=utf-8", pagePolicy)
	if err := pages.ExecuteTemplate(w, name, data); err != nil {
		http.Error(w, "the page could not be shown", http.StatusInternalServerError)
	}
}
