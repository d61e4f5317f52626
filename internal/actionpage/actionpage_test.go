package actionpage_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/acting"
	"github.com/giftbridge/giftbridge/internal/actionpage"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/maillink"
)

const runID = "0198c7a2-1f3e-7b6a-9c4d-0123456789ab"

var (
	due  = time.Date(2026, 11, 28, 18, 0, 0, 0, time.UTC)
	keys = maillink.Keys{{ID: "k1", Secret: []byte(strings.Repeat("s", 32))}}
)

// installation stands for the orders behind the page. It notes what it was asked.
type installation struct {
	view         acting.View
	err          error
	looks        int
	notes        []string
	becomes      acting.Use
	lastVerified maillink.Link
}

func (i *installation) Look(_ context.Context, l maillink.Link) (acting.View, error) {
	i.looks++
	i.lastVerified = l
	return i.view, i.err
}

func (i *installation) Act(_ context.Context, l maillink.Link, note string) (acting.View, error) {
	if i.err != nil || i.view.Standing != acting.Open {
		return i.view, i.err
	}
	i.notes = append(i.notes, string(l.Action)+": "+note)
	v := i.view
	v.Use = &i.becomes
	return v, nil
}

// open returns an installation in which the link can be used.
func open() *installation {
	return &installation{
		view: acting.View{Standing: acting.Open, Order: executions.Order{
			Name: "#1001", ID: "1", Shop: "example.myshopify.com", State: executions.Failed, Cards: 2, Amount: "50.00", Currency: "USD",
			Failure: &executions.Failure{Kind: "CardDeclined", Message: "the issuer <declined> it"},
		}},
		becomes: acting.Use{At: due, Done: true, RunID: runID},
	}
}

// site serves the page and keeps its log.
type site struct {
	*httptest.Server
	log *bytes.Buffer
	// later is how long after the digest it is.
	later atomic.Int64
}

