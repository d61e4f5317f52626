package orders

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/app/later"
	"github.com/giftbridge/giftbridge/internal/changed"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/digest/words"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/promises/cardlog"
	"github.com/giftbridge/giftbridge/starter/internal/session"
	"github.com/giftbridge/giftbridge/workflows"
)

// Command returns the command "orders", with the given commands of other packages among its own.
func Command(f *cli.Flags, others ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "orders",
		Aliases: []string{"order"},
		Short:   "List, show and re-run gift-card orders, and manage their cards",
		Args:    cli.NoArgs,
		RunE:    cli.Help,
	}
	cmd.AddCommand(newList(f), newShow(f))
	cmd.AddCommand(others...)
	for _, c := range cmd.Commands() {
		if strings.Contains(c.Use, "<order>") {
			c.ValidArgsFunction = session.CompleteOrders(offered(c.Name())...)
		}
	}
	return cmd
}

// offered returns the states of the orders that a shell completes for a command.
func offered(command string) []executions.State {
	switch command {
	case "release":
		return []executions.State{executions.Left}
	case "settle":
		return []executions.State{executions.Failed, executions.Left, executions.Completed}
	case "balance", "cancel-card":
		return []executions.State{executions.Completed}
	case "recheck":
		return []executions.State{executions.Completed, executions.Failed}
	}
	return []executions.State{executions.Failed}
}

func newShow(f *cli.Flags) *cobra.Command {
	var verbose bool
	cmd := &cobra.Command{
		Use:     "show <order>",
		Aliases: []string{"get"},
		Short:   "Show one order: its cards, its failures, and where to look",
		Long: `Show prints everything known about one gift-card order: its runs, the cards that exist, what failed and
why, the attempts under way, and its page in the Temporal Web UI. Give the order's name, its number, its address in
Shopify's admin or in the Web UI, or the audit number of a card; every command that takes an order understands these.

With --verbose it adds what Temporal's own commands need: the IDs of runs, and the command that takes a failed order back
to the step that failed.`,
		Example: `  giftbridge orders show '#1001'
  giftbridge orders show 820982911946154508`,
		Args: cli.OneOrder,
		RunE: func(cmd *cobra.Command, args []string) error {
			return session.Operate(cmd, session.OnlyToLook, func(ctx context.Context, o *operator.Operator) error {
				d, err := o.ShowOrder(ctx, args[0])
				if err != nil {
					return err
				}
				// Where the order stands is worth showing even if its changes cannot be read.
				changes, err := o.Outcomes(ctx, d.Shop, d.ID)
				if err != nil {
					_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "its cancellations and refunds cannot be read: %v\n", err)
				}
				standings, err := o.Promises.Standings(ctx, d.WorkflowID, d.RunIDs()...)
				if err != nil {
					_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "where the cards stand that are made later cannot be read: %v\n", err)
				}
				if f.JSON {
					return cli.JSON(cmd.OutOrStdout(), struct {
						*orders.OrderDetails
						Later   []cardlog.Standing `json:"made_later,omitempty"`
						Changes []changed.Outcome  `json:"changes,omitempty"`
					}{d, standings, changes})
				}
				if err := printOrder(cmd.OutOrStdout(), d, verbose); err != nil {
					return err
				}
				if err := printLater(cmd.OutOrStdout(), standings, verbose); err != nil {
					return err
				}
				return printChanges(cmd.OutOrStdout(), changes)
			})
		},
	}
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "also print what Temporal's own commands need")
	return cmd
}

