// Package merchants has the commands below "merchants": which merchants the account has, what the issuer offers for one,
// and which one an order would get. A merchant is the account of a customer at the issuer.
package merchants

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/issuer"
)

// Command returns the command "merchants".
func Command(f *cli.Flags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "merchants",
		Short: "Show the merchants of the account, what is offered for them, and which one an order gets",
		Long: `A merchant is the account of a customer at the issuer: each card is booked on one. An order gets the merchant
MERCHANT_CODE if that is set, for all orders. Otherwise the merchant is found from the customer, by the attributes in
MATCH_BY: the external ID of the B2B company (the merchant's code), the company's name, the customer's name. Unless
exactly one merchant matches, the order fails: giftbridge never guesses.`,
		Args: cli.NoArgs,
		RunE: cli.Help,
	}
	cmd.AddCommand(newList(f), newShow(f), newFind(f))
	return cmd
}

// merchant is a merchant as it is displayed.
type merchant struct {
	Code      string `json:"code"`
	Name      string `json:"name"`
	LegalName string `json:"legal_name,omitempty"`
}

func merchantOf(a issuer.Account) merchant {
	m := merchant{Code: a.Code}
	if len(a.Names) > 0 {
		m.Name = a.Names[0]
		m.LegalName = strings.Join(a.Names[1:], "; ")
	}
	return m
}

// load returns the configuration and the issuer.
func load() (config.Config, issuer.Abilities, error) {
	cfg, err := config.Load()
	if err != nil {
		return cfg, issuer.Abilities{}, &cli.UsageError{Err: err}
	}
	if !cfg.IssuesAtOnce() {
		return cfg, issuer.Abilities{}, cli.Usagef("no issuer with merchants is used: GIFT_CARD_SKUS is not set, and the other gift " +
			"cards need no merchant")
	}
	from, err := app.NewIssuer(cfg)
	return cfg, from, err
}

func newList(f *cli.Flags) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the merchants of the account: code, name and legal name",
		Example: `  giftbridge merchants list
  giftbridge merchants list --json | jq -r '.[].code'`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, from, err := load()
			if err != nil {
				return err
			}
			accounts, err := from.Accounts.Accounts(cmd.Context())
			if err != nil {
				return err
			}
			all := make([]merchant, len(accounts))
			for i, a := range accounts {
				all[i] = merchantOf(a)
			}
			if f.JSON {
				return cli.JSON(cmd.OutOrStdout(), all)
			}
			if code := cfg.Issue.MerchantCode; code != "" {
				_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "all orders get the merchant MERCHANT_CODE, %s\n", code)
			}
			return cli.Table(cmd.OutOrStdout(), func(row func(...any)) {
				row("CODE", "NAME", "LEGAL NAME")
				for _, m := range all {
					row(m.Code, m.Name, m.LegalName)
				}
			})
		},
	}
}

// listing is a list of what is offered, as it is displayed.
type listing struct {
	Name string `json:"name"`
	// Empty reports whether nothing is offered.
	Empty bool   `json:"empty"`
	Facts []fact `json:"facts"`
	// Omitted is the number of further facts.
	Omitted int `json:"omitted,omitempty"`
}

type fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// offer is a merchant with what the issuer offers for it.
type offer struct {
	merchant
	Offers []listing `json:"offers"`
}

func newShow(f *cli.Flags) *cobra.Command {
	return &cobra.Command{
		Use:   "show <code>",
		Short: "Show what the issuer offers for a merchant: its catalog and its card designs",
		Long: `Show prints the issuer's catalog of a merchant and the designs of its cards (faceplates), value by value, as the
issuer sends them. What the values mean is the issuer's to say: the inner shape of its answer is not published. Codes are
case-sensitive. An empty catalog is assumed to mean that no card can be ordered for the merchant.`,
		Example: `  giftbridge merchants show TWS
  giftbridge merchants show TWS --json | jq '.offers[] | select(.empty) | .name'`,
		Args: cli.OneArg,
		RunE: func(cmd *cobra.Command, args []string) error {
			_, from, err := load()
			if err != nil {
				return err
			}
			shown, err := look(cmd.Context(), from, args[0])
			if err != nil {
				return err
			}
			if f.JSON {
				return cli.JSON(cmd.OutOrStdout(), shown)
			}
			return printOffer(cmd.OutOrStdout(), from.Words(), shown)
		},
	}
}

// look returns what the issuer offers for a merchant.
func look(ctx context.Context, from issuer.Abilities, code string) (offer, error) {
	words := from.Words()
	if from.Offerer == nil {
		return offer{}, fmt.Errorf("%s does not show what it offers", words.Issuer)
	}
	accounts, err := from.Accounts.Accounts(ctx)
	if err != nil {
		return offer{}, err
	}
	i := slices.IndexFunc(accounts, func(a issuer.Account) bool { return a.Code == code })
	if i < 0 {
		return offer{}, unknown(words, accounts, code)
	}
	found, err := from.Offerer.Offer(ctx, code)
	if err != nil {
		return offer{}, fmt.Errorf("%s %s: %w", words.Account, code, err)
	}
	out := offer{merchant: merchantOf(accounts[i])}
	for _, l := range []issuer.Listing{found.Items, found.Designs} {
		shown := listing{Name: l.Name, Empty: l.Empty(), Facts: make([]fact, len(l.Facts)), Omitted: l.Omitted}
		for n, f := range l.Facts {
			shown.Facts[n] = fact(f)
		}
		out.Offers = append(out.Offers, shown)
	}
	return out, nil
}

// unknown returns the error for a code that no merchant has.
func unknown(words issuer.Words, accounts []issuer.Account, code string) error {
	hint := "giftbridge merchants list prints them"
	for _, a := range accounts {
		same := func(s string) bool { return strings.EqualFold(s, strings.TrimSpace(code)) }
		if same(a.Code) || slices.ContainsFunc(a.Names, same) {
			hint = "did you mean " + a.Code + "?"
			break
		}
	}
	return fmt.Errorf("%q is not the code of one of %s's %d %s; %s", code, words.Issuer, len(accounts), words.Accounts, hint)
}

func printOffer(w io.Writer, words issuer.Words, o offer) error {
	return cli.Table(w, func(row func(...any)) {
		row(words.Account, o.Code)
		row("name", o.Name)
		if o.LegalName != "" {
			row("legal name", o.LegalName)
		}
		for _, l := range o.Offers {
			if l.Empty {
				row(l.Name, "empty: "+words.Issuer+" offers nothing here")
			}
			name := l.Name
			for _, f := range l.Facts {
				row(name, f.Name, f.Value)
				name = ""
			}
			if l.Omitted > 0 {
				row("", fmt.Sprintf("and %d more", l.Omitted))
			}
		}
	})
}
