package cashstarissuer_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/issuer/cashstarissuer"
)

// The documentation has the table of abilities.
func TestAbilitiesAreDocumented(t *testing.T) {
	t.Parallel()
	found, err := issuer.Find(cashstarissuer.New(nil, true))
	require.NoError(t, err)
	require.NotContains(t, found.Names(), "spend")
	require.EqualError(t, found.Spend(t.Context(), issuer.Movement{}), "CashStar does not take amounts off its cards")
	page, err := os.ReadFile("../../../docs/architecture.md")
	require.NoError(t, err)
	for _, ability := range found.Table() {
		has := map[bool]string{true: "yes", false: "no"}[ability.Has]
		if ability.Name == "dedupes" {
			has = "`ISSUER_DEDUPES`"
		}
		require.Contains(t, string(page), fmt.Sprintf("| %s | %s | %s | ", ability.Name, ability.Means, has))
	}
}
