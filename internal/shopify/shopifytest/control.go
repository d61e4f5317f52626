package shopifytest

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/giftbridge/giftbridge/internal/simulator"
)

// control adds the control routes that the package documentation lists.
func (s *Server) control() {
	c := simulator.Control{Mux: s.mux}
	c.Show("stats", func() any { return s.Stats() })
	c.Delete("stats", s.counts.reset)
	simulator.Receive(c, http.MethodPut, "faults", s.controlFaults)
	simulator.Receive(c, http.MethodPost, "faults", s.controlNextFaults)
	c.Delete("faults", s.faults.clear)
	simulator.Receive(c, http.MethodPut, "lag", func(in lagBody) error {
		s.SetLag(time.Duration(in.Lag))
		return nil
	})
	c.Show("orders", func() any { return s.Orders() })
	c.Handle(http.MethodPost, "orders", s.controlOrders)
	c.Handle(http.MethodPut, "orders", s.controlPutOrder)
	c.Handle(http.MethodPatch, "orders/{id}", s.controlPatchOrder)
	s.controlRetail(c)
	s.events.Control(c)
	simulator.Receive(c, http.MethodPost, "disputes", func(in disputeBody) error {
		if !s.Dispute(in.Order) {
			return errors.New("there is no such order")
		}
		return nil
	})
	c.Delete("app", s.Uninstall)
}

type disputeBody struct {
	Order int64 `json:"order"`
}

type lagBody struct {
	Lag Duration `json:"lag"`
}

type faultsBody struct {
	Seed    uint64   `json:"seed"`
	Latency Duration `json:"latency"`
	Rates   []Rate   `json:"rates"`
}

func (s *Server) controlFaults(in faultsBody) error {
	for _, rate := range in.Rates {
		if err := rate.Fault.valid(); err != nil {
			return err
		}
		if !(rate.Probability >= 0 && rate.Probability <= 1) {
			return errors.New("probability is not between 0 and 1")
		}
	}
	s.faults.replace(Faults{Seed: in.Seed, Latency: time.Duration(in.Latency), Rates: in.Rates})
	return nil
}

type nextFaultsBody struct {
	Fault Fault `json:"fault"`
	// Times is by default 1.
	Times *int `json:"times"`
}

func (s *Server) controlNextFaults(in nextFaultsBody) error {
	times := 1
	if in.Times != nil {
		times = *in.Times
	}
	if times < 1 || times > 1000 {
		return errors.New("times is not between 1 and 1000")
	}
	if err := in.Fault.valid(); err != nil {
		return err
	}
	s.faults.draws.Queue(in.Fault, times)
	return nil
}

func (s *Server) controlOrders(w http.ResponseWriter, r *http.Request) {
	body, err := simulator.ReadBody(r)
	if err != nil {
		simulator.Refused(http.StatusBadRequest, err.Error()).Send(w)
		return
	}
	o, err := FromWebhook(body)
	if err != nil {
		simulator.Refused(http.StatusBadRequest, err.Error()).Send(w)
		return
	}
	o = s.AddOrder(o)
	simulator.Answer{Status: http.StatusCreated, Body: map[string]any{"id": o.ID, "name": o.Name}}.Send(w)
}

func (s *Server) controlPutOrder(w http.ResponseWriter, r *http.Request) {
	var o Order
	if err := simulator.ReadJSON(r, &o); err != nil {
		simulator.Refused(http.StatusBadRequest, err.Error()).Send(w)
		return
	}
	simulator.Answer{Status: http.StatusOK, Body: s.AddOrder(o)}.Send(w)
}

// controlPatchOrder changes the fields that are in the body, as an edit in the shop's admin would.
func (s *Server) controlPatchOrder(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		simulator.Refused(http.StatusBadRequest, "id is not a number").Send(w)
		return
	}
	body, err := simulator.ReadBody(r)
	if err == nil {
		err = simulator.StrictJSON(body, &Order{})
	}
	if err != nil {
		simulator.Refused(http.StatusBadRequest, err.Error()).Send(w)
		return
	}
	if !s.UpdateOrder(id, func(o *Order) { _ = simulator.StrictJSON(body, o) }) {
		simulator.Refused(http.StatusNotFound, "there is no such order").Send(w)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
