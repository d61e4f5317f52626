package shopifytest

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/giftbridge/giftbridge/internal/simulator"
)

// controlRetail adds the control routes of parcels, refunds and stock.
func (s *Server) controlRetail(c simulator.Control) {
	c.Handle(http.MethodPost, "orders/{id}/fulfillments", s.controlFulfil)
	c.Handle(http.MethodPatch, "orders/{id}/fulfillments/{fulfillment}", s.controlPatchFulfillment)
	c.Handle(http.MethodPost, "orders/{id}/fulfillments/{fulfillment}/delivery", s.controlDeliver)
	c.Handle(http.MethodPost, "orders/{id}/refunds", s.controlRefund)
	c.Show("variants", func() any { return s.Variants() })
	simulator.Receive(c, http.MethodPut, "variants", func(in Variant) error {
		if in.SKU == "" {
			return errors.New("sku is empty")
		}
		s.PutVariant(in)
		return nil
	})
	simulator.Receive(c, http.MethodPut, "stock", func(in stockBody) error {
		if !s.SetStock(in.SKU, in.Stock) {
			return errors.New("there is no such variant")
		}
		return nil
	})
}

type stockBody struct {
	SKU   string `json:"sku"`
	Stock int    `json:"stock"`
}

// pathNumber returns a number in the path of a request, 0 if it is not one.
func pathNumber(r *http.Request, name string) int64 {
	n, err := strconv.ParseInt(r.PathValue(name), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func (s *Server) controlFulfil(w http.ResponseWriter, r *http.Request) {
	var f Fulfillment
	if err := simulator.ReadJSON(r, &f); err != nil {
		simulator.Refused(http.StatusBadRequest, err.Error()).Send(w)
		return
	}
	id, done := s.Fulfil(pathNumber(r, "id"), f)
	if !done {
		simulator.Refused(http.StatusConflict, "there is no such order, or not as much left of it").Send(w)
		return
	}
	simulator.Answer{Status: http.StatusCreated, Body: map[string]any{"id": id}}.Send(w)
}

// controlPatchFulfillment changes the fields that are in the body.
func (s *Server) controlPatchFulfillment(w http.ResponseWriter, r *http.Request) {
	body, err := simulator.ReadBody(r)
	if err == nil {
		err = simulator.StrictJSON(body, &Fulfillment{})
	}
	if err != nil {
		simulator.Refused(http.StatusBadRequest, err.Error()).Send(w)
		return
	}
	changed(w, s.ChangeFulfillment(pathNumber(r, "id"), pathNumber(r, "fulfillment"), func(f *Fulfillment) {
		_ = simulator.StrictJSON(body, f)
	}))
}

func (s *Server) controlDeliver(w http.ResponseWriter, r *http.Request) {
	changed(w, s.Deliver(pathNumber(r, "id"), pathNumber(r, "fulfillment")))
}

// changed responds that a fulfillment was changed, or that there is none.
func changed(w http.ResponseWriter, found bool) {
	if !found {
		simulator.Refused(http.StatusNotFound, "there is no such fulfillment").Send(w)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) controlRefund(w http.ResponseWriter, r *http.Request) {
	var refund Refund
	if err := simulator.ReadJSON(r, &refund); err != nil {
		simulator.Refused(http.StatusBadRequest, err.Error()).Send(w)
		return
	}
	if !s.GiveBack(pathNumber(r, "id"), refund) {
		simulator.Refused(http.StatusConflict, "there is no such paid order, or not as much left of it").Send(w)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
