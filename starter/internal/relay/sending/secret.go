package sending

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/starter/internal/session"
)

// secretBytes is the number of random bytes of a secret. Standard Webhooks takes 24 to 64.
const secretBytes = 32

// newSecret returns a secret as Standard Webhooks 1.0.0 writes it.
func newSecret() string {
	key := make([]byte, secretBytes)
	_, _ = rand.Read(key) // It never fails.
	return "whsec_" + base64.StdEncoding.EncodeToString(key)
}

// made is a new secret in JSON.
type made struct {
	Secret string   `json:"secret"`
	Steps  []string `json:"steps"`
}

// steps are what a person does with a new secret.
var steps = []string{
	"Put the new secret in front of the old one in RELAY_SECRETS, separated by a comma: NEW,OLD. Both endpoints are signed with it.",
	"Restart the workers. From now on each request has two signatures, one by each secret.",
	"Give the new secret to the people of the other system, by a way that others cannot read. They may change at any time.",
	"Once they say that they have changed, send a test event: giftbridge relay test orders, and relay test products.",
	"Remove the old secret from RELAY_SECRETS, and restart the workers. If the old one has become known, do not wait with that.",
}

func newRotate(f *cli.Flags) *cobra.Command {
	return &cobra.Command{
		Use:   "rotate-secret [ENDPOINT]",
		Short: "Make a new secret for signatures, and say how to change to it",
		Long: `Rotate-secret makes a random secret that signs what is sent, and prints it with the steps that bring it into use without
losing an event. It is printed once and kept nowhere. The command connects to nothing, and changes nothing.

RELAY_SECRETS signs for both endpoints. If they belong to different systems, both get the new secret.`,
		Example: `  giftbridge relay rotate-secret
  giftbridge relay rotate-secret --json | jq -r .secret`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return session.OneEndpoint(cmd, args)
		},
		ValidArgsFunction: session.CompleteEndpoint,
		RunE: func(cmd *cobra.Command, _ []string) error {
			m := made{Secret: newSecret(), Steps: steps}
			if f.JSON {
				return cli.JSON(cmd.OutOrStdout(), m)
			}
			out := cmd.OutOrStdout()
			if _, err := fmt.Fprintf(out, "The new secret. It is not shown again:\n  %s\n\n", m.Secret); err != nil {
				return err
			}
			for i, step := range m.Steps {
				if _, err := fmt.Fprintf(out, "%d. %s\n", i+1, step); err != nil {
					return err
				}
			}
			return nil
		},
	}
}
