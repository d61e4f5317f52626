package activities

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/giftbridge/giftbridge/internal/cashstar"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/rest"
)

// GiftCards finds merchants and issues cards at CashStar.
type GiftCards struct {
	CashStar  *cashstar.Client
	Merchants *MerchantList
	// MerchantCode, if set, is the merchant of every order.
	MerchantCode string
	// Pace spreads the requests of this worker that create cards; nil is unlimited. The limit over all workers is the
	// task queue's, which lets short bursts through.
	Pace Pacer
	Now  func() time.Time
	// Orders reads an order again before money is spent on it; nil, an order is believed for ever.
	Orders *OrderReader
	// Runs tells a card that this order may have asked for before from one that it cannot have: nil, only a later attempt
	// is known to be one that may.
	Runs Runs
	// Gate holds requests back while the issuer is in trouble; nil, none are.
	Gate *Gate
	// Timeout is the longest that a request for a card takes. None is begun that could not end in time.
	Timeout time.Duration
	// Attempts keeps notes with Temporal where a card is asked for at most once.
	Attempts Attempts
	// AtMostOnce is set where the issuer may make a second card of a repeated audit number: each card is then asked for at
	// most once. Else a request whose answer was lost is repeated, unless the order says otherwise.
	AtMostOnce bool
}

// Pacer lets its caller wait until it is its turn. A rate limiter of golang.org/x/time is one.
type Pacer interface {
	Wait(ctx context.Context) error
}

// Runs knows of the runs of a workflow. The operator answers it.
type Runs interface {
	// IsFirst tells whether a run is the first of its workflow: none that a reset has made of another.
	IsFirst(ctx context.Context, workflowID, runID string) (bool, error)
	// Earlier says what became of a card in the runs of the workflow before the one that asks: a reset makes a run that
	// knows nothing of them.
	Earlier(ctx context.Context, in EarlierInput) (Earlier, error)
	// MerchantOf returns the merchant for whom the runs before this one have issued a card, or may have, and when it was
	// found; without code where there is none.
	MerchantOf(ctx context.Context, workflowID, runID string) (LookUpMerchantResult, error)
	// IssuedCards returns the audit numbers of the cards that exist, or may exist, by what this run of the workflow and those
	// before it know.
	IssuedCards(ctx context.Context, workflowID, runID string) (map[string]bool, error)
}

// LookUpMerchantInput says whose merchant is looked for.
type LookUpMerchantInput struct {
	OrderName string            `json:"order_name"`
	Customer  giftcard.Customer `json:"customer"`
	// MatchBy is what the merchant is matched by; empty means all there is.
	MatchBy []string `json:"match_by,omitempty"`
	// Again reports whether another run of the order may have asked for cards; see [IssueCardInput].
	Again       bool          `json:"again,omitempty"`
	RetryBudget time.Duration `json:"retry_budget,omitempty"`
}

// LookUpMerchantResult is the merchant that was found.
type LookUpMerchantResult struct {
	MerchantCode string `json:"merchant_code"`
	// At is when. Whether a day of delivery lies ahead is judged by it: it stays the same over retries and resets, and so
	// does the request of a card that is asked for again.
	At time.Time `json:"at"`
}

// LookUpMerchant finds the merchant that the customer of an order is. It fails with MerchantUnknown or
// MerchantAmbiguous where there is not exactly one; it never guesses.
func (g *GiftCards) LookUpMerchant(ctx context.Context, in LookUpMerchantInput) (LookUpMerchantResult, error) {
	out, err := g.merchantOf(ctx, in)
	if err != nil {
		return LookUpMerchantResult{}, failure(ctx, "order "+in.OrderName+", looking up its merchant", err, in.RetryBudget)
	}
	return out, nil
}

// merchantOf returns the order's merchant. Once a card exists, or may, merchant and time stay the same: asked for again for
// another merchant or day, the card would be another card, or be refused as a different order.
func (g *GiftCards) merchantOf(ctx context.Context, in LookUpMerchantInput) (LookUpMerchantResult, error) {
	if in.Again && g.Runs != nil {
		run := activity.GetInfo(ctx).WorkflowExecution
		if found, err := g.Runs.MerchantOf(ctx, run.ID, run.RunID); err != nil || found.MerchantCode != "" {
			return found, err
		}
	}
	code, err := g.Merchants.match(ctx, g.MerchantCode, in.MatchBy, in.Customer)
	return LookUpMerchantResult{MerchantCode: code, At: g.Now().UTC()}, err
}

