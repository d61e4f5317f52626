package browser_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// picture matches the place of a picture in a document.
var picture = regexp.MustCompile(`(?:docs/)?images/([a-z0-9-]+\.png)`)

// A picture that no document shows would be made anew for nothing.
func TestDocumentsShowAllPictures(t *testing.T) {
	t.Parallel()
	documents, err := filepath.Glob("../docs/*.md")
	require.NoError(t, err)
	shown := map[string]bool{}
	for _, document := range append(documents, "../README.md") {
		text, err := os.ReadFile(document)
		require.NoError(t, err)
		for _, m := range picture.FindAllSubmatch(text, -1) {
			shown[string(m[1])] = true
		}
	}
	there := map[string]bool{}
	files, err := filepath.Glob("../docs/images/*")
	require.NoError(t, err)
	for _, file := range files {
		there[filepath.Base(file)] = true
	}
	require.NotEmpty(t, there)
	require.Equal(t, there, shown)
}
