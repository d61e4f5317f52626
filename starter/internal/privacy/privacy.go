// Package privacy has the commands below "privacy": they find and remove the histories that hold a person's data.
package privacy

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/digest/words"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/privacy"
	"github.com/giftbridge/giftbridge/starter/internal/session"
)

// Command returns the command "privacy".
func Command(f *cli.Flags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "privacy",
		Short: "Find and remove the histories that hold a person's data",
		Long: `The histories of orders and polls hold what issuing needs: the customer's number and name, the company, and
for each card the recipient's address and name, and the buyer's name and greeting. They are kept as long
as Temporal is set to keep what is over (its retention). Those of messages hold what a customer is told, and the
number, and those of the relay hold what the shop has sent. These commands find the histories of one person, and remove
them before that, such as when Shopify asks for it (customers/redact).

--customer finds what the person bought, --email the cards that are sent to this address, --phone the messages that are
sent to this number. The buyer's own address is only in the histories of cards that are not for somebody else, and not
in those of messages, so give all that you know.`,
		Args: cli.NoArgs,
		RunE: cli.Help,
	}
	cmd.AddCommand(newFind(f), newRedact(f))
	return cmd
}

// search has the flags that say whose data is looked for, and where.
type search struct {
	flags                  *cli.Flags
	cmd                    *cobra.Command
	in                     *bufio.Reader
	customer, email, phone string
	since                  string
	yes, dryRun            bool
}

func (s *search) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.customer, "customer", "", "the customer's number, global ID or address in Shopify's admin")
	cmd.Flags().StringVar(&s.email, "email", "", "the recipient's address; - reads it from standard input, so that no list of "+
		"processes shows it")
	cmd.Flags().StringVar(&s.phone, "phone", "", "the person's number with its country code, to which messages are sent")
	cmd.Flags().StringVar(&s.since, "since", "", "only histories since a time (RFC 3339), a day (2026-11-20), or how long "+
		"ago (24h, 7d); default: all")
}

// read returns what the flags say. No error repeats an address.
func (s *search) read(cmd *cobra.Command) (p privacy.Person, since time.Time, err error) {
	s.cmd, s.in = cmd, bufio.NewReader(cmd.InOrStdin())
	if s.customer == "" && s.email == "" && s.phone == "" {
		return p, since, cli.Usagef("say whose data: --customer, --email or --phone, best all that you know")
	}
	if s.customer != "" {
		if p.CustomerID, err = privacy.ParseCustomer(s.customer); err != nil {
			return p, since, cli.Usagef("--customer %w", err)
		}
	}
	if s.email != "" {
		text := s.email
		if text == "-" {
			if text, err = s.in.ReadString('\n'); err != nil && !errors.Is(err, io.EOF) {
				return p, since, fmt.Errorf("read the address: %w", err)
			}
		}
		if p.Email, err = privacy.ParseEmail(text); err != nil {
			return p, since, cli.Usagef("--email %w", err)
		}
	}
	if s.phone != "" {
		if p.Phone, err = privacy.ParsePhone(s.phone); err != nil {
			return p, since, cli.Usagef("--phone %w", err)
		}
	}
	if s.since != "" {
		if since, err = cli.Moment(s.since, session.Now()); err != nil {
			return p, since, cli.Usagef("--since %w", err)
		}
	}
	return p, since, nil
}

// find looks for the person's data.
func (s *search) find(ctx context.Context, o *operator.Operator, p privacy.Person, since time.Time) (*privacy.Found, error) {
	const step = 1000 // Some seconds of work.
	found, err := o.Find(ctx, p, since, func(read int) {
		if read%step == 0 {
			_, _ = fmt.Fprintf(s.cmd.ErrOrStderr(), "%d histories read ...\n", read)
		}
	})
	if err == nil {
		_, _ = fmt.Fprintf(s.cmd.ErrOrStderr(), "%s read\n", histories(found.Read))
	}
	return found, err
}

// run does something with what is found of the person that the flags name.
func (s *search) run(cmd *cobra.Command, do func(context.Context, *operator.Operator, *privacy.Found) error) error {
	p, since, err := s.read(cmd)
	if err != nil {
		return err
	}
	return session.Operate(cmd, session.OnlyToLook, func(ctx context.Context, o *operator.Operator) error {
		found, err := s.find(ctx, o, p, since)
		if err != nil {
			return err
		}
		return do(ctx, o, found)
	})
}

