package activities

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/issuer/accounts"
	"github.com/giftbridge/giftbridge/internal/issuer/gate"
)

// GiftCards looks up the accounts of customers and issues cards at the issuer.
type GiftCards struct {
	Issuer   issuer.Abilities
	Accounts *accounts.List
	// MerchantCode, if set, is the account of every order.
	MerchantCode string
	// Pace spreads this worker's requests for cards; nil means no limit. The limit over all workers is that of the
	// task queue, which lets short bursts through.
	Pace Pacer
	Now  func() time.Time
	// Orders rereads an order before money is spent on it. If nil, orders are never reread.
	Orders *intake.Reader
	// Runs tells a card that this order may have requested before from one that it cannot have requested. If nil, only
	// retries are known to be possible repeats.
	Runs Runs
	// Gate holds requests back while the issuer is in trouble. If nil, no request is held back.
	Gate *gate.Gate
	// Timeout is the longest that a request for a card can take. A request that could not finish in time is not sent.
	Timeout time.Duration
	// Attempts stores notes with Temporal when a card is requested at most once.
	Attempts Attempts
	// AtMostOnce is set if the issuer may create a second card for a repeated audit number: each card is then requested
	// at most once. Otherwise a request whose answer was lost is repeated, unless the order forbids it.
	AtMostOnce bool
}

// Pacer makes its caller wait for its turn. A rate limiter of golang.org/x/time is a Pacer.
type Pacer interface {
	Wait(ctx context.Context) error
}

// Runs looks up the runs of a workflow. operator.Operator implements it.
type Runs interface {
	// IsFirst reports whether a run is the first of its workflow rather than one created by a reset.
	IsFirst(ctx context.Context, workflowID, runID string) (bool, error)
	// Earlier returns what became of a card in the workflow's runs before the current one. A run that a reset creates
	// knows nothing of them.
	Earlier(ctx context.Context, in EarlierInput) (Earlier, error)
	// MerchantOf returns the merchant for which earlier runs have issued a card, or may have issued one, and when that
	// merchant was found. The code is empty if there is none.
	MerchantOf(ctx context.Context, workflowID, runID string) (LookUpMerchantResult, error)
	// IssuedCards returns the audit numbers of the cards that exist, or may exist, as far as this run of the workflow
	// and earlier runs know. It omits the cards that this run is still requesting.
	IssuedCards(ctx context.Context, workflowID, runID string) (map[string]bool, error)
	// OpenCards returns the audit numbers of the cards that a run is requesting now, or will request again because the
	// outcome of an attempt is unknown. It omits a card that certainly does not exist and waits for its next attempt.
	OpenCards(ctx context.Context, workflowID, runID string) (map[string]bool, error)
}

// LookUpMerchantInput identifies the customer whose merchant is looked up.
type LookUpMerchantInput struct {
	OrderName string            `json:"order_name"`
	Customer  giftcard.Customer `json:"customer"`
	// MatchBy is what the merchant is matched by; empty means every attribute.
	MatchBy []string `json:"match_by,omitempty"`
	// Again reports whether another run of the order may have requested cards; see [IssueCardInput].
	Again       bool          `json:"again,omitempty"`
	RetryBudget time.Duration `json:"retry_budget,omitempty"`
}

// LookUpMerchantResult is the merchant that was found.
type LookUpMerchantResult struct {
	MerchantCode string `json:"merchant_code"`
	// At is when the merchant was found. It decides whether a day of delivery lies ahead. It stays the same over
	// retries and resets, so that a repeated request for a card is identical.
	At time.Time `json:"at"`
}

// LookUpMerchant finds the merchant that matches the customer of an order. It fails with MerchantUnknown or
// MerchantAmbiguous unless exactly one matches; it never guesses.
func (g *GiftCards) LookUpMerchant(ctx context.Context, in LookUpMerchantInput) (LookUpMerchantResult, error) {
	out, err := g.merchantOf(ctx, in)
	if err != nil {
		return LookUpMerchantResult{}, failure(ctx, "order "+in.OrderName+", looking up its merchant", err, in.RetryBudget)
	}
	return out, nil
}

// merchantOf returns the order's merchant. Once a card exists, or may exist, merchant and time stay the same: a request
// for another merchant or day would create another card, or be refused as a different order.
func (g *GiftCards) merchantOf(ctx context.Context, in LookUpMerchantInput) (LookUpMerchantResult, error) {
	if in.Again && g.Runs != nil {
		run := activity.GetInfo(ctx).WorkflowExecution
		if found, err := g.Runs.MerchantOf(ctx, run.ID, run.RunID); err != nil || found.MerchantCode != "" {
			return found, err
		}
	}
	code, err := g.Accounts.Match(ctx, g.MerchantCode, in.MatchBy, in.Customer)
	return LookUpMerchantResult{MerchantCode: code, At: g.Now().UTC()}, err
}

