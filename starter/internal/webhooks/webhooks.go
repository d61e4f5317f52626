// Package webhooks has the commands that keep the shop's subscriptions to webhooks.
package webhooks

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/app/subscribing"
	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
)

// Command returns the command with its subcommands.
func Command(f *cli.Flags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "webhooks",
		Short: "Keep the subscriptions by which Shopify tells the receiver of orders",
		Long: `With webhooks, an order is taken in a second after it was placed, and not at the next poll. Shopify sends
them to the receiver (giftbridge receiver), whose address from outside is RECEIVER_URL. These commands keep the
subscriptions of the app in the shop. They touch only those that giftbridge has made: their names begin with
"giftbridge-", or, before version 2026-04 of the API, they deliver to RECEIVER_URL.

To turn webhooks on:
  1. Run a receiver, set RECEIVER_URL, and check that it is reached from outside: giftbridge doctor
  2. See what is missing:                                                        giftbridge webhooks plan
  3. Make the subscriptions:                                                     giftbridge webhooks apply
  4. Have them looked at every hour, and made again if they are gone:            giftbridge schedules

To turn them off, set SHOPIFY_WEBHOOKS=off for all processes, run "giftbridge schedules", then "giftbridge webhooks
delete". Polls take all orders in, with and without webhooks.

Shopify deletes a subscription whose deliveries fail eight times in a row. Those of the app's shopify.app.toml it never
deletes, but they are not listed either: for them, set SHOPIFY_WEBHOOKS=toml, and see "giftbridge webhooks toml". Use
one or the other; with both, each event comes twice, which is harmless and costs time.`,
		Args: cli.NoArgs,
		RunE: cli.Help,
	}
	cmd.AddCommand(newPlan(f), newApply(f), newList(f), newDelete(f), newTOML())
	return cmd
}

// load returns the configuration, and refuses one under which giftbridge makes no subscriptions.
func load(also string) (config.Config, error) {
	cfg, err := config.Load()
	switch {
	case err != nil:
		return cfg, &cli.UsageError{Err: err}
	case cfg.Receiver.URL == "":
		return cfg, cli.Usagef("RECEIVER_URL is not set: need the address at which the receiver is reached from outside, such as " +
			"https://gifts.example.com")
	case cfg.Shopify.Webhooks == config.NoWebhooks:
		return cfg, cli.Usagef("SHOPIFY_WEBHOOKS is off: to have webhooks, set it to api or toml")
	case also != "" && cfg.Shopify.Webhooks == config.WebhooksByTOML:
		return cfg, cli.Usagef("SHOPIFY_WEBHOOKS is toml: the app's shopify.app.toml has the subscriptions; to have giftbridge "+
			"%s them, set it to api", also)
	}
	return cfg, nil
}

func newPlan(f *cli.Flags) *cobra.Command {
	return &cobra.Command{
		Use:   "plan",
		Short: "Show what apply would change, and change nothing",
		Long: `Plan compares the app's subscriptions in the shop with what giftbridge needs, field by field, and prints one
line for each topic. Messages to customers and the relay need topics of their own: run it with the workers' settings.

  create    it is missing
  update    it differs; the fields follow
  delete    it is one of several for its topic, or of a topic that the settings do not need
  leave     it is as it should be
  skip      the app lacks the scope; without disputes/create, giftbridge only hears of no disputes
  conflict  a subscription that somebody else has made takes the place; change or delete that one

Subscriptions have no filter: Shopify accepts a filter with a wrong path, and then delivers nothing without a word.

Exit codes: 0 nothing to do, 1 apply would change something or a topic is missing, 2 wrong usage or configuration.`,
		Example: `  giftbridge webhooks plan
  giftbridge webhooks plan --json | jq -r '.[] | select(.do != "leave") | .do + " " + .topic'`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := load("plan")
			if err != nil {
				return err
			}
			shop, err := subscribing.New(cfg)
			if err != nil {
				return err
			}
			steps, err := shop.Plan(cmd.Context())
			if err != nil {
				return err
			}
			if err := printSteps(cmd.OutOrStdout(), f, steps); err != nil {
				return err
			}
			if changes := subscribing.Changes(steps); len(changes) > 0 {
				return fmt.Errorf("%s to change; to do so, run: %s webhooks apply", subscriptionsOf(len(changes)), buildinfo.Program)
			}
			return missing(steps)
		},
	}
}

