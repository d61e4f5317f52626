package fourwayshoptest

import (
	"errors"
	"net/http"
	"time"

	"github.com/giftbridge/giftbridge/internal/fourwayshop/fourwayshoptest/ledger"
	"github.com/giftbridge/giftbridge/internal/simulator"
)

// routeControl adds the control routes that the package documentation lists.
func (s *Server) routeControl() {
	c := simulator.Control{Mux: s.control}
	c.Show("cards", func() any { return s.Cards() })
	c.Show("jobs", func() any { return s.queue.Records() })
	c.Show("items", func() any { return s.Items() })
	c.Show("stats", func() any { return s.Stats() })
	simulator.Receive(c, http.MethodPost, "items", func(i ledger.Item) error {
		if i.Code == "" || i.Currency == "" {
			return errors.New("an item needs a code and a currency")
		}
		s.AddItem(i)
		return nil
	})
	s.faults.Control(c)
	simulator.Receive(c, http.MethodPost, "troubles", func(b struct {
		Troubles []Trouble       `json:"troubles"`
		Random   []RandomTrouble `json:"random"`
	},
	) error {
		if err := s.queue.Befall(b.Troubles...); err != nil {
			return err
		}
		if b.Random == nil {
			return nil
		}
		return s.queue.SetRandom(b.Random...)
	})
	c.Delete("troubles", s.queue.ClearTroubles)
	simulator.Receive(c, http.MethodPost, "queue", func(b struct {
		Takes  *simulator.Duration `json:"takes"`
		Paused *bool               `json:"paused"`
	},
	) error {
		if b.Takes != nil {
			s.queue.SetTakes(time.Duration(*b.Takes))
		}
		if b.Paused != nil {
			s.queue.Pause(*b.Paused)
		}
		return nil
	})
	simulator.Receive(c, http.MethodPost, "till", func(b struct {
		Barcode string            `json:"barcode"`
		Amount  ledger.Hundredths `json:"amount"`
	},
	) error {
		if b.Amount <= 0 {
			return errors.New("a till spends an amount above zero")
		}
		if p := s.Spend(b.Barcode, b.Amount); p != "" {
			return errors.New(string(p))
		}
		return nil
	})
	c.Delete("tokens", s.RevokeTokens)
}
