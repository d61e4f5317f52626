package fourwayshopissuer_test

import (
	"fmt"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/issuer/fourwayshopissuer"
)

// The documentation has the table of abilities.
func TestAbilitiesAreDocumented(t *testing.T) {
	t.Parallel()
	found, err := issuer.Find(fourwayshopissuer.New(nil, fourwayshopissuer.Options{}))
	require.NoError(t, err)
	page, err := os.ReadFile("../../../docs/architecture.md")
	require.NoError(t, err)
	for _, ability := range found.Table() {
		has := map[bool]string{true: "yes", false: "no"}[ability.Has]
		if ability.Name == "document" {
			has = "`FOURWAYSHOP_PDF_HOSTS`"
		}
		require.Regexp(t, fmt.Sprintf(`(?m)^\| %s \| %s \| [^|]+ \| %s \|$`, ability.Name, regexp.QuoteMeta(ability.Means), has), string(page))
	}
}