// IssueCardInput is one card to be issued.
type IssueCardInput struct {
	OrderName string `json:"order_name"`
	// Unit counts the cards of the order from 1.
	Unit int `json:"unit"`
	// AuditNumber makes it safe to ask for the same card again.
	AuditNumber  string             `json:"audit_number"`
	MerchantCode string             `json:"merchant_code"`
	Price        string             `json:"price"`
	Currency     string             `json:"currency"`
	Recipient    giftcard.Recipient `json:"recipient"`
	// At is when the order's merchant was found; see [LookUpMerchantResult].
	At time.Time `json:"at"`
	// ReadAt is when the order was read from Shopify, or later by no more than the start of its workflow took.
	ReadAt time.Time `json:"read_at,omitzero"`
	// Again reports whether another run of the order may have asked for the card: this one was made by a reset, or released
	// by a person.
	Again bool `json:"again,omitempty"`
	// PaidFor are the SKUs of the order's cards, where none is to be issued if what was paid, less what was given back, is
	// below what those of them cost that are left.
	PaidFor []string `json:"paid_for,omitempty"`
	// AtMostOnce asks for the card at most once, whatever the worker's settings say.
	AtMostOnce  bool          `json:"at_most_once,omitempty"`
	RetryBudget time.Duration `json:"retry_budget,omitempty"`
}

// IssueCardType is the name of [GiftCards.IssueCard] in Temporal.
const IssueCardType = "IssueCard"

// IssueCardResult is a card that exists. It holds no card number, access code or card URL.
type IssueCardResult struct {
	AuditNumber string `json:"audit_number"`
	// OrderNumber, EGCCode and MaskedNumber are CashStar's; empty where it only said that the card exists already.
	OrderNumber  string `json:"order_number,omitempty"`
	EGCCode      string `json:"egc_code,omitempty"`
	MaskedNumber string `json:"masked_number,omitempty"`
	Amount       string `json:"amount"`
	Currency     string `json:"currency"`
	// Existed tells that an earlier attempt had issued the card: CashStar refused the audit number as used, and this order
	// may have used it; or a person has found the card there.
	Existed bool `json:"existed,omitempty"`
}

// IssueCard creates one card. Asking again with the same audit number is safe: where CashStar says that the number was
// used, the card exists, and that is success if this order may have asked for it before. Where the issuer does not refuse a used number, nothing is asked again
// that may have been done; see [Attempts].
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
			return *earlier.Issued, nil // Asked again, CashStar would only say that it exists.
		}
		if earlier.Found {
			return foundCard(in) // The order may have changed since, and would not be asked for again.
		}
	}
	out, err := g.ask(ctx, in, func() error { return g.checkOrder(ctx, in, time.Since(begun)) })
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
		return IssueCardResult{}, inDoubt(in, "an earlier attempt may have issued it; since then, "+err.Error(), err)
	}
	return IssueCardResult{}, err
}

// clearUntilNow reports whether it is certain that no attempt of this run before this one has made the card.
func clearUntilNow(ctx context.Context) bool {
	attempt := activity.GetInfo(ctx).Attempt
	var note AttemptNote
	return attempt <= 1 ||
		activity.HasHeartbeatDetails(ctx) && activity.GetHeartbeatDetails(ctx, &note) == nil && note.ClearUntil == attempt-1
}

// earlierRuns asks for what the runs before this one know of a card.
func earlierRuns(ctx context.Context, in IssueCardInput) EarlierInput {
	run := activity.GetInfo(ctx).WorkflowExecution
	return EarlierInput{
		WorkflowID: run.ID, RunID: run.RunID, Unit: in.Unit, AuditNumber: in.AuditNumber, Again: in.Again,
	}
}

// unclear is an error after which the card may exist.
type unclear struct{ error }

func (e unclear) Unwrap() error { return e.error }

