package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// DeferredCardInput is one card that its issuer makes later.
type DeferredCardInput struct {
	deferred.Unit

	// OrderRunID is the run of the order that had the card made.
	OrderRunID string `json:"order_run_id"`
	// Hurry divides all pauses; zero is one. Only installations in which everything runs faster have another.
	Hurry int `json:"hurry,omitempty"`
}

// DeferredCardResult is a card that exists and has its value.
type DeferredCardResult struct {
	deferred.Card

	// Generated and Activated are the numbers of attempts that it took.
	Generated int `json:"generated"`
	Activated int `json:"activated"`
	// Resolved is set if a person has found out that the card exists.
	Resolved *DeferredResolution `json:"resolved,omitempty"`
}

// DeferredCardFailure is the detail of the failure of a [DeferredCard].
type DeferredCardFailure struct {
	// Clean reports whether it is certain that no card has got a value. Only then may the card be made anew.
	Clean bool `json:"clean"`
	// OrderRunID is the run of the order that had the card made. To that run, this is the end.
	OrderRunID string `json:"order_run_id,omitempty"`
	// Code is the code of the card that may have got a value.
	Code deferred.Code `json:"code,omitempty"`
	// ValidUntil is when that card expires; zero if the issuer did not say.
	ValidUntil time.Time `json:"valid_until,omitzero"`
}

// CardSettledSignal tells a [GiftCardOrder] that one of its cards has its value. It carries a [deferred.Settled].
const CardSettledSignal = "card-settled"

// Signals of DeferredCard and [SpendCard].
const (
	// CallbackSignal carries a [DeferredAnswer].
	CallbackSignal = "callback"
	// ResolveSignal carries a [DeferredResolution] or a [RedemptionResolution].
	ResolveSignal = "resolve"
)

// DeferredAnswer is what a callback of the issuer says.
type DeferredAnswer struct {
	deferred.Answer

	Step deferred.Step `json:"step"`
	// Attempt is the attempt of the step that the callback belongs to, or the number of the request of a [SpendCard].
	Attempt int `json:"attempt"`
}

// DeferredResolution is what a person has found out about a card whose activation stays open.
type DeferredResolution struct {
	// Issued reports whether the card has its value. If not, the attempt has failed for good.
	Issued bool `json:"issued"`
	// By and Reason are for the record.
	By     string `json:"by"`
	Reason string `json:"reason"`
}

var deferredCards *deferred.Cards // Nil on purpose: only the method names are used.

const (
	// firstAgain and lastAgain are the pauses between two requests for the same thing.
	firstAgain = 2 * time.Minute
	lastAgain  = time.Hour
	// unannounced are the pauses between looks at a card of whose activation no callback has come, and announced those
	// after one. A callback usually comes within seconds, so the first look without one may wait.
	firstUnannounced = 10 * time.Second
	firstAnnounced   = time.Second
	lastSoon         = time.Minute
	// soonFor is how long the looks stay a minute apart, and laterFor how long they are a quarter of an hour apart.
	soonFor       = time.Hour
	laterFor      = 24 * time.Hour
	laterEvery    = 15 * time.Minute
	muchLater     = time.Hour
	maxRefusals   = 10
	maxDead       = 3
	deadAfterFail = 10 * time.Minute
	// deferredPatience is how long each step may stay open.
	deferredPatience = 7 * 24 * time.Hour
)

// DeferredCard has one card made by an issuer that answers later, and ends when the card has its value. There is one for
// each unit, under an ID that holds the unit's key, so that an issuer without idempotency keys makes one card for it.
//
// A card of the issuer's is generated first, which may be repeated, because such a card is worth nothing. Its code is
// claimed for this unit. Then the card is activated: by one request for each attempt, never repeated while an attempt may
// still have an effect. What the issuer shows decides whether it had one; a callback only says when to look.
func DeferredCard(ctx workflow.Context, in DeferredCardInput) (DeferredCardResult, error) {
	d := &deferredCard{in: in, codes: map[deferred.Code]bool{}, named: map[int]deferred.Code{}, activated: map[int]deferred.Answer{}}
	d.listen(ctx)
	for {
		card, err := d.generate(ctx)
		if err != nil {
			return DeferredCardResult{}, err
		}
		refused, err := d.claim(ctx, card)
		if err != nil {
			return DeferredCardResult{}, err
		}
		if !refused {
			return d.activate(ctx, card)
		}
	}
}

