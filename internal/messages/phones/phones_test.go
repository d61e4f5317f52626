package phones_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/messages/phones"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		raw, country, number string
		mobile               bool
	}{
		"a US number, which may be mobile":         {"(415) 555-2671", "US", "+14155552671", true},
		"a country in small letters":               {"(415) 555-2671", "us", "+14155552671", true},
		"a number with its country code":           {"+1 415 555 2671", "DE", "+14155552671", true},
		"a German mobile number":                   {"0151 23456789", "DE", "+4915123456789", true},
		"a German landline":                        {"030 901820", "DE", "+4930901820", false},
		"a British mobile number":                  {"07400 123456", "GB", "+447400123456", true},
		"a British landline":                       {"020 7031 3000", "GB", "+442070313000", false},
		"a French mobile number":                   {"06 12 34 56 78", "FR", "+33612345678", true},
		"a Japanese mobile number":                 {"090-1234-5678", "JP", "+819012345678", true},
		"a number free of charge":                  {"800 253 0000", "US", "+18002530000", false},
		"behind a switchboard":                     {"415 555 2671 ext. 12", "US", "+14155552671", false},
		"too short":                                {"555", "US", "", false},
		"not a number":                             {"call me", "US", "", false},
		"empty":                                    {"", "US", "", false},
		"no country":                               {"415 555 2671", "", "", false},
		"an unknown country":                       {"415 555 2671", "XX", "", false},
		"a country code that is not one":           {"+999 123 456 789", "US", "", false},
		"far too long":                             {strings.Repeat("4", 500), "US", "", false},
		"a mobile number of another plan than US'": {"0151 23456789", "US", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			number, mobile := phones.Book{}.Parse(c.raw, c.country)
			require.Equal(t, c.number, number)
			require.Equal(t, c.mobile, mobile)
		})
	}
}

func TestZones(t *testing.T) {
	t.Parallel()
	names := func(zones []*time.Location) []string {
		var out []string
		for _, z := range zones {
			out = append(out, z.String())
		}
		return out
	}
	require.Equal(t, []string{"America/Los_Angeles"}, names(phones.Book{}.Zones("+14155552671")))
	require.Equal(t, []string{"Europe/Berlin"}, names(phones.Book{}.Zones("+4915123456789")))
	require.NotEmpty(t, phones.Book{}.Zones("+79161234567"))
	require.Empty(t, phones.Book{}.Zones(""))
	require.Empty(t, phones.Book{}.Zones("not a number"))
}

// A number that was read is read again as itself, without a country.
func FuzzParse(f *testing.F) {
	f.Add("(415) 555-2671", "US")
	f.Add("+49 151 23456789", "")
	f.Add("٠٥٠ ١٢٣ ٤٥٦٧", "AE")
	f.Fuzz(func(t *testing.T, raw, country string) {
		number, mobile := phones.Book{}.Parse(raw, country)
		if number == "" {
			require.False(t, mobile)
			return
		}
		require.Regexp(t, `^\+[1-9][0-9]{3,16}$`, number)
		again, _ := phones.Book{}.Parse(number, "")
		require.Equal(t, number, again)
	})
}
