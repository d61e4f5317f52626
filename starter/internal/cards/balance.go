package cards

import (
	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/cli"
)

// balance is a card's current state at the issuer.
type balance struct {
	Unit           int    `json:"unit"`
	MaskedNumber   string `json:"masked_number"`
	Status         string `json:"status"`
	InitialBalance string `json:"initial_balance"`
	CurrentBalance string `json:"current_balance"`
	Currency       string `json:"currency"`
	// Available is what checkouts can take off the card now: the balance without what open redemptions hold. It is empty if
	// that is not known.
	Available string `json:"available,omitempty"`
	// Unknown says why the issuer cannot be asked.
	Unknown string `json:"unknown,omitempty"`
}

func newBalance(f *cli.Flags, of string) *cobra.Command {
	var unit int
	cmd := &cobra.Command{
		Use:   "balance <order> [--unit N]",
		Short: "Show the status and balance of an order's cards at the issuer",
		Long: `Balance asks the issuers for the cards of an order, and prints the status and the balance of each, and what of it checkouts
can take now: an amount of which it is not certain yet whether it was taken is not available. "cards show" prints more: the
issuer, until when a card is valid, when it was sent, and its redemptions. It needs the configuration of the issuers, as a worker
does, and for what is available also CARD_ID_KEY and a worker that runs.`,
		Example: `  giftbridge ` + of + ` balance '#1001'`,
		Args:    cli.OneOrder,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := numbered(cmd, unit); err != nil {
				return err
			}
			return lookUp(cmd, args[0], unit, func(cards []shown) error {
				if f.JSON {
					return cli.JSON(cmd.OutOrStdout(), balances(cards))
				}
				return cli.Table(cmd.OutOrStdout(), func(row func(...any)) {
					row("CARD", "NUMBER", "STATUS", "ISSUED WITH", "BALANCE", "AVAILABLE")
					for _, c := range balances(cards) {
						if c.Unknown != "" {
							row(c.Unit, c.Unknown)
							continue
						}
						row(c.Unit, c.MaskedNumber, c.Status, money(c.InitialBalance, c.Currency), money(c.CurrentBalance, c.Currency),
							money(c.Available, c.Currency))
					}
				})
			})
		},
	}
	cmd.Flags().IntVar(&unit, "unit", 0, "number of one card in the order, starting at 1")
	return cmd
}

// numbered returns an error unless --unit can be the number of a card. Without the flag, all cards are meant.
func numbered(cmd *cobra.Command, unit int) error {
	if cmd.Flags().Changed("unit") && unit < 1 {
		return cli.Usagef("--unit must be the number of a card, starting at 1; orders show lists the cards")
	}
	return nil
}

func balances(cards []shown) []balance {
	out := make([]balance, 0, len(cards))
	for _, c := range cards {
		if !c.asked {
			out = append(out, balance{Unit: c.Unit, Unknown: c.State})
			continue
		}
		out = append(out, balance{
			Unit: c.Unit, MaskedNumber: c.MaskedNumber, Status: c.State,
			InitialBalance: c.InitialBalance, CurrentBalance: c.CurrentBalance, Currency: c.Currency, Available: c.available(),
		})
	}
	return out
}
