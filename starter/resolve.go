package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/workflows"
)

func newOrdersResolve(f *flags) *cobra.Command {
	var units []int
	var issued, notIssued, yes bool
	var reason string
	cmd := &cobra.Command{
		Use:   "resolve <order> --unit N --issued | --not-issued",
		Short: "Say whether a card exists whose outcome is unknown",
		Long: `Resolve settles cards that failed as OutcomeUnknown: CashStar's answer was lost, and where ISSUER_DEDUPES is false,
asking again could issue the card a second time. Look at CashStar for the audit number ("orders show" tells it), then
say what you found: --issued and the card counts as issued; --not-issued and it is asked for once more. The order is
run again at once. Cards that are still in doubt stay so.

It asks before it does anything. A wrong --not-issued gives money away, a wrong --issued leaves a customer without a
card. Who said what, and why, stays on record as the workflow resolve-card/<shop>/<order>/<unit>.`,
		Example: `  starter orders resolve '#1001' --unit 2 --issued
  starter orders resolve '#1001' --unit 1 --unit 3 --not-issued --reason 'asked CashStar, ticket 4711'`,
		Args: app.OneOrder,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(units) == 0:
				return app.Usagef("--unit: which card of the order? orders show lists them")
			case slices.Min(units) < 1:
				return app.Usagef("--unit: 1 is the first card of the order")
			case issued == notIssued:
				return app.Usagef("say what you found at CashStar: --issued or --not-issued")
			}
			slices.Sort(units)
			units = slices.Compact(units)
			return operate(cmd, onlyToLook, func(ctx context.Context, o *operator.Operator) error {
				d, err := o.ShowOrder(ctx, args[0])
				if err != nil {
					return err
				}
				question, err := resolveQuestion(d, units, issued)
				if err != nil {
					return err
				}
				if err := confirm(cmd, yes, question); err != nil {
					return err
				}
				for _, u := range units {
					if err := o.ResolveCard(ctx, d, u, issued, whoami(), reason); err != nil {
						return err
					}
				}
				rerun, err := o.RerunOrders(ctx, workflows.RerunOrdersInput{
					Orders: []string{d.WorkflowID}, Force: true, Reason: fmt.Sprintf("%s (by %s)", reason, whoami()),
				})
				if err != nil {
					return fmt.Errorf("what you found is on record, but the order does not run again yet: %w", err)
				}
				result, err := rerun.Wait(ctx)
				if err != nil {
					return err
				}
				return printRerun(cmd.OutOrStdout(), f, result)
			})
		},
	}
	cmd.Flags().IntSliceVar(&units, "unit", nil, "which card of the order, 1 is the first; may be given several times")
	cmd.Flags().BoolVar(&issued, "issued", false, "CashStar has the card")
	cmd.Flags().BoolVar(&notIssued, "not-issued", false, "CashStar has no card of that audit number")
	cmd.Flags().StringVar(&reason, "reason", "starter orders resolve", "why; it stays on record")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}

// resolveQuestion names the audit numbers, so that whoever answers can compare them with what CashStar shows.
func resolveQuestion(d *operator.OrderDetails, units []int, issued bool) (string, error) {
	var cards []string
	for _, u := range units {
		c, err := d.CardInDoubt(u)
		if err != nil {
			return "", err
		}
		cards = append(cards, fmt.Sprintf("card %d (audit number %s)", u, c.AuditNumber))
	}
	found := "does not exist, and may be asked for once more"
	if issued {
		found = "exists"
	}
	return fmt.Sprintf("Order %s, at CashStar: %s %s?", d.Name, strings.Join(cards, " and "), found), nil
}
