package sonartest

import (
	"net/http"

	"github.com/giftbridge/giftbridge/internal/simulator"
)

// routeControl adds the control routes that the package documentation lists.
func (s *Server) routeControl() {
	c := simulator.Control{Mux: s.control}
	c.Show("messages", func() any { return s.Deliveries() })
	c.Show("stats", func() any { return s.Stats() })
	c.Show("customers", func() any { return s.Customers() })
	simulator.Receive(c, http.MethodPost, "customers", s.SetCustomer)
	simulator.Receive(c, http.MethodPost, "account", func(b struct {
		Refusal string `json:"refusal"`
	},
	) error {
		return s.Refuse(b.Refusal)
	})
	simulator.Receive(c, http.MethodPost, "clock", func(b struct {
		Hurry float64 `json:"hurry"`
	},
	) error {
		return s.SetHurry(b.Hurry)
	})
	s.faults.Control(c)
}
