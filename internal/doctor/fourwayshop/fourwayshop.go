// Package fourwayshop examines the account at Four Way Shop (4WS), and whether the receiver takes what it answers.
package fourwayshop

import (
	"context"
	"fmt"
	"net/http"

	"github.com/giftbridge/giftbridge/internal/app/later"
	"github.com/giftbridge/giftbridge/internal/callback"
	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/fourwayshop"
	"github.com/giftbridge/giftbridge/internal/doctor/exam"
	"github.com/giftbridge/giftbridge/internal/doctor/page"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/rest"
	"github.com/giftbridge/giftbridge/internal/token"
)

// The names of the checks. They must not change, because monitors read them.
const (
	Login     = "four way shop"
	Items     = "four way shop items"
	Callbacks = "callbacks"
)

// Account is the examination of an account.
type Account struct {
	cfg config.Config
	why func(context.Context, error) string
}

// New returns the examination of the configured account. why describes an error on one line.
func New(cfg config.Config, why func(context.Context, error) string) *Account {
	return &Account{cfg, why}
}

// Exams returns the checks of the account; none if it is not used.
func (a *Account) Exams() []exam.Exam {
	if !a.cfg.FourWayShop.On() {
		return nil
	}
	return []exam.Exam{
		{Name: Login, Reads: []string{"FOURWAYSHOP_", "PLAIN_HTTP_HOSTS"}, Do: a.login},
		{Name: Items, Needs: []string{Login}, Do: a.items},
		{Name: Callbacks, Reads: []string{"RECEIVER_URL", "CALLBACK_KEYS"}, Do: a.callbacks},
	}
}

// login checks the credentials by a login.
func (a *Account) login(ctx context.Context) check.Check {
	all, err := later.NewIssuers(a.cfg, http.DefaultTransport, nil)
	if err != nil {
		return exam.Fail(a.why(ctx, err), "set the FOURWAYSHOP_* variables as described in docs/configuration.md")
	}
	err = all[fourwayshop.Issuer].Prober.Probe(ctx)
	if err == nil {
		return exam.OK("credentials accepted")
	}
	const cureURL = "set FOURWAYSHOP_BASE_URL to your own address of the service, and allow outbound connections to it from this " +
		"machine"
	switch status := rest.StatusOf(err); {
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusOK:
		return exam.Fail("credentials refused: "+a.why(ctx, err),
			"set FOURWAYSHOP_USERNAME and FOURWAYSHOP_PASSWORD to the account's credentials, and check that FOURWAYSHOP_BASE_URL is "+
				"in the same environment (test or production)")
	case status == http.StatusNotFound, status < http.StatusBadRequest:
		return exam.Fail(a.why(ctx, err), cureURL)
	}
	return exam.Fail(a.why(ctx, err), "try again later; if it still fails, ask Four Way Shop and give the time of this request")
}

// items says what cannot be checked: only a card that is made shows whether its item exists.
func (a *Account) items(context.Context) check.Check {
	items := a.cfg.FourWayShop.Items
	return exam.Skip(fmt.Sprintf("not checked: only making a card shows whether an item code is known: %s", items))
}

// callbacks compares the keys of this configuration with the receiver's: it reads an address that each key signs, and that
// belongs to no card. Only a POST to it would tell a workflow anything.
func (a *Account) callbacks(ctx context.Context) check.Check {
	base, keys := a.cfg.Receiver.URL, a.cfg.FourWayShop.CallbackKeys
	for _, k := range keys {
		address, err := callback.New(base, token.Keys{{ID: k.ID, Secret: []byte(k.Secret.Reveal())}}).For(callback.Target{
			Issuer: fourwayshop.Issuer, WorkflowID: "doctor", Step: issuer.Generating, Attempt: 1,
		})
		if err != nil {
			return exam.Fail(err.Error(), "see docs/configuration.md, CALLBACK_KEYS")
		}
		answer, err := page.Read(ctx, address)
		switch {
		case err != nil:
			return exam.Fail(base+" does not answer: "+page.WithoutAddress(a.why(ctx, err)), "see the check receiver")
		case answer.Status == http.StatusMethodNotAllowed && answer.Says == callback.OnlyPOST:
		case answer.Status == http.StatusNotFound && answer.Says == callback.NothingHere:
			return exam.Fail(fmt.Sprintf("the receiver does not know the key %q: it refuses what 4WS answers to addresses that the key "+
				"signs, and no card is made", k.ID),
				"give workers and receivers the same CALLBACK_KEYS, with the same IDs, and restart them")
		default:
			return exam.Fail(fmt.Sprintf("%s takes no answers of issuers (it answers %d): no card is made", base, answer.Status),
				"give the receiver the same CALLBACK_KEYS, have RECEIVER_SERVES contain "+config.ServeCallbacks+", and have a proxy in "+
					"front pass on paths below "+callback.Path)
		}
	}
	return exam.OK("the receiver knows all keys: %d", len(keys))
}
