package cards

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/digest/words"
)

func newShow(f *cli.Flags) *cobra.Command {
	var unit int
	cmd := &cobra.Command{
		Use:   "show <order> [--unit N]",
		Short: "Show the state, balance and validity of an order's cards",
		Long: `Show asks the issuers for the cards of an order, and prints for each card its issuer, its state, its balance, until when it
is valid, its item and when it was sent, as far as that is known, and the number of its redemptions: of amounts that checkouts
have taken off it, or tried to. "cards redemptions" shows those. Of a card's number it prints the last four digits. Of a card
that an issuer has not finished, it prints where the card stands. It needs the configuration of the issuers, as a worker does.`,
		Example: `  giftbridge cards show '#1001'
  giftbridge cards show '#1001' --unit 2 --json`,
		Args: cli.OneOrder,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := numbered(cmd, unit); err != nil {
				return err
			}
			return lookUp(cmd, args[0], unit, func(cards []shown) error {
				if f.JSON {
					return cli.JSON(cmd.OutOrStdout(), cards)
				}
				return cli.Table(cmd.OutOrStdout(), func(row func(...any)) {
					row("CARD", "ISSUER", "NUMBER", "STATE", "ISSUED WITH", "BALANCE", "VALID UNTIL", "ITEM", "SENT", "REDEMPTIONS")
					for _, c := range cards {
						row(c.Unit, c.Issuer, c.MaskedNumber, c.State, money(c.InitialBalance, c.Currency),
							money(c.CurrentBalance, c.Currency), day(c.ValidUntil), c.Item, moment(c.SentAt), c.Redemptions.says())
					}
				})
			})
		},
	}
	cmd.Flags().IntVar(&unit, "unit", 0, "number of one card in the order, starting at 1")
	return cmd
}

// money returns an amount for people to read, or nothing if it is not known.
func money(amount, currency string) string {
	if amount == "" {
		return ""
	}
	return words.Amount(amount, currency)
}

func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}
