package archtest_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// typeName finds the names under which workflows are registered.
var typeName = regexp.MustCompile(`Type\s*=\s*"(\w+)"`)

// Whoever asks what is kept of a customer finds each kind of history in one table.
func TestTheTableOfHistoriesIsComplete(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../docs/architecture.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(doc), "\n## What Temporal keeps\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	files, err := filepath.Glob("../../workflows/*.go")
	require.NoError(t, err)
	types := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		src, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, name := range typeName.FindAllStringSubmatch(string(src), -1) {
			types++
			require.Regexp(t, `(?m)^\|[^|]*`+"`"+name[1]+"`"+`[^|]*\|`, section, "docs/architecture.md does not say what this history holds")
		}
	}
	require.Greater(t, types, 20)
}