func serve(t *testing.T, i *installation) *site {
	t.Helper()
	s := &site{log: &bytes.Buffer{}}
	s.Server = httptest.NewServer(actionpage.New(actionpage.Options{
		Acts: i, Keys: keys, URL: "https://cards.example.com", Log: zerolog.New(s.log), Now: func() time.Time { return due.Add(time.Duration(s.later.Load())) },
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *site) link(a maillink.Action) string {
	return maillink.NewMaker(s.URL, keys).For(due).Link("gift-card-order/example.myshopify.com/1", runID, a)
}

// do sends a request with the given headers, and returns status, headers and page.
func (s *site) do(t *testing.T, method, address, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	require.NoError(t, err)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	answer, err := s.Client().Do(r)
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	content, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer, string(content)
}

// A scanner that follows a link, in whatever way that only reads, changes nothing.
func TestReadingChangesNothing(t *testing.T) {
	t.Parallel()
	i := open()
	s := serve(t, i)
	for _, action := range []maillink.Action{maillink.Again, maillink.Settle} {
		for range 2 {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				answer, content := s.do(t, method, s.link(action)+"?utm_source=mail", "")
				require.Equal(t, http.StatusOK, answer.StatusCode)
				require.Equal(t, method == http.MethodGet, content != "")
			}
		}
	}
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodOptions, http.MethodPatch} {
		answer, _ := s.do(t, method, s.link(maillink.Again), "")
		require.Equal(t, http.StatusMethodNotAllowed, answer.StatusCode)
		require.Equal(t, "GET, HEAD, POST", answer.Header.Get("Allow"))
	}
	require.Empty(t, i.notes)
	require.Equal(t, 8, i.looks)
	require.Equal(t, runID, i.lastVerified.RunID)
}

func TestPageSaysWhatWillHappen(t *testing.T) {
	t.Parallel()
	s := serve(t, open())
	_, again := s.do(t, http.MethodGet, s.link(maillink.Again), "")
	for _, text := range []string{
		"<h1>Run order #1001 again?</h1>", "example.myshopify.com", "2 gift cards, 50.00 USD",
		"CardDeclined: the issuer &lt;declined&gt; it", "digest of 2026-11-28", "none is issued twice",
		"until 1 December 2026 18:00 UTC", "<button type=\"submit\">Run order #1001 again</button>",
	} {
		require.Contains(t, again, text)
	}
	require.NotContains(t, again, "<textarea")
	_, settle := s.do(t, http.MethodGet, s.link(maillink.Settle), "")
	for _, text := range []string{"<h1>Settle order #1001?</h1>", "its missing cards are not issued", `name="note" maxlength="500" required`} {
		require.Contains(t, settle, text)
	}
	for _, content := range []string{again, settle} {
		require.NotRegexp(t, `(?i)\b(src|href|action|url\(|@import|<script)`, strings.ReplaceAll(content, "name=\"note\"", ""), "nothing is loaded")
	}
}

func TestPostActs(t *testing.T) {
	t.Parallel()
	i := open()
	s := serve(t, i)
	answer, content := s.do(t, http.MethodPost, s.link(maillink.Again), "")
	require.Equal(t, http.StatusOK, answer.StatusCode)
	require.Contains(t, content, "<h1>Running again: order #1001</h1>")
	answer, content = s.do(t, http.MethodPost, s.link(maillink.Settle), url.Values{"note": {" refunded,\r\n ticket 4711 "}}.Encode())
	require.Equal(t, http.StatusOK, answer.StatusCode)
	require.Contains(t, content, "settled by link of the digest of 2026-11-28")
	require.Equal(t, []string{"again: ", "settle: refunded, ticket 4711"}, i.notes)

	i.becomes = acting.Use{At: due}
	answer, content = s.do(t, http.MethodPost, s.link(maillink.Again), "")
	require.Equal(t, http.StatusAccepted, answer.StatusCode)
	require.Contains(t, content, "as soon as a worker is free")
	i.becomes = acting.Use{At: due, Done: true, LeftAlone: "it is running"}
	answer, content = s.do(t, http.MethodPost, s.link(maillink.Again), "")
	require.Equal(t, http.StatusConflict, answer.StatusCode)
	require.Contains(t, content, "Nothing was done: it is running.")
	i.becomes = acting.Use{At: due, Done: true, Failed: "no luck"}
	_, content = s.do(t, http.MethodPost, s.link(maillink.Again), "")
	require.Contains(t, content, "It could not be done: no luck.")
}

// A form without a reason settles nothing.
func TestSettlingNeedsAReason(t *testing.T) {
	t.Parallel()
	i := open()
	s := serve(t, i)
	for _, note := range []string{"", "   ", "\r\n\t"} {
		answer, content := s.do(t, http.MethodPost, s.link(maillink.Settle), url.Values{"note": {note}}.Encode())
		require.Equal(t, http.StatusBadRequest, answer.StatusCode)
		require.Contains(t, content, `class="problem"`)
		require.Contains(t, content, "<textarea")
	}
	require.Empty(t, i.notes)
}

func TestFormsThatAreRefused(t *testing.T) {
	t.Parallel()
	i := open()
	s := serve(t, i)
	long := url.Values{"note": {strings.Repeat("x", 64<<10)}}.Encode()
	for name, tt := range map[string]struct {
		body    string
		headers []string
		status  int
	}{
		"of another site":             {"", []string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden},
		"of a neighbour":              {"", []string{"Sec-Fetch-Site", "same-site"}, http.StatusForbidden},
		"of another origin":           {"", []string{"Origin", "https://evil.example.com"}, http.StatusForbidden},
		"of the address without TLS":  {"", []string{"Origin", "http://cards.example.com"}, http.StatusForbidden},
		"not a form":                  {"{}", []string{"Content-Type", "application/json"}, http.StatusUnsupportedMediaType},
		"a form as a simple request":  {"", []string{"Content-Type", "text/plain"}, http.StatusUnsupportedMediaType},
		"too long":                    {long, nil, http.StatusRequestEntityTooLarge},
		"damaged":                     {"note=%zz", nil, http.StatusBadRequest},
		"of this page":                {"", []string{"Sec-Fetch-Site", "same-origin", "Origin", "null"}, http.StatusOK},
		"of the address":              {"", []string{"Origin", "https://cards.example.com"}, http.StatusOK},
		"of an old browser":           {"", nil, http.StatusOK},
		"of the host behind a proxy":  {"", []string{"Origin", s.URL}, http.StatusOK},
		"with a character set":        {"", []string{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}, http.StatusOK},
		"opened from the address bar": {"", []string{"Sec-Fetch-Site", "none"}, http.StatusOK},
	} {
		i.notes = nil
		answer, content := s.do(t, http.MethodPost, s.link(maillink.Again), tt.body, tt.headers...)
		require.Equal(t, tt.status, answer.StatusCode, name)
		if tt.status == http.StatusOK {
			require.Len(t, i.notes, 1, name)
			continue
		}
		require.Empty(t, i.notes, name)
		require.Contains(t, content, "Nothing was done", name)
	}
}

// A link that was changed, has ended, was used or has been overtaken does nothing, and the page says why.
func TestLinksThatDoNothing(t *testing.T) {
	t.Parallel()
	used := acting.Use{At: due, Done: true, RunID: runID}
	left := executions.Order{Name: "#1001", State: executions.Left, Reason: giftcard.MixedOrder}
	for name, tt := range map[string]struct {
		change func(*site, string) string
		view   acting.View
		status int
		says   string
	}{
		"tampered": {
			change: func(_ *site, link string) string { return link[:len(link)-3] + "AAA" }, status: http.StatusNotFound,
			says: "This link is not valid",
		},
		"of another path": {
			change: func(s *site, _ string) string { return s.URL + "/elsewhere" }, status: http.StatusNotFound, says: "This link is not valid",
		},
		"without a token": {
			change: func(s *site, _ string) string { return s.URL + "/actions/" }, status: http.StatusNotFound, says: "This link is not valid",
		},
		"with more behind it": {
			change: func(_ *site, link string) string { return link + "/x" }, status: http.StatusNotFound, says: "This link is not valid",
		},
		"expired": {
			change: func(s *site, link string) string { s.later.Store(int64(maillink.Validity)); return link }, status: http.StatusGone,
			says: "Links of a mail work for 3 days, and this one is of the mail of 2026-11-28",
		},
		"used":          {view: acting.View{Standing: acting.Used, Use: &used, Order: executions.Order{State: executions.Completed}}, status: http.StatusGone, says: "By now, the order has its cards."},
		"used in vain":  {view: acting.View{Standing: acting.Used, Use: &acting.Use{Done: true, LeftAlone: "it is running"}}, status: http.StatusGone, says: "Nothing was done: it is running."},
		"used just now": {view: acting.View{Standing: acting.Used, Use: &acting.Use{At: due}}, status: http.StatusGone, says: "as soon as a worker is free"},
		"newer run":     {view: acting.View{Standing: acting.Newer, Order: left}, status: http.StatusGone, says: "This link is out of date"},
		"running":       {view: acting.View{Standing: acting.Running}, status: http.StatusGone, says: "is being issued now"},
		"done":          {view: acting.View{Standing: acting.Done}, status: http.StatusGone, says: "has its cards"},
		"settled":       {view: acting.View{Standing: acting.Settled}, status: http.StatusGone, says: "is settled"},
		"gone":          {view: acting.View{Standing: acting.Gone}, status: http.StatusGone, says: "Temporal no longer has the order"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := open()
			if tt.change == nil {
				i.view = tt.view
			}
			s := serve(t, i)
			link := s.link(maillink.Again)
			if tt.change != nil {
				link = tt.change(s, link)
			}
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				answer, content := s.do(t, method, link, "")
				require.Equal(t, tt.status, answer.StatusCode)
				require.Contains(t, content, tt.says)
				require.NotContains(t, content, "<form")
			}
			require.Empty(t, i.notes)
			if tt.change != nil {
				require.Zero(t, i.looks, "nothing is looked up for a link that is not genuine")
			}
		})
	}
}

