package session

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/orders"
)

// CompleteKinds adds shell completion for --kind.
func CompleteKinds(cmd *cobra.Command) {
	cli.Complete(cmd, "kind", orders.FailureKinds()...)
}

// ReadKind returns the canonical spelling of a kind of failure. It ignores case, and rejects unknown kinds.
func ReadKind(kind string) (string, error) {
	kinds := orders.FailureKinds()
	for _, known := range kinds {
		if strings.EqualFold(kind, known) {
			return known, nil
		}
	}
	if kind == "" {
		return "", nil
	}
	return "", cli.Usagef("--kind %q is not one of %s", kind, strings.Join(kinds, ", "))
}
