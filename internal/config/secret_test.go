package config_test

import (
	"encoding/json"
	"fmt"
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
