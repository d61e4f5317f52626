package api

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/giftbridge/giftbridge/internal/checkout"
	"github.com/giftbridge/giftbridge/internal/redemption"
)

// balance answers what is on a card.
func (h *handler) balance(c *call) answer {
	f, wrong := bodyOf(c.w, c.r, false)
	if wrong != nil {
		return *wrong
	}
	code, currency, endUser := f.code(), f.currency(true), f.text("end_user", maxEndUser)
	if wrong := f.done(); wrong != nil {
		return *wrong
	}
	c.secrets = append(c.secrets, string(code), endUser)
	return h.guarded(c, endUser, func() (answer, error) {
		b, err := h.Desk.Balance(c.r.Context(), code, currency)
		return answer{status: http.StatusOK, body: newBalance(b)}, err
	})
}

// asked is what makes two requests for an amount the same. Who has typed the code does not: a buyer may come back from
// another place.
type asked struct {
	Code     string `json:"code"`
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
	Order    string `json:"order"`
	Partial  bool   `json:"partial"`
}

// redeem takes an amount off a card.
func (h *handler) redeem(c *call) answer {
	f, wrong := bodyOf(c.w, c.r, false)
	if wrong != nil {
		return *wrong
	}
	code, amount, order, endUser := f.code(), f.money(), f.text("order", maxOrder), f.text("end_user", maxEndUser)
	var partial bool
	f.take("partial", "boolean", &partial)
	if wrong := f.done(); wrong != nil {
		return *wrong
	}
	c.secrets = append(c.secrets, string(code), endUser)
	body, err := json.Marshal(asked{string(code), amount.Amount(), amount.Currency, order, partial})
	if err != nil {
		return failed(err, "")
	}
	return h.guarded(c, endUser, func() (answer, error) {
		r, err := h.Desk.Redeem(c.r.Context(), checkout.Request{
			Client: c.client.Name, Key: c.key, Body: c.identity() + string(body), Code: code, Amount: amount, Order: order,
			Partial: partial,
		})
		if err != nil {
			return answer{}, err
		}
		return moved(r), nil
	})
}

// identity is what the body of a claim begins with: a key means one request, whatever its address.
func (c *call) identity() string { return c.r.Method + " " + c.r.URL.Path + "\n" }

// guarded serves a request that names a code, if the guard admits it.
func (h *handler) guarded(c *call, endUser string, serve func() (answer, error)) answer {
	if wait, ok := h.Guard.Admit(c.client.Name, endUser); !ok {
		a := refused(redemption.Problem{Type: redemption.RateLimited}, "")
		a.retryAfter = max(wait, a.retryAfter)
		return a
	}
	a, err := serve()
	if err == nil {
		return a
	}
	if p, ok := errors.AsType[*redemption.Problem](err); ok && p.Type == redemption.CardNotUsable {
		h.Guard.Unusable(c.client.Name, endUser)
	}
	return failed(err, "")
}

// look answers what is known of a redemption.
func (h *handler) look(c *call) answer {
	r, err := h.Desk.Redemption(c.r.Context(), c.client.Name, c.id)
	switch {
	case err != nil:
		return failed(err, c.id)
	case r == nil:
		return refused(redemption.Problem{Type: redemption.NotFound}, "")
	}
	a := known(http.StatusOK, r)
	a.location = ""
	return a
}

// reverse gives back what a redemption has taken.
func (h *handler) reverse(c *call) answer {
	f, wrong := bodyOf(c.w, c.r, true)
	if wrong != nil {
		return *wrong
	}
	if wrong := f.done(); wrong != nil {
		return *wrong
	}
	r, err := h.Desk.Reverse(c.r.Context(), checkout.ReversalRequest{
		Client: c.client.Name, Key: c.key, Body: c.identity(), Redemption: c.id,
	})
	if err != nil {
		return failed(err, c.id)
	}
	return givenBack(r)
}