func newApply(f *cli.Flags) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "apply",
		Short: "Make, change and delete giftbridge's subscriptions as planned",
		Long: `Apply prints the plan (see "giftbridge webhooks plan --help"), asks, and carries it out. It may be repeated: what
is right is left alone. A subscription that somebody else makes at the same moment counts as made.

Exit codes: 0 all subscriptions are as they should be, 1 failure, or a topic is still missing, 2 wrong usage or
configuration.`,
		Example: `  giftbridge webhooks apply
  giftbridge webhooks apply --yes`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := load("make")
			if err != nil {
				return err
			}
			shop, err := subscribing.New(cfg)
			if err != nil {
				return err
			}
			steps, err := shop.Plan(cmd.Context())
			if err != nil {
				return err
			}
			if err := carry(cmd, f, shop, steps, yes, "Change these subscriptions at Shopify?"); err != nil {
				return err
			}
			return missing(steps)
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask for confirmation")
	return cmd
}

func newDelete(f *cli.Flags) *cobra.Command {
	var yes bool
	var url string
	cmd := &cobra.Command{
		Use:   "delete",
		Short: "Delete all of giftbridge's subscriptions",
		Long: `Delete asks, and deletes the subscriptions that giftbridge has made. Those of others stay. From then on, polls
alone find the orders.

As long as the schedule watch-shop looks after them, deleted subscriptions are made again within an hour. So first set
SHOPIFY_WEBHOOKS=off and run "giftbridge schedules". Before version 2026-04 of the API subscriptions have no names; --url
then says to which address they deliver, if that is not RECEIVER_URL.`,
		Example: `  giftbridge webhooks delete
  giftbridge webhooks delete --url https://gifts.example.com --yes`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load()
			if err != nil {
				return &cli.UsageError{Err: err}
			}
			question := "Delete these subscriptions at Shopify?"
			if cfg.Webhooks() && cfg.Shopify.Webhooks == config.WebhooksByAPI {
				question += " Webhooks are on: the hourly look makes them again. To turn them off, see giftbridge webhooks --help."
			}
			if url != "" {
				if !strings.HasPrefix(url, "https://") && !strings.HasPrefix(url, "http://") {
					return cli.Usagef("--url %s is not an address such as https://gifts.example.com", url)
				}
				cfg.Receiver.URL = url
			}
			shop, err := subscribing.New(cfg)
			if err != nil {
				return err
			}
			steps, err := shop.Deletions(cmd.Context())
			if err != nil {
				return err
			}
			return carry(cmd, f, shop, steps, yes, question)
		},
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask for confirmation")
	cmd.Flags().StringVar(&url, "url", "", "address to which unnamed subscriptions of giftbridge deliver; default: RECEIVER_URL")
	return cmd
}

// carry prints the steps, asks if any of them changes something, and carries them out.
func carry(cmd *cobra.Command, f *cli.Flags, shop *subscribing.Subscriptions, steps []subscribing.Step, yes bool, question string) error {
	if err := printSteps(cmd.OutOrStdout(), f, steps); err != nil {
		return err
	}
	changes := subscribing.Changes(steps)
	if len(changes) == 0 {
		_, err := fmt.Fprintln(cmd.ErrOrStderr(), "nothing to do")
		return err
	}
	if err := cli.Confirm(cmd, yes, question); err != nil {
		return err
	}
	for i, step := range changes {
		if err := shop.Carry(cmd.Context(), step); err != nil {
			return fmt.Errorf("%w (%d of %d done; it is safe to run this again)", err, i, len(changes))
		}
	}
	_, err := fmt.Fprintf(cmd.ErrOrStderr(), "%s changed\n", subscriptionsOf(len(changes)))
	return err
}

// missing returns an error if a topic that giftbridge cannot do without is not subscribed to, and no step changes that.
func missing(steps []subscribing.Step) error {
	var topics []string
	for _, s := range steps {
		if !s.Optional && (s.Do == subscribing.Skip || s.Do == subscribing.Conflict) {
			topics = append(topics, s.Topic)
		}
	}
	if len(topics) > 0 {
		return fmt.Errorf("not subscribed to %s", strings.Join(topics, ", "))
	}
	return nil
}

func subscriptionsOf(n int) string {
	if n == 1 {
		return "1 subscription"
	}
	return fmt.Sprintf("%d subscriptions", n)
}

// told is a step in JSON.
type told struct {
	Do    string   `json:"do"`
	Topic string   `json:"topic"`
	ID    string   `json:"id,omitempty"`
	Why   []string `json:"why,omitempty"`
	// Optional reports whether giftbridge does without the topic.
	Optional bool `json:"optional,omitempty"`
}

func printSteps(w io.Writer, f *cli.Flags, steps []subscribing.Step) error {
	if f.JSON {
		list := make([]told, len(steps))
		for i, s := range steps {
			list[i] = told{string(s.Do), s.Topic, s.ID, s.Why, s.Optional}
		}
		return cli.JSON(w, list)
	}
	return cli.Table(w, func(row func(...any)) {
		for _, s := range steps {
			row(string(s.Do), s.Topic, strings.Join(s.Why, "; "))
		}
	})
}
