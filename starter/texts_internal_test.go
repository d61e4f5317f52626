package main

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
)

// written reports whether a file is a text that may name commands. This one contains some that do not exist.
func written(name string) bool {
	switch path.Ext(name) {
	case ".md", ".go", ".yaml", ".yml", ".sh", ".tmpl", ".example":
		return name != "starter/texts_internal_test.go"
	case "":
		return name == "Dockerfile" || strings.HasPrefix(name, ".ci/") || strings.HasPrefix(name, "deploy/")
	}
	return false
}

// texts calls do with each line of the repository's sources, scripts, manifests and documents.
func texts(t *testing.T, do func(file, line string, fenced bool)) {
	t.Helper()
	root := os.DirFS("..")
	require.NoError(t, fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains([]string{".git", "testdata", "images"}, d.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if !written(name) {
			return nil
		}
		text, err := fs.ReadFile(root, name)
		fenced := false
		for line := range strings.Lines(string(text)) {
			if strings.HasPrefix(strings.TrimSpace(line), "```") {
				fenced = !fenced
			}
			do(name, strings.TrimSuffix(line, "\n"), fenced)
		}
		return err
	}))
}

var (
	// word is the name of a command, in a text that names one.
	word      = ` ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?`
	quoted    = regexp.MustCompile("`" + buildinfo.Program + word)
	composed  = regexp.MustCompile(`buildinfo\.Program ?\+ ?"` + word)
	indented  = regexp.MustCompile("^  " + buildinfo.Program + word)
	atAPrompt = regexp.MustCompile(`^(?:\$ )?` + buildinfo.Program + word)
)

// named returns the commands that a line of a file names.
func named(file, line string, fenced bool) [][]string {
	patterns := []*regexp.Regexp{quoted}
	switch {
	case path.Ext(file) == ".go":
		patterns = append(patterns, composed, indented)
	case fenced:
		patterns = append(patterns, atAPrompt)
	}
	var out [][]string
	for _, p := range patterns {
		for _, m := range p.FindAllStringSubmatch(line, -1) {
			out = append(out, m[1:])
		}
	}
	return out
}

// exists reports whether a root has a command of one or two words. The second word may be an argument.
func exists(root *cobra.Command, words []string) bool {
	command, _, err := root.Find([]string{words[0]})
	if err != nil || command == root {
		return false
	}
	if words[1] == "" || !command.HasSubCommands() || command.Args != nil && command.Args(command, words[1:]) == nil {
		return true
	}
	found, _, err := command.Find(words[1:])
	return err == nil && found != command
}

// Messages, help and documents name commands that exist.
func TestTextsNameCommands(t *testing.T) {
	t.Parallel()
	root := newRoot()
	require.Equal(t, buildinfo.Program, root.Name())
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	seen := 0
	texts(t, func(file, line string, fenced bool) {
		for _, words := range named(file, line, fenced) {
			seen++
			require.True(t, exists(root, words), "%s: %s", file, line)
		}
	})
	require.Greater(t, seen, 100)
	for _, invented := range []string{
		"`giftbridge shedules`", "`giftbridge orders find`", `"run: " + buildinfo.Program + " sett"`,
		"  giftbridge worker halth",
	} {
		words := named("a.go", invented, false)
		require.Len(t, words, 1, invented)
		require.False(t, exists(root, words[0]), invented)
	}
}

// The program has one name. That of its folder is only used to run it from a checkout.
func TestTextsUseTheInstalledName(t *testing.T) {
	t.Parallel()
	var names []string
	for _, c := range newRoot().Commands() {
		names = append(names, c.Name())
	}
	folder := regexp.MustCompile(`(?:^|[^./\w-])starter (?:` + strings.Join(names, "|") + `)\b`)
	require.Regexp(t, folder, "run: starter schedules")
	require.NotRegexp(t, folder, "go run ./starter schedules")
	texts(t, func(file, line string, _ bool) { require.NotRegexp(t, folder, line, file) })
}
