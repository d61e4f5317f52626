package shopfront

import (
	"embed"
	"encoding/json"
	"html/template"
	"net/http"
	"slices"
)

//go:embed page.html page.css page.js
var files embed.FS

var pages = template.Must(template.ParseFS(files, "page.html"))

// policy allows the page its own script, style and forms.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; " +
	"base-uri 'none'; frame-ancestors 'none'"

// maxForm is more than a form of the page can have.
const maxForm = 4 << 10

// view is what the page shows.
type view struct {
	Name, Currency, Code string
	Items                []Item
	Total                Cents
	Standing             standing
	Notice               notice
	// Offer is what the card could pay of the order, and OfferRest what is then left. Taken is what was taken off the card, and
	// Rest what is left of the order.
	Offer, OfferRest, Taken, Rest Cents
	// Elsewhere is set if something was paid another way.
	Elsewhere bool
	Samples   []Sample
	Sampled   bool
}

// Removable reports whether a line of the cart can be removed.
func (v view) Removable() bool { return v.Standing == choosing && len(v.Items) > 1 }

// Waits reports whether the page has to look for news.
func (v view) Waits() bool {
	return v.Standing == waiting || v.Standing == unknown || v.Standing == canceling
}

func (o *order) view() view {
	o.mu.Lock()
	defer o.mu.Unlock()
	now, taken := o.standing()
	return view{
		Name: o.name, Currency: o.currency, Code: o.code, Items: slices.Clone(o.items), Total: o.total(), Standing: now, Notice: o.notice,
		Offer: o.offer, OfferRest: o.total() - o.offer, Taken: taken, Rest: o.total() - taken, Elsewhere: o.rest,
	}
}

// routes returns the pages. All of them work without a script: each form leads back to the page, which shows what is known then.
func (s *Shop) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.page)
	mux.HandleFunc("GET /standing.json", func(w http.ResponseWriter, r *http.Request) {
		header(w, "application/json")
		_ = json.NewEncoder(w).Encode(map[string]standing{"standing": s.order(w, r).view().Standing}) // The reader may have gone.
	})
	for _, file := range []struct{ name, contentType string }{
		{"page.css", "text/css; charset=utf-8"}, {"page.js", "text/javascript; charset=utf-8"},
	} {
		mux.HandleFunc("GET /"+file.name, func(w http.ResponseWriter, r *http.Request) {
			header(w, file.contentType)
			http.ServeFileFS(w, r, files, file.name)
		})
	}
	for path, do := range map[string]func(*http.Request, *order){
		"balance": s.balance, "pay": s.pay, "another": s.another, "cancel": s.cancel, "try": s.try, "again": s.again,
		"remove": s.remove,
	} {
		mux.HandleFunc("POST /"+path, s.form(do))
	}
	// Pages of others cannot press the buttons of this one.
	return http.NewCrossOriginProtection().Handler(mux)
}

func (s *Shop) page(w http.ResponseWriter, r *http.Request) {
	v := s.order(w, r).view()
	if s.options.Samples != nil && v.Standing == choosing {
		v.Samples, v.Sampled = s.options.Samples(), true
	}
	header(w, "text/html; charset=utf-8")
	if err := pages.Execute(w, v); err != nil {
		http.Error(w, "the page could not be shown", http.StatusInternalServerError)
	}
}

// form does what a form of the page asks for, and leads back to the page, so that a reload sends nothing again. A form of another
// order than the visitor's does nothing: it is of a page that was left open.
func (s *Shop) form(do func(*http.Request, *order)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := r.ParseForm(); err != nil {
			http.Error(w, "this form cannot be read", http.StatusBadRequest)
			return
		}
		if o := s.order(w, r); r.PostFormValue("order") == o.name {
			do(r, o)
		}
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
}

func header(w http.ResponseWriter, contentType string) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Security-Policy", policy)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Referrer-Policy", "same-origin")
	w.Header().Set("Cache-Control", "no-store")
}
