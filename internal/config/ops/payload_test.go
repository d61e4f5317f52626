package ops_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/config/ops"
)

var (
	key1 = base64.StdEncoding.EncodeToString([]byte(strings.Repeat("1", ops.PayloadKeySize)))
	key2 = base64.StdEncoding.EncodeToString([]byte(strings.Repeat("2", ops.PayloadKeySize)))
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
			var k ops.PayloadKeys
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
		var k ops.PayloadKeys
		if err := k.Decode(value); err != nil {
			require.Empty(t, k)
			return
		}
		seen := map[string]bool{}
		var entries []string
		for _, key := range k {
			require.False(t, seen[key.ID])
			seen[key.ID] = true
			require.Len(t, key.Key.Reveal(), ops.PayloadKeySize)
			entries = append(entries, key.ID+":"+base64.StdEncoding.EncodeToString([]byte(key.Key.Reveal())))
		}
		var again ops.PayloadKeys
		require.NoError(t, again.Decode(strings.Join(entries, ",")))
		require.Equal(t, k, again)
	})
}

func TestPayloadKeysNeverPrint(t *testing.T) {
	t.Parallel()
	var k ops.PayloadKeys
	require.NoError(t, k.Decode("k1:"+key1+", k2:"+key2))
	holder := struct{ Payload ops.Payload }{ops.Payload{Keys: k}}
	for _, out := range []string{fmt.Sprintf("%v %+v %#v %s", k, k, k, k), fmt.Sprint(holder)} {
		require.NotContains(t, out, strings.Repeat("1", 4))
		require.NotContains(t, out, key1)
		require.Contains(t, out, "k1")
	}
	require.Equal(t, "k1:[redacted],k2:[redacted]", k.String())
	require.Equal(t, "k1:"+key1+",k2:"+key2, k.Reveal())
}
