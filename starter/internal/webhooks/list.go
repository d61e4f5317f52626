package webhooks

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/app/subscribing"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
)

// listed is a subscription in JSON.
type listed struct {
	Own        bool      `json:"own"`
	ID         string    `json:"id"`
	Name       string    `json:"name,omitempty"`
	Topic      string    `json:"topic"`
	URI        string    `json:"uri"`
	Filter     string    `json:"filter,omitempty"`
	Format     string    `json:"format"`
	APIVersion string    `json:"api_version"`
	UpdatedAt  time.Time `json:"updated_at"`
}

func newList(f *cli.Flags) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List all subscriptions of the app in the shop, also those of others",
		Long: `List prints every subscription that the app has in the shop: whose it is (giftbridge or other), its topic, its
address, the version of the API in which its webhooks are written, its filter, and its name. Subscriptions of a
shopify.app.toml, and those that were made in the shop's admin, are not listed by Shopify.`,
		Example: `  giftbridge webhooks list
  giftbridge webhooks list --json | jq -r '.[] | select(.own | not) | .uri'`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load()
			if err != nil {
				return &cli.UsageError{Err: err}
			}
			shop, err := subscribing.New(cfg)
			if err != nil {
				return err
			}
			all, err := shop.List(cmd.Context())
			if err != nil {
				return err
			}
			if f.JSON {
				list := make([]listed, len(all))
				for i, s := range all {
					list[i] = listed{s.Own, s.ID, s.Name, s.TopicName(), s.URI, s.Filter, s.Format, s.APIVersion, s.UpdatedAt}
				}
				return cli.JSON(cmd.OutOrStdout(), list)
			}
			if len(all) == 0 {
				_, err := fmt.Fprintln(cmd.ErrOrStderr(), "the app has no subscriptions in this shop")
				return err
			}
			return cli.Table(cmd.OutOrStdout(), func(row func(...any)) {
				row("WHOSE", "TOPIC", "ADDRESS", "VERSION", "FILTER", "NAME")
				for _, s := range all {
					whose := "other"
					if s.Own {
						whose = "giftbridge"
					}
					row(whose, s.TopicName(), s.URI, s.APIVersion, orDash(s.Filter), orDash(s.Name))
				}
			})
		},
	}
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func newTOML() *cobra.Command {
	return &cobra.Command{
		Use:   "toml",
		Short: "Print the subscriptions for the app's shopify.app.toml",
		Long: `Toml prints the part of a shopify.app.toml that subscribes to the same topics at RECEIVER_URL, for shops that keep
their app's configuration in that file. Add it to the file, run "shopify app deploy", and set SHOPIFY_WEBHOOKS=toml. If
giftbridge has made subscriptions before, delete those: giftbridge webhooks delete. It connects to nothing.`,
		Example: `  giftbridge webhooks toml >>shopify.app.toml`,
		Args:    cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := load("")
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(cmd.OutOrStdout(), subscribing.TOML(cfg))
			return err
		},
	}
}
