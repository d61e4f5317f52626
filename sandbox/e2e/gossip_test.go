package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// gossip is a proxy in front of a simulated service that is as indiscreet as a service can be: it repeats, in headers
// and in the errors that it makes up, what was asked, by whom, and whatever else it knows.
type gossip struct {
	service http.Handler
	// spoil decides whether a request is answered with an error; zero lets it pass.
	spoil func(body string) (status int)
	// rumour is what else the service knows, as text for an error and for a header.
	rumour func() string

	mu    sync.Mutex
	heard strings.Builder
	told  strings.Builder
	count int
}

// gossiping returns the address of a gossip in front of the service at another address.
func gossiping(t *testing.T, address string, g *gossip) string {
	t.Helper()
	target, err := url.Parse(address)
	require.NoError(t, err)
	path := target.Path
	target.Path = ""
	g.service = httputil.NewSingleHostReverseProxy(target)
	s := httptest.NewServer(g)
	t.Cleanup(s.Close)
	return s.URL + path
}

// ServeHTTP implements http.Handler.
func (g *gossip) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.Header.Del("Accept-Encoding") // The answer must be readable here too.
	request, err := httputil.DumpRequest(r, true)
	if err != nil {
		return
	}
	g.mu.Lock()
	g.count++
	turn := g.count
	g.mu.Unlock()
	// What is cut off cannot leak, so each part takes its turn.
	username, password, _ := r.BasicAuth()
	sayings := []string{
		fmt.Sprintf("refused for %s, token %s, user %s with %s", r.Header.Get("Authorization"),
			r.Header.Get("X-Shopify-Access-Token"), username, password),
		"refused for " + g.rumour(),
		"refused: " + string(body),
		"refused for " + r.Header.Get("Authorization") + r.Header.Get("X-Shopify-Access-Token") + g.rumour(),
	}
	saying := sayings[turn%len(sayings)]
	answer := httptest.NewRecorder()
	if status := g.spoil(string(body)); status != 0 {
		answer.Code = status
		text, err := json.Marshal(saying)
		if err != nil {
			return
		}
		shape := []string{`{"error":%s}`, `{"errors":%s}`, `{"errors":[{"message":%s}]}`, `<html>%s</html>`}[turn/len(sayings)%4]
		_, _ = fmt.Fprintf(answer.Body, shape, text)
	} else {
		g.service.ServeHTTP(answer, r)
	}
	h := answer.Header()
	h.Del("Content-Length")
	for _, name := range []string{"X-Request-Id", "X-Debug", "Server"} {
		h.Set(name, strings.Join(strings.Fields(sayings[turn%2]), " "))
	}
	g.mu.Lock()
	g.heard.Write(request)
	_, _ = fmt.Fprint(&g.told, h, answer.Body)
	g.mu.Unlock()
	maps.Copy(w.Header(), h)
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// all returns everything that was asked and answered.
func (g *gossip) all() (heard, told string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.heard.String(), g.told.String()
}
