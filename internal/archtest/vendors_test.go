package archtest_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// room is a folder or a file that may name a vendor.
type room struct{ path, why string }

// issuerRooms are where CashStar is named: nothing else of the root module's code may contain the word, be it in an
// identifier, a comment or a string. Messages get the name from the words of the adapter. Another issuer is another such
// list.
var issuerRooms = []room{
	{"internal/cashstar/", "its client and its simulator"},
	{"internal/issuer/cashstarissuer/", "its adapter"},
	{"internal/config/", "its section of the configuration"},
	{"internal/doctor/", "its exam"},
	{"internal/app/services.go", "the wiring"},
	{"internal/app/worker.go", "the limits of the worker, which are in its section of the configuration"},
	{"starter/internal/setup/doctor.go", "the name of its exam, which is a public word"},
}

// deferredRooms are where Four Way Shop is named, in the same way.
var deferredRooms = []room{
	{"internal/fourwayshop/", "its client and its simulator"},
	{"internal/issuer/fourwayshopissuer/", "its adapter"},
	{"internal/config/", "its section of the configuration"},
	{"internal/app/later/", "the wiring"},
	{"internal/doctor/", "its exam"},
	{"starter/internal/setup/doctor.go", "the name of its exam, which is a public word"},
}

// messengerRooms are where Sonar is named, in the same way.
var messengerRooms = []room{
	{"internal/sonar/", "its client and its simulator"},
	{"internal/config/", "its section of the configuration"},
	{"internal/app/telling/", "the wiring"},
	{"internal/doctor/messages/", "its exam"},
	{"starter/internal/setup/doctor.go", "the name of its exam, which is a public word"},
	{"internal/settings/settings.go", "whether messages are on, which its section of the configuration says"},
}

// shopRooms are where declarations may name Shopify. Comments and messages may name it anywhere: it is the shop that the
// product is for, and its words (order, line, SKU) are the product's.
var shopRooms = []room{
	{"internal/shopify/", "its client and its simulator"},
	{"internal/intake/shopifyintake/", "its adapter"},
	{"internal/intake/shopifyretail/", "its adapter for messages"},
	{"internal/config/", "its section of the configuration"},
	{"internal/doctor/", "its exam"},
	{"internal/app/", "the wiring"},
	{"workflows/ids.go", "the search attribute ShopifyOrderName, which histories and namespaces know"},
	{"internal/digest/sheet/sheet.go", "the number by which a shop's export names an order"},
}

// inRoom marks the rooms that a file is in, and reports whether there is one.
func inRoom(path string, rooms []room, used map[string]bool) bool {
	in := false
	for _, r := range rooms {
		if path == r.path || strings.HasSuffix(r.path, "/") && strings.HasPrefix(path, r.path) {
			in, used[r.path] = true, true
		}
	}
	return in
}

// named returns a line for each place outside the rooms where code names a vendor, and for each room that does not.
// tell finds the places in a file.
func named(fsys fs.FS, rooms []room, tell func(path string, src []byte) ([]string, error)) ([]string, error) {
	var out []string
	used := map[string]bool{}
	err := fs.WalkDir(fsys, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains([]string{"sandbox", "tools", "testdata", ".git", "node_modules"}, d.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		src, err := fs.ReadFile(fsys, path)
		if err != nil {
			return err
		}
		places, err := tell(path, src)
		if err != nil || len(places) == 0 || inRoom(path, rooms, used) {
			return err
		}
		out = append(out, places...)
		return nil
	})
	for _, r := range rooms {
		if !used[r.path] {
			out = append(out, r.path+" no longer names it: "+r.why)
		}
	}
	return out, err
}

// words finds a word anywhere in a file, in any case.
func words(word string) func(path string, src []byte) ([]string, error) {
	return func(path string, src []byte) ([]string, error) {
		var out []string
		n := 0
		for line := range strings.Lines(string(src)) {
			n++
			if strings.Contains(strings.ToLower(line), word) {
				out = append(out, fmt.Sprintf("%s:%d: %s", path, n, strings.TrimSpace(line)))
			}
		}
		return out, nil
	}
}

// declarations finds a word in the names that a file declares, in any case.
func declarations(word string) func(path string, src []byte) ([]string, error) {
	return func(path string, src []byte) ([]string, error) {
		files := token.NewFileSet()
		f, err := parser.ParseFile(files, path, src, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		var out []string
		add := func(names ...*ast.Ident) {
			for _, name := range names {
				if name != nil && strings.Contains(strings.ToLower(name.Name), word) {
					out = append(out, fmt.Sprintf("%s: declares %s", files.Position(name.Pos()), name.Name))
				}
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.File:
				add(n.Name)
			case *ast.ImportSpec:
				add(n.Name)
			case *ast.FuncDecl:
				add(n.Name)
			case *ast.TypeSpec:
				add(n.Name)
			case *ast.ValueSpec:
				add(n.Names...)
			case *ast.Field:
				add(n.Names...)
			case *ast.AssignStmt:
				for _, left := range n.Lhs {
					if name, ok := left.(*ast.Ident); ok && n.Tok == token.DEFINE {
						add(name)
					}
				}
			}
			return true
		})
		return out, nil
	}
}

// Adding an issuer is a client, a simulator, an adapter, a line of wiring, a section of configuration and an exam of
// the doctor. Nothing else names one.
func TestVendorsAreNamedInTheirRooms(t *testing.T) {
	t.Parallel()
	root := os.DirFS("../..")
	places, err := named(root, issuerRooms, words("cashstar"))
	require.NoError(t, err)
	require.Empty(t, places)
	for _, word := range []string{"fourwayshop", "four way shop", "4ws"} {
		places, err = named(root, deferredRooms, words(word))
		require.NoError(t, err)
		require.Empty(t, places)
	}
	places, err = named(root, messengerRooms, words("sonar"))
	require.NoError(t, err)
	require.Empty(t, places)
	places, err = named(root, shopRooms, declarations("shopify"))
	require.NoError(t, err)
	require.Empty(t, places)
}

// The rule works: it finds each of these.
func TestNamedFindsVendors(t *testing.T) {
	t.Parallel()
	code := fstest.MapFS{
		"internal/acme/acme.go": {Data: []byte("package acme\n")},
		"activities/a.go":       {Data: []byte("package activities\n\n// Acme is slow.\nvar x = \"ask ACME\"\n")},
		"activities/b.go":       {Data: []byte("package activities\n\nfunc f(acmeCode int) { isAcme := true; _ = isAcme }\n")},
		"activities/b_test.go":  {Data: []byte("package activities\n\nvar acme = 1\n")},
		"sandbox/a.go":          {Data: []byte("package acme\n")},
		"worker/main.go":        {Data: []byte("package main\n")},
	}
	rooms := []room{{"internal/acme/", "client"}, {"worker/", "wiring"}}
	places, err := named(code, rooms, words("acme"))
	require.NoError(t, err)
	require.Equal(t, []string{
		"activities/a.go:3: // Acme is slow.",
		`activities/a.go:4: var x = "ask ACME"`,
		"activities/b.go:3: func f(acmeCode int) { isAcme := true; _ = isAcme }",
		"worker/ no longer names it: wiring",
	}, places)
	places, err = named(code, rooms[:1], declarations("acme"))
	require.NoError(t, err)
	require.Equal(t, []string{
		"activities/b.go:3:8: declares acmeCode",
		"activities/b.go:3:24: declares isAcme",
	}, places)
}
