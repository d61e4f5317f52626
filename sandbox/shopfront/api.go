package shopfront

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// API calls giftbridge. It belongs on the server of a shop: whoever has the key can spend cards.
type API struct {
	// URL is the address of the receiver, without a path, and Key the shop's key.
	URL, Key string
	// Client needs a timeout of more than the 10 seconds for which giftbridge may wait for an issuer.
	Client *http.Client
}

// Balance is what is on a card.
type Balance struct {
	// Balance is what the issuer shows, and Available what can be spent now, if that is known to be less.
	Balance   string    `json:"balance"`
	Available string    `json:"available"`
	Currency  string    `json:"currency"`
	ExpiresAt time.Time `json:"expires_at"`
	// PartialUse is false for a card that can only be spent as a whole.
	PartialUse bool `json:"partial_use"`
}

// Spendable returns what can be spent now, a decimal.
func (b Balance) Spendable() string { return cmp.Or(b.Available, b.Balance) }

// Charge is what is to be taken off a card.
type Charge struct {
	Code     string `json:"code"`
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
	Order    string `json:"order"`
	// EndUser is the shop's opaque name of a shopper. giftbridge slows down who guesses codes by it.
	EndUser string `json:"end_user,omitempty"`
}

// State is where a redemption stands.
type State string

// The states.
const (
	// Pending: it is not known yet whether the amount was taken.
	Pending State = "pending"
	// Succeeded: the amount was taken off the card.
	Succeeded State = "succeeded"
	// Declined: nothing was taken, and nothing will be.
	Declined State = "declined"
	// Unknown: it did not become clear in time. A person at the shop's side finds out, which can take days.
	Unknown State = "unknown"
	// Reversed: what was taken was given back.
	Reversed State = "reversed"
)

// Redemption is a payment as giftbridge sees it.
type Redemption struct {
	ID    string `json:"id"`
	State State  `json:"state"`
	// Amount is what was asked for, and Taken what was taken.
	Amount   string   `json:"amount"`
	Taken    string   `json:"taken"`
	Currency string   `json:"currency"`
	Problem  *Problem `json:"problem"`
	// Reversal is what became of the request to give it back; nil if there was none.
	Reversal *struct {
		State State `json:"state"`
	} `json:"reversal"`
}

// Problem is a refusal.
type Problem struct {
	// Type is what a program decides by, and Detail is for developers: shoppers are told in the shop's own words.
	Type   string `json:"type"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	// Available is what could be spent instead, with insufficient_balance.
	Available string `json:"available"`
	// RetryAfter is how long to wait before the same request is sent again; zero if the answer does not say.
	RetryAfter time.Duration `json:"-"`
}

// The types of problems that the shop tells apart.
const (
	InsufficientBalance  = "insufficient_balance"
	CardNotUsable        = "card_not_usable"
	CardExpired          = "card_expired"
	CardBusy             = "card_busy"
	CurrencyMismatch     = "currency_mismatch"
	PartialUseNotAllowed = "partial_use_not_allowed"
	AlreadyReversed      = "already_reversed"
	NotSupported         = "not_supported"
	InvalidRequest       = "invalid_request"
	RateLimited          = "rate_limited"
	Unauthorized         = "unauthorized"
	Forbidden            = "forbidden"
)

// Error implements error.
func (p *Problem) Error() string { return fmt.Sprintf("giftbridge answers %d %s", p.Status, p.Type) }

// Balance asks what is on a card.
func (a *API) Balance(ctx context.Context, code, endUser string) (Balance, error) {
	var out Balance
	err := a.call(ctx, http.MethodPost, "/v1/balances", "", map[string]string{"code": code, "end_user": endUser}, &out)
	return out, err
}

// Redeem takes an amount off a card. After an error that is no [*Problem] it may have been taken: the same request with the same
// key tells, and takes nothing twice.
func (a *API) Redeem(ctx context.Context, key string, c Charge) (Redemption, error) {
	var out Redemption
	err := a.call(ctx, http.MethodPost, "/v1/redemptions", key, c, &out)
	return out, err
}

// Redemption asks what has become of a redemption.
func (a *API) Redemption(ctx context.Context, id string) (Redemption, error) {
	var out Redemption
	err := a.call(ctx, http.MethodGet, "/v1/redemptions/"+url.PathEscape(id), "", nil, &out)
	return out, err
}

// Reverse gives back what a redemption has taken. Like Redeem, it may be called again with the same key.
func (a *API) Reverse(ctx context.Context, key, id string) (Redemption, error) {
	var out Redemption
	err := a.call(ctx, http.MethodPost, "/v1/redemptions/"+url.PathEscape(id)+"/reversals", key, struct{}{}, &out)
	return out, err
}

// maxAnswer is more than an answer can have.
const maxAnswer = 64 << 10

// call sends a request. Codes of cards are in bodies alone, since addresses end up in logs.
func (a *API) call(ctx context.Context, method, path, key string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, method, a.URL+path, body)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+a.Key)
	r.Header.Set("Accept", "application/json, application/problem+json")
	if in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", strconv.Quote(key))
	}
	answer, err := a.Client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	content, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return err
	}
	if answer.StatusCode < http.StatusMultipleChoices {
		return json.Unmarshal(content, out)
	}
	problem := &Problem{}
	if err := json.Unmarshal(content, problem); err != nil || problem.Type == "" {
		return fmt.Errorf("something answers %d that is not giftbridge", answer.StatusCode)
	}
	problem.Status = answer.StatusCode
	if seconds, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil {
		problem.RetryAfter = time.Duration(seconds) * time.Second
	}
	return problem
}