// IssueCardInput identifies one card to issue.
type IssueCardInput struct {
	OrderName string `json:"order_name"`
	// Unit counts the cards of the order from 1.
	Unit int `json:"unit"`
	// AuditNumber is the card's idempotency key. It makes a repeated request for the same card safe.
	AuditNumber  string             `json:"audit_number"`
	MerchantCode string             `json:"merchant_code"`
	Price        string             `json:"price"`
	Currency     string             `json:"currency"`
	Recipient    giftcard.Recipient `json:"recipient"`
	// AdditionalContent is a text that accompanies the card; empty means none.
	AdditionalContent string `json:"additional_content,omitempty"`
	// At is when the order's merchant was found; see [LookUpMerchantResult].
	At time.Time `json:"at"`
	// ReadAt is when the order was read from Shopify. It is late by at most the time that starting the workflow took.
	ReadAt time.Time `json:"read_at,omitzero"`
	// Again reports whether another run of the order may have requested the card: this run was created by a reset, or
	// released or corrected by a person.
	Again bool `json:"again,omitempty"`
	// Fixed reports whether a person has corrected the card after attempts that cannot have issued it. The request
	// differs from the one that those attempts made.
	Fixed bool `json:"fixed,omitempty"`
	// PaidFor holds the SKUs of the order's cards. If it is set, no card is issued once the net payment (paid less
	// refunded) is below the cost of the order's remaining cards.
	PaidFor []string `json:"paid_for,omitempty"`
	// HoldRisky issues no card once the shop's platform recommends to cancel the order or to look into it.
	HoldRisky bool `json:"hold_risky,omitempty"`
	// Waited reports whether the order has waited since it was read, so that it is read again before the first request.
	Waited bool `json:"waited,omitempty"`
	// AtMostOnce requests the card at most once, whatever the worker's settings say.
	AtMostOnce  bool          `json:"at_most_once,omitempty"`
	RetryBudget time.Duration `json:"retry_budget,omitempty"`
}

// IssueCardType is the name of [GiftCards.IssueCard] in Temporal.
const IssueCardType = "IssueCard"

// IssueCardResult is a card that exists. It contains nothing that can be spent.
type IssueCardResult struct {
	AuditNumber string `json:"audit_number"`
	// OrderNumber, EGCCode (the reference of the card) and MaskedNumber are the issuer's. They are empty if the issuer
	// only said that the card exists already.
	OrderNumber  string `json:"order_number,omitempty"`
	EGCCode      string `json:"egc_code,omitempty"`
	MaskedNumber string `json:"masked_number,omitempty"`
	Amount       string `json:"amount"`
	Currency     string `json:"currency"`
	// Existed reports whether an earlier attempt had issued the card: the issuer refused the audit number as used, and
	// this order may have used it; or a person has found the card at the issuer.
	Existed bool `json:"existed,omitempty"`
	// SentAt is when the card was mailed to its recipient; zero if its issuer sends it.
	SentAt time.Time `json:"sent_at,omitzero"`
}

// IssueCard creates one card. A repeated request with the same audit number is safe: if the issuer says that the number
// was used, the card exists, and that is success if this order may have requested it before. If the issuer does not
// refuse used numbers, a request that may have been carried out is never repeated; see [Attempts].
func (g *GiftCards) IssueCard(ctx context.Context, in IssueCardInput) (IssueCardResult, error) {
	issue := g.issueCard
	if g.AtMostOnce || in.AtMostOnce {
		issue = g.atMostOnce
	}
	err := g.belongs(ctx, in)
	var out IssueCardResult
	if err == nil {
		out, err = issue(ctx, in)
	}
	if err != nil {
		return IssueCardResult{}, failure(ctx, fmt.Sprintf("order %s, card %d", in.OrderName, in.Unit), err, in.RetryBudget)
	}
	return out, nil
}

func (g *GiftCards) issueCard(ctx context.Context, in IssueCardInput) (IssueCardResult, error) {
	var earlier Earlier
	begun := time.Now()
	if g.Runs != nil && !g.fresh(ctx, in, 0) {
		var err error
		if earlier, err = g.Runs.Earlier(ctx, earlierRuns(ctx, in)); err != nil {
			return IssueCardResult{}, err
		}
		if earlier.Issued != nil {
			return *earlier.Issued, nil // If asked again, the issuer would only say that the card exists.
		}
		if earlier.Found {
			return foundCard(in) // The order may have changed since, and the card would not be requested again.
		}
	}
	out, err := g.ask(ctx, in, earlier, func() error { return g.checkOrder(ctx, in, time.Since(begun)) })
	switch {
	case err == nil:
		return out, nil
	case ctx.Err() != nil:
		return IssueCardResult{}, err
	case mayHaveIssued(err):
		return IssueCardResult{}, unclear{err}
	case clearUntilNow(ctx) && !earlier.InDoubt:
		return IssueCardResult{}, notIssued{err}
	}
	if kind, _ := classify(err); kind == giftcard.OrderChanged {
		return IssueCardResult{}, g.inDoubt(in, "an earlier attempt may have issued it; since then, "+err.Error(), err)
	}
	return IssueCardResult{}, err
}

// clearUntilNow reports whether it is certain that no earlier attempt of this run has issued the card.
func clearUntilNow(ctx context.Context) bool {
	attempt := activity.GetInfo(ctx).Attempt
	var note AttemptNote
	return attempt <= 1 ||
		activity.HasHeartbeatDetails(ctx) && activity.GetHeartbeatDetails(ctx, &note) == nil && note.ClearUntil == attempt-1
}

