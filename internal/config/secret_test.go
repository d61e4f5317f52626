package config_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/config"
)

func TestSecretNeverPrints(t *testing.T) {
	t.Parallel()
	s := config.NewSecret("hush")
	hidden := struct{ s config.Secret }{s}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%10.3s", "%-20v"} {
		require.Equal(t, "[redacted]", fmt.Sprintf(verb, s))
		require.Equal(t, "[redacted]", fmt.Sprintf(verb, &s))
		for _, holder := range []any{hidden, &hidden, []config.Secret{s}, map[string]config.Secret{"a": s}, valid()} {
			out := fmt.Sprintf(verb, holder)
			require.NotContains(t, out, "hush", verb)
			require.NotContains(t, out, fmt.Sprintf("%x", "hush"), verb)
		}
	}
	require.Equal(t, "[redacted]", s.String())
	out, err := json.Marshal(map[string]any{"a": s, "b": &s, "c": valid()})
	require.NoError(t, err)
	require.NotContains(t, string(out), "hush")
	require.Contains(t, string(out), `"a":"[redacted]","b":"[redacted]"`)
	require.Equal(t, "hush", s.Reveal())
}

func TestPayloadKeysNeverPrint(t *testing.T) {
	t.Parallel()
	var k config.PayloadKeys
	require.NoError(t, k.Decode("k1:"+key1+", k2:"+key2))
	c := config.Config{Payload: config.Payload{Keys: k}}
	for _, out := range []string{fmt.Sprintf("%v %+v %#v %s", k, k, k, k), fmt.Sprint(c)} {
		require.NotContains(t, out, strings.Repeat("1", 4))
		require.NotContains(t, out, key1)
		require.Contains(t, out, "k1")
	}
	require.Equal(t, "k1:[redacted],k2:[redacted]", k.String())
}

func TestSecretIsSet(t *testing.T) {
	t.Parallel()
	require.True(t, config.NewSecret("x").IsSet())
	require.False(t, config.NewSecret("").IsSet())
	require.Empty(t, config.Secret{}.Reveal())
}
