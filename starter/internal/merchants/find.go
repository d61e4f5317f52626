package merchants

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/issuer/accounts"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/starter/internal/session"
)

// finding says which merchant an order would get, and why.
type finding struct {
	Order  string `json:"order"`
	Number string `json:"number"`
	// Merchant is nil if no merchant, or more than one, matches. Kind is then the kind with which the order would fail.
	Merchant *merchant     `json:"merchant,omitempty"`
	Kind     giftcard.Kind `json:"kind,omitempty"`
	// MatchedBy is merchant_code or one of the attributes in MatchBy, which the order's rules allow.
	MatchedBy string   `json:"matched_by,omitempty"`
	MatchBy   []string `json:"match_by"`
	Why       string   `json:"why"`
	// Company, ExternalID and Customer are what was compared.
	Company    string `json:"company,omitempty"`
	ExternalID string `json:"company_external_id,omitempty"`
	Customer   string `json:"customer,omitempty"`
	// TakenIn is what is known of the order, if it was taken in.
	TakenIn *takenIn `json:"taken_in,omitempty"`
}

// takenIn is an order that giftbridge has taken in.
type takenIn struct {
	State executions.State `json:"state"`
	// MerchantCode is the merchant that the order has already. It stays if a card exists.
	MerchantCode string `json:"merchant_code,omitempty"`
	// Changed reports whether the shop's customer differs from the one that the order was taken in with, which counts.
	Changed bool `json:"customer_changed,omitempty"`
	// matchBy and customer are those with which the order was taken in. They are not set if it was left to people.
	matchBy  []string
	customer *giftcard.Customer
}

func newFind(f *cli.Flags) *cobra.Command {
	return &cobra.Command{
		Use:   "find <order>",
		Short: "Find the merchant that an order would get, and say why",
		Long: `Find reads an order from Shopify and looks for its merchant as a worker does: the same rules, the same comparison
of names, the issuer's present list. It changes nothing. Give the order's name or its Shopify number; the order need not
be known to giftbridge.

MERCHANT_CODE is that of this environment. MATCH_BY is that of the poll's schedule; an order that was taken in keeps the
rules and the customer it was taken in with. If a card of the order exists, its merchant stays, whatever matches now.

Exit codes: 0 exactly one merchant matches, 1 none or several, or the order cannot be read, 2 wrong usage.`,
		Example: `  giftbridge merchants find '#1001'
  giftbridge merchants find 820982911946154508 --json | jq -r .why`,
		Args:              cli.OneOrder,
		ValidArgsFunction: session.CompleteOrders(executions.Failed),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, from, err := load()
			if err != nil {
				return err
			}
			shop, err := app.NewOrders(cfg)
			if err != nil {
				return err
			}
			return session.Operate(cmd, config.Load, func(ctx context.Context, o *operator.Operator) error {
				order, known, err := resolve(ctx, o, shop.Source, args[0])
				if err != nil {
					return err
				}
				rules, err := rulesOf(ctx, o)
				if err != nil {
					return err
				}
				found, err := find(ctx, from, cfg.Issue.MerchantCode, rules, order, known)
				if err != nil {
					return err
				}
				show := printFinding
				if f.JSON {
					show = func(w io.Writer, f finding) error { return cli.JSON(w, f) }
				}
				if err := show(cmd.OutOrStdout(), found); err != nil {
					return err
				}
				if found.Merchant == nil {
					return fmt.Errorf("order %s gets no %s: %s", found.Order, from.Words().Account, found.Kind)
				}
				return nil
			})
		},
	}
}

// resolve returns the order in the shop, and what giftbridge knows of it, which is nil if it was not taken in.
func resolve(
	ctx context.Context, o *operator.Operator, shop intake.Source, reference string,
) (giftcard.Order, *takenIn, error) {
	d, err := o.ShowOrder(ctx, reference)
	if _, unknown := errors.AsType[*executions.NotFoundError](err); unknown {
		order, err := inShop(ctx, o, shop, reference)
		return order, nil, err
	}
	if err != nil {
		return giftcard.Order{}, nil, err
	}
	known := &takenIn{State: d.State}
	order := giftcard.Order{ID: d.ID, Name: d.Name}
	if d.Left == nil {
		if err := known.read(ctx, o, d); err != nil {
			return giftcard.Order{}, nil, err
		}
		order.Customer = *known.customer
	}
	now, err := shop.Read(ctx, d.ID)
	switch {
	case err == nil:
		order = now.Order
	case errors.Is(err, intake.ErrNotFound) && known.customer != nil: // The shop has forgotten it; the workflow has not.
	default:
		return giftcard.Order{}, nil, fmt.Errorf("read order %s: %w", d.Name, err)
	}
	return order, known, nil
}

