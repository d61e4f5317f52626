package rerun

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/starter/internal/session"
	"github.com/giftbridge/giftbridge/workflows"
)

func newRetry(f *cli.Flags) *cobra.Command {
	var allFailed, force, yes, dryRun, wait bool
	var kind, reason string
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "retry <order>... | --all-failed",
		Short: "Run failed orders again",
		Long: `Retry runs each failed order again from the step that failed: steps that succeeded are kept, and no card is
issued a second time. It asks for confirmation first, and waits until the orders run again. With --wait, it goes on until
they have ended, or until --timeout, prints what becomes of each, and exits with 1 if one failed again or still runs.
Ctrl-C ends the waiting, not the orders. Without --wait, follow an order with "orders show".

With --all-failed it first shows, for each kind of failure, how many orders there are, the value of all their
cards, and whether they are run again; --dry-run shows only that.

Orders whose failure a re-run does not cure (InvalidRequest, OrderChanged, UnexpectedResponse, OutcomeUnknown) are left
alone unless --force is given. After an UnexpectedResponse, check the issuer first: if it refuses the audit number
as already used, the card counts as issued. Settle an OutcomeUnknown with "orders resolve". Orders that are running or
have succeeded are always left alone.`,
		Example: `  giftbridge orders retry '#1001' '#1002' --wait
  giftbridge orders retry --all-failed --dry-run
  giftbridge orders retry --all-failed --kind MerchantUnknown --yes`,
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case allFailed == (len(args) > 0):
				return cli.Usagef("name one or more orders, or pass --all-failed")
			case wait && dryRun:
				return cli.Usagef("--wait cannot be combined with --dry-run, which runs nothing")
			case cmd.Flags().Changed("timeout") && !wait:
				return cli.Usagef("--timeout needs --wait")
			case timeout <= 0:
				return cli.Usagef("--timeout %s must be above zero, such as 10m", timeout)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			kind, err := session.ReadKind(kind)
			if err != nil {
				return err
			}
			in := workflows.RerunOrdersInput{Force: force, Reason: fmt.Sprintf("%s (by %s)", reason, cli.Whoami())}
			if kind != "" {
				in.Kinds = []giftcard.Kind{giftcard.Kind(kind)}
			}
			return session.Operate(cmd, session.OnlyToLook, func(ctx context.Context, o *operator.Operator) error {
				plan, err := planRerun(ctx, o, args, kind, &in)
				if err != nil {
					return err
				}
				if dryRun {
					return printPlan(cmd.OutOrStdout(), f, plan)
				}
				if len(args) == 0 {
					if err := plan.print(cmd.ErrOrStderr()); err != nil {
						return err
					}
					if len(plan.RunAgain) == 0 {
						_, err := fmt.Fprintln(cmd.ErrOrStderr(), nothingMatches(plan))
						return err
					}
				}
				if err := cli.Confirm(cmd, yes, plan.question(len(in.Orders))); err != nil {
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
				if !wait {
					return printRerun(cmd.OutOrStdout(), f, result, plan.names())
				}
				ticks := time.NewTicker(waitInterval)
				defer ticks.Stop()
				w := waiting{flags: f, out: cmd.OutOrStdout(), err: cmd.ErrOrStderr(), timeout: timeout, look: o.Look, ticks: ticks.C}
				return w.run(ctx, plan, result)
			})
		},
	}
	cmd.Flags().BoolVar(&allFailed, "all-failed", false, "all failed orders")
	cmd.Flags().StringVar(&kind, "kind", "", "only orders that failed with this kind, such as MerchantUnknown")
	session.CompleteKinds(cmd)
	cmd.Flags().BoolVar(&force, "force", false, "also orders whose failure a re-run does not cure")
	cmd.Flags().StringVar(&reason, "reason", buildinfo.Program+" orders retry",
		"reason, recorded in the orders' histories")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "print by kind what would be run again and left alone, and change nothing")
	cmd.Flags().BoolVar(&wait, "wait", false, "wait until the orders have ended, and print what becomes of each")
	cmd.Flags().DurationVar(&timeout, "timeout", 10*time.Minute, "with --wait: how long to wait at most")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask for confirmation")
	return cmd
}

// nothingMatches says why no order is run again.
func nothingMatches(p plan) string {
	if len(p.LeftAlone) == 0 {
		return "no failed order matches"
	}
	return "none is run again: a re-run does not cure these failures; --force includes them"
}

func printPlan(w io.Writer, f *cli.Flags, p plan) error {
	if f.JSON {
		return cli.JSON(w, p)
	}
	if len(p.RunAgain)+len(p.LeftAlone) == 0 {
		_, err := fmt.Fprintln(w, nothingMatches(p))
		return err
	}
	return p.print(w)
}

func orderCount(n int) string {
	if n == 1 {
		return "1 order"
	}
	return fmt.Sprintf("%d orders", n)
}

// printRerun prints what became of each order, by the names that are given by workflow ID. It fails if orders were named and not one of them runs again.
func printRerun(w io.Writer, f *cli.Flags, r workflows.RerunOrdersResult, names map[string]string) error {
	var err error
	if f.JSON {
		err = cli.JSON(w, r)
	} else {
		err = cli.Table(w, func(row func(...any)) {
			for _, o := range r.Orders {
				_, id, _ := workflows.ParseGiftCardOrderID(o.WorkflowID)
				name := cmp.Or(names[o.WorkflowID], id)
				if o.RunID != "" {
					row("order "+name, "runs again")
				} else {
					row("order "+name, "left alone", o.LeftAlone)
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
