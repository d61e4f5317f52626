package receiving

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/app/later"
	"github.com/giftbridge/giftbridge/internal/checkout/api"
	"github.com/giftbridge/giftbridge/internal/config"
)

// checkout returns the handler of the API at which checkouts spend cards.
func (r *Receiver) checkout(o Options) (http.Handler, error) {
	desk, err := later.NewDesk(o.Config, r.operator.Reader, app.Transport(), r.telemetry, o.Hurry)
	if err != nil {
		return nil, err
	}
	return api.New(api.Options{Desk: desk, Guard: guard{o.Config}, Log: o.Log}), nil
}

// guard knows the configured clients.
type guard struct{ config.Config }

// Authenticate implements [api.Guard].
func (g guard) Authenticate(h http.Header) (found api.Client, ok bool) {
	key, _ := strings.CutPrefix(h.Get("Authorization"), "Bearer ")
	hash := sha256.Sum256([]byte(key))
	for _, c := range g.Checkout.Clients {
		if subtle.ConstantTimeCompare(hash[:], c.Hash[:]) == 1 {
			found, ok = api.Client{Name: c.Name}, true
			for _, right := range c.Rights {
				found.Rights = append(found.Rights, api.Right(right))
			}
			slices.Sort(found.Rights)
		}
	}
	return found, ok
}

// Admit implements [api.Guard].
func (guard) Admit(string, string) (time.Duration, bool) { return 0, true }

// Unusable implements [api.Guard].
func (guard) Unusable(string, string) {}
