package cards

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/activities/deferred"
	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/app/later"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/starter/internal/session"
)

// Command returns the commands about the cards of orders.
func Command(f *cli.Flags) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "cards",
		Aliases: []string{"card"},
		Short:   "Look at the cards of an order at their issuers, and mail them once more",
		Long: `Cards has the commands about the cards of orders. Cards that their issuer only makes are mailed to their recipients by
giftbridge. No command prints what a card of an order is spent with.`,
		Args: cli.NoArgs,
		RunE: cli.Help,
	}
	of := []*cobra.Command{newShow(f), newResend(f)}
	for _, c := range of {
		c.ValidArgsFunction = session.CompleteOrders(executions.Completed, executions.Failed)
	}
	cmd.AddCommand(append(of, newSample(f))...)
	return cmd
}

// shown is what is known about a card. It contains nothing that can be spent.
type shown struct {
	Unit        int    `json:"unit"`
	AuditNumber string `json:"audit_number"`
	Issuer      string `json:"issuer"`
	Item        string `json:"item,omitempty"`
	// State is in the issuer's words; if there is no card, it says where the card stands.
	State          string    `json:"state"`
	InitialBalance string    `json:"initial_balance,omitempty"`
	CurrentBalance string    `json:"current_balance,omitempty"`
	Currency       string    `json:"currency,omitempty"`
	ValidUntil     time.Time `json:"valid_until,omitzero"`
	MaskedNumber   string    `json:"masked_number,omitempty"`
	SentAt         time.Time `json:"sent_at,omitzero"`
}

func newShow(f *cli.Flags) *cobra.Command {
	var unit int
	cmd := &cobra.Command{
		Use:   "show <order>",
		Short: "Show the state, balance and validity of an order's cards",
		Long: `Show asks the issuers for the cards of an order, and prints for each card its state, its balance, until when it is valid,
its item and when it was sent, as far as that is known. Of a card's number it prints the last four digits. It needs the
configuration of the issuers, as a worker does.`,
		Example: `  giftbridge cards show '#1001'
  giftbridge cards show '#1001' --unit 2 --json`,
		Args: cli.OneOrder,
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("unit") && unit < 1 {
				return cli.Usagef("--unit must be the number of a card, starting at 1")
			}
			cfg, err := config.Load()
			if err != nil {
				return &cli.UsageError{Err: err}
			}
			l := looker{unit: unit}
			if l.atOnce, err = app.NewIssuer(cfg); err != nil {
				return err
			}
			if l.later, err = later.NewIssuers(cfg, http.DefaultTransport, nil); err != nil {
				return err
			}
			return session.Operate(cmd, config.Load, func(ctx context.Context, o *operator.Operator) error {
				l.Operator = o
				d, err := o.ShowOrder(ctx, args[0])
				if err != nil {
					return err
				}
				cards, err := l.cards(ctx, d)
				if err != nil {
					return err
				}
				if f.JSON {
					return cli.JSON(cmd.OutOrStdout(), cards)
				}
				return cli.Table(cmd.OutOrStdout(), func(row func(...any)) {
					row("CARD", "NUMBER", "STATE", "ISSUED WITH", "BALANCE", "VALID UNTIL", "ITEM", "SENT")
					for _, c := range cards {
						row(c.Unit, c.MaskedNumber, c.State, money(c.InitialBalance, c.Currency), money(c.CurrentBalance, c.Currency),
							day(c.ValidUntil), c.Item, moment(c.SentAt))
					}
				})
			})
		},
	}
	cmd.Flags().IntVar(&unit, "unit", 0, "number of one card in the order, starting at 1")
	return cmd
}

func money(amount, currency string) string {
	if amount == "" {
		return ""
	}
	return amount + " " + currency
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

// looker looks at cards.
type looker struct {
	*operator.Operator
	atOnce issuer.Abilities
	later  later.Issuers
	// unit is the only card to look at; 0 means all.
	unit int
}

func (l looker) cards(ctx context.Context, d *orders.OrderDetails) ([]shown, error) {
	var out []shown
	units, err := l.Promises.Units(ctx, d.WorkflowID, d.RunIDs()...)
	if err != nil {
		return nil, err
	}
	madeLater := map[string]bool{}
	for _, u := range units {
		madeLater[u.Key] = true
		if l.unit > 0 && l.unit != u.Number {
			continue
		}
		c, err := l.lookLater(ctx, u)
		if err != nil {
			return nil, fmt.Errorf("order %s, card %d: %w", d.Name, u.Number, err)
		}
		out = append(out, c)
	}
	for _, c := range d.Cards() {
		if madeLater[c.AuditNumber] || l.unit > 0 && l.unit != c.Unit {
			continue
		}
		s, err := l.lookAtOnce(ctx, c)
		if err != nil {
			return nil, fmt.Errorf("order %s, card %d: %w", d.Name, c.Unit, err)
		}
		out = append(out, s)
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
	out.add(now)
	return out, err
}

// lookLater looks at a card of an issuer that makes cards later.
func (l looker) lookLater(ctx context.Context, u deferred.Unit) (shown, error) {
	out := shown{Unit: u.Number, AuditNumber: u.Key, Issuer: u.Issuer, Item: u.Item}
	s, err := l.Promises.Standing(ctx, u)
	if err != nil {
		return out, err
	}
	card, err := l.Promises.CardOf(ctx, u)
	if err != nil {
		out.State = s.Says()
		return out, nil
	}
	if out.SentAt, err = l.Promises.Delivered(ctx, u.Issuer, u.Key); err != nil {
		return out, err
	}
	by, configured := l.later[u.Issuer]
	if !configured || by.Inspector == nil {
		return out, fmt.Errorf("the issuer %q is not configured here, or does not show the balance of cards", u.Issuer)
	}
	out.Issuer, out.ValidUntil = by.Words().Issuer, card.ValidUntil
	now, err := by.Inspector.Inspect(ctx, "", string(card.Code))
	out.add(now)
	return out, err
}

func (s *shown) add(now issuer.State) {
	s.State, s.MaskedNumber = printable.Line(now.Status, 0), now.MaskedNumber
	s.InitialBalance, s.CurrentBalance, s.Currency = now.InitialBalance, now.CurrentBalance, now.Currency
}
