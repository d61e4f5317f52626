package handsets

import (
	_ "embed"
	"html/template"
	"net/http"
	"strconv"
	"time"

	"github.com/giftbridge/giftbridge/internal/sonar/sonartest/ledger"
)

//go:embed page.html
var pageFile string

var pages = template.Must(template.New("page").Parse(pageFile))

// policy allows the pages their inline style, and nothing else.
const policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

// latest is the number of messages of each phone on the first page.
const latest = 4

// phone is a customer's phone, with its messages from the oldest to the newest.
type phone struct {
	// Number counts phones from 1, in the order of their first messages: an address must not have a phone's number in it.
	Number int
	// Ending are the last digits of the phone's number. It is empty if the service alone knows who gets the messages.
	Ending   string
	Messages []message
	// Older is the number of messages that are left out.
	Older int
}

// message is a message on a phone. Card is nil if it is a text alone.
type message struct {
	At   time.Time
	Text string
	Card *card
}

// view is what a page shows: all phones, or one of them with all its messages.
type view struct {
	Phones []phone
	One    bool
}

// Sent returns the number of messages on all phones, those that are left out included.
func (v view) Sent() (n int) {
	for _, p := range v.Phones {
		n += len(p.Messages) + p.Older
	}
	return n
}

// Page returns the pages. Their links are relative: mount them, with the prefix stripped, at a path that ends in a slash. delivered
// returns what customers got, in the order of delivery.
func Page(delivered func() []ledger.Delivery) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		phones := phonesOf(delivered())
		for i := range phones {
			p := &phones[i]
			p.Older = max(len(p.Messages)-latest, 0)
			p.Messages = p.Messages[p.Older:]
		}
		render(w, view{Phones: phones})
	})
	mux.HandleFunc("GET /phones/{number}", func(w http.ResponseWriter, r *http.Request) {
		phones := phonesOf(delivered())
		n, err := strconv.Atoi(r.PathValue("number"))
		if err != nil || n < 1 || n > len(phones) {
			http.NotFound(w, r)
			return
		}
		render(w, view{phones[n-1 : n], true})
	})
	return mux
}

// phonesOf returns the phones that got messages.
func phonesOf(delivered []ledger.Delivery) []phone {
	var phones []phone
	at, known := map[string]int{}, map[string]names{}
	for _, d := range delivered {
		i, found := at[d.To]
		if !found {
			i = len(phones)
			at[d.To], known[d.To] = i, names{}
			phones = append(phones, phone{Number: i + 1, Ending: ending(d.To)})
		}
		phones[i].Messages = append(phones[i].Messages, message{d.At, d.Text, newCard(d, known[d.To])})
	}
	return phones
}

// ending returns the last digits of a phone number.
func ending(number string) string {
	const shown = 2
	return number[max(len(number)-shown, 0):]
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
