package left_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/left"
	"github.com/giftbridge/giftbridge/workflows"
)

// What a person types is checked before anything is asked, and errors do not repeat an address.
func TestReadFix(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		email, message, sendOn string
		want                   workflows.Fix
		refused                string
	}{
		"an address":       {email: " b@example.com ", want: workflows.Fix{Email: "b@example.com"}},
		"a greeting":       {message: "Hi", want: workflows.Fix{Message: "Hi"}},
		"a day":            {sendOn: "2026-12-24", want: workflows.Fix{SendOn: "2026-12-24"}},
		"at once":          {sendOn: "now", want: workflows.Fix{SendOn: workflows.SendNow}},
		"nothing":          {refused: "nothing to correct was given"},
		"two addresses":    {email: "b@example.com,c@example.com", refused: "is more than one address"},
		"no address":       {email: "grace", refused: "is not an address"},
		"a long greeting":  {message: strings.Repeat("x", 2001), refused: "more than 2000 characters"},
		"a day in English": {sendOn: "tomorrow", refused: "neither now nor a date"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := left.ReadFix(tt.email, tt.message, tt.sendOn)
			if tt.refused != "" {
				require.ErrorContains(t, err, tt.refused)
				require.NotContains(t, err.Error(), "grace")
				require.NotContains(t, err.Error(), "@")
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
}
