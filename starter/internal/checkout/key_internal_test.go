package checkout

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/checkout/access"
	"github.com/giftbridge/giftbridge/internal/checkout/api"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config/checkout"
)

// run runs a command, and returns what it prints.
func run(t *testing.T, f cli.Flags, args ...string) (string, error) {
	t.Helper()
	cmd := Command(&f)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	var out, errs bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetErr(&errs)
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(t.Context())
	require.Empty(t, errs.String())
	return out.String(), err
}

// The receiver knows the client by the key, if it is given the entry.
func TestKey(t *testing.T) {
	t.Parallel()
	out, err := run(t, cli.Flags{}, "key", "webshop")
	require.NoError(t, err)
	key := regexp.MustCompile(`gbk_[A-Za-z0-9_-]{43}\b`).FindAllString(out, -1)
	require.Len(t, key, 1, "it is printed once")
	entry := regexp.MustCompile(`(?m)^  (webshop:\S+)$`).FindStringSubmatch(out)
	require.NotNil(t, entry, out)
	require.NotContains(t, entry[1], key[0])

	var clients checkout.Clients
	require.NoError(t, clients.Decode(entry[1]))
	require.Equal(t, []string{checkout.Balance, checkout.Redeem}, clients[0].Rights)
	g := access.New(access.Options{Clients: []access.Key{{
		Name: clients[0].Name, Hash: clients[0].Hash, Rights: []api.Right{api.RightBalance},
	}}})
	client, ok := g.Authenticate(http.Header{"Authorization": {"Bearer " + key[0]}})
	require.True(t, ok)
	require.Equal(t, "webshop", client.Name)
}

func TestKeyAsJSON(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 2 {
		out, err := run(t, cli.Flags{JSON: true}, "key", "till-2", "--rights", "redeem,reverse")
		require.NoError(t, err)
		var m made
		require.NoError(t, json.Unmarshal([]byte(out), &m))
		require.Equal(t, "till-2", m.Client)
		require.Equal(t, []string{"redeem", "reverse"}, m.Rights)
		require.Equal(t, fmt.Sprintf("till-2:%x:redeem+reverse", sha256.Sum256([]byte(m.Key))), m.Entry)
		seen[m.Key] = true
	}
	require.Len(t, seen, 2, "each key is another")
}

func TestKeysThatCannotBeMade(t *testing.T) {
	t.Parallel()
	const bad = "need a name of "
	for _, tt := range []struct {
		says string
		args []string
	}{
		{bad, []string{"key", "web shop"}},
		{bad, []string{"key", "web:shop"}},
		{bad, []string{"key", " webshop"}},
		{bad, []string{"key", "a,b"}},
		{bad, []string{"key", ""}},
		{bad, []string{"key", "käse"}},
		{bad, []string{"key", strings.Repeat("x", 33)}},
		{`"spend" is not a right: need one or more of balance, redeem, reverse`, []string{"key", "webshop", "--rights", "spend"}},
		{"is not a right", []string{"key", "webshop", "--rights", "redeem:x"}},
		{"is not a right", []string{"key", "webshop", "--rights", "balance+redeem"}},
		{"need one or more of balance, redeem, reverse", []string{"key", "webshop", "--rights", "redeem,redeem"}},
		{"need one or more of balance, redeem, reverse", []string{"key", "webshop", "--rights", ""}},
		{"accepts 1 arg", []string{"key"}},
		{"accepts 1 arg", []string{"key", "webshop", "till"}},
	} {
		out, err := run(t, cli.Flags{}, tt.args...)
		require.ErrorContains(t, err, tt.says)
		require.Empty(t, out)
		var usage *cli.UsageError
		require.ErrorAs(t, err, &usage, tt.says)
	}
}
