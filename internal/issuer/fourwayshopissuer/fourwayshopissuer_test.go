package fourwayshopissuer_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/fourwayshop"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/jobs"
	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/ledger"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/issuer/fourwayshopissuer"
	"github.com/giftbridge/giftbridge/internal/issuer/issuertest"
)

const password = "correct-horse-battery"

// simulated is a simulated 4WS.
type simulated struct {
	*fourwayshoptest.Server

	// fail makes the next job fail.
	fail *atomic.Bool
	adds bool
}

// simulate returns a simulated 4WS. adds says whether it is known that it adds an amount to what is on a card.
func simulate(t *testing.T, adds bool) simulated {
	t.Helper()
	s := simulated{fail: new(atomic.Bool), adds: adds}
	s.Server = fourwayshoptest.New(fourwayshoptest.Options{
		Username: "api-user", Password: password,
		Items: []ledger.Item{{Code: "GIFT50", Currency: "EUR"}},
		Trouble: func(jobs.Job) *fourwayshoptest.Trouble {
			if s.fail.CompareAndSwap(true, false) {
				return &fourwayshoptest.Trouble{Kind: jobs.Failed}
			}
			return nil
		},
	})
	t.Cleanup(s.Stop)
	return s
}

// vendor is the simulated 4WS with an adapter that is changed by wrap.
func (s simulated) vendor(t *testing.T, wrap func(*fourwayshopissuer.Issuer) issuer.Issuer) issuertest.DeferredVendor {
	t.Helper()
	return issuertest.DeferredVendor{
		Handler: s.Server,
		Adapter: func(baseURL string, timeout time.Duration) issuer.Issuer {
			client, err := fourwayshop.New(fourwayshop.Options{
				BaseURL: baseURL + "/api/", Username: "api-user", Password: password, Timeout: timeout,
			})
			require.NoError(t, err)
			return wrap(fourwayshopissuer.New(client, fourwayshopissuer.Options{
				EntityCode: "1", BranchCode: "WEB", Country: "IT", PriceList: "RETAIL", Adds: s.adds,
			}))
		},
		Item: "GIFT50", Unknown: "NOTHING",
		Cards: func() []issuertest.DeferredCard {
			var out []issuertest.DeferredCard
			for _, c := range s.Cards() {
				out = append(out, issuertest.DeferredCard{
					Code: issuer.Code(c.Barcode), Item: c.ItemCode, Activations: c.Activations,
					Value: giftcard.Money{Hundredths: int64(c.Amount), Currency: c.Currency},
				})
			}
			return out
		},
		FailNext:  func() { s.fail.Store(true) },
		Activates: func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/update") },
		Refusal: func(text string) []byte {
			body, err := json.Marshal(map[string]any{"success": false, "message": text})
			require.NoError(t, err)
			return body
		},
		Certain: func(status int, explained bool) bool {
			switch status {
			case 401, 407, 420, 425, 429:
				return true
			case 304, 408: // A 304 has no body.
				return false
			}
			return explained && status < 500
		},
		Secrets: []string{password},
	}
}

func same(i *fourwayshopissuer.Issuer) issuer.Issuer { return i }

func TestConformance(t *testing.T) {
	t.Parallel()
	issuertest.RunDeferred(t, func() issuertest.DeferredVendor { return simulate(t, false).vendor(t, same) })
}
