package printable_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/printable"
)

func TestLine(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"empty", "", ""},
		{"plain", "#1001", "#1001"},
		{"any script", "Ünal ☕ 注文 طلب #1", "Ünal ☕ 注文 طلب #1"},
		{"white space", " a\t b\r\n\u00a0c\u3000d\u2028e ", "a b c d e"},
		{"a terminal's commands", "\x1b[31mred\x1b]0;title\x07 \u009b2J", "[31mred ]0;title 2J"},
		{"NUL and DEL", "a\x00b\x7fc", "a b c"},
		{"invalid UTF-8", "a\xffb\xc3", "a�b�"},
		{"override", "1\u202e001#", "1�001#"},
		{"every bidirectional control", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c", strings.Repeat("�", 12)},
		{"zero width", "10\u200b0\u200c1\u200d\ufeff\u2060\u00ad", "10�0�1����"},
		{"fillers that look like nothing", "\u3164\uffa0\u115f\u2800\u034f\u17b4", "������"},
		{"tags", "x\U000e0041", "x�"},
		{"private and unassigned", "\ue000\U0010ffff\u0378", "���"},
		{"an emoji with its selector", "❤\ufe0f1", "❤\ufe0f1"},
		{"a selector of nothing", "1\ufe0f\ufe0f", "1��"},
		{"accents", "e\u0301", "e\u0301"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, printable.Line(tt.in, 0))
		})
	}
}

func TestLineBound(t *testing.T) {
	t.Parallel()
	require.Equal(t, "abc…", printable.Line("abcdef", 4))
	require.Equal(t, "ab …", printable.Line("ab  cdef", 4))
	require.Equal(t, "abc", printable.Line("abc  ", 4))
	require.Equal(t, "ééé…", printable.Line("éééééé", 4))
	require.Len(t, []rune(printable.Line(strings.Repeat("x", 1<<20), 80)), 80)
}

func TestText(t *testing.T) {
	t.Parallel()
	require.Equal(t, "a:\n  b\tc  d", printable.Text("a:\n  b\tc  d"))
	require.Equal(t, "�[2J�\n�", printable.Text("\x1b[2J\r\n\u202e"))
}

func TestJSON(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"plain ☕", "\u202e#1\u200b\x7f\u009b", "\U000e0041 x", "❤\ufe0f", "a\nb\t\xff"} {
		encoded, err := json.MarshalIndent(map[string]string{"k": s}, "", "\t")
		require.NoError(t, err)
		escaped := printable.JSON(encoded)
		require.JSONEq(t, string(encoded), string(escaped))
		require.Equal(t, printable.Text(string(escaped)), string(escaped))
	}
	require.Equal(t, `"\u202e1"`, string(printable.JSON([]byte("\"\u202e1\""))))
	require.Equal(t, `"☕"`, string(printable.JSON([]byte(`"☕"`))))
}

func FuzzLine(f *testing.F) {
	f.Add("#1001")
	f.Fuzz(func(t *testing.T, s string) {
		got := printable.Line(s, 40)
		require.True(t, utf8.ValidString(got))
		require.LessOrEqual(t, utf8.RuneCountInString(got), 40)
		require.Equal(t, got, printable.Line(got, 40), "shown twice")
		require.Equal(t, strings.TrimSpace(got), got)
		for _, r := range got {
			require.False(t, unicode.IsControl(r) || unicode.Is(unicode.Cf, r), "%U", r)
		}
		encoded, err := json.Marshal(s)
		require.NoError(t, err)
		require.JSONEq(t, string(encoded), string(printable.JSON(encoded)))
	})
}
