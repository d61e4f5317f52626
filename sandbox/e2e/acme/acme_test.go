package acme_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/issuer/issuertest"
	"github.com/giftbridge/giftbridge/sandbox/e2e/acme"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	issuertest.RunDeferred(t, func() issuertest.DeferredVendor {
		var fail atomic.Bool
		v := &acme.Vendor{Fate: func(_ issuer.Step, item, _ string) (f acme.Fate) {
			if item == "NOTHING" || fail.CompareAndSwap(true, false) {
				f.Reason = "no such item"
			}
			return f
		}}
		return issuertest.DeferredVendor{
			Handler: v, Item: "I50", Unknown: "NOTHING", Cards: v.Cards,
			Adapter: func(baseURL string, timeout time.Duration) issuer.Issuer {
				i, err := acme.New(baseURL, timeout)
				require.NoError(t, err)
				return i
			},
			FailNext:  func() { fail.Store(true) },
			Activates: func(r *http.Request) bool { return r.URL.Path == "/activate" },
			Refusal: func(text string) []byte {
				body, err := json.Marshal(map[string]string{"Error": text})
				require.NoError(t, err)
				return body
			},
			Certain: func(status int, explained bool) bool {
				return explained && status >= 400 && status < 500 && status != http.StatusRequestTimeout
			},
		}
	})
}

// Another issuer takes little: the vendor and its adapter together have fewer than 200 lines.
func TestSize(t *testing.T) {
	t.Parallel()
	files, err := os.ReadDir(".")
	require.NoError(t, err)
	require.Len(t, files, 2, "the issuer is one file")
	text, err := os.ReadFile("acme.go")
	require.NoError(t, err)
	require.Less(t, bytes.Count(text, []byte("\n")), 200)
}
