package floor

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/giftbridge/giftbridge/internal/fourwayshop"
)

// Names of the workflow of a card that is spent, and of its update.
const (
	CardType = "Card"
	// SpendUpdate takes an amount off the card. Its argument is a [Spend], its result what was on the card before.
	SpendUpdate = "spend"
)

// Spend is an amount to take off a card.
type Spend struct {
	// ID identifies it, and is noted by the issuer.
	ID string `json:"id"`
	// Amount is a decimal.
	Amount string `json:"amount"`
}

// Shop is the account at the simulated Four Way Shop (4WS) whose cards are spent; without a BaseURL, none are.
type Shop struct {
	BaseURL, Username, Password string
	// EntityCode is sent with every amount.
	EntityCode string
}

// client returns a client of the account; nil if there is none.
func (s Shop) client() (*fourwayshop.Client, error) {
	if s.BaseURL == "" {
		return nil, nil
	}
	return fourwayshop.New(fourwayshop.Options{
		BaseURL: s.BaseURL, Username: s.Username, Password: s.Password, HTTPClient: &http.Client{}, Timeout: time.Minute,
	})
}

// CardID returns the ID of the workflow of a card.
func CardID(barcode string) string { return "card/" + barcode }

// Card takes amounts off a card, one after the other. It looks at the card, asks the issuer once, and waits for the signal of
// its callback: the least that Temporal can do for such a card. It never ends.
func Card(ctx workflow.Context, barcode string) error {
	var a *activities
	turn := workflow.NewMutex(ctx)
	called := workflow.GetSignalChannel(ctx, calledSignal)
	err := workflow.SetUpdateHandler(ctx, SpendUpdate, func(ctx workflow.Context, in Spend) (balance string, err error) {
		if err := turn.Lock(ctx); err != nil {
			return "", err
		}
		defer turn.Unlock()
		local := workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{ScheduleToCloseTimeout: time.Minute})
		if err := workflow.ExecuteLocalActivity(local, a.Look, barcode).Get(ctx, &balance); err != nil {
			return "", err
		}
		if err := workflow.ExecuteActivity(brief(ctx), a.Move, barcode, in).Get(ctx, nil); err != nil {
			return "", err
		}
		called.Receive(ctx, nil)
		return balance, nil
	})
	if err != nil {
		return err
	}
	return workflow.Await(ctx, func() bool { return false })
}

// Look returns what is on a card.
func (a *activities) Look(ctx context.Context, barcode string) (string, error) {
	card, err := a.shop.Get(ctx, fourwayshop.Barcode(barcode))
	if err != nil {
		return "", err
	}
	return card.Amount, nil
}

// Move asks the issuer to take an amount off a card.
func (a *activities) Move(ctx context.Context, barcode string, s Spend) error {
	return a.shop.Update(ctx, fourwayshop.UpdateRequest{
		EntityCode: a.entity, Barcode: fourwayshop.Barcode(barcode), Amount: "-" + s.Amount, Payload: s.ID,
		Callback: a.called + url.PathEscape(barcode),
	})
}

// calledPath is the address of the callbacks. The card's code follows.
const calledPath = "/called/"

// call signals the workflow of a card that the issuer has called back.
func (a *activities) call(w http.ResponseWriter, r *http.Request) {
	if err := a.client.SignalWorkflow(r.Context(), CardID(r.PathValue("barcode")), "", calledSignal, nil); err != nil {
		http.Error(w, fmt.Sprintf("signal: %v", err), http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
