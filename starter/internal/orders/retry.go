package orders

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/starter/internal/session"
	"github.com/giftbridge/giftbridge/workflows"
)

// completeKinds adds shell completion for --kind.
func completeKinds(cmd *cobra.Command) {
	cli.Complete(cmd, "kind", orders.FailureKinds()...)
}

// readKind returns the canonical spelling of a kind of failure. It ignores case, and rejects unknown kinds.
func readKind(kind string) (string, error) {
	kinds := orders.FailureKinds()
	for _, known := range kinds {
		if strings.EqualFold(kind, known) {
			return known, nil
		}
	}
	if kind == "" {
		return "", nil
	}
	return "", cli.Usagef("--kind %q is not one of %s", kind, strings.Join(kinds, ", "))
}

func newRetry(f *cli.Flags) *cobra.Command {
	var allFailed, force, yes bool
	var kind, reason string
	cmd := &cobra.Command{
		Use:   "retry <order>... | --all-failed",
		Short: "Run failed orders again",
		Long: `Retry resets each failed order to the step that failed: steps that succeeded are kept, and no card is
issued a second time. It asks for confirmation first, and waits until the orders have been reset. Follow an order with
"orders show".

Orders whose failure a re-run does not cure (InvalidRequest, OrderChanged, UnexpectedResponse, OutcomeUnknown) are left
alone unless --force is given. After an UnexpectedResponse, check the issuer first: if it refuses the audit number
as already used, the card counts as issued. Settle an OutcomeUnknown with "orders resolve". Orders that are running or
have succeeded are always left alone.`,
		Example: `  giftbridge orders retry '#1001' '#1002'
  giftbridge orders retry --all-failed --kind MerchantUnknown --yes`,
		Args: func(_ *cobra.Command, args []string) error {
			if allFailed == (len(args) > 0) {
				return cli.Usagef("name one or more orders, or pass --all-failed")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			kind, err := readKind(kind)
			if err != nil {
				return err
			}
			in := workflows.RerunOrdersInput{Force: force, Reason: fmt.Sprintf("%s (by %s)", reason, cli.Whoami())}
			if kind != "" {
				in.Kinds = []giftcard.Kind{giftcard.Kind(kind)}
			}
			return session.Operate(cmd, session.OnlyToLook, func(ctx context.Context, o *operator.Operator) error {
				count, err := chooseOrders(ctx, o, args, kind, &in)
				if err != nil {
					return err
				}
				if count == 0 {
					_, err := fmt.Fprintln(cmd.ErrOrStderr(), "no failed order matches")
					return err
				}
				question := fmt.Sprintf("Run %s again?", orderCount(count))
				if err := cli.Confirm(cmd, yes, question); err != nil {
					return err
				}
				rerun, err := o.RerunOrders(ctx, in)
				if err != nil {
					return err
				}
				_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "running again: %s\n", rerun.Link)
				result, err := rerun.Wait(ctx)
				if err != nil {
					return err
				}
				return printRerun(cmd.OutOrStdout(), f, result)
			})
		},
	}
	cmd.Flags().BoolVar(&allFailed, "all-failed", false, "all failed orders")
	cmd.Flags().StringVar(&kind, "kind", "", "only orders that failed with this kind, such as MerchantUnknown")
	completeKinds(cmd)
	cmd.Flags().BoolVar(&force, "force", false, "also orders whose failure a re-run does not cure")
	cmd.Flags().StringVar(&reason, "reason", buildinfo.Program+" orders retry",
		"reason, recorded in the orders' histories")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask for confirmation")
	return cmd
}

// chooseOrders adds the named orders to the input, and returns the number of orders to rerun.
func chooseOrders(
	ctx context.Context, o *operator.Operator, names []string, kind string, in *workflows.RerunOrdersInput,
) (int, error) {
	if len(names) == 0 {
		failed, err := o.ListOrders(ctx, orders.OrderFilter{State: executions.Failed, Kind: kind})
		if err != nil {
			return 0, err
		}
		n := 0
		for _, f := range failed {
			// Of the other orders, those that were terminated are rerun only by name.
			if f.Curable || in.Force && slices.Contains(giftcard.Kinds, giftcard.Kind(f.Failure.Kind)) {
				n++
			}
		}
		return n, nil
	}
	for _, name := range names {
		id, err := o.FindOrder(ctx, name)
		if err != nil {
			return 0, err
		}
		if !slices.Contains(in.Orders, id) {
			in.Orders = append(in.Orders, id)
		}
	}
	return len(in.Orders), nil
}

func orderCount(n int) string {
	if n == 1 {
		return "1 order"
	}
	return fmt.Sprintf("%d orders", n)
}

// printRerun prints what became of each order. It fails if orders were named and not one of them runs again.
func printRerun(w io.Writer, f *cli.Flags, r workflows.RerunOrdersResult) error {
	var err error
	if f.JSON {
		err = cli.JSON(w, r)
	} else {
		err = cli.Table(w, func(row func(...any)) {
			for _, o := range r.Orders {
				_, id, _ := workflows.ParseGiftCardOrderID(o.WorkflowID)
				if o.RunID != "" {
					row("order "+id, "runs again", o.RunID)
				} else {
					row("order "+id, "left alone", o.LeftAlone)
				}
			}
			row("run again", r.Rerun)
			row("left alone", r.LeftAlone)
		})
	}
	if err == nil && len(r.Orders) > 0 && r.Rerun == 0 {
		return fmt.Errorf("no order was run again: %s", r.Orders[0].LeftAlone)
	}
	return err
}
