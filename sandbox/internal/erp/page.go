// Package erp shows the events of the shop that the simulated ERP took: the sandbox's page of the relay. It is given the deliveries,
// and does not look for them itself.
package erp

import (
	_ "embed"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/giftbridge/giftbridge/internal/relay/relaytest"
)

//go:embed page.html
var pageFile string

var pages = template.Must(template.New("page").Parse(pageFile))

// policy allows the pages their inline style, and nothing else.
const policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

// latest is the number of resources on the first page, and shown that of the newest events of each.
const (
	latest = 20
	shown  = 6
)

// Books are what the ERP has recorded.
type Books interface {
	// Deliveries returns what was taken, in the order in which it came.
	Deliveries() []relaytest.Delivery
	Stats() relaytest.Stats
}

// resource is what events are about: an order or a product, with its events from the first to the last.
type resource struct {
	// Number counts resources from 1, in the order of their first events.
	Number int
	// What is "Order" or "Product", and About the shop's number of it.
	What, About string
	Events      []event
	// Older is the number of events that are left out.
	Older int
	// last is the place of its newest event among all.
	last int
}

// event is an event as the ERP took it.
type event struct{ relaytest.Delivery }

// Marks are what sets an event apart from one that came once, and in its order.
func (e event) Marks() []string {
	var marks []string
	for _, m := range []struct {
		is   bool
		mark string
	}{
		{e.Double && !e.Replayed, "came again"},
		{e.Replayed, "replayed"},
		{e.Stale, "stale"},
		{e.Unordered, "out of order, and not marked"},
		{e.Oversized > 0, "too large to come"},
	} {
		if m.is {
			marks = append(marks, m.mark)
		}
	}
	return marks
}

// view is what a page shows: the newest resources, or one of them with all its events.
type view struct {
	relaytest.Stats

	Resources []resource
	// More is the number of resources that are left out.
	More int
	One  bool
}

// Events returns the number of events without doubles.
func (v view) Events() (n int) {
	for _, of := range v.Taken {
		n += of
	}
	return n
}

// Reason is why requests were refused, and how many.
type Reason struct {
	Why   string
	Times int
}

// Reasons returns the refused requests by reason.
func (v view) Reasons() (out []Reason) {
	for _, why := range slices.Sorted(maps.Keys(v.Refused)) {
		out = append(out, Reason{why, v.Refused[why]})
	}
	return out
}

// Page returns the pages. Their links are relative: mount them, with the prefix stripped, at a path that ends in a slash.
func Page(of Books) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		all := resources(of.Deliveries())
		slices.SortFunc(all, func(a, b resource) int { return b.last - a.last })
		v := view{Stats: of.Stats(), Resources: all[:min(len(all), latest)], More: max(len(all)-latest, 0)}
		for i := range v.Resources {
			r := &v.Resources[i]
			r.Older = max(len(r.Events)-shown, 0)
			r.Events = r.Events[r.Older:]
		}
		render(w, v)
	})
	mux.HandleFunc("GET /resources/{number}", func(w http.ResponseWriter, r *http.Request) {
		all := resources(of.Deliveries())
		n, err := strconv.Atoi(r.PathValue("number"))
		if err != nil || n < 1 || n > len(all) {
			http.NotFound(w, r)
			return
		}
		render(w, view{Stats: of.Stats(), Resources: all[n-1 : n], One: true})
	})
	return mux
}

// resources returns what events were about, in the order of the first events.
func resources(taken []relaytest.Delivery) []resource {
	type key struct {
		endpoint relaytest.Endpoint
		about    string
	}
	var all []resource
	at := map[key]int{}
	for n, d := range taken {
		k := key{d.Endpoint, d.About}
		i, found := at[k]
		if !found {
			i = len(all)
			at[k] = i
			what := "Order"
			if d.Endpoint == relaytest.Products {
				what = "Product"
			}
			all = append(all, resource{Number: i + 1, What: what, About: d.About})
		}
		all[i].Events, all[i].last = append(all[i].Events, event{d}), n
	}
	return all
}

func render(w http.ResponseWriter, v view) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	if err := pages.Execute(w, v); err != nil {
		http.Error(w, "the page could not be shown", http.StatusInternalServerError)
	}
}
