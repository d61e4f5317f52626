package config_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/config"
)

func TestPayloadKeysDecode(t *testing.T) {
	t.Parallel()
	short := base64.StdEncoding.EncodeToString([]byte("short"))
	tests := []struct{ name, value, want string }{
		{"none", "", ""},
		{"one", "a:" + key1, ""},
		{"two", " a:" + key1 + " , b-2._:" + key2 + " ", ""},
		{"trailing comma", "a:" + key1 + ",", "key 2: need id:base64"},
		{"no ID", key1, "key 1: need id:base64"},
		{"empty ID", ":" + key1, "key 1: need an ID of at most 64 letters, digits, dots, dashes or underscores"},
		{"wrong way round", key1 + ":a", "key 1: need an ID of at most 64 letters, digits, dots, dashes or underscores"},
		{"ID twice", "a:" + key1 + ",a:" + key2, "key 2: has the same ID as key 1"},
		{"no base64", "a:hush!", "key 1: need standard base64, such as the output of openssl rand -base64 32"},
		{"short", "a:" + key1 + ",b:" + short, "key 2: need 32 bytes, have 5"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var k config.PayloadKeys
			err := k.Decode(tt.value)
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, tt.want)
			require.Empty(t, k)
		})
	}
}

func FuzzPayloadKeys(f *testing.F) {
	f.Add("a:" + key1)
	f.Add("a:" + key1 + ",b:" + key2)
	f.Add("a:hush,:,")
	f.Fuzz(func(t *testing.T, value string) {
		var k config.PayloadKeys
		if err := k.Decode(value); err != nil {
			require.Empty(t, k)
			return
		}
		seen := map[string]bool{}
		var entries []string
		for _, key := range k {
			require.False(t, seen[key.ID])
			seen[key.ID] = true
			require.Len(t, key.Key.Reveal(), config.PayloadKeySize)
			entries = append(entries, key.ID+":"+base64.StdEncoding.EncodeToString([]byte(key.Key.Reveal())))
		}
		var again config.PayloadKeys
		require.NoError(t, again.Decode(strings.Join(entries, ",")))
		require.Equal(t, k, again)
	})
}

func FuzzList(f *testing.F) {
	f.Add("GIFT-50, GIFT-100")
	f.Add(",,")
	f.Add(" ")
	f.Fuzz(func(t *testing.T, value string) {
		var l config.List
		require.NoError(t, l.Decode(value))
		for _, entry := range l {
			require.Equal(t, strings.TrimSpace(entry), entry)
			require.NotContains(t, entry, ",")
		}
		var again config.List
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
	for value, want := range map[string]config.Clock{
		"00:00": {},
		"07:05": {Hour: 7, Minute: 5},
		"23:59": {Hour: 23, Minute: 59},
	} {
		var c config.Clock
		require.NoError(t, c.Decode(value))
		require.Equal(t, want, c)
	}
	for _, value := range []string{"", "7:05", "24:00", "18:60", "18", "18:00:00", "6pm", " 18:00"} {
		var c config.Clock
		require.Error(t, c.Decode(value), value)
	}
}

func FuzzClock(f *testing.F) {
	f.Add("18:00")
	f.Add("24:61")
	f.Fuzz(func(t *testing.T, value string) {
		var c config.Clock
		if c.Decode(value) == nil {
			require.Equal(t, value, c.String())
		}
	})
}
