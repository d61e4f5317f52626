package cashstartest

import (
	"errors"
	"net/http"

	"github.com/giftbridge/giftbridge/internal/simulator"
)

// routeControl adds the control routes that the package documentation lists.
func (s *Server) routeControl() {
	c := simulator.Control{Mux: s.control}
	c.Show("cards", func() any { return s.Cards() })
	c.Show("stats", func() any { return s.Stats() })
	c.Show("merchants", func() any { return s.Merchants() })
	simulator.Receive(c, http.MethodPost, "merchants", func(m Merchant) error {
		if m.MerchantCode == "" || len(m.Currencies) == 0 {
			return errors.New("a merchant needs a merchant_code and currencies")
		}
		s.AddMerchant(m)
		return nil
	})
	s.faults.Control(c)
}
