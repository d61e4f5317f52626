package archtest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// undocumented returns the folders whose package does not document its purpose. Nested modules are included.
func undocumented(fsys fs.FS) ([]string, error) {
	documented := map[string]bool{}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := path.Base(name)
		if d.IsDir() {
			if name != "." && (base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(base, ".go") || strings.HasSuffix(base, "_test.go") {
			return nil
		}
		src, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.PackageClauseOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		dir := path.Dir(name)
		documented[dir] = documented[dir] || tellsPurpose(f)
		return nil
	})
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(documented, func(_ string, ok bool) bool { return ok })
	return slices.Sorted(maps.Keys(documented)), nil
}

// tellsPurpose reports whether a file has a package comment in the form that go doc expects.
func tellsPurpose(f *ast.File) bool {
	doc := f.Doc.Text()
	if f.Name.Name == "main" {
		return strings.TrimSpace(doc) != ""
	}
	return strings.HasPrefix(doc, "Package "+f.Name.Name+" ")
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	t.Parallel()
	dirs, err := undocumented(os.DirFS("../.."))
	require.NoError(t, err)
	require.Empty(t, dirs, "a package comment is missing")
}

func TestUndocumented(t *testing.T) {
	t.Parallel()
	file := func(src string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(src)} }
	dirs, err := undocumented(fstest.MapFS{
		"good/a.go":         file("// Package good is good.\npackage good"),
		"good/b.go":         file("package good"),
		"cmd/main.go":       file("// Cmd does things.\npackage main"),
		"tests/a_test.go":   file("package tests_test"),
		"x/testdata/a.go":   file("package a"),
		".hidden/a.go":      file("package a"),
		"none/a.go":         file("package none"),
		"silent/main.go":    file("package main"),
		"detached/a.go":     file("// Package detached is cut off.\n\npackage detached"),
		"other/a.go":        file("// Package another has a wrong name.\npackage other"),
		"nested/go.mod":     file("module nested"),
		"nested/inner/a.go": file("package inner"),
	})
	require.NoError(t, err)
	require.Equal(t, []string{"detached", "nested/inner", "none", "other", "silent"}, dirs)

	_, err = undocumented(fstest.MapFS{"broken/a.go": file("pack age")})
	require.Error(t, err)
}
