package checkout

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config/checkout"
)

const (
	// prefix tells what a key is for, to people and to programs that look for secrets in the wrong place.
	prefix = "gbk_"
	// keyBytes is the number of random bytes of a key.
	keyBytes = 32
)

// made is a new key of a client.
type made struct {
	Client string   `json:"client"`
	Rights []string `json:"rights"`
	Key    string   `json:"key"`
	// Entry is what the receiver is given.
	Entry string `json:"entry"`
}

func newKey(f *cli.Flags) *cobra.Command {
	var rights []string
	cmd := &cobra.Command{
		Use:   "key NAME [--rights balance,redeem,reverse]",
		Short: "Make a key for a client that spends gift cards",
		Long: `Key makes a random key for the client NAME, and prints it together with its entry for CHECKOUT_CLIENTS. The key is for the
client, which sends it with each request (Authorization: Bearer KEY). It is printed once and kept nowhere: the entry has only
its hash. The command connects to nothing, and changes nothing.

The rights are some of:
  balance   ask what is on a card
  redeem    take amounts off cards, and see what became of that
  reverse   give back what was taken

Give each client what it needs, and clients of their own to a page that anybody can reach and to the checkout: the limits
of one client, which slow down who guesses codes, are not those of another. docs/checkout.md has more.

A client is named in every redemption it asks for, so its name stays when its key changes. It may have two keys at a time:
  1. Make a new key with the same NAME, and add its entry to CHECKOUT_CLIENTS beside the old one.
  2. Restart the receivers. Now both keys are valid.
  3. Give the client the new key.
  4. Remove the old entry, and restart the receivers. If the old key has become known, do so at once.`,
		Example: `  giftbridge checkout key webshop
  giftbridge checkout key webshop --rights balance,redeem,reverse
  giftbridge checkout key balance-page --rights balance --json`,
		Args: cli.OneArg,
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := makeKey(args[0], rights)
			if err != nil {
				return &cli.UsageError{Err: err}
			}
			if f.JSON {
				return cli.JSON(cmd.OutOrStdout(), m)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "The key of %s, for the client alone. It is not shown again:\n  %s\n\n"+
				"Its entry, for CHECKOUT_CLIENTS of the receivers; a comma separates it from others:\n  %s\n", m.Client, m.Key, m.Entry)
			return err
		},
	}
	cmd.Flags().StringSliceVar(&rights, "rights", []string{checkout.Balance, checkout.Redeem}, "what the client may ask for")
	cli.Complete(cmd, "rights", checkout.Rights...)
	return cmd
}

// makeKey makes a key for a client.
func makeKey(name string, rights []string) (made, error) {
	for _, right := range rights {
		if !slices.Contains(checkout.Rights, right) {
			return made{}, fmt.Errorf("%q is not a right: need one or more of %s", right, strings.Join(checkout.Rights, ", "))
		}
	}
	random := make([]byte, keyBytes)
	_, _ = rand.Read(random) // It never fails.
	key := prefix + base64.RawURLEncoding.EncodeToString(random)
	one := checkout.Clients{{Name: name, Hash: sha256.Sum256([]byte(key)), Rights: rights}}
	var read checkout.Clients
	err := read.Decode(one.Reveal())
	switch {
	case strings.ContainsAny(name, ":, "):
		err = errors.New("need a name of letters, digits, dots, dashes or underscores")
	case err != nil:
		err = errors.New(strings.TrimPrefix(err.Error(), "entry 1: "))
	}
	return made{Client: name, Rights: rights, Key: key, Entry: one.Reveal()}, err
}