// Without Temporal, nothing is done, and the page says that it is safe to try again.
func TestTemporalAway(t *testing.T) {
	t.Parallel()
	i := open()
	i.err = errors.New("connection refused")
	s := serve(t, i)
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		answer, content := s.do(t, method, s.link(maillink.Again), "")
		require.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
		require.Equal(t, "60", answer.Header.Get("Retry-After"))
		require.NotContains(t, content, "refused")
	}
	require.Contains(t, s.log.String(), "connection refused")
}

// Neither the address nor the note is in a log, and no answer lets a browser pass the address on.
func TestAddressStaysSecret(t *testing.T) {
	t.Parallel()
	i := open()
	s := serve(t, i)
	link := s.link(maillink.Settle)
	ok, content := s.do(t, http.MethodGet, link, "")
	bad, _ := s.do(t, http.MethodGet, link+"A", "")
	posted, after := s.do(t, http.MethodPost, link, "note=ticket-4711")
	for _, answer := range []*http.Response{ok, bad, posted} {
		for name, want := range map[string]string{
			"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
			"X-Robots-Tag": "noindex, nofollow, noarchive", "X-Frame-Options": "DENY", "Content-Type": "text/html; charset=utf-8",
		} {
			require.Equal(t, want, answer.Header.Get(name), name)
		}
		require.Contains(t, answer.Header.Get("Content-Security-Policy"), "default-src 'none'")
		require.NotContains(t, answer.Header.Get("Content-Security-Policy"), "unsafe")
		require.Empty(t, answer.Cookies())
		require.Empty(t, answer.Header.Get("Location"))
	}
	token := link[strings.LastIndex(link, "/")+1:]
	for _, text := range []string{s.log.String(), content, after} {
		require.NotContains(t, text, token)
		require.NotContains(t, text, "ticket-4711")
	}
	require.Contains(t, s.log.String(), "a link of a digest was used")

	style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(content)
	require.Len(t, style, 2)
	sum := sha256.Sum256([]byte(style[1]))
	require.Contains(t, ok.Header.Get("Content-Security-Policy"), "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
}

// Somebody who has a link cannot keep Temporal busy with it.
func TestRequestsAreLimited(t *testing.T) {
	t.Parallel()
	i := open()
	s := serve(t, i)
	for n := range 60 {
		answer, _ := s.do(t, http.MethodGet, s.link(maillink.Again), "")
		if n < 50 {
			require.Equal(t, http.StatusOK, answer.StatusCode)
			continue
		}
		require.Equal(t, http.StatusTooManyRequests, answer.StatusCode)
		require.NotEmpty(t, answer.Header.Get("Retry-After"))
	}
	require.Equal(t, 50, i.looks)
	s.later.Store(int64(time.Second))
	answer, _ := s.do(t, http.MethodGet, s.link(maillink.Again), "")
	require.Equal(t, http.StatusOK, answer.StatusCode, "it goes on after a moment")
}
