package receiving

import (
	"fmt"
	"net/http"
	"time"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/app/later"
	"github.com/giftbridge/giftbridge/internal/checkout/access"
	"github.com/giftbridge/giftbridge/internal/checkout/api"
	"github.com/giftbridge/giftbridge/internal/config/checkout"
)

// checkout returns the handler of the API at which checkouts spend cards.
func (r *Receiver) checkout(o Options) (http.Handler, error) {
	desk, err := later.NewDesk(o.Config, r.operator.Reader, app.Transport(), r.telemetry, o.Hurry)
	if err != nil {
		return nil, err
	}
	keys := keysOf(o.Config.Checkout.Clients)
	var clients []string
	for _, k := range keys {
		clients = append(clients, k.Name)
	}
	measured, err := newSpending(r.telemetry.Meter(), clients)
	if err != nil {
		return nil, fmt.Errorf("set up the metrics of checkouts: %w", err)
	}
	return api.New(api.Options{
		Desk: desk, Observe: measured.observe, Log: o.Log,
		Guard: access.New(access.Options{Clients: keys, MaxRPS: o.Config.Checkout.MaxRPS, Now: time.Now}),
	}), nil
}

// keysOf returns the keys of the configured clients.
func keysOf(clients checkout.Clients) []access.Key {
	var all []access.Key
	for _, c := range clients {
		k := access.Key{Name: c.Name, Hash: c.Hash}
		for _, right := range c.Rights {
			k.Rights = append(k.Rights, api.Right(right))
		}
		all = append(all, k)
	}
	return all
}
