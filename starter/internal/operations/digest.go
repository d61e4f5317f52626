package operations

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/digest/digestmail"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/starter/internal/session"
)

func newDigest(f *cli.Flags) *cobra.Command {
	var now, dryRun bool
	var since string
	cmd := &cobra.Command{
		Use:   "digest --now | --dry-run",
		Short: "Send a digest now, or print it without sending",
		Long: `Digest --now triggers the digest's schedule: failed orders are run again, then a mail reports what still
fails. Digest --dry-run prints the digest as of now. It sends nothing and runs nothing again.`,
		Example: `  giftbridge digest --dry-run
  giftbridge digest --now`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if now == dryRun {
				return cli.Usagef("pass --now or --dry-run")
			}
			if now {
				return digestNow(cmd, f)
			}
			mail, report, err := preview(cmd, since)
			if err != nil {
				return err
			}
			if f.JSON {
				return cli.JSON(cmd.OutOrStdout(), report)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "Subject: %s\n\n%s", mail.Subject, mail.Text)
			return err
		},
	}
	cmd.Flags().BoolVar(&now, "now", false, "send a digest now and wait for it")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "print the digest as of now without sending it")
	cmd.Flags().StringVar(&since, "since", "", "with --dry-run: "+sinceUsage)
	cmd.AddCommand(newDigestPreview())
	return cmd
}

func digestNow(cmd *cobra.Command, f *cli.Flags) error {
	return session.Operate(cmd, config.Load, func(ctx context.Context, o *operator.Operator) error {
		run, err := o.DigestNow(ctx)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "digest: %s\n", run.Link)
		r, err := run.Wait(ctx)
		if err != nil {
			return err
		}
		if f.JSON {
			return cli.JSON(cmd.OutOrStdout(), r)
		}
		return cli.Table(cmd.OutOrStdout(), func(row func(...any)) {
			row("mail sent", r.Sent)
			row("orders failed", fmt.Sprintf("%d (%d new)", r.Failed, r.FailedNew))
			row("run again", r.Rerun)
			row("recovered", r.Recovered)
			row("retrying", r.Retrying)
			row("mixed", r.Mixed)
			if r.RerunProblem != "" {
				row("NOT RUN AGAIN", r.RerunProblem)
			}
		})
	})
}

func newDigestPreview() *cobra.Command {
	var file, since string
	cmd := &cobra.Command{
		Use:   "preview --html FILE",
		Short: "Write the digest as of now to an HTML file, without sending it",
		Long: `Preview writes the digest as of now to an HTML file, without sending it. The links with which a mail's readers run
orders again and settle them are left out: whoever has one can use it, so they are made for the mail alone.`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file == "" {
				return cli.Usagef("--html FILE is required")
			}
			mail, _, err := preview(cmd, since)
			if err != nil {
				return err
			}
			if file == "-" {
				_, err = fmt.Fprint(cmd.OutOrStdout(), mail.HTML)
				return err
			}
			if err := os.WriteFile(file, []byte(mail.HTML), 0o600); err != nil {
				return fmt.Errorf("write the preview: %w", err)
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), file)
			return err
		},
	}
	cmd.Flags().StringVar(&file, "html", "", "file to write; - writes to standard output")
	cmd.Flags().StringVar(&since, "since", "", sinceUsage)
	return cmd
}

const sinceUsage = "start of the window: a time (RFC 3339), a day, or how long ago (24h, 7d); default: where the last digest ended"

// preview renders the digest that would be sent now.
func preview(cmd *cobra.Command, since string) (mail digestmail.Mail, report digest.Report, err error) {
	now := session.Now()
	var from time.Time
	if since != "" {
		if from, err = cli.Moment(since, now); err != nil {
			return mail, report, cli.Usagef("--since %w", err)
		}
	}
	err = session.Operate(cmd, session.OnlyToLook, func(ctx context.Context, o *operator.Operator) error {
		if since == "" {
			if from, err = o.DigestSince(ctx, now); err != nil {
				return err
			}
		}
		if report, err = o.Report(ctx, activities.ReportInput{Since: from}); err != nil {
			return err
		}
		mail, err = digestmail.Render(report)
		return err
	})
	return mail, report, err
}
