package events

import (
	"errors"
	"net/http"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/delivery"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/subscription"
	"github.com/giftbridge/giftbridge/internal/simulator"
)

// Control adds the control routes of subscriptions and webhooks.
func (e *Events) Control(c simulator.Control) {
	sender, all := e.opts.Sender, e.opts.Subscriptions
	c.Show("webhooks", func() any { return sender.Ledger() })
	c.Delete("webhooks", sender.ResetLedger)
	c.Show("subscriptions", func() any { return all.All() })
	simulator.Receive(c, http.MethodPut, "subscriptions", func(in subscription.Subscription) error {
		if subscription.Header(in.Topic) == "" {
			return errors.New("topic is not one that is simulated, such as ORDERS_CREATE")
		}
		all.Put(in)
		return nil
	})
	c.Delete("subscriptions", func() {
		for _, x := range all.All() {
			all.Delete(x.ID)
		}
	})
	c.Handle(http.MethodDelete, "subscriptions/{topic}", func(w http.ResponseWriter, r *http.Request) {
		found := all.Of(r.PathValue("topic"))
		if len(found) == 0 {
			simulator.Refused(http.StatusNotFound, "there is no subscription to this topic").Send(w)
			return
		}
		for _, x := range found {
			all.Delete(x.ID)
		}
		w.WriteHeader(http.StatusNoContent)
	})
	simulator.Receive(c, http.MethodPut, "webhooks/troubles", func(in troublesBody) error {
		return sender.SetShares(in.Shares...)
	})
	simulator.Receive(c, http.MethodPost, "webhooks/troubles", func(in nextTroubleBody) error {
		times := 1
		if in.Times != nil {
			times = *in.Times
		}
		if times < 1 || times > 1000 {
			return errors.New("times is not between 1 and 1000")
		}
		return sender.Befall(in.Trouble, times, in.Topics...)
	})
	c.Delete("webhooks/troubles", sender.Clear)
	simulator.Receive(c, http.MethodPut, "webhooks/secret", func(in secretBody) error {
		if in.Secret == "" {
			return errors.New("secret is empty")
		}
		sender.Rotate(in.Secret)
		return nil
	})
	simulator.Receive(c, http.MethodPut, "webhooks/paused", func(in pausedBody) error {
		sender.Pause(in.Paused)
		return nil
	})
}

type troublesBody struct {
	Shares []delivery.Share `json:"shares"`
}

type nextTroubleBody struct {
	Trouble delivery.Trouble `json:"trouble"`
	Topics  []string         `json:"topics"`
	// Times is by default 1.
	Times *int `json:"times"`
}

type secretBody struct {
	Secret string `json:"secret"`
}

type pausedBody struct {
	Paused bool `json:"paused"`
}
