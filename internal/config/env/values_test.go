package env_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/config/env"
)

func TestSecretIsSet(t *testing.T) {
	t.Parallel()
	require.True(t, env.NewSecret("x").IsSet())
	require.False(t, env.NewSecret("").IsSet())
	require.Empty(t, env.Secret{}.Reveal())
}

func FuzzList(f *testing.F) {
	f.Add("GIFT-50, GIFT-100")
	f.Add(",,")
	f.Add(" ")
	f.Fuzz(func(t *testing.T, value string) {
		var l env.List
		require.NoError(t, l.Decode(value))
		for _, entry := range l {
			require.Equal(t, strings.TrimSpace(entry), entry)
			require.NotContains(t, entry, ",")
		}
		var again env.List
		require.NoError(t, again.Decode(l.String()))
		if l.String() == "" {
			require.Empty(t, again)
			return
		}
		require.Equal(t, l, again)
	})
}

func TestClockDecode(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]env.Clock{
		"00:00": {},
		"07:05": {Hour: 7, Minute: 5},
		"23:59": {Hour: 23, Minute: 59},
	} {
		var c env.Clock
		require.NoError(t, c.Decode(value))
		require.Equal(t, want, c)
	}
	for _, value := range []string{"", "7:05", "24:00", "18:60", "18", "18:00:00", "6pm", " 18:00"} {
		var c env.Clock
		require.Error(t, c.Decode(value), value)
	}
}

func FuzzClock(f *testing.F) {
	f.Add("18:00")
	f.Add("24:61")
	f.Fuzz(func(t *testing.T, value string) {
		var c env.Clock
		if c.Decode(value) == nil {
			require.Equal(t, value, c.String())
		}
	})
}
