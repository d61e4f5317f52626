package accounts

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/issuer/cashstarissuer"
)

// fixed is an issuer with these accounts.
type fixed struct {
	*cashstarissuer.Issuer
	accounts []issuer.Account
}

func (f fixed) Accounts(context.Context) ([]issuer.Account, error) { return f.accounts, nil }

// Explain finds the account that Match finds, and says what it was matched by.
func TestExplain(t *testing.T) {
	t.Parallel()
	found, err := issuer.Find(fixed{cashstarissuer.New(nil, true), []issuer.Account{
		{Code: "TWS", Names: []string{"The Widget Shop", "Widget Shop Ltd."}}, {Code: "EXA", Names: []string{"Example"}},
	}})
	require.NoError(t, err)
	list := NewList(found)
	who := giftcard.Customer{ID: "77", CompanyExternalID: "EXA", CompanyName: "Widget Shop Ltd.", DisplayName: "example"}
	for name, tt := range map[string]struct {
		code string
		by   []string
		want Match
	}{
		"configured":   {"TWS", nil, Match{"TWS", ByCode}},
		"external ID":  {"", nil, Match{"EXA", ByExternalID}},
		"company":      {"", []string{ByCompany, ByName}, Match{"TWS", ByCompany}},
		"name":         {"", []string{ByName}, Match{"EXA", ByName}},
		"no such code": {"NONE", nil, Match{}},
	} {
		got, err := list.Explain(t.Context(), tt.code, tt.by, who)
		require.Equal(t, tt.want, got, name)
		require.Equal(t, tt.want == Match{}, err != nil, name)
		code, err := list.Match(t.Context(), tt.code, tt.by, who)
		require.Equal(t, tt.want.Code, code, name)
		require.Equal(t, tt.want == Match{}, err != nil, name)
	}
}