// earlierRuns returns the query for what earlier runs know about a card.
func earlierRuns(ctx context.Context, in IssueCardInput) EarlierInput {
	run := activity.GetInfo(ctx).WorkflowExecution
	return EarlierInput{
		WorkflowID: run.ID, RunID: run.RunID, Unit: in.Unit, AuditNumber: in.AuditNumber, Again: in.Again,
	}
}

// unclear is an error after which the card may exist.
type unclear struct{ error }

func (e unclear) Unwrap() error { return e.error }

// ask sends one request for a card, of which earlier runs know what earlier says. It calls before after any rate-limit
// wait, immediately before sending.
func (g *GiftCards) ask(
	ctx context.Context, in IssueCardInput, earlier Earlier, before func() error,
) (IssueCardResult, error) {
	request, err := cardRequest(in)
	if err != nil {
		return IssueCardResult{}, err
	}
	if g.Pace != nil {
		if err := g.Pace.Wait(ctx); ctx.Err() != nil {
			return IssueCardResult{}, ctx.Err()
		} else if err != nil {
			return IssueCardResult{}, giftcard.Errorf(giftcard.RateLimited, "the rate limit did not allow the request in time")
		}
	}
	left, err := g.pass(ctx)
	if err != nil {
		return IssueCardResult{}, err
	}
	came, retryAfter := gate.NotAsked, time.Duration(0)
	defer func() { left(came, retryAfter) }()
	if err := before(); err != nil {
		return IssueCardResult{}, err
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < g.Timeout {
		return IssueCardResult{}, giftcard.Errorf(giftcard.Timeout, "too little time is left to request the card")
	}
	out := resultOf(request)
	card, err := g.Issuer.Issue(ctx, request)
	came, retryAfter = answerOf(err, g.AtMostOnce || in.AtMostOnce)
	if issuer.EffectOf(err) == issuer.Duplicate {
		if why := g.cannotBeOurs(ctx, in, earlier); why != "" {
			w := g.Issuer.Words()
			return IssueCardResult{}, &giftcard.Error{
				Kind: giftcard.OutcomeUnknown, Err: err,
				Message: w.Issuer + " says that the card was already issued, " + why + "; look up " + w.Key + " " +
					in.AuditNumber + " at " + w.Issuer + ": if it is this order's card, run " + buildinfo.Program +
					" orders resolve --issued; otherwise the number belongs to another card, and the order has " +
					"to be settled by hand",
			}
		}
		out.Existed = true
		return out, nil
	}
	if err != nil {
		return IssueCardResult{}, err
	}
	out.OrderNumber, out.EGCCode, out.MaskedNumber = card.OrderNumber, card.Reference, card.MaskedNumber
	return out, nil
}

// pass calls [gate.Gate.Pass] if there is a gate.
func (g *GiftCards) pass(ctx context.Context) (left func(gate.Answer, time.Duration), err error) {
	if g.Gate == nil {
		return func(gate.Answer, time.Duration) {}, nil
	}
	return g.Gate.Pass(ctx, func(news string) { activity.GetLogger(ctx).Warn(news) })
}

// answerOf returns the outcome of a request for the gate. If a request may be repeated, no answer leaves the card in
// doubt.
func answerOf(err error, atMostOnce bool) (gate.Answer, time.Duration) {
	kind, retryAfter := classify(err)
	effect := issuer.EffectOf(err)
	switch {
	case err == nil || effect == issuer.Duplicate || effect == issuer.Different:
		return gate.Answered, 0
	case kind == giftcard.RateLimited:
		return gate.Limited, retryAfter
	case effect == issuer.Unclear && atMostOnce:
		return gate.Doubtful, 0
	case kind.Final():
		return gate.Answered, 0
	}
	return gate.NotAsked, 0
}

// cannotBeOurs returns why an existing card may not be one that this order requested, or the empty string if it may be
// one. The first attempt of a first run has not requested anything before. If its number was used, something else used
// it, such as an installation with the same audit prefix, or a deleted workflow of this order. That attempt is the last
// one, because a later attempt could no longer tell the difference. The same applies to the first attempt after a
// correction: what exists under that number has not been corrected.
func (g *GiftCards) cannotBeOurs(ctx context.Context, in IssueCardInput, earlier Earlier) string {
	const firstTime = "but this is the order's first request"
	info := activity.GetInfo(ctx)
	switch {
	case info.Attempt > 1 || activity.HasHeartbeatDetails(ctx):
		return ""
	case in.Fixed && !earlier.InDoubt:
		return "but this is the first request since the card was corrected"
	case in.Again:
		return ""
	}
	if g.Runs == nil {
		return firstTime
	}
	first, err := g.Runs.IsFirst(ctx, info.WorkflowExecution.ID, info.WorkflowExecution.RunID)
	switch {
	case err != nil:
		return "and it is unknown whether this order has requested it before (" + err.Error() + ")"
	case first:
		return firstTime
	}
	return ""
}