func newFind(f *cli.Flags) *cobra.Command {
	s := search{flags: f}
	cmd := &cobra.Command{
		Use:   "find --customer ID|--email ADDRESS|--phone NUMBER",
		Short: "List the orders, polls, messages and events whose histories hold a person's data",
		Long: `Find decrypts the inputs of all orders, what polls have read, and what messages and events say, and lists those that hold the
person's data. Messages and events of an order that is the person's are listed, too.
It needs the payload keys, and changes nothing. No index has personal data in it, so all histories are read; --since leaves
out what started earlier.

Exit codes: 0 if all histories could be read, 1 if not.`,
		Example: `  giftbridge privacy find --customer 7001
  giftbridge privacy find --customer gid://shopify/Customer/7001 --email ann@example.com --since 30d
  giftbridge privacy find --email - --json <address.txt`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.run(cmd, func(_ context.Context, _ *operator.Operator, found *privacy.Found) error {
				if f.JSON {
					return errors.Join(cli.JSON(cmd.OutOrStdout(), found), unread(found))
				}
				return errors.Join(show(cmd.OutOrStdout(), found), unread(found))
			})
		},
	}
	s.register(cmd)
	return cmd
}

// unread returns an error if there are histories that could not be read.
func unread(found *privacy.Found) error {
	if n := len(found.Unreadable); n > 0 {
		return fmt.Errorf("%s cannot be read, and may hold the data too; the first: %s %s", histories(n),
			found.Unreadable[0].Link, found.Unreadable[0].Kept)
	}
	return nil
}

// show prints the histories that were found.
func show(w io.Writer, found *privacy.Found) error {
	if len(found.Orders)+len(found.Polls)+len(found.Others) == 0 {
		_, err := fmt.Fprintln(w, "no history holds the person's data")
		return err
	}
	return cli.Table(w, func(row func(...any)) {
		row("WHAT", "STATE", "STARTED", "HISTORIES", "REMOVABLE")
		for _, o := range found.Orders {
			row("order "+o.Name+" ("+o.ID+")", o.State, o.StartedAt.Format(time.RFC3339), o.Histories, removable(o.Kept))
			if hint := todo(o); hint != "" {
				row("", "", "", "", hint)
			}
		}
		for _, p := range found.Polls {
			row("poll", "", p.StartedAt.Format(time.RFC3339), 1, removable(p.Kept))
		}
		for _, o := range found.Others {
			row(o.What, "", o.StartedAt.Format(time.RFC3339), 1, removable(o.Kept))
		}
	})
}

func removable(kept string) string {
	if kept == "" {
		return "yes"
	}
	return "no: " + kept
}

// todo returns what makes an order removable that is not.
func todo(o privacy.Order) string {
	if o.Kept == "" || o.State == executions.Running {
		return ""
	}
	return "run: " + buildinfo.Program + " orders settle " + executions.ShellWord(o.ID) + " --note WHY"
}

func newRedact(f *cli.Flags) *cobra.Command {
	s := search{flags: f}
	cmd := &cobra.Command{
		Use:   "redact --customer ID|--email ADDRESS|--phone NUMBER",
		Short: "Remove the histories that hold a person's data",
		Long: `Redact finds what "privacy find" finds, asks, and removes the histories of the person's finished orders: those
that have their cards, and those that a person has settled. Their cards stay valid. In place of the histories, a record
without personal data says that the order is redacted, by whom and when, and its audit numbers. The record claims the
order's number: no poll, sweep, digest, retry or release issues the order again, and "orders list --state redacted" lists it.

Orders that are running, or that have failed and are not settled, are named and left alone. So is the newest poll, which
says up to when orders were read. Polls read again what has changed within POLL_OVERLAP: run the command again when a poll
has completed after that. The history of an order's messages stays until it has ended, a month or more after the order, because
without it a customer could be told something twice. A command that was interrupted can be run again too. Logs, mails, the shop and the issuer are not touched.

Temporal removes histories in the background: "privacy find" may list them for some minutes more.

Exit codes: 0 if the removal of all histories with the person's data was ordered, 1 if some stay.`,
		Example: `  giftbridge privacy redact --customer 7001 --dry-run
  giftbridge privacy redact --customer 7001 --email ann@example.com
  giftbridge privacy redact --email - --yes <address.txt`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.run(cmd, func(ctx context.Context, o *operator.Operator, found *privacy.Found) error {
				return s.redact(ctx, o, found)
			})
		},
	}
	s.register(cmd)
	cmd.Flags().BoolVarP(&s.yes, "yes", "y", false, "do not ask for confirmation")
	cmd.Flags().BoolVar(&s.dryRun, "dry-run", false, "only show what would be removed")
	return cmd
}

