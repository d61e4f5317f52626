package accounts

import (
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
)

// An invisible character makes a different name: it finds no merchant, and never another one.
func TestInvisibleCharactersFindNoOtherMerchant(t *testing.T) {
	t.Parallel()
	index := newIndex(words, []issuer.Account{
		{Code: "WIDGETS", Names: []string{"Widgets", "Widgets Ltd"}},
		{Code: "SPACED", Names: []string{"Wid gets", ""}},
	})
	for _, r := range "\u200b\u200c\u200d\u2060\ufeff\u00ad\u202a\u202e\u2066\u2069\u200e\u034f\u3164\uffa0\u2800\u180e\x00\x7f\ufe0f" {
		for _, name := range []string{fmt.Sprintf("Wid%cgets", r), fmt.Sprintf("%cWidgets", r), fmt.Sprintf("Widgets%c", r)} {
			code, err := index.match("", nil, giftcard.Customer{ID: "1", DisplayName: name, CompanyExternalID: name})
			require.ErrorContains(t, err, "is not one of CashStar's 2 merchants", "%q is %s", name, code)
		}
	}
	_, err := index.match("", nil, giftcard.Customer{ID: "1", DisplayName: "\u200b", CompanyName: " ", CompanyExternalID: "\u3164"})
	require.Error(t, err)
}

// A merchant whose code looks like another's, or could affect a reader's terminal, is ignored.
func TestMerchantCodesAreWhatTheyLookLike(t *testing.T) {
	t.Parallel()
	index := newIndex(words, []issuer.Account{
		{Code: "TWS\u200b", Names: []string{"Widgets", ""}},
		{Code: "\x1b[2J", Names: []string{"Widgets", ""}},
		{Code: "SWT\u202e", Names: []string{"Widgets", ""}},
		{Code: strings.Repeat("x", 256), Names: []string{"Widgets", ""}},
		{Code: "TWS-1_ä", Names: []string{"Widgets", ""}},
	})
	code, err := index.match("", nil, giftcard.Customer{ID: "1", DisplayName: "Widgets"})
	require.NoError(t, err, "the others are not there, so there is nothing ambiguous")
	require.Equal(t, "TWS-1_ä", code)
	for _, code := range []string{"TWS", "TWS\u200b", "\x1b[2J"} {
		_, err := index.match(code, nil, giftcard.Customer{})
		require.ErrorContains(t, err, "is not one of CashStar's 1 merchants")
	}
}

// FuzzFoldName looks for names that fold to nothing, or to another name when folded again.
func FuzzFoldName(f *testing.F) {
	f.Add("Widgets Ltd")
	f.Fuzz(func(t *testing.T, name string) {
		if strings.ContainsFunc(name, func(r rune) bool { return unicode.Is(unicode.Cherokee, r) }) {
			return // The folding of x/text swaps the case of Cherokee letters.
		}
		folded := foldName(name)
		require.Equal(t, folded, foldName(folded))
		require.Equal(t, strings.TrimSpace(folded), folded)
	})
}
