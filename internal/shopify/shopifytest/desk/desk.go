// Package desk has the control routes by which the staff of a simulated shop send parcels, give money back and restock.
package desk

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/shop"
	"github.com/giftbridge/giftbridge/internal/simulator"
)

// desk changes a shop.
type desk struct{ *shop.Shop }

// Control adds the control routes of parcels, refunds and stock.
func Control(c simulator.Control, of *shop.Shop) {
	s := desk{of}
	c.Handle(http.MethodPost, "orders/{id}/fulfillments", s.fulfil)
	c.Handle(http.MethodPatch, "orders/{id}/fulfillments/{fulfillment}", s.change)
	c.Handle(http.MethodPost, "orders/{id}/fulfillments/{fulfillment}/delivery", s.deliver)
	c.Handle(http.MethodPost, "orders/{id}/refunds", s.refund)
	c.Show("variants", func() any { return s.Variants() })
	simulator.Receive(c, http.MethodPut, "variants", func(in shop.Variant) error {
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

func (s desk) fulfil(w http.ResponseWriter, r *http.Request) {
	var f shop.Fulfillment
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

// change changes the fields that are in the body.
func (s desk) change(w http.ResponseWriter, r *http.Request) {
	body, err := simulator.ReadBody(r)
	if err == nil {
		err = simulator.StrictJSON(body, &shop.Fulfillment{})
	}
	if err != nil {
		simulator.Refused(http.StatusBadRequest, err.Error()).Send(w)
		return
	}
	changed(w, s.ChangeFulfillment(pathNumber(r, "id"), pathNumber(r, "fulfillment"), func(f *shop.Fulfillment) {
		_ = simulator.StrictJSON(body, f)
	}))
}

func (s desk) deliver(w http.ResponseWriter, r *http.Request) {
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

func (s desk) refund(w http.ResponseWriter, r *http.Request) {
	var given shop.Refund
	if err := simulator.ReadJSON(r, &given); err != nil {
		simulator.Refused(http.StatusBadRequest, err.Error()).Send(w)
		return
	}
	if !s.GiveBack(pathNumber(r, "id"), given) {
		simulator.Refused(http.StatusConflict, "there is no such paid order, or not as much left of it").Send(w)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
