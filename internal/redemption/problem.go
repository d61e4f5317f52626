package redemption

// Type is the type of a problem. Shops decide by it.
type Type string

// The types.
const (
	// InvalidRequest: the request cannot be understood, or asks for what does not exist.
	InvalidRequest Type = "invalid_request"
	// KeyRequired: the request has no idempotency key.
	KeyRequired Type = "idempotency_key_required"
	// KeyReused: the key was used for another request.
	KeyReused Type = "idempotency_key_reused"
	// InProgress: a request with the same key has not been answered yet.
	InProgress Type = "request_in_progress"
	// NotFound: the client has no such redemption, or it is not kept any more.
	NotFound Type = "not_found"
	// CardNotUsable: there is no such card, or it is not active. Which of the two is not said, because that would help who
	// guesses.
	CardNotUsable Type = "card_not_usable"
	// CardExpired: the card can no longer be spent.
	CardExpired Type = "card_expired"
	// CurrencyMismatch: the card is in another currency.
	CurrencyMismatch Type = "currency_mismatch"
	// InsufficientBalance: there is less on the card.
	InsufficientBalance Type = "insufficient_balance"
	// PartialUseNotAllowed: the card can only be spent as a whole.
	PartialUseNotAllowed Type = "partial_use_not_allowed"
	// AlreadyReversed: the redemption was given back before.
	AlreadyReversed Type = "already_reversed"
	// CardBusy: only because of redemptions that are open is there too little on the card, or too many of them wait. It may
	// be otherwise soon.
	CardBusy Type = "card_busy"
	// RateLimited: too many requests.
	RateLimited Type = "rate_limited"
	// NotSupported: the card's issuer cannot do this.
	NotSupported Type = "not_supported"
	// IssuerUnavailable: the card's issuer, or what asks it, cannot be reached.
	IssuerUnavailable Type = "issuer_unavailable"
)

// Types are all types.
var Types = []Type{
	InvalidRequest, KeyRequired, KeyReused, InProgress, NotFound, CardNotUsable, CardExpired, CurrencyMismatch,
	InsufficientBalance, PartialUseNotAllowed, AlreadyReversed, CardBusy, RateLimited, NotSupported, IssuerUnavailable,
}

// Passing reports whether the same request may succeed later, though nobody has changed it or the card.
func (t Type) Passing() bool {
	switch t {
	case InProgress, CardBusy, RateLimited, IssuerUnavailable:
		return true
	case InvalidRequest, KeyRequired, KeyReused, NotFound, CardNotUsable, CardExpired, CurrencyMismatch, InsufficientBalance,
		PartialUseNotAllowed, AlreadyReversed, NotSupported:
	}
	return false
}

// Problem is why a request was refused.
type Problem struct {
	Type Type `json:"type"`
	// Detail is for people. It holds neither the code of a card nor anything about a person.
	Detail string `json:"detail,omitempty"`
	// Available is what can be spent instead, a decimal in Currency. It is set for [InsufficientBalance] alone.
	Available string `json:"available,omitempty"`
	Currency  string `json:"currency,omitempty"`
}

// Error implements error.
func (p *Problem) Error() string {
	if p.Detail == "" {
		return string(p.Type)
	}
	return string(p.Type) + ": " + p.Detail
}
