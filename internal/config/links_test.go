package config_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/links"
)

func TestSigningKeysDecode(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("hush", 8)
	for value, want := range map[string]string{
		"":                              "",
		"k1:" + long:                    "",
		"new:" + long + ", old:" + long: "",
		long:                            "key 1: need id:secret",
		"k1:" + long + "," + long:       "key 2: need id:secret",
		"k 1:" + long:                   "key 1: need an ID of at most 32",
		":" + long:                      "key 1: need an ID of at most 32",
		"k1:" + long[1:]:                "key 1: need a secret of at least 32 characters",
		"k1:" + long + " x":             "key 1: need a secret of at least 32 characters",
		"k1:" + long + ",k1:" + long:    "two keys have the same ID",
		"k1:" + long + ",":              "key 2: need id:secret",
	} {
		var k links.SigningKeys
		err := k.Decode(value)
		if want == "" {
			require.NoError(t, err, value)
			require.Equal(t, strings.ReplaceAll(value, " ", ""), k.Reveal())
			for _, form := range []string{k.String(), fmt.Sprint(k), fmt.Sprintf("%#v", k), fmt.Sprintf("%+v", k)} {
				require.NotContains(t, form, "hush")
			}
			text, err := json.Marshal(k)
			require.NoError(t, err)
			require.NotContains(t, string(text), "hush")
			continue
		}
		require.ErrorContains(t, err, want, value)
		require.NotContains(t, err.Error(), "hush")
		require.Empty(t, k)
	}
}

func TestActionKeysAreChecked(t *testing.T) {
	t.Parallel()
	key := links.SigningKey{ID: "k1", Secret: config.NewSecret(strings.Repeat("s", 32))}
	for name, keys := range map[string]links.SigningKeys{
		"short":    {{ID: "k1", Secret: config.NewSecret("short")}},
		"nameless": {{Secret: key.Secret}},
		"twice":    {key, key},
	} {
		c := valid()
		c.Links.Keys = keys
		require.ErrorContains(t, c.Validate(), "ACTION_KEYS: key", name)
	}
	c := valid()
	c.Links.Keys = links.SigningKeys{key}
	require.NoError(t, c.Validate())
}
