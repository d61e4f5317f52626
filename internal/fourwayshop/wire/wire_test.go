package wire_test

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/fourwayshop/wire"
)

func TestParseAmount(t *testing.T) {
	t.Parallel()
	for said, want := range map[wire.Text]string{
		"": "", "390": "390.00", "390.5": "390.50", "390,5": "390.50", "0": "0.00", "-0": "0.00", "-0.005": "-0.005",
		"00390.10000": "390.10", "3.9E+2": "390.00", "3.9e-1": "0.39", "1e-3": "0.001", "-50.0": "-50.00", "1E2": "100.00",
		"9007199254740993.01": "9007199254740993.01", "0.1": "0.10", "49.99": "49.99",
	} {
		got, err := wire.ParseAmount(said)
		require.NoError(t, err, said)
		require.Equal(t, want, got, said)
	}
	for _, bad := range []wire.Text{
		"x", "1.000,00", "1,000.00", "1 000", "€5", "5 EUR", "+5", ".5", "5.", "1e999", "NaN", "Infinity", "0x10", "--5", "1e",
	} {
		_, err := wire.ParseAmount(bad)
		require.Error(t, err, bad)
	}
}

// The value never changes.
func FuzzParseAmount(f *testing.F) {
	f.Add("-1234.5e-1")
	f.Fuzz(func(t *testing.T, said string) {
		got, err := wire.ParseAmount(wire.Text(said))
		if err != nil || said == "" {
			require.Empty(t, got)
			return
		}
		want, ok := new(big.Rat).SetString(strings.Replace(said, ",", ".", 1))
		require.True(t, ok)
		value, ok := new(big.Rat).SetString(got)
		require.True(t, ok)
		require.Zero(t, want.Cmp(value), "%s became %s", said, got)
		require.Regexp(t, `^-?(0|[1-9][0-9]*)\.[0-9]{2,}$`, got)
		again, err := wire.ParseAmount(wire.Text(got))
		if err == nil { // More than 18 digits are not read.
			require.Equal(t, got, again)
		}
	})
}

func TestParseDate(t *testing.T) {
	t.Parallel()
	want := time.Date(2024, 2, 29, 23, 30, 0, 0, time.UTC)
	for _, said := range []wire.Text{"2024-02-29 23:30:00", "2024-02-29T23:30:00", "2024-02-29T23:30:00Z", "2024-03-01T00:30:00+01:00"} {
		got, err := wire.ParseDate(said)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, none := range []wire.Text{"", "0000-00-00 00:00:00", "0000-00-00"} {
		got, err := wire.ParseDate(none)
		require.NoError(t, err)
		require.Zero(t, got)
	}
	for _, bad := range []wire.Text{"29/02/2024", "2023-02-29 00:00:00", "soon", "1709249400"} {
		_, err := wire.ParseDate(bad)
		require.Error(t, err, bad)
	}
}

func TestParseMilliseconds(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]time.Duration{
		"285000": 285 * time.Second, "285000.7": 285 * time.Second, "1e3": time.Second, "": 0, "0": 0, "-5": 0, "soon": 0,
		"999999999999999999": 366 * 24 * time.Hour, "-999999999999999999": 0,
	} {
		got, ok := wire.ParseMilliseconds(said)
		require.Equal(t, want > 0, ok, said)
		if ok {
			require.Equal(t, want, got, said)
		}
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]wire.Flag{
		`true`: wire.Yes, `"Y"`: wire.Yes, `"Sì"`: wire.Yes, `1`: wire.Yes, `" yes "`: wire.Yes, `false`: wire.No, `"n"`: wire.No,
		`0`: wire.No, `null`: wire.Unsaid, `""`: wire.Unsaid, `"maybe"`: wire.Unsaid, `2`: wire.Unsaid,
	} {
		var f wire.Flag
		require.NoError(t, json.Unmarshal([]byte(said), &f))
		require.Equal(t, want, f, said)
	}
	var f wire.Flag
	require.Error(t, json.Unmarshal([]byte(`{}`), &f))
	require.Error(t, json.Unmarshal([]byte(`[]`), &f))
}

func TestOneOrMany(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]wire.OneOrMany[wire.Text]{`null`: nil, `[]`: {}, `"a"`: {"a"}, `["a",1]`: {"a", "1"}} {
		var got wire.OneOrMany[wire.Text]
		require.NoError(t, json.Unmarshal([]byte(said), &got))
		require.Equal(t, want, got, said)
	}
}
