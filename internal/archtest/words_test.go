package archtest_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// foreign are phrases that native readers stumble over, with what to write instead.
var foreign = []struct{ phrase, instead string }{
	{`tells? whether`, "reports whether"},
	{`is none of`, "is not one of"},
	{`(lets?|let) us in\b`, "accepts the credentials"},
	{`be had\b`, "name what is missing"},
	{`for ever\b`, "forever, permanently, or without end"},
	{`be spoken to`, "be reached"},
	{`cannot be spoken`, "cannot be reached"},
	{`to be cured:`, "failed checks:"},
	{`is failed so\b`, "no failed order matches"},
	{`answers beforehand`, "pass --yes"},
	{`given up: retrying`, "gave up after the retry budget"},
	{`tells an error that`, "reports whether an error"},
	{`is said to be\b`, "name the subject"},
	{`what whoever`, "name who"},
	{`cards that nobody`, "say what is not known"},
	{`orders failed so\b`, "orders failed with this kind"},
	{`tells of the`, "describes the"},
	{`none polls\b`, "no worker is polling"},
	{`does not tell of`, "does not report"},
}

// readable reports whether people read a file of this repository: code, docs, configuration and scripts.
func readable(path string) bool {
	ext := filepath.Ext(path)
	return slices.Contains([]string{".go", ".md", ".yml", ".yaml", ".graphql", ".sh", ".html", ".tmpl", ".example"}, ext) ||
		filepath.Base(filepath.Dir(path)) == ".ci" || ext == "" && strings.Contains(path, string(filepath.Separator)+"deploy")
}

// What people read is plain English. These phrases stay at zero; the list grows with what reviews find.
func TestPlainEnglish(t *testing.T) {
	t.Parallel()
	patterns := make([]*regexp.Regexp, len(foreign))
	for i, f := range foreign {
		patterns[i] = regexp.MustCompile(`(?i)\b` + f.phrase)
		require.False(t, patterns[i].MatchString(f.instead), f.phrase)
	}
	seen := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{".git", "testdata", "node_modules"}, d.Name()):
			return filepath.SkipDir
		case d.IsDir() || !readable(path) || d.Name() == "words_test.go" || d.Name() == "generated.go":
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		seen++
		for i, p := range patterns {
			for n, line := range strings.Split(string(text), "\n") {
				if p.MatchString(line) {
					t.Errorf("%s:%d: %q; write: %s", path, n+1, strings.TrimSpace(line), foreign[i].instead)
				}
			}
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, seen, 300)
}
