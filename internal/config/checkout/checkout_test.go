package checkout_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/config/checkout"
)

func hash(key string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(key))) }

func TestClients(t *testing.T) {
	t.Parallel()
	var c checkout.Clients
	value := "shop:" + hash("a") + ":balance+redeem,till-2:" + hash("b") + ":reverse"
	require.NoError(t, c.Decode(" "+strings.ReplaceAll(value, ",", " , ")))
	require.Len(t, c, 2)
	require.Equal(t, "shop", c[0].Name)
	require.Equal(t, sha256.Sum256([]byte("a")), c[0].Hash)
	require.Equal(t, []string{checkout.Balance, checkout.Redeem}, c[0].Rights)
	require.Equal(t, value, c.Reveal())
	written, err := json.Marshal(map[string]any{"c": c})
	require.NoError(t, err)
	for _, shown := range []string{c.String(), fmt.Sprint(c), string(written)} {
		require.Contains(t, shown, "till-2")
		require.NotContains(t, shown, hash("a"))
	}
	require.NoError(t, c.Decode(""))
	require.Empty(t, c)
}

func TestClientsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	const key = "gb_a-key-in-the-place-of-its-hash"
	for value, says := range map[string]string{
		"shop":                                    "entry 1: need name:hash:rights",
		key:                                       "entry 1: need name:hash:rights",
		"shop:" + key + ":redeem":                 "entry 1: need the SHA-256 hash",
		"shop:" + hash("a"):                       "entry 1: need name:hash:rights",
		"shop:" + hash("a") + ":spend":            "entry 1: need one or more of balance, redeem, reverse",
		"shop:" + hash("a") + ":redeem+redeem":    "entry 1: need one or more of",
		"shop:" + hash("a") + ":":                 "entry 1: need one or more of",
		"a shop:" + hash("a") + ":redeem":         "entry 1: need a name",
		"shop:" + hash("a") + ":redeem,":          "entry 2: need name:hash:rights",
		"shop:" + hash("a")[:62] + ":redeem":      "entry 1: need the SHA-256 hash",
		"shop:" + hash("a") + ":redeem:" + key:    "entry 1: need name:hash:rights",
		strings.Repeat("x", 33) + ":" + hash("a"): "entry 1: need name:hash:rights",
	} {
		var c checkout.Clients
		err := c.Decode(value)
		require.ErrorContains(t, err, says, value)
		require.NotContains(t, err.Error(), key)
		require.NotContains(t, err.Error(), hash("a"))
	}
}
