// Package spending has the commands about what checkouts have taken off cards: they show redemptions, have one given back, and
// record what a person has found out about one.
package spending

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/digest/words"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/internal/redemption"
	"github.com/giftbridge/giftbridge/internal/redemptions"
)

// Commands returns the commands that belong to the command "cards".
func Commands(f *cli.Flags) []*cobra.Command {
	return []*cobra.Command{newRedemptions(f), newReverse(f), newResolve(f)}
}

// oneRedemption requires the name of a redemption as the only argument.
func oneRedemption(cmd *cobra.Command, args []string) error {
	if err := cli.OneArg(cmd, args); err != nil {
		return err
	}
	if _, _, ok := redemptions.ParseName(args[0]); !ok {
		return cli.Usagef("name one redemption as CLIENT/ID, such as checkout/3f2a…, with all 32 characters of its ID; %s cards redemptions lists them",
			buildinfo.Program)
	}
	return nil
}

// find returns the redemption that an argument names, with the order that its card was bought with.
func find(ctx context.Context, o *operator.Operator, name string) (*redemptions.Found, error) {
	client, id, _ := redemptions.ParseName(name)
	found, err := o.Redemptions.Find(ctx, client, id)
	if err != nil {
		return nil, err
	}
	found.Bought, err = o.Redemptions.BoughtWith(ctx, found.Card)
	return found, err
}

// state says where a redemption stands.
func state(f redemptions.Found) string {
	out := string(f.State)
	if f.State == redemption.Accepted {
		out = "under way"
	}
	if f.Problem != nil {
		out += ": " + string(f.Problem.Type)
	}
	if back := f.Reversal; back != nil && f.State != redemption.Reversed {
		switch back.State {
		case redemption.Accepted:
			out += ", is being given back"
		case redemption.Unknown:
			out += ", unknown whether it was given back"
		case redemption.Declined:
			out += ", not given back: " + string(back.Problem)
		case redemption.Succeeded, redemption.Reversed:
		}
	}
	if f.Contradicted {
		out += ", contradicted by the issuer"
	}
	if f.BelowZero != "" {
		out += ", card below zero: " + words.Amount(f.BelowZero, f.Currency)
	}
	return out
}

// amount is what was taken, or asked for if nothing was.
func amount(f redemptions.Found) string {
	out := words.Amount(f.Moved(), f.Currency)
	if f.Taken != "" && f.Taken != f.Amount {
		out += " of " + words.Amount(f.Amount, f.Currency)
	}
	return out
}

// boughtWith names the order that a card was bought with; empty if that is not known.
func boughtWith(b *redemptions.Bought) string {
	switch {
	case b == nil:
		return ""
	case b.Unit == 0:
		return b.Name
	}
	return fmt.Sprintf("%s, card %d", b.Name, b.Unit)
}

// printOne prints all that is known of a redemption.
func printOne(w io.Writer, f redemptions.Found) error {
	err := cli.Table(w, func(row func(...any)) {
		some := func(label, value string) {
			if value != "" {
				row(label, printable.Line(value, 0))
			}
		}
		some("redemption", f.Name())
		some("state", state(f))
		some("amount", amount(f))
		some("order", f.Order)
		some("accepted", moment(f.AcceptedAt))
		some("settled", moment(f.SettledAt))
		some("card of", boughtWith(f.Bought))
		if back := f.Reversal; back != nil {
			some("reversal", string(back.State)+", asked for at "+moment(back.AskedAt))
		}
		if said := f.Resolved; said != nil {
			some("resolved", resolved(f))
		}
		some("record", f.Link)
		some("what to do", advice(f))
	})
	return err
}

func resolved(f redemptions.Found) string {
	said := f.Resolved
	found := "not moved"
	if said.Moved {
		found = "moved"
	}
	return fmt.Sprintf("%s, says %s at %s: %s", found, said.By, moment(said.At), said.Reason)
}

// advice says what a person does about a redemption; empty if there is nothing to do.
func advice(f redemptions.Found) string {
	resolve := buildinfo.Program + " cards resolve " + f.Name() + " --moved --reason WHY, or with --not-moved"
	switch doubt, _ := f.Doubt(); {
	case doubt == redemptions.Taking:
		return "look up at the issuer whether the amount was taken off the card, under the reference " + f.ID + ", then: " + resolve
	case doubt == redemptions.GivingBack:
		return "look up at the issuer whether the amount was given back, under the reference " + f.ID + ", then: " + resolve
	case f.BelowZero != "":
		return "ask the issuer what was taken off the card: it let more be taken than was on it, by another till as well"
	case f.Contradicted:
		return "ask the issuer what took the amount off the card: it says that it was not this redemption"
	}
	return ""
}

// printAll prints a list of redemptions.
func printAll(w io.Writer, list []redemptions.Found) error {
	return cli.Table(w, func(row func(...any)) {
		row("REDEMPTION", "STATE", "AMOUNT", "ORDER", "ACCEPTED", "CARD OF")
		for _, f := range list {
			row(printable.Line(f.Name(), 0), printable.Line(state(f), 0), amount(f), printable.Line(f.Order, 0), moment(f.AcceptedAt),
				printable.Line(boughtWith(f.Bought), 0))
		}
	})
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// given returns an error unless a reason was given.
func given(reason string) error {
	if strings.TrimSpace(reason) == "" {
		return cli.Usagef("--reason must not be empty: it is recorded")
	}
	return nil
}