// deferredCard is a card that is being made.
type deferredCard struct {
	in DeferredCardInput

	// generations and activations count the attempts, refusals the cards that could not be used, and dead the activations
	// that have failed for good.
	generations, activations, refusals, dead int
	// cards are the cards that were generated and not looked at yet, oldest first. codes are the codes of all that were
	// generated, and named the first of each attempt.
	cards []deferred.Answer
	codes map[deferred.Code]bool
	named map[int]deferred.Code
	// refusal is the latest refusal to generate a card; nil if there is none that has not been acted on.
	refusal *deferred.Answer
	// activated are the first answers to the attempts to activate.
	activated map[int]deferred.Answer
	// open reports whether an attempt to activate may have an effect that is not to be seen yet. Only then is there anything
	// for a person to find out.
	open     bool
	resolved *DeferredResolution
}

// listen takes in callbacks and what people have found out, as long as the workflow runs.
func (d *deferredCard) listen(ctx workflow.Context) {
	callbacks, resolutions := workflow.GetSignalChannel(ctx, CallbackSignal), workflow.GetSignalChannel(ctx, ResolveSignal)
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			var a DeferredAnswer
			callbacks.Receive(ctx, &a)
			d.take(ctx, a)
		}
	})
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			var r DeferredResolution
			resolutions.Receive(ctx, &r)
			if d.open {
				d.resolved = &r
			}
		}
	})
}

// take takes in a callback. The first answer of an attempt counts. Another one with another code is a sign of a forgery.
func (d *deferredCard) take(ctx workflow.Context, a DeferredAnswer) {
	switch {
	case a.Attempt < 1:
	case a.Step == deferred.Activating:
		if _, known := d.activated[a.Attempt]; !known {
			d.activated[a.Attempt] = a.Answer
		}
	case a.Step != deferred.Generating || a.Attempt > d.generations:
	case !a.OK:
		d.refusal = &a.Answer
	case a.Code == "" || d.codes[a.Code]:
	case d.named[a.Attempt] != "":
		suspicious(ctx)
		workflow.GetMetricsHandler(ctx).Counter(ConflictingCallbacks).Inc(1)
		workflow.GetLogger(ctx).Warn("two callbacks of one request name different cards; the first one counts")
	default:
		d.codes[a.Code], d.named[a.Attempt] = true, a.Code
		d.cards = append(d.cards, a.Answer)
	}
}

// SuspiciousCallback is what the search attribute TemporalChangeVersion holds of a card of which a callback named another card
// than an earlier one of the same request, or one that cannot be used. So these cards are listed by one query, without a search
// attribute of their own: [suspicious] marks them by a version, which Temporal makes searchable.
const SuspiciousCallback = suspiciousChange + "-1"

const suspiciousChange = "suspicious-callback"

// suspicious marks a card for people to find.
func suspicious(ctx workflow.Context) {
	workflow.GetVersion(ctx, suspiciousChange, workflow.DefaultVersion, 1)
}

// ConflictingCallbacks is the metric that counts callbacks that name another card than an earlier one of the same request.
const ConflictingCallbacks = "giftbridge_conflicting_callbacks"

// generate returns the next card of the issuer's that was generated for this unit, and asks for one if there is none.
func (d *deferredCard) generate(ctx workflow.Context) (deferred.Answer, error) {
	until := workflow.Now(ctx).Add(deferredPatience)
	for again := 0; ; again++ {
		if len(d.cards) > 0 {
			card := d.cards[0]
			d.cards = d.cards[1:]
			return card, nil
		}
		if !workflow.Now(ctx).Before(until) {
			return deferred.Answer{}, d.fail(giftcard.Timeout, "the issuer has named no card for 7 days")
		}
		d.generations++
		workflow.SetCurrentDetails(ctx, fmt.Sprintf("Asking the issuer for a card, attempt %d.", d.generations))
		_, err := call(generating(ctx), deferredCards.GenerateCard, deferred.GenerateCardInput{
			Unit: d.in.Unit, Attempt: d.generations,
		}).get(ctx)
		if err := d.stops(err); err != nil {
			return deferred.Answer{}, err
		}
		workflow.SetCurrentDetails(ctx, fmt.Sprintf("Waiting for a card, attempt %d.", d.generations))
		if _, err := workflow.AwaitWithTimeout(ctx, d.hurried(growing(firstAgain, lastAgain, again)), func() bool {
			return len(d.cards) > 0 || d.refusal != nil
		}); err != nil {
			return deferred.Answer{}, err
		}
		if r := d.refusal; r != nil && len(d.cards) == 0 {
			d.refusal = nil
			if r.Kind.Final() {
				return deferred.Answer{}, d.fail(r.Kind, says("refused to make it", r.Message))
			}
			if err := workflow.Sleep(ctx, d.hurried(growing(firstAgain, lastAgain, again))); err != nil {
				return deferred.Answer{}, err
			}
		}
	}
}

