package archtest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// goFiles calls visit with every Go file of the repository, nested modules and tests included.
func goFiles(fsys fs.FS, visit func(name string, fset *token.FileSet, file *ast.File)) error {
	return fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := path.Base(name)
		if d.IsDir() && name != "." && (base == "testdata" || strings.HasPrefix(base, ".")) {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(base, ".go") {
			return nil
		}
		src, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		visit(name, fset, file)
		return nil
	})
}

// trusting returns the places that turn off the verification of certificates, and the TLS configurations outside tests
// that do not set TLS 1.2 or 1.3 as the minimum version.
func trusting(fsys fs.FS) ([]string, error) {
	var out []string
	err := goFiles(fsys, func(name string, fset *token.FileSet, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				if n.Name == "InsecureSkipVerify" {
					out = append(out, fset.Position(n.Pos()).String()+": InsecureSkipVerify")
				}
			case *ast.CompositeLit:
				if !strings.HasSuffix(name, "_test.go") && isTLSConfig(n) && !namesVersion(n) {
					out = append(out, fset.Position(n.Pos()).String()+": no MinVersion")
				}
			}
			return true
		})
	})
	return out, err
}

func isTLSConfig(n *ast.CompositeLit) bool {
	s, ok := n.Type.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	x, ok := s.X.(*ast.Ident)
	return ok && x.Name == "tls" && s.Sel.Name == "Config"
}

func namesVersion(n *ast.CompositeLit) bool {
	for _, e := range n.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		key, isName := kv.Key.(*ast.Ident)
		value, isSelector := kv.Value.(*ast.SelectorExpr)
		if isName && isSelector && key.Name == "MinVersion" &&
			(value.Sel.Name == "VersionTLS12" || value.Sel.Name == "VersionTLS13") {
			return true
		}
	}
	return false
}

func TestCertificatesAreChecked(t *testing.T) {
	t.Parallel()
	found, err := trusting(os.DirFS("../.."))
	require.NoError(t, err)
	require.Empty(t, found)
}

func TestTrusting(t *testing.T) {
	t.Parallel()
	field := "Insecure" + "SkipVerify"
	found, err := trusting(fstest.MapFS{
		"a.go":      {Data: []byte("package a\nvar c = &tls.Config{MinVersion: tls.VersionTLS12, " + field + ": true}\n")},
		"b.go":      {Data: []byte("package b\nfunc f() { c." + field + " = true }\n")},
		"c.go":      {Data: []byte("package c\nvar c = tls.Config{ServerName: \"x\"}\n")},
		"d.go":      {Data: []byte("package d\nvar c = tls.Config{MinVersion: tls.VersionTLS10}\n")},
		"e.go":      {Data: []byte("package e\nvar c = tls.Config{MinVersion: tls.VersionTLS13}\n")},
		"f_test.go": {Data: []byte("package f\nvar c = tls.Config{}\n")},
		"g_test.go": {Data: []byte("package g\nvar c = tls.Config{" + field + ": true}\n")},
	})
	require.NoError(t, err)
	require.Len(t, found, 5, found)
}
