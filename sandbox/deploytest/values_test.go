package deploytest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/envfile"
)

// special are the values that the guide's examples write down.
var special = map[string]string{"CASHSTAR_PASSWORD": `it's pa$$w0rd #1`, "SMTP_PASSWORD": `pa$$w0rd #1`}

// valueExamples returns the examples of a format in the guide.
func valueExamples(t *testing.T, format string) []string {
	t.Helper()
	var all []string
	pattern := regexp.MustCompile("(?s)\n<!-- " + format + " -->\n```\n(.*?)```\n")
	for _, m := range pattern.FindAllStringSubmatch(read(t, filepath.Join(root, "docs/deploy.md")), -1) {
		all = append(all, m[1])
	}
	return all
}

// shell returns the value of a variable after a shell has read a file.
func shell(t *testing.T, text, variable string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "env")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	c := exec.CommandContext(t.Context(), "sh", "-c", `set -a; . "$0"; exec printenv "$1"`, file, variable)
	out, err := c.Output()
	require.NoError(t, err)
	return strings.TrimSuffix(string(out), "\n")
}

// What the guide writes for Compose comes to the same value in Compose and in a shell.
func TestValuesForCompose(t *testing.T) {
	t.Parallel()
	examples := valueExamples(t, "compose")
	require.Len(t, examples, 2)
	for _, text := range append(examples, "SMTP_PASSWORD='pa$$w0rd #1'\n") {
		for name, value := range unmarshal(t, text) {
			require.Equal(t, special[name], value)
			require.Equal(t, special[name], shell(t, text, name))
		}
	}
	i := installations()["demonstration"]
	env := i.environment(t)
	env["CASHSTAR_PASSWORD"] = special["CASHSTAR_PASSWORD"]
	project, err := load(t.Context(), i, env)
	require.NoError(t, err)
	require.Equal(t, special["CASHSTAR_PASSWORD"], *project.Services["worker"].Environment["CASHSTAR_PASSWORD"],
		"a value is replaced once")
	require.Equal(t, "pa$w0rd", unmarshal(t, "A=pa$$w0rd")["A"], "as the guide warns")
}

// The example in .env.example comes to what the guide says.
func TestValueInEnvExample(t *testing.T) {
	t.Parallel()
	demo, _ := halves(t)
	m := regexp.MustCompile(`(?m)^#   (CASHSTAR_PASSWORD='.*)$`).FindStringSubmatch(demo)
	require.Len(t, m, 2)
	require.Equal(t, map[string]string{"CASHSTAR_PASSWORD": special["SMTP_PASSWORD"]}, unmarshal(t, m[1]))
	require.Equal(t, "it's", unmarshal(t, `A='it\'s'`)["A"], "the comment says so")
}

// docker and kubectl take everything after the first = as it is.
func TestValuesForDockerAndKubectl(t *testing.T) {
	t.Parallel()
	examples := valueExamples(t, "literal")
	require.Len(t, examples, 1)
	name, value, found := strings.Cut(strings.TrimSuffix(examples[0], "\n"), "=")
	require.True(t, found)
	require.Equal(t, special[name], value)
}

// With --env-file, what the guide writes for Compose comes to the same value. What it writes for docker and kubectl is
// refused, because Compose and shells would read another value.
func TestValuesInEnvFiles(t *testing.T) {
	t.Parallel()
	for _, text := range valueExamples(t, "compose") {
		variables, err := envfile.Parse(text)
		require.NoError(t, err)
		require.Len(t, variables, 1)
		require.Equal(t, special[variables[0].Name], variables[0].Value)
	}
	_, err := envfile.Parse(valueExamples(t, "literal")[0])
	require.ErrorContains(t, err, "put the value in quotes")
}
