package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/doctor"
)

func newDoctor(f *flags) *cobra.Command {
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check all that giftbridge needs, and say how to cure what is wrong",
		Long: `Doctor checks what giftbridge needs before the first order comes, one line each: ok, warn, FAIL with the cure, or
skip where another check has to be cured first. It changes nothing, issues no card and sends no mail.

  configuration        every variable; one line for each problem
  payload keys         they encrypt, and open it again
  temporal             it can be reached, and lets us in
  namespace            it exists
  retention            it is longer than MAX_ORDER_AGE
  search attributes    they are there, of the right types
  stored payloads      the keys open what the namespace holds
  poll schedule        there, not paused, as configured
  digest schedule      the same, if there is a mail server
  worker version       one is current, if WORKER_DEPLOYMENT is set
  workers              every task queue is polled
  shopify              the credentials are good, and of this shop
  shopify api version  known, and good for 60 days
  shopify scopes       those of the queries; read_all_orders if MAX_ORDER_AGE is above 60 days
  shopify orders       what polls ask for can be read
  gift card skus       each is a variant, and no native Shopify gift card
  clock                it agrees with Shopify's
  cashstar             the credentials are good
  merchants            there are some, and MERCHANT_CODE is among them
  mail server          it answers and takes the login

Run it with the environment of the workers, where they run. Once it all works, starter status tells how it goes.

Exit codes: 0 nothing fails, 1 something does, 2 wrong usage, 130 interrupted.`,
		Example: `  starter doctor
  starter doctor --json | jq -r '.checks[] | select(.status == "fail") | .name + ": " + .fix'`,
		Args: app.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if timeout <= 0 {
				return app.Usagef("--timeout %s: need a time above zero, such as 10s", timeout)
			}
			o := doctor.Options{Timeout: timeout}
			o.Config, o.Problems = config.Load()
			o.Temporal, o.TemporalProblem = app.TemporalFromEnvironment()
			o.TemporalUnverified = app.TemporalUnverified()
			report := doctor.Run(cmd.Context(), o)
			if err := cmd.Context().Err(); err != nil {
				return err
			}
			show := printReport
			if f.json {
				show = func(w io.Writer, r doctor.Report) error { return printJSON(w, r) }
			}
			if err := show(cmd.OutOrStdout(), report); err != nil {
				return err
			}
			if failed := report.Failed(); len(failed) > 0 {
				return fmt.Errorf("to be cured: %s", strings.Join(failed, ", "))
			}
			return nil
		},
	}
	cmd.Flags().DurationVar(&timeout, "timeout", 10*time.Second, "how long each check may take")
	return cmd
}

func printReport(w io.Writer, r doctor.Report) error {
	if err := printChecks(w, r.Checks); err != nil {
		return err
	}
	s := r.Summary
	_, err := fmt.Fprintf(w, "\n%d checks: %d ok, %d warn, %d fail, %d skipped\n", len(r.Checks), s.OK, s.Warn, s.Fail, s.Skip)
	return err
}