// redacted is the outcome of the command.
type redacted struct {
	Orders []string `json:"orders"`
	// Histories is the number of histories that were removed, and Remaining is why others were not.
	Histories int      `json:"histories"`
	Remaining []string `json:"remaining"`
}

// remover removes histories.
type remover interface {
	Redact(ctx context.Context, workflowID, by string) (removed int, err error)
	Remove(ctx context.Context, workflowID, runID string) error
}

// redact asks, and removes what can be removed. An order for which that fails does not stop the others.
func (s *search) redact(ctx context.Context, o remover, found *privacy.Found) error {
	if err := show(s.cmd.ErrOrStderr(), found); err != nil {
		return err
	}
	orders, runs := removableOf(found)
	out := redacted{Orders: []string{}, Remaining: remaining(found)}
	if s.dryRun {
		_, _ = fmt.Fprintf(s.cmd.ErrOrStderr(), "nothing was removed: --dry-run\n")
		return s.report(out, unread(found))
	}
	if len(orders)+len(runs) > 0 {
		question := fmt.Sprintf("Remove the histories of %s, and %s of polls, messages and events? That cannot be undone, and none of "+
			"these orders can be issued again.", words.Count(len(orders), "order"), histories(len(runs)))
		if err := cli.ConfirmFrom(s.cmd, s.in, s.yes, question); err != nil {
			return err
		}
	}
	failed := []error{unread(found)}
	by := cli.Whoami()
	for _, order := range orders {
		n, err := o.Redact(ctx, order.WorkflowID, by)
		out.Histories += n
		if err != nil {
			failed = append(failed, err)
			continue
		}
		out.Orders = append(out.Orders, order.Name)
	}
	for _, p := range runs {
		if err := o.Remove(ctx, p.WorkflowID, p.RunID); err != nil {
			failed = append(failed, err)
			continue
		}
		out.Histories++
	}
	if len(out.Remaining) > 0 {
		failed = append(failed, errors.New("histories with the person's data remain: "+strings.Join(out.Remaining, "; ")))
	}
	return s.report(out, errors.Join(failed...))
}

// report prints the outcome.
func (s *search) report(out redacted, failed error) error {
	if s.flags.JSON {
		return errors.Join(cli.JSON(s.cmd.OutOrStdout(), out), failed)
	}
	if !s.dryRun {
		_, err := fmt.Fprintf(s.cmd.OutOrStdout(), "%s redacted, %s removed\n",
			words.Count(len(out.Orders), "order"), histories(out.Histories))
		failed = errors.Join(err, failed)
	}
	return failed
}

// histories counts histories: "1 history", "2 histories".
func histories(n int) string { return words.Number(n) + " " + words.Plural(n, "history", "histories") }

// removableOf returns what can be removed: orders with all their histories, and single ones.
func removableOf(found *privacy.Found) (orders []privacy.Order, runs []privacy.Poll) {
	for _, o := range found.Orders {
		if o.Kept == "" {
			orders = append(orders, o)
		}
	}
	for _, p := range found.Polls {
		if p.Kept == "" {
			runs = append(runs, p)
		}
	}
	for _, other := range found.Others {
		if other.Kept == "" {
			runs = append(runs, other.Poll)
		}
	}
	return orders, runs
}

// remaining returns why histories stay.
func remaining(found *privacy.Found) []string {
	out := []string{}
	for _, o := range found.Orders {
		if o.Kept != "" {
			out = append(out, o.Kept)
		}
	}
	for _, p := range found.Polls {
		if p.Kept != "" {
			out = append(out, "a poll: "+p.Kept)
		}
	}
	for _, o := range found.Others {
		if o.Kept != "" {
			out = append(out, o.What+": "+o.Kept)
		}
	}
	return out
}