// read reads what an order was taken in with, and the merchant that it has.
func (k *takenIn) read(ctx context.Context, o *operator.Operator, d *orders.OrderDetails) error {
	in, err := o.OrderInput(ctx, d.WorkflowID, d.RunID)
	if err != nil {
		return err
	}
	k.matchBy, k.customer = in.MatchBy, &in.Order.Customer
	switch {
	case d.Result != nil:
		k.MerchantCode = d.Result.MerchantCode
		return nil
	case d.Units != nil && d.Units.MerchantCode != "":
		k.MerchantCode = d.Units.MerchantCode
		return nil
	}
	earlier, err := o.MerchantOf(ctx, d.WorkflowID, d.RunID)
	k.MerchantCode = earlier.MerchantCode
	if k.MerchantCode == "" && in.Merchant != nil && d.State == executions.Running {
		k.MerchantCode = in.Merchant.MerchantCode
	}
	return err
}

// rulesOf returns the attributes by which the merchants of new orders are matched; nil means every attribute.
func rulesOf(ctx context.Context, o *operator.Operator) ([]string, error) {
	have, err := o.ScheduledInput(ctx)
	if err != nil {
		return nil, err
	}
	if have != nil {
		return have.MatchBy, nil
	}
	pin, err := o.Pinned(ctx)
	if err != nil {
		return nil, err
	}
	return o.MatchBy(nil, pin), nil
}

// inShop reads an order that giftbridge does not know.
func inShop(ctx context.Context, o *operator.Operator, shop intake.Source, reference string) (giftcard.Order, error) {
	r, err := o.Refer(ctx, reference)
	if err != nil {
		return giftcard.Order{}, err
	}
	found, err := intake.Find(ctx, shop, r.Number, r.Names()...)
	switch {
	case errors.Is(err, intake.ErrNotFound):
		return giftcard.Order{}, &executions.NotFoundError{
			What: fmt.Sprintf("neither giftbridge nor the shop has an order %q", r.Text),
		}
	case err != nil:
		return giftcard.Order{}, err
	}
	return found.Order, nil
}

// find looks for the merchant of an order as a worker does. Its error is not that no merchant matches.
func find(
	ctx context.Context, from issuer.Abilities, code string, by []string, order giftcard.Order, known *takenIn,
) (finding, error) {
	who := order.Customer
	if known != nil && known.customer != nil {
		known.Changed = who != *known.customer
		who, by = *known.customer, known.matchBy
	}
	if len(by) == 0 {
		by = []string{accounts.ByExternalID, accounts.ByCompany, accounts.ByName}
	}
	out := finding{
		Order: order.Name, Number: order.ID, MatchBy: by, TakenIn: known,
		Company: who.CompanyName, ExternalID: who.CompanyExternalID,
	}
	if slices.Contains(by, accounts.ByName) { // Otherwise nobody needs it to understand the answer.
		out.Customer = who.DisplayName
	}
	match, err := accounts.NewList(from).Explain(ctx, code, by, who)
	if err != nil {
		kind, _ := giftcard.KindOf(err)
		if kind != giftcard.MerchantUnknown && kind != giftcard.MerchantAmbiguous {
			return out, err
		}
		out.Kind, out.Why = kind, err.Error()
		return out, nil
	}
	all, err := from.Accounts.Accounts(ctx)
	if err != nil {
		return out, err
	}
	out.Merchant = &merchant{Code: match.Code}
	if i := slices.IndexFunc(all, func(a issuer.Account) bool { return a.Code == match.Code }); i >= 0 {
		*out.Merchant = merchantOf(all[i])
	}
	out.MatchedBy, out.Why = match.By, why(match.By, from.Words())
	return out, nil
}

// why says in words what a merchant was matched by.
func why(by string, words issuer.Words) string {
	switch by {
	case accounts.ByCode:
		return "MERCHANT_CODE is set: all orders get this " + words.Account
	case accounts.ByExternalID:
		return "the external ID of the company is the code of the " + words.Account
	case accounts.ByCompany:
		return "the name of the company is a name of the " + words.Account
	default:
		return "the name of the customer is a name of the " + words.Account
	}
}

func printFinding(w io.Writer, f finding) error {
	return cli.Table(w, func(row func(...any)) {
		row("order", f.Order+" ("+f.Number+")")
		optional := func(name, value string) {
			if value != "" {
				row(name, value)
			}
		}
		optional("company", f.Company)
		optional("external ID", f.ExternalID)
		optional("customer", f.Customer)
		row("matched by", strings.Join(f.MatchBy, ", "))
		if f.Merchant == nil {
			row("merchant", "none ("+f.Kind+")")
		} else {
			row("merchant", f.Merchant.Code+" ("+strings.Trim(f.Merchant.Name+"; "+f.Merchant.LegalName, "; ")+")")
		}
		row("why", f.Why)
		switch known := f.TakenIn; {
		case known == nil:
			row("taken in", "no")
		case known.MerchantCode == "":
			row("taken in", string(known.State)+", no merchant is known yet")
		case f.Merchant == nil || known.MerchantCode != f.Merchant.Code:
			row("taken in", string(known.State)+", with merchant "+known.MerchantCode+", which stays if a card exists")
		default:
			row("taken in", string(known.State)+", with the same merchant")
		}
		if f.TakenIn != nil && f.TakenIn.Changed {
			row("changed", "the shop's customer differs from the one that the order was taken in with, which counts here")
		}
	})
}