// printOrder prints an order. Verbose adds what Temporal's own commands need.
func printOrder(w io.Writer, d *orders.OrderDetails, verbose bool) error {
	return cli.Table(w, func(row func(...any)) {
		row("order", d.Name+" ("+d.ID+")")
		row("state", tinted(d.State))
		if !d.WaitsUntil.IsZero() {
			row("waits until", d.WaitsUntil.Format(time.RFC3339)+" (ISSUE_AFTER); then it is read again, and its cards are issued")
		}
		row("SKU", d.SKUs)
		row("web UI", d.Link)
		if d.Failure != nil {
			row("failed", d.Failure.Kind+": "+d.Failure.Message)
		}
		for _, x := range d.Fixed {
			row("corrected", fmt.Sprintf("%s of card %s, by %s, %s", strings.Join(x.Changes, ", "),
				cli.Numbers(x.Cards), x.By, x.At.Format(time.RFC3339)))
			row("note", x.Note)
		}
		if verbose && d.Reset != "" {
			row("reset", d.Reset)
		}
		if d.Left != nil {
			printDecision(d, row)
			row("gift cards", worth(d.Left))
			row("in the shop", workflows.ShopLink(d.Shop, d.ID))
		}
		if d.Result != nil {
			if d.Result.MerchantCode != "" { // An order whose cards are all made later needs none.
				row("merchant", d.Result.MerchantCode)
			}
			switch failed := d.Result.WriteBackFailed; {
			case failed != nil:
				row("in Shopify", "NOT MARKED, "+string(failed.Kind)+": "+failed.Message)
			case d.Result.WrittenBack != "":
				row("in Shopify", "marked ("+d.Result.WrittenBack+")")
			}
			for _, c := range d.Result.Cards {
				row(fmt.Sprintf("card %d", c.Unit), issued(c))
			}
		}
		if d.Units != nil {
			for _, c := range d.Units.Issued {
				row(fmt.Sprintf("card %d", c.Unit), issued(c))
			}
			for _, u := range d.Units.Failed {
				row(fmt.Sprintf("card %d", u.Unit), "FAILED, audit number "+u.AuditNumber+", "+string(u.Kind)+": "+u.Message)
			}
		}
		for _, p := range d.Pending {
			line := fmt.Sprintf("attempt %d", p.Attempt)
			if !p.NextAt.IsZero() {
				line += " at " + p.NextAt.Format(time.RFC3339)
			}
			if p.Last != nil {
				line += ", after " + p.Last.Kind + ": " + p.Last.Message
			}
			row(p.Activity, line)
		}
		for _, r := range d.Runs {
			line := string(r.State) + ", started " + r.StartedAt.Format(time.RFC3339)
			if !r.ClosedAt.IsZero() {
				line += ", closed " + r.ClosedAt.Format(time.RFC3339)
			}
			if verbose {
				line += fmt.Sprintf(", %d events, run %s", r.Events, r.RunID)
			}
			row("run", line)
			if r.Failure != nil {
				row("", fmt.Sprintf("%s: %s (attempts: %d)", r.Failure.Kind, r.Failure.Message, r.Attempts))
			}
		}
	})
}

// printLater prints where the cards stand that their issuers make later.
func printLater(w io.Writer, cards []cardlog.Standing, verbose bool) error {
	return cli.Table(w, func(row func(...any)) {
		for _, c := range cards {
			row("made later", fmt.Sprintf("card %d, %s, by %s: %s", c.Unit, words.Amount(c.Price, c.Currency),
				later.NameOf(c.Issuer), c.Says()))
			if c.InDoubt() && !c.Open {
				row("", "ask the issuer for audit number "+c.Key+", and record the answer with orders resolve")
			}
			if verbose && c.Link != "" {
				row("", c.Link)
			}
		}
	})
}

// printChanges prints what became of cancellations and refunds of an order whose cards exist.
func printChanges(w io.Writer, changes []changed.Outcome) error {
	return cli.Table(w, func(row func(...any)) {
		for _, c := range changes {
			row("changed", c.StartedAt.Format(time.RFC3339)+": "+c.Says())
			row("", c.Link)
		}
	})
}

// printDecision prints why an order is left to people, or who has settled it, when and why.
func printDecision(d *orders.OrderDetails, row func(...any)) {
	who := "by " + d.Left.By + ", " + d.StartedAt.Format(time.RFC3339)
	switch d.State {
	case executions.Redacted:
		row("redacted", who)
		row("", "the personal data was removed; the order is never issued again")
		row("before", d.Left.Was)
		for _, number := range d.Left.AuditNumbers {
			row("card", "audit number "+number)
		}
		return
	case executions.Settled:
		row("settled", who)
	default:
		row("left to people", workflows.Why(d.Left.Reason))
		if d.Left.By == "" { // No person has decided anything about it.
			return
		}
		row("taken back", who)
	}
	row("note", d.Left.Note)
	if d.Left.Was != "" {
		row("before", workflows.Why(giftcard.Reason(d.Left.Was)))
	}
}

// worth returns the number of an order's cards and their value, if that is known.
func worth(left *activities.LeftOrder) string {
	if left.Amount == "" {
		return strconv.Itoa(left.Cards)
	}
	return fmt.Sprintf("%d, %s", left.Cards, words.Amount(left.Amount, left.Currency))
}

// issued describes a card that exists.
func issued(c workflows.IssuedCard) string {
	s := words.Amount(c.Amount, c.Currency) + ", audit number " + c.AuditNumber
	switch {
	case c.Existed:
		s += ", already existed"
	case c.OrderNumber != "":
		s += ", issuer's order " + c.OrderNumber + ", card " + c.MaskedNumber
	}
	if !c.SentAt.IsZero() {
		s += ", mailed " + c.SentAt.Format(time.RFC3339)
	}
	return s
}
