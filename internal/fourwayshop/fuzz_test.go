package fourwayshop_test

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/fourwayshop"
	"github.com/giftbridge/giftbridge/internal/rest"
)

var (
	decimal = regexp.MustCompile(`^(-?(0|[1-9][0-9]*)\.[0-9]{2,})?$`)
	uuid    = regexp.MustCompile(`^[0-9a-f-]{36}$`)
	digits  = regexp.MustCompile(`[0-9]([ -]?[0-9]){7,}`)
)

// requireExplained fails unless err is a failure that holds nothing like a barcode.
func requireExplained(t *testing.T, err error) {
	t.Helper()
	var e *rest.Error
	require.ErrorAs(t, err, &e)
	require.Contains(t, []rest.Outcome{rest.Unreadable, rest.Contradictory, rest.Refused}, e.Outcome)
	require.NotRegexp(t, digits, e.Error())
}

func FuzzGetAnswer(f *testing.F) {
	f.Add(sample(f, "get.json"))
	f.Fuzz(func(t *testing.T, body string) {
		card, err := answering(t, 200, body).Get(t.Context(), sampleBarcode)
		if err != nil {
			requireExplained(t, err)
			return
		}
		require.Equal(t, sampleBarcode, card.Barcode)
		require.Regexp(t, decimal, card.Amount)
		require.Regexp(t, decimal, card.OriginalAmount)
	})
}

func FuzzCallback(f *testing.F) {
	f.Add(sample(f, "generated.json"))
	f.Add(sample(f, "updated.json"))
	f.Fuzz(func(t *testing.T, body string) {
		cards, err := fourwayshop.ParseGenerated([]byte(body))
		if err != nil {
			requireExplained(t, err)
		} else {
			require.NotEmpty(t, cards)
		}
		for _, c := range cards {
			require.Regexp(t, `^[0-9A-Za-z]{8,40}$`, string(c.Barcode))
		}
		if done, err := fourwayshop.ParseUpdated([]byte(body)); err != nil {
			requireExplained(t, err)
		} else if !uuid.MatchString(done.ID) {
			require.NotRegexp(t, digits, done.ID)
		}
		if _, err := fourwayshop.ParsePDF([]byte(body)); err != nil {
			requireExplained(t, err)
		}
	})
}
