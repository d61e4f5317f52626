// Package page reads a page as anybody would, to see who answers there. It follows no redirects.
package page

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"strings"
)

// Page is an answer.
type Page struct {
	Status int
	Header http.Header
	// Says is the beginning of the body.
	Says string
}

// enough is the number of bytes that are read of a body.
const enough = 100

// Read reads the page at an address.
func Read(ctx context.Context, address string) (Page, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return Page{}, err
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	defer t.CloseIdleConnections()
	c := &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := c.Do(r)
	if err != nil {
		return Page{}, err
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, enough))
	_ = answer.Body.Close()
	return Page{answer.StatusCode, answer.Header, strings.TrimSpace(string(body))}, err
}

// WithoutAddress returns an error's text without the address of the page, which HTTP errors begin with.
func WithoutAddress(text string) string {
	if strings.HasPrefix(text, "Get ") {
		if _, rest, ok := strings.Cut(text, `": `); ok {
			return rest
		}
	}
	return text
}
