// Package actionpage serves the pages behind the links of the digest's mail. A GET shows what a link would do and changes
// nothing, however often a scanner follows it; only the form on the page, a POST, does it. The address is a secret:
// nothing here logs it, and no page makes a browser pass it on.
package actionpage

import (
	"bytes"
	"context"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/time/rate"

	"github.com/giftbridge/giftbridge/internal/acting"
	"github.com/giftbridge/giftbridge/internal/maillink"
	"github.com/giftbridge/giftbridge/internal/printable"
)

// Acts is what links do. acting.Acting implements it.
type Acts interface {
	// Look returns where the order of a link stands, and changes nothing.
	Look(ctx context.Context, l maillink.Link) (acting.View, error)
	// Act uses a link.
	Act(ctx context.Context, l maillink.Link, note string) (acting.View, error)
}

// Options are what the pages need.
type Options struct {
	Acts Acts
	// Keys verify the links.
	Keys maillink.Keys
	// URL is the receiver's address as people reach it. A form that another site sends is refused.
	URL string
	Log zerolog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

const (
	// maxForm bounds the body of a form, in bytes, and maxNote the note in it, in characters.
	maxForm = 64 << 10
	maxNote = 500
	// timeout bounds the work for one request.
	timeout = 20 * time.Second
	// perSecond and burst bound the requests with a genuine link, each of which asks Temporal several times.
	perSecond = 10
	burst     = 50
)

// handler serves the pages.
type handler struct {
	Options

	limit  *rate.Limiter
	origin string
}

// New returns the handler of everything below [maillink.Path].
func New(o Options) http.Handler {
	h := &handler{Options: o, limit: rate.NewLimiter(perSecond, burst)}
	if h.Now == nil {
		h.Now = time.Now
	}
	if u, err := url.Parse(o.URL); err == nil && u.Host != "" {
		h.origin = u.Scheme + "://" + u.Host
	}
	return h
}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for name, value := range headers {
		w.Header().Set(name, value)
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost:
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		show(w, http.StatusMethodNotAllowed, plainPage("Not possible", "This address is opened in a browser."))
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	token, ok := strings.CutPrefix(r.URL.Path, maillink.Path)
	if !ok {
		show(w, http.StatusNotFound, invalidPage)
		return
	}
	link, err := h.Keys.Verify(token, h.Now())
	switch {
	case errors.Is(err, maillink.ErrExpired):
		show(w, http.StatusGone, expiredPage(link))
	case err != nil:
		show(w, http.StatusNotFound, invalidPage)
	case !h.limit.AllowN(h.Now(), 1):
		w.Header().Set("Retry-After", "5")
		show(w, http.StatusTooManyRequests, plainPage("Too many requests", "Nothing was done. Open the link again in a moment."))
	case r.Method == http.MethodPost:
		h.act(ctx, w, r, link)
	default:
		h.look(ctx, w, link, "")
	}
}

// look shows where the order of a link stands, with the form if the link can be used. The problem says what is wrong with
// a form that was sent.
func (h *handler) look(ctx context.Context, w http.ResponseWriter, link maillink.Link, problem string) {
	v, err := h.Acts.Look(ctx, link)
	switch {
	case err != nil:
		h.unavailable(w, err, "a link of a digest cannot be shown")
	case v.Standing != acting.Open:
		show(w, http.StatusGone, closedPage(link, v))
	case problem != "":
		show(w, http.StatusBadRequest, openPage(link, v, problem))
	default:
		show(w, http.StatusOK, openPage(link, v, ""))
	}
}

// act uses a link.
func (h *handler) act(ctx context.Context, w http.ResponseWriter, r *http.Request, link maillink.Link) {
	if !h.ours(r) {
		show(w, http.StatusForbidden, plainPage("Refused", "Nothing was done: the form did not come from this page. Open the link of the mail again."))
		return
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		show(w, http.StatusUnsupportedMediaType, plainPage("Refused", "Nothing was done: open the link of the mail in a browser, and use the button."))
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		status := http.StatusBadRequest
		if _, long := errors.AsType[*http.MaxBytesError](err); long {
			status = http.StatusRequestEntityTooLarge
		}
		show(w, status, plainPage("Not understood", "Nothing was done: the form is too long or damaged. Open the link of the mail again."))
		return
	}
	note := ""
	if link.Action == maillink.Settle {
		note = printable.Line(r.PostForm.Get("note"), maxNote)
		if note == "" {
			h.look(ctx, w, link, "Nothing was done yet: say why nothing is left to do. The reason is kept with the order.")
			return
		}
	}
	v, err := h.Acts.Act(ctx, link, note)
	switch {
	case err != nil:
		h.unavailable(w, err, "a link of a digest cannot be used")
	case v.Standing != acting.Open:
		show(w, http.StatusGone, closedPage(link, v))
	default:
		h.Log.Info().Str("order", link.WorkflowID).Str("action", string(link.Action)).Str("by", acting.By(link)).
			Msg("a link of a digest was used")
		status, page := usedNow(link, v)
		show(w, status, page)
	}
}

// ours reports whether a form comes from this page, as far as the browser says. What protects the form is that nobody
// else knows its address; this is a second wall. Because pages ask for no referrer, browsers send the origin null.
func (h *handler) ours(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
	default:
		return false
	}
	origin := r.Header.Get("Origin")
	if origin == "" || origin == "null" || origin == h.origin {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host == r.Host
}

func (h *handler) unavailable(w http.ResponseWriter, err error, message string) {
	h.Log.Warn().Err(err).Msg(message)
	w.Header().Set("Retry-After", "60")
	show(w, http.StatusServiceUnavailable, plainPage("Not available now",
		"giftbridge cannot look at the order at the moment. Open the link again in a few minutes; it is safe to do so, because a link does its work once."))
}

// show writes a page.
func show(w http.ResponseWriter, status int, p page) {
	var b bytes.Buffer
	if err := layout.Execute(&b, p); err != nil {
		http.Error(w, "this page cannot be shown", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // A client that has gone away is no error.
}
