package decisions

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/left"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/starter/internal/session"
)

func newRelease(f *cli.Flags) *cobra.Command {
	var all, rejudge, dryRun, yes bool
	var reason string
	cmd := &cobra.Command{
		Use:   "release <order>... | --all --rejudge",
		Short: "Issue the cards of orders that were left to people",
		Long: `Release issues the cards of an order that giftbridge has left to people (a mixed order, or an order of a
product for which Shopify itself issues gift cards), that somebody has settled, or that has changed since it was taken
in (OrderChanged). It reads the order again and issues the cards that are still due, except those that giftbridge has
already issued at the issuer. It does not know about cards that were issued by hand: check the issuer first.

--all --rejudge releases only the orders that the poll's current rules would not leave to people, for example after an
SKU was added to COMPANION_SKUS.

It asks for confirmation first. Who released the order, and why, is on record.`,
		Example: `  giftbridge orders release '#1001' --reason 'not issued by hand, confirmed by Ann'
  giftbridge orders release --all --rejudge --dry-run`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case all == (len(args) > 0):
				return cli.Usagef("name one or more orders, or pass --all")
			case all != rejudge:
				return cli.Usagef("--all and --rejudge go together: only orders that the current rules would not leave to people")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := config.Load()
			if err != nil {
				return &cli.UsageError{Err: err}
			}
			shop, err := app.NewOrders(cfg)
			if err != nil {
				return err
			}
			return session.Operate(cmd, config.Load, func(ctx context.Context, o *operator.Operator) error {
				r := releaser{cmd: cmd, operator: o, shop: shop, rejudge: rejudge}
				plans, err := r.plan(ctx, args)
				if err != nil {
					return err
				}
				if f.JSON && dryRun {
					return cli.JSON(cmd.OutOrStdout(), plans)
				}
				if len(plans) == 0 {
					_, err := fmt.Fprintln(cmd.ErrOrStderr(), "no order to release")
					return err
				}
				in := bufio.NewReader(cmd.InOrStdin())
				for _, p := range plans {
					if dryRun {
						_, _ = fmt.Fprintln(cmd.OutOrStdout(), sentence(p))
						continue
					}
					question := sentence(p) + " Make sure that none was issued by hand. Issue now?"
					if err := cli.ConfirmFrom(cmd, in, yes, question); err != nil {
						return err
					}
					link, err := o.Release(ctx, p, cli.Whoami(), reason)
					if err != nil {
						return err
					}
					_, _ = fmt.Fprintf(cmd.OutOrStdout(), "order %s is being issued: %s\n", p.Name, link)
				}
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "all orders that are left to people")
	cmd.Flags().BoolVar(&rejudge, "rejudge", false, "only orders that the poll's current rules would not leave to people")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only print what would be issued")
	cmd.Flags().StringVar(&reason, "reason", buildinfo.Program+" orders release", "reason, kept on record")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask for confirmation")
	return cmd
}

// releaser plans releases.
type releaser struct {
	cmd      *cobra.Command
	operator *operator.Operator
	shop     *activities.Orders
	rejudge  bool
}

// plan returns what a release would issue of the named orders, or of all orders that are left to people.
func (r releaser) plan(ctx context.Context, names []string) ([]*left.Release, error) {
	plans := []*left.Release{}
	if len(names) == 0 {
		all, err := r.operator.ListOrders(ctx, orders.OrderFilter{State: executions.Left})
		if err != nil {
			return nil, err
		}
		for _, o := range all {
			names = append(names, o.ID)
		}
	}
	for i, name := range names {
		if len(names) > 1 {
			_, _ = fmt.Fprintf(r.cmd.ErrOrStderr(), "reading order %d of %d\n", i+1, len(names))
		}
		d, err := r.operator.ShowOrder(ctx, name)
		if err != nil {
			return nil, err
		}
		now, err := activities.ReadOrder(ctx, r.shop, d.ID)
		if err != nil {
			return nil, fmt.Errorf("read order %s: %w", d.Name, err)
		}
		p, err := r.operator.PlanRelease(ctx, d, now)
		if nothing, ok := errors.AsType[*left.NothingToRelease](err); ok && r.rejudge {
			_, _ = fmt.Fprintf(r.cmd.ErrOrStderr(), "%v\n", nothing)
			continue
		}
		if err != nil {
			return nil, err
		}
		if !r.rejudge || p.Reason == "" {
			plans = append(plans, p)
		}
	}
	return plans, nil
}

// sentence describes what a release would do.
func sentence(p *left.Release) string {
	cards := "1 card"
	if n := len(p.AuditNumbers); n > 1 {
		cards = fmt.Sprintf("%d cards", n)
	}
	s := fmt.Sprintf("Order %s was left to people: %s. %s worth %s %s in total would be issued.",
		p.Name, cmp.Or(p.Was, "the reason is not known"), cards, p.Amount, p.Currency)
	if p.Existing > 0 {
		s += fmt.Sprintf(" Cards that already exist: %d.", p.Existing)
	}
	if p.Begun > 0 {
		s += fmt.Sprintf(" Their issuer has made %d of these cards already, or is making them; they were not sent.", p.Begun)
	}
	return s
}
