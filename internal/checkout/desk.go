package checkout

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/workflows"
)

// Desk redeems cards. The errors of its methods have a [*redemption.Problem]; one of type IssuerUnavailable also has its cause.
type Desk struct {
	Client client.Client
	// Converter reads what is stored with workflows.
	Converter converter.DataConverter
	// Issuers are the issuers whose cards may be named, by name. Cards of those that have no [issuer.Spender] are not spent.
	Issuers map[string]issuer.Abilities
	// IDKey makes the IDs of codes, of idempotency keys and of requests. It never changes.
	IDKey []byte
	Now   func() time.Time
	// Hurry divides the pauses of the cards' workflows; zero is one.
	Hurry int
}

// Request asks for an amount.
type Request struct {
	// Client is the shop's name among those that may spend cards, and Key its idempotency key.
	Client, Key string
	// Body is the whole request, so that the same key with another request is recognised. Only a keyed hash of it is kept.
	Body string
	Code issuer.Code
	// Amount is above zero.
	Amount giftcard.Money
	// Order is the shop's name for what is paid.
	Order string
	// Partial allows to take less, if there is less on the card.
	Partial bool
}

const (
	// answerWithin is how long a shop waits for the issuer, for Temporal and for a worker together, until its request is
	// taken. After that the card's workflow refuses it.
	answerWithin = 3 * time.Second
	// updateWithin is how long of that the card's workflow has. After that it refuses the request; a question whether it had taken it
	// before has the rest.
	updateWithin = answerWithin * 4 / 5
	// waitFor is how long a shop waits then for what becomes of it.
	waitFor = 8 * time.Second
	// progressFor is how long a request may be waiting for its answer.
	progressFor = answerWithin + waitFor
	// keyLife is how long a key is good for; docs/checkout.md promises it. The workflow of a card keeps what became of one for at
	// least as long.
	keyLife = 48 * time.Hour
	// firstLook and lastLook are the pauses between looks at a redemption. There are some only if several checkouts wait for one card,
	// or if the issuer takes seconds: otherwise the workflow of the card answers once the redemption is settled.
	firstLook = 100 * time.Millisecond
	lastLook  = 500 * time.Millisecond
)

// Redeem takes an amount off a card. It returns what is known of it once it is settled, or after 8 seconds. The same key again
// returns what is known by then; an error of type InProgress says that the request which came first may still be waiting.
// After an error of type IssuerUnavailable the amount may be taken, and the same key again tells.
func (d *Desk) Redeem(ctx context.Context, r Request) (*workflows.Redemption, error) {
	known, card, err := d.ask(ctx, r)
	if err != nil || card == "" {
		return known, err
	}
	return d.settled(ctx, card, known, func(r *workflows.Redemption) bool {
		return r.State == redemption.Accepted
	}), nil
}

// ask sees to it that the workflow of the card knows the redemption. It returns that workflow too, unless it knew the redemption
// before: nobody waits for it again then.
func (d *Desk) ask(ctx context.Context, r Request) (known *workflows.Redemption, card string, err error) {
	until := d.Now().Add(updateWithin)
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	id := d.RedemptionID(r.Client, r.Key)
	claim, again, err := d.claimedFor(ctx, r, id)
	if err != nil {
		return nil, "", err
	}
	if claim.Body != d.hash(r.Body) {
		return nil, "", &redemption.Problem{Type: redemption.KeyReused}
	}
	if again {
		known, err := d.look(ctx, claim.CardWorkflowID, id)
		switch {
		case err != nil:
			return nil, "", err
		case known != nil && known.State == redemption.Accepted && d.recent(known.AcceptedAt):
			return nil, "", &redemption.Problem{Type: redemption.InProgress}
		case known != nil:
			return known, "", nil
		case !d.Now().Before(claim.at.Add(keyLife)):
			return nil, "", forgotten()
		}
		// The request that made the claim did not reach the card.
	}
	known, err = d.spend(ctx, r, id, *claim, until)
	return known, claim.CardWorkflowID, err
}

// claimedFor returns the claim of a request's key, and whether it was there before. A guess makes none.
func (d *Desk) claimedFor(ctx context.Context, r Request, id string) (*claim, bool, error) {
	// Most keys are new, so that the card is looked at meanwhile.
	looking, stop := context.WithCancel(ctx)
	defer stop()
	var name string
	var unusable error
	looked := make(chan struct{})
	go func() {
		defer close(looked)
		name, _, unusable = d.usable(looking, r.Code)
	}()
	known, err := d.claimed(ctx, r.Client, id)
	if err != nil || known != nil {
		return known, true, err
	}
	<-looked
	if unusable != nil {
		return nil, false, unusable
	}
	return d.claim(ctx, r.Client, id, workflows.RedemptionClaim{
		Body: d.hash(r.Body), CardWorkflowID: workflows.SpendCardID(name, deferred.CodeID(d.IDKey, name, r.Code)), Issuer: name,
	})
}

// recent reports whether the request that has asked for something may still be waiting for it.
func (d *Desk) recent(asked time.Time) bool { return d.Now().Before(asked.Add(progressFor)) }

// usable returns a card that can be spent, and its issuer. It asks the same of the issuers for a card that cannot be spent as
// for one that does not exist.
func (d *Desk) usable(ctx context.Context, code issuer.Code) (string, issuer.Standing, error) {
	var failed error
	problem, finds := redemption.CardNotUsable, false
	for _, name := range slices.Sorted(maps.Keys(d.Issuers)) {
		by := d.Issuers[name]
		var looks issuer.Later = by.Spender
		if by.Spender == nil {
			looks = by.Deferred
		}
		if by.Spender == nil && by.Deferred == nil {
			continue // It finds no card by its code.
		}
		finds = true
		found, err := looks.Look(ctx, code)
		switch {
		case err != nil && !refuses(err):
			failed = fmt.Errorf("look at a card: %w", err)
		case err != nil || !found.Known || !found.Active:
		case by.Spender == nil:
			problem = redemption.NotSupported
		default:
			return name, found, nil
		}
	}
	if failed != nil {
		return "", issuer.Standing{}, unavailable(failed)
	}
	if !finds {
		problem = redemption.NotSupported
	}
	return "", issuer.Standing{}, &redemption.Problem{Type: problem}
}

// refuses reports whether an issuer has said with an error that a code is not that of a card.
func refuses(err error) bool {
	kind, _ := giftcard.KindOf(err)
	return kind == giftcard.InvalidRequest || kind == giftcard.CardDeclined
}

// unavailable returns the problem of a request of which nobody could be asked, with the cause.
func unavailable(cause error) error {
	return fmt.Errorf("%w: %w", &redemption.Problem{Type: redemption.IssuerUnavailable}, cause)
}
