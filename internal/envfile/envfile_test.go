package envfile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/envfile"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, want string }{
		"plain":                       {"A=1\nB=two words\n", "A=1|B=two words"},
		"no newline at the end":       {"A=1", "A=1"},
		"empty":                       {"", ""},
		"an empty value":              {"A=\nB=''\nC=\"\"", "A=|B=|C="},
		"a byte order mark":           {"\ufeffA=1", "A=1"},
		"Windows line ends":           {"A=1\r\nB='2'\r\n\r\nC=3\r\n", "A=1|B=2|C=3"},
		"comments":                    {"# one\n  # two\nA=1\n\n", "A=1"},
		"export":                      {"export A=1\n  export\tB=2\nexported=3", "A=1|B=2|exported=3"},
		"a dollar sign":               {"A=p$a$$ss${B}\nB='$A'\nC=\"$A \\$B\"", "A=p$a$$ss${B}|B=$A|C=$A $B"},
		"equals signs":                {"A=b64==\nB='='", "A=b64==|B=="},
		"a # inside":                  {"A=a#b\nB='a # b'", "A=a#b|B=a # b"},
		"a comment after a quote":     {"A='x' # why\nB=\"y\"  ", "A=x|B=y"},
		"white space at the end":      {"A=x \t\nB='x '", "A=x|B=x "},
		"single quotes take all":      {`A='a\n"b"'`, `A=a\n"b"`},
		"escapes":                     {`A="a\n\t\r\"\\b'"`, "A=a\n\t\r\"\\b'"},
		"several lines":               {"A=\"-----\nx\n-----\"\nB='\n'\nC=1", "A=-----\nx\n-----|B=\n|C=1"},
		"a quote inside":              {`A=it's "so"`, `A=it's "so"`},
		"a carriage return in quotes": {"A='x\r\ny'", "A=x\ny"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			variables, err := envfile.Parse(tt.text)
			require.NoError(t, err)
			var got []string
			for _, v := range variables {
				got = append(got, v.Name+"="+v.Value)
			}
			require.Equal(t, tt.want, strings.Join(got, "|"))
		})
	}
}

// Faults are named with their line, and without the value.
func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, want string }{
		"no =":                    {"A=1\nhush\n", "line 2: need NAME=value"},
		"no = before another":     {"hush\nA=1", "line 1: need NAME=value"},
		"white space before =":    {"A =hush", "line 1: need NAME=value without white space before the ="},
		"white space after =":     {"A= hush", "line 1: A has white space after the ="},
		"a name":                  {"1A=hush", "line 1: the name may have only letters, digits and underscores"},
		"no name":                 {"=hush", "line 1: the name"},
		"a hyphen":                {"A-B=hush", "line 1: the name"},
		"twice":                   {"A=hush\n\nB='\n'\nA=2", "line 5: A is set already, in line 1"},
		"a comment after a value": {"A=hush # secret", "line 1: A has a # after white space"},
		"an open quote":           {"B=1\nA='hush\n\n", "line 2: A has no closing quote"},
		"an open double quote":    {`A="hush\`, "line 1: A has no closing quote"},
		"text after a quote":      {"A='hush'hush", "line 1: A has text after its closing quote"},
		"an escape":               {`A="C:\hush"`, "line 1: A has a backslash within double quotes"},
		"a zero byte":             {"A=hush\x00", "line 1: A contains bytes that are not text"},
		"not text":                {"A=hush\xff", "line 1: A contains bytes that are not text"},
		"UTF-16":                  {"\xff\xfeA\x00=\x001\x00", "line 1: the name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := envfile.Parse(tt.text)
			var at *envfile.LineError
			require.ErrorAs(t, err, &at)
			require.ErrorContains(t, err, tt.want)
			require.NotContains(t, err.Error(), "hush")
		})
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "giftbridge.env")
	_, err := envfile.Read(path)
	require.ErrorIs(t, err, os.ErrNotExist)
	write := func(text string) { require.NoError(t, os.WriteFile(path, []byte(text), 0o600)) }
	write("A=1\n")
	got, err := envfile.Read(path)
	require.NoError(t, err)
	require.Equal(t, []envfile.Variable{{Name: "A", Value: "1"}}, got)
	write("A=1\nB")
	_, err = envfile.Read(path)
	require.EqualError(t, err, path+", line 2: need NAME=value")
	write("A=" + strings.Repeat("x", envfile.MaxSize))
	_, err = envfile.Read(path)
	require.ErrorContains(t, err, "larger than 1 MiB")
}

// What is written in single quotes is read again unchanged, and nothing makes the parser panic or loop.
func FuzzParse(f *testing.F) {
	f.Add("A=1", "x")
	f.Add("export A='1'\r\n", "$a")
	f.Add("\ufeff# c\nA=\"\\n\"", "a\nb")
	f.Fuzz(func(t *testing.T, text, value string) {
		variables, err := envfile.Parse(text)
		if err == nil {
			for _, v := range variables {
				require.NotEmpty(t, v.Name)
			}
		}
		if strings.ContainsAny(value, "'\x00\r") || strings.ToValidUTF8(value, "") != value {
			return
		}
		got, err := envfile.Parse("A='" + value + "'\nB=2")
		require.NoError(t, err)
		require.Equal(t, []envfile.Variable{{Name: "A", Value: value}, {Name: "B", Value: "2"}}, got)
	})
}
