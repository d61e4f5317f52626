package board

import (
	"embed"
	"encoding/json"
	"html/template"
	"net/http"
)

//go:embed page.html page.js
var pageFiles embed.FS

var pages = template.Must(template.ParseFS(pageFiles, "page.html"))

// pagePolicy allows the page its own script, its own counts and its inline style.
const pagePolicy = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'unsafe-inline'; " +
	"form-action 'none'; base-uri 'none'"

// latest is the number of orders on the page.
const latest = 20

// Places are what the start page links, and what it says to type.
type Places struct {
	// Later is the issuer that makes cards later.
	WebUI, Mails, Shop, Issuer, Later string
	// Shopfront is the example of a checkout, Phones shows the messages to customers.
	Shopfront, Phones string
	// ERP takes the shop's events, and ERPPage shows them; empty if there is none.
	ERP, ERPPage string
	// Temporal is the address for clients, Env the file that sets the environment of other commands.
	Temporal, Env string
	// Webhooks reports whether the shop delivers webhooks.
	Webhooks bool
}

// row is an order on the page.
type row struct {
	Name  string `json:"name"`
	Kind  string `json:"kind"`
	Cards string `json:"cards"`
	State State  `json:"state"`
	Text  string `json:"text"`
	// Path is the path below the page that leads to the order's workflow, empty if there is none.
	Path string `json:"path"`
}

// state is what the page shows, and what its script asks for.
type state struct {
	Counts
	Latest []row `json:"latest"`
}

func (b *Board) state() state {
	s := state{Counts: b.Counts(), Latest: []row{}}
	for _, o := range b.Latest(latest) {
		s.Latest = append(s.Latest, row{
			Name: o.title(), Kind: o.kind(), Cards: o.cards(), State: o.State, Text: o.Text(), Path: o.page("/"),
		})
	}
	return s
}

// Page returns the start page. It needs no script: a script only keeps it up to date.
func (b *Board) Page(at Places) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		header(w, "text/html; charset=utf-8")
		data := struct {
			Places
			State state
		}{at, b.state()}
		if err := pages.Execute(w, data); err != nil {
			http.Error(w, "the page could not be shown", http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("GET /page.js", func(w http.ResponseWriter, r *http.Request) {
		header(w, "text/javascript; charset=utf-8")
		http.ServeFileFS(w, r, pageFiles, "page.js")
	})
	mux.HandleFunc("GET /status.json", func(w http.ResponseWriter, _ *http.Request) {
		header(w, "application/json")
		_ = json.NewEncoder(w).Encode(b.state()) // The reader may have gone.
	})
	mux.HandleFunc("GET /orders/{order}", func(w http.ResponseWriter, r *http.Request) {
		link := b.Link(r.PathValue("order"))
		if link == "" {
			http.Error(w, "this order has no workflow yet", http.StatusNotFound)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, link, http.StatusFound)
	})
	return mux
}

func header(w http.ResponseWriter, contentType string) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Security-Policy", pagePolicy)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Cache-Control", "no-store")
}
