package cards

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/app/later"
	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/starter/internal/session"
)

// shown is what is known about a card. It contains nothing that can be spent.
type shown struct {
	Unit        int    `json:"unit"`
	AuditNumber string `json:"audit_number"`
	Issuer      string `json:"issuer"`
	Item        string `json:"item,omitempty"`
	// State is in the issuer's words; if the issuer cannot be asked, it says why, or where the card stands.
	State          string    `json:"state"`
	InitialBalance string    `json:"initial_balance,omitempty"`
	CurrentBalance string    `json:"current_balance,omitempty"`
	Currency       string    `json:"currency,omitempty"`
	ValidUntil     time.Time `json:"valid_until,omitzero"`
	MaskedNumber   string    `json:"masked_number,omitempty"`
	SentAt         time.Time `json:"sent_at,omitzero"`
	// Redemptions are what checkouts have taken off the card; nil if that cannot be known here.
	Redemptions *redeemed `json:"redemptions,omitempty"`

	// asked reports whether the issuer has shown the card.
	asked bool
}

// add adds what an issuer has shown of the card.
func (s *shown) add(now issuer.State) {
	s.asked, s.State, s.MaskedNumber = true, printable.Line(now.Status, 0), now.MaskedNumber
	s.InitialBalance, s.CurrentBalance, s.Currency = now.InitialBalance, now.CurrentBalance, now.Currency
}

// lookUp asks the issuers for the cards of an order, and calls do with them. unit is the only card to look at; 0 means all.
func lookUp(cmd *cobra.Command, order string, unit int, do func([]shown) error) error {
	cfg, err := config.Load()
	if err != nil {
		return &cli.UsageError{Err: err}
	}
	l := looker{unit: unit}
	if l.atOnce, err = app.NewIssuer(cfg); err != nil {
		return err
	}
	if l.deferred, err = later.NewIssuers(cfg, http.DefaultTransport, nil); err != nil {
		return err
	}
	loaded := func() (config.Config, error) { return cfg, nil }
	return session.Operate(cmd, loaded, func(ctx context.Context, o *operator.Operator) error {
		l.Operator = o
		cards, err := l.look(ctx, order)
		if err != nil {
			return err
		}
		return do(cards)
	})
}

// looker looks at cards.
type looker struct {
	*operator.Operator
	// atOnce is the issuer that issues at once, and deferred are those that make cards later.
	atOnce   issuer.Abilities
	deferred later.Issuers
	// unit is the only card to look at; 0 means all.
	unit int
}

// look looks at the cards of an order. What cannot be looked at is an error, unless the record of the card says why.
func (l looker) look(ctx context.Context, order string) ([]shown, error) {
	d, err := l.ShowOrder(ctx, order)
	if err != nil {
		return nil, err
	}
	if d.State == executions.Redacted {
		return nil, &executions.NotFoundError{What: "order " + d.Name +
			" is redacted: what its cards are is no longer known here; the issuer knows them by their audit numbers, which " +
			buildinfo.Program + " orders show prints"}
	}
	units, err := l.Promises.Units(ctx, d.WorkflowID, d.RunIDs()...)
	if err != nil {
		return nil, err
	}
	var out []shown
	add := func(unit int, c shown, err error) error {
		if err != nil {
			return fmt.Errorf("order %s, card %d: %w", d.Name, unit, err)
		}
		out = append(out, c)
		return nil
	}
	madeLater := map[string]bool{}
	for _, u := range units {
		madeLater[u.Key] = true
		if l.wants(u.Number) {
			c, err := l.lookLater(ctx, u)
			if err := add(u.Number, c, err); err != nil {
				return nil, err
			}
		}
	}
	for _, c := range d.Cards() {
		if !madeLater[c.AuditNumber] && l.wants(c.Unit) {
			s, err := l.lookAtOnce(ctx, c)
			if err := add(c.Unit, s, err); err != nil {
				return nil, err
			}
		}
	}
	if len(out) == 0 {
		what := "cards"
		if l.unit > 0 {
			what = fmt.Sprintf("card %d", l.unit)
		}
		return nil, &executions.NotFoundError{What: "order " + d.Name + " has no " + what + "; its state is " + string(d.State)}
	}
	return out, nil
}

func (l looker) wants(unit int) bool { return l.unit == 0 || l.unit == unit }

// lookAtOnce looks at a card of the issuer that issues at once.
func (l looker) lookAtOnce(ctx context.Context, c orders.Card) (shown, error) {
	words := l.atOnce.Words()
	out := shown{Unit: c.Unit, AuditNumber: c.AuditNumber, Issuer: words.Issuer}
	switch {
	case l.atOnce.Inspector == nil:
		return out, fmt.Errorf("%s does not show the balance of cards", words.Issuer)
	case c.EGCCode == "":
		out.State = words.Issuer + " did not return its " + words.Reference + "; look up " + words.Key + " " + c.AuditNumber + " there"
		return out, nil
	}
	now, err := l.atOnce.Inspector.Inspect(ctx, c.MerchantCode, c.EGCCode)
	if err != nil {
		return out, err
	}
	out.add(now)
	return out, nil
}

// lookLater looks at a card of an issuer that makes cards later. Of a card that is not on record as one that has its value, it
// says where the card stands.
func (l looker) lookLater(ctx context.Context, u deferred.Unit) (shown, error) {
	out := shown{Unit: u.Number, AuditNumber: u.Key, Issuer: later.NameOf(u.Issuer), Item: u.Item}
	by, configured := l.deferred[u.Issuer]
	if configured {
		out.Issuer = by.Words().Issuer
	}
	card, err := l.Promises.CardOf(ctx, u)
	if _, none := errors.AsType[*giftcard.Error](err); none {
		s, err := l.Promises.Standing(ctx, u)
		out.State = s.Says()
		return out, err
	}
	if err != nil {
		return out, err
	}
	if out.SentAt, err = l.Promises.Delivered(ctx, u.Issuer, u.Key); err != nil {
		return out, err
	}
	switch {
	case !configured:
		return out, cli.Usagef("%s is not configured here; this command needs the settings that the workers have", out.Issuer)
	case by.Inspector == nil:
		return out, fmt.Errorf("%s does not show the balance of cards", out.Issuer)
	}
	now, err := by.Inspector.Inspect(ctx, "", string(card.Code))
	if err != nil {
		return out, err
	}
	out.ValidUntil = card.ValidUntil
	out.add(now)
	out.Redemptions, err = l.redeemed(ctx, u.Issuer, card.Code, out.Currency)
	return out, err
}