// ask asks CashStar for a card, once. What must be done right before is done when the turn has come.
func (g *GiftCards) ask(ctx context.Context, in IssueCardInput, before func() error) (IssueCardResult, error) {
	request, err := createOrderRequest(in)
	if err != nil {
		return IssueCardResult{}, err
	}
	if g.Pace != nil {
		if err := g.Pace.Wait(ctx); ctx.Err() != nil {
			return IssueCardResult{}, ctx.Err()
		} else if err != nil {
			return IssueCardResult{}, giftcard.Errorf(giftcard.RateLimited, "no turn came within the rate limit")
		}
	}
	left, err := g.pass(ctx)
	if err != nil {
		return IssueCardResult{}, err
	}
	came, retryAfter := notAsked, time.Duration(0)
	defer func() { left(came, retryAfter) }()
	if err := before(); err != nil {
		return IssueCardResult{}, err
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < g.Timeout {
		return IssueCardResult{}, giftcard.Errorf(giftcard.Timeout, "too little time is left to ask for the card")
	}
	out := resultOf(request)
	order, err := g.CashStar.CreateOrder(ctx, request)
	came, retryAfter = answerOf(err, g.AtMostOnce || in.AtMostOnce)
	if cashstar.IsDuplicate(err) {
		if why := g.cannotBeOurs(ctx, in); why != "" {
			return IssueCardResult{}, &giftcard.Error{
				Kind: giftcard.OutcomeUnknown, Err: err,
				Message: "CashStar says that the card was issued already, " + why + "; look at CashStar for audit number " +
					in.AuditNumber + ": if it is this order's card, say so with starter orders resolve --issued, " +
					"else the number is somebody else's and the order has to be settled by hand",
			}
		}
		out.Existed = true
		return out, nil
	}
	if cashstar.Explains(err) && slices.Contains(declinedStatuses, rest.StatusOf(err)) {
		return IssueCardResult{}, &giftcard.Error{Kind: giftcard.CardDeclined, Message: err.Error(), Err: err}
	}
	if err != nil {
		return IssueCardResult{}, err
	}
	if err := order.Check(request); err != nil {
		return IssueCardResult{}, err
	}
	out.OrderNumber, out.EGCCode, out.MaskedNumber = order.OrderNumber, order.Card.EGCCode, order.Card.MaskedNumber
	return out, nil
}

// pass is [Gate.pass] where there is a gate.
func (g *GiftCards) pass(ctx context.Context) (left func(answer, time.Duration), err error) {
	if g.Gate == nil {
		return func(answer, time.Duration) {}, nil
	}
	return g.Gate.pass(ctx)
}

// answerOf tells a gate what came of asking. Where a card may be asked for again, no answer leaves it in doubt.
func answerOf(err error, atMostOnce bool) (answer, time.Duration) {
	kind, retryAfter := classify(err)
	switch {
	case err == nil || cashstar.IsDuplicate(err):
		return answered, 0
	case kind == giftcard.RateLimited:
		return limited, retryAfter
	case mayHaveIssued(err) && atMostOnce:
		return doubtful, 0
	case kind.Final():
		return answered, 0
	}
	return notAsked, 0
}

// cannotBeOurs says why a card that exists may be none that this order has asked for; empty where it may have. A first
// attempt of a first run has asked for nothing before. That its number was used means that somebody else has, such as an
// installation with the same audit prefix, or a workflow of this order that was deleted. It is the last attempt, since one
// that follows could not tell any more.
func (g *GiftCards) cannotBeOurs(ctx context.Context, in IssueCardInput) string {
	const firstTime = "yet this order asks for the first time"
	info := activity.GetInfo(ctx)
	if info.Attempt > 1 || in.Again || activity.HasHeartbeatDetails(ctx) {
		return ""
	}
	if g.Runs == nil {
		return firstTime
	}
	first, err := g.Runs.IsFirst(ctx, info.WorkflowExecution.ID, info.WorkflowExecution.RunID)
	switch {
	case err != nil:
		return "and whether this order has asked before could not be found out (" + err.Error() + ")"
	case first:
		return firstTime
	}
	return ""
}

// declinedStatuses are taken for the issuer's refusal to issue this card, if it says why; assumed, nobody outside has seen
// one.
var declinedStatuses = []int{http.StatusPaymentRequired, http.StatusForbidden, http.StatusUnprocessableEntity}
