package line

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

// SecretPart is the part of the address of a [Receiver] that no error may contain.
const SecretPart = "secret-address"

// Receiver takes callbacks.
type Receiver struct {
	// URL is its address.
	URL string
	// Bodies are those of the callbacks that were not looked at yet.
	Bodies chan []byte
}

// NewReceiver returns a receiver that has got no callback yet.
func NewReceiver(t *testing.T) *Receiver {
	t.Helper()
	const most = 16
	r := &Receiver{Bodies: make(chan []byte, most)}
	web := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err == nil {
			r.Bodies <- body
		}
	}))
	t.Cleanup(web.Close)
	r.URL = web.URL + "/callbacks/" + SecretPart
	return r
}

// Next waits for the next callback, and returns its body.
func (r *Receiver) Next(t T) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Timeout)
	defer cancel()
	select {
	case body := <-r.Bodies:
		return body
	case <-ctx.Done():
		require.Fail(t, "no callback")
		return nil
	}
}
