package setup

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/doctor"
)

func newDoctor(f *cli.Flags) *cobra.Command {
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check everything that giftbridge needs, and say how to fix what fails",
		Long: `Doctor checks what giftbridge needs before the first order arrives, one line per check: ok, warn, FAIL
with the fix, or skip if another check has to pass first. It changes nothing, issues no card and sends no mail.

  configuration        every variable; one line for each problem
  payload keys         they encrypt a payload and decrypt it again
  temporal             it can be reached and accepts the credentials
  namespace            it exists
  retention            longer than MAX_ORDER_AGE
  search attributes    they exist and have the right types
  stored payloads      the keys decrypt the payloads in the namespace
  identity             the shop and AUDIT_PREFIX are those of the orders in the namespace
  poll schedule        exists, is not paused, and matches the configuration
  digest schedule      the same, if a mail server is configured
  worker version       one is current, if WORKER_DEPLOYMENT is set
  workers              every queue is polled
  shopify              the credentials are valid for this shop
  shopify api version  known, and supported for at least 60 days
  shopify scopes       those the queries need; read_all_orders if MAX_ORDER_AGE is above 60 days
  shopify orders       everything that polls request can be read
  gift card skus       each is a variant, and not a native Shopify gift card
  clock                agrees with Shopify's clock
  receiver             its address answers, refuses what is not signed, and accepts what the secrets sign; if it is set
  webhooks             the subscriptions are as they should be, in the configured version of the API
  cashstar             the credentials are valid; if GIFT_CARD_SKUS is set
  merchants            the account has merchants, and MERCHANT_CODE is one of them
  offers               something is offered for MERCHANT_CODE or, without it, for the first 5 merchants; never fails
  four way shop        the credentials are valid; if FOURWAYSHOP_ITEMS is set
  four way shop items  never checked: only making a card shows whether 4WS knows an item code
  callbacks            the receiver serves the addresses to which issuers answer, and knows the CALLBACK_KEYS
  checkout             the receiver serves the API at which checkouts spend cards, if CHECKOUT_CLIENTS is set here
  sonar                the token is valid, if messages are sent to customers
  messages             their texts and settings are those with which a worker starts
  relay orders         its address is allowed, answers, and has a trusted certificate; if RELAY_ORDERS_URL is set
  relay products       the same, if RELAY_PRODUCTS_URL is set
  mail server          it answers and accepts the login
  digest links         the receiver knows the keys that sign them (ACTION_KEYS); if they are set, or RECEIVER_URL is

Run it with the environment of the workers, on the machine or in the container where they run. Once every check passes,
monitor the system with giftbridge status.

Exit codes: 0 no check failed, 1 a check failed, 2 wrong usage, 130 interrupted.`,
		Example: `  giftbridge doctor
  giftbridge doctor --json | jq -r '.checks[] | select(.status == "fail") | .name + ": " + .fix'`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if timeout <= 0 {
				return cli.Usagef("--timeout %s must be above zero, such as 10s", timeout)
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
			if f.JSON {
				show = func(w io.Writer, r doctor.Report) error { return cli.JSON(w, r) }
			}
			if err := show(cmd.OutOrStdout(), report); err != nil {
				return err
			}
			if failed := report.Failed(); len(failed) > 0 {
				return fmt.Errorf("failed checks: %s", strings.Join(failed, ", "))
			}
			return nil
		},
	}
	cmd.Flags().DurationVar(&timeout, "timeout", 10*time.Second, "time limit of each check")
	return cmd
}

func printReport(w io.Writer, r doctor.Report) error {
	if err := cli.Checks(w, r.Checks); err != nil {
		return err
	}
	s := r.Summary
	_, err := fmt.Fprintf(w, "\n%d checks: %d ok, %d warn, %d fail, %d skipped\n", len(r.Checks), s.OK, s.Warn, s.Fail, s.Skip)
	return err
}