// claim claims a card for this unit, and reports whether it was refused.
func (d *deferredCard) claim(ctx workflow.Context, card deferred.Answer) (refused bool, err error) {
	out, err := call(claiming(ctx), deferredCards.ClaimCard, deferred.ClaimCardInput{
		Unit: d.in.Unit, Code: card.Code, ValidUntil: card.ValidUntil,
	}).get(ctx)
	if err != nil {
		if temporal.IsCanceledError(err) {
			return false, err
		}
		kind, message := cause(err)
		return false, failure(kind, message, d.details(true))
	}
	if out.Refused == "" {
		return false, nil
	}
	suspicious(ctx)
	workflow.GetMetricsHandler(ctx).Counter(RefusedCards).Inc(1)
	workflow.GetLogger(ctx).Warn("the issuer named a card that cannot be used", "why", string(out.Refused))
	if d.refusals++; d.refusals >= maxRefusals {
		return true, d.fail(giftcard.UnexpectedResponse, fmt.Sprintf(
			"the issuer named %d cards that cannot be used, the last because it is %s", d.refusals, refusalWords[out.Refused]))
	}
	return true, nil
}

// RefusedCards is the metric that counts cards that a callback named and that cannot be used.
const RefusedCards = "giftbridge_refused_cards"

var refusalWords = map[deferred.Refusal]string{
	deferred.Taken: "the card of another order", deferred.InUse: "in use already", deferred.OtherItem: "one of another item",
	deferred.Expired: "expired",
}

func (d *deferredCard) card(card deferred.Answer, found deferred.LookAtCardResult) *deferred.Card {
	until := found.ValidUntil
	if until.IsZero() {
		until = card.ValidUntil
	}
	return &deferred.Card{
		Code: card.Code, Price: d.in.Price, Currency: d.in.Currency, ValidFrom: card.ValidFrom, ValidUntil: until,
	}
}

func (d *deferredCard) result(card *deferred.Card) DeferredCardResult {
	if card == nil {
		return DeferredCardResult{}
	}
	return DeferredCardResult{Card: *card, Generated: d.generations, Activated: d.activations, Resolved: d.resolved}
}

// stops returns the error with which the workflow ends after an activity that certainly gave no card a value, or nil if it
// goes on.
func (d *deferredCard) stops(err error) error {
	if err == nil || temporal.IsCanceledError(err) {
		return err
	}
	if kind, message := cause(err); kind.Final() {
		return failure(kind, message, d.details(kind != giftcard.OutcomeUnknown))
	}
	return nil
}

// fail returns a failure after which the card may be made anew.
func (d *deferredCard) fail(kind giftcard.Kind, message string) error {
	return failure(kind, d.doing(message), d.details(true))
}

// unclean returns a failure after which a card may have a value.
func (d *deferredCard) unclean(card deferred.Answer, kind giftcard.Kind, message string) error {
	details := d.details(false)
	details.Code, details.ValidUntil = card.Code, card.ValidUntil
	return failure(kind, d.doing(message), details)
}

func (d *deferredCard) details(clean bool) DeferredCardFailure {
	return DeferredCardFailure{Clean: clean, OrderRunID: d.in.OrderRunID}
}

func (d *deferredCard) doing(message string) string {
	return fmt.Sprintf("order %s, card %d: %s", d.in.OrderName, d.in.Number, message)
}

// says returns what the issuer has done, with its own words for it if there are any.
func says(what, message string) string {
	if message == "" {
		return "the issuer has " + what
	}
	return "the issuer has " + what + ": " + message
}

// hurried returns a pause as it is where everything runs faster.
func (d *deferredCard) hurried(pause time.Duration) time.Duration {
	return pause / time.Duration(max(d.in.Hurry, 1))
}

// growing returns a pause that doubles with each repetition, up to last.
func growing(first, last time.Duration, repetition int) time.Duration {
	for range repetition {
		if first *= 2; first >= last {
			return last
		}
	}
	return first
}
