package archtest_test

import (
	"go/ast"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// fuzzing returns the fuzz targets, as the folders of their corpora, and the faults: targets with an empty corpus,
// targets in the sandbox, and corpora without a target, because a target that is renamed leaves its findings behind.
func fuzzing(fsys fs.FS) (targets, faults []string, err error) {
	err = goFiles(fsys, func(name string, _ *token.FileSet, file *ast.File) {
		if !strings.HasSuffix(name, "_test.go") {
			return
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Fuzz") {
				targets = append(targets, path.Join(path.Dir(name), "testdata", "fuzz", f.Name.Name))
			}
		}
	})
	if err != nil {
		return nil, nil, err
	}
	for _, t := range targets {
		seeds, err := fs.Glob(fsys, t+"/*")
		if err != nil {
			return nil, nil, err
		}
		if len(seeds) == 0 {
			faults = append(faults, t+": no corpus")
		}
		if strings.HasPrefix(t, "sandbox/") {
			faults = append(faults, t+": .ci/run fuzzes the root module alone")
		}
	}
	err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() || path.Base(path.Dir(name)) != "fuzz" || !strings.HasPrefix(path.Base(name), "Fuzz") {
			return err
		}
		if !slices.Contains(targets, name) {
			faults = append(faults, name+": no target")
		}
		return fs.SkipDir
	})
	return targets, faults, err
}

// The seed corpus of each fuzzer is committed, so that it does not find the same inputs again each time.
func TestEveryFuzzTargetHasACorpus(t *testing.T) {
	t.Parallel()
	targets, faults, err := fuzzing(os.DirFS("../.."))
	require.NoError(t, err)
	require.NotEmpty(t, targets)
	require.Empty(t, faults)
}

func TestFuzzing(t *testing.T) {
	t.Parallel()
	targets, faults, err := fuzzing(fstest.MapFS{
		"a/a_test.go":                   {Data: []byte("package a\nfunc FuzzA(f *testing.F) {}\nfunc FuzzB(f *testing.F) {}\n")},
		"a/testdata/fuzz/FuzzA/one":     {},
		"a/testdata/fuzz/FuzzGone/seed": {},
		"b/b.go":                        {Data: []byte("package b\nfunc FuzzC() {}\n")},
		"sandbox/a_test.go":             {Data: []byte("package a\nfunc FuzzD(f *testing.F) {}\n")},
		"sandbox/testdata/fuzz/FuzzD/1": {},
	})
	require.NoError(t, err)
	require.Equal(t, []string{"a/testdata/fuzz/FuzzA", "a/testdata/fuzz/FuzzB", "sandbox/testdata/fuzz/FuzzD"}, targets)
	require.Equal(t, []string{
		"a/testdata/fuzz/FuzzB: no corpus", "sandbox/testdata/fuzz/FuzzD: .ci/run fuzzes the root module alone",
		"a/testdata/fuzz/FuzzGone: no target",
	}, faults)
}
