package rest_test

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/rest"
)

// A small response that decompresses to a huge one is cut off like an uncompressed huge one.
func TestDoUnpacksNoBomb(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusOK, http.StatusBadRequest} {
		c := newClient(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.WriteHeader(status)
			z := gzip.NewWriter(w)
			chunk := []byte(strings.Repeat(" ", 1<<20))
			for range 4 * (rest.MaxBody >> 20) {
				_, _ = z.Write(chunk)
			}
			_ = z.Close()
		})
		var read int
		req, err := c.NewRequest(t.Context(), http.MethodGet, "merchant/", nil)
		require.NoError(t, err)
		_, err = c.Do(req, op, &answer{}, func(b []byte) (string, string) { read = len(b); return "", "" })
		if status == http.StatusOK {
			require.ErrorContains(t, requireError(t, err, rest.Unreadable), "larger than")
			continue
		}
		requireError(t, err, rest.Refused)
		require.Equal(t, rest.MaxBody+1, read)
	}
}

// Three bytes of JSON can take hundreds of bytes of memory.
func TestDoTooManyValues(t *testing.T) {
	t.Parallel()
	c := newClient(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"many":[{}`+strings.Repeat(",{}", 1<<20)+`]}`)
	})
	require.ErrorContains(t, requireError(t, do(t, c, &answer{}), rest.Unreadable), "objects and lists")

	// Brackets in a string do not count as structure.
	c = newClient(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"name":%q}`, strings.Repeat(`{["\`, 1<<20))
	})
	var got answer
	require.NoError(t, do(t, c, &got))
	require.Len(t, got.Name, 4<<20)
}

// A body that keeps coming forever is ended by the time-out.
func TestDoEndlessBody(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-r.Context().Done():
				return
			case <-tick.C:
				_, _ = io.WriteString(w, " ")
				_ = http.NewResponseController(w).Flush()
			}
		}
	}))
	t.Cleanup(server.Close)
	c, err := rest.New("Vendor", server.URL, &http.Client{Timeout: 50 * time.Millisecond})
	require.NoError(t, err)
	req, err := c.NewRequest(t.Context(), http.MethodGet, "merchant/", nil)
	require.NoError(t, err)
	_, err = c.Do(req, op, &answer{}, nil)
	requireError(t, err, rest.TimedOut)
}

// A service's words are shown as one line that cannot affect a terminal, whatever their source.
func TestErrorTextIsOneHarmlessLine(t *testing.T) {
	t.Parallel()
	e := &rest.Error{
		Service: "Vendor", Op: op, Outcome: rest.NoAnswer,
		Err: errors.New("certificate is valid for \x1b[2J\u202eevil\r\n\u3164" + strings.Repeat("x", 1000)),
	}
	require.Regexp(t, `^Vendor: create order: no answer: certificate is valid for \[2J evil x+…$`, e.Error())
	require.Less(t, len(e.Error()), 400)
	require.ErrorIs(t, e, e.Err)
}

func TestNewRefusesURLsThatHoldMore(t *testing.T) {
	t.Parallel()
	for _, base := range []string{
		"https://hunter2@example.com", "https://us:hunter2@example.com", "https://example.com/?key=hunter2",
		"https://example.com/?", "https://example.com/#hunter2", "https://:443",
	} {
		_, err := rest.New("Vendor", base, http.DefaultClient)
		require.Error(t, err, base)
		require.NotContains(t, err.Error(), "hunter2")
	}
}
