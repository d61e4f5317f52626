package walls_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	module  = "github.com/giftbridge/giftbridge"
	sandbox = module + "/sandbox"
)

// wall forbids imports, and says why.
type wall struct {
	name string
	// from are folders of the sandbox; empty means all of them except those in but.
	from, but []string
	// to are prefixes of import paths, except those in allowed.
	to, allowed []string
	why         string
}

var walls = []wall{
	{
		name: "the auditor stands alone", from: []string{
			"internal/audit", "internal/audit/leaks", "internal/audit/mails", "internal/audit/runs", "internal/audit/spends",
			"internal/audit/told", "internal/audit/relayed",
		},
		to: []string{module}, allowed: []string{sandbox + "/internal/audit/mails", sandbox + "/internal/audit/runs"},
		why: "what it shared with the code that it judges could be wrong in both",
	},
	{
		name: "scenarios know simulators alone", from: []string{"scenario"}, to: []string{module, "go.temporal.io"},
		allowed: []string{
			module + "/internal/cashstar/cashstartest", module + "/internal/fourwayshop/fourwayshoptest",
			module + "/internal/shopify/shopifytest", module + "/internal/sonar/sonartest", module + "/internal/relay/relaytest",
		},
		why: "customers do not know what becomes of their orders",
	},
	{
		name: "the server knows nothing of giftbridge", from: []string{"internal/temporalserver", "internal/postgres"},
		to:  []string{module},
		why: "it is Temporal, whoever uses it",
	},
	{
		name: "processes are run without knowing them", from: []string{"internal/child"},
		to: []string{module, "go.temporal.io"}, allowed: []string{module + "/internal/cli"},
		why: "whatever a process does, it is started, killed and measured in the same way",
	},
	{
		name: "simulators run without Temporal", from: []string{"simulators", "internal/site"},
		to:  []string{"go.temporal.io", sandbox + "/stack", sandbox + "/internal/temporalserver", sandbox + "/internal/roles"},
		why: "they serve workers elsewhere, in an image without the server",
	},
	{
		name: "a plan decides and does nothing", from: []string{"internal/plan", "internal/plan/deliveries", "internal/plan/telling", "internal/plan/relaying"},
		to: []string{module, "go.temporal.io"},
		allowed: []string{
			sandbox + "/internal/plan/deliveries", sandbox + "/internal/plan/telling", sandbox + "/internal/plan/relaying",
			sandbox + "/internal/plan/happenings", sandbox + "/scenario",
			module + "/internal/shopify/shopifytest",
		},
		why: "it is a function of its seed",
	},
	{
		name: "a storm reaches simulators through their routes", from: []string{"internal/storm"},
		to: []string{module, "go.temporal.io"},
		allowed: []string{
			sandbox + "/internal/plan", module + "/internal/cashstar/cashstartest", module + "/internal/shopify/shopifytest",
		},
		why: "they are other processes",
	},
	{
		name: "the board looks at nothing", from: []string{"internal/board"}, to: []string{module, "go.temporal.io"},
		allowed: []string{module + "/internal/printable"},
		why:     "what it shows is a function of what it is given",
	},
	{
		name: "pages show what they are given", from: []string{"internal/handsets", "internal/erp"}, to: []string{module, "go.temporal.io"},
		allowed: []string{module + "/internal/sonar/sonartest", module + "/internal/relay/relaytest"},
		why:     "they know what arrived, and not how it came about",
	},
	{
		name: "an example of a shop is nothing else", from: []string{"shopfront", "internal/shopper"},
		to: []string{module, "go.temporal.io"}, allowed: []string{sandbox + "/internal/shopper"},
		why: "a shop knows giftbridge by its HTTP API",
	},
	{
		name: "only chaos runs the laboratory", but: []string{"chaos", "internal/lab", "internal/lab/customers", "internal/lab/shopping", "internal/lab/forwarded", "internal/lab/hurried"}, to: []string{sandbox + "/internal/lab"},
		why: "it is a command of its own; what others need is in packages below it",
	},
	{
		name: "only bench runs benchmarks", but: []string{"bench"}, to: []string{sandbox + "/internal/bench"},
		why: "they are a command of their own; what others need is in packages below them",
	},
	{
		name: "one process or many", from: []string{
			"internal/lab", "internal/lab/report", "internal/bench", "internal/bench/receive", "internal/bench/relaying",
			"internal/resolver", "internal/rig", "internal/roles", "chaos", "bench",
		},
		to:  []string{sandbox + "/stack"},
		why: "the laboratory and the benchmarks run the system as processes, the stack runs it in one",
	},
	{
		name: "the floor is bare", from: []string{"internal/floor", "floor"},
		to:  []string{module + "/workflows", module + "/activities", module + "/internal/operator"},
		why: "it measures Temporal without giftbridge",
	},
	{
		name: "the server is used in two places",
		but:  []string{"stack", "internal/roles", "internal/temporalserver"},
		to:   []string{sandbox + "/internal/temporalserver", "go.temporal.io/server"},
		why:  "it is several hundred modules",
	},
}

// folders maps each folder of the sandbox to what its files import. Tests do not count.
func folders(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		folder, err := filepath.Rel("../..", filepath.Dir(path))
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, i := range f.Imports {
			imported, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			out[filepath.ToSlash(folder)] = append(out[filepath.ToSlash(folder)], imported)
		}
		return nil
	})
	require.NoError(t, err)
	return out
}

func under(prefixes []string, path string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return path == p || strings.HasPrefix(path, p+"/") })
}

// broken returns a line for each import that a wall forbids.
func broken(imports map[string][]string, w wall) []string {
	var out []string
	for folder, list := range imports {
		if len(w.from) > 0 && !slices.Contains(w.from, folder) || slices.Contains(w.but, folder) {
			continue
		}
		for _, i := range list {
			if under(w.to, i) && !under(w.allowed, i) {
				out = append(out, fmt.Sprintf("%s: sandbox/%s imports %s: %s", w.name, folder, i, w.why))
			}
		}
	}
	return out
}

func TestImportsOfTheSandbox(t *testing.T) {
	t.Parallel()
	imports := folders(t)
	require.Greater(t, len(imports), 10)
	for _, w := range walls {
		require.Empty(t, broken(imports, w))
		for _, folder := range w.from {
			require.Contains(t, imports, folder, "%s: no package is behind this wall", w.name)
		}
	}
}

// The walls stand: each of these imports, made up, is found by the wall that is there for it.
func TestWallsStand(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, tt := range []struct{ wall, from, to string }{
		{"the auditor stands alone", "internal/audit", module + "/internal/giftcard"},
		{"scenarios know simulators alone", "scenario", "go.temporal.io/sdk/client"},
		{"the server knows nothing of giftbridge", "internal/temporalserver", module + "/workflows"},
		{"processes are run without knowing them", "internal/child", module + "/internal/config"},
		{"simulators run without Temporal", "simulators", sandbox + "/stack"},
		{"a plan decides and does nothing", "internal/plan", sandbox + "/internal/child"},
		{"a storm reaches simulators through their routes", "internal/storm", sandbox + "/internal/lab"},
		{"the board looks at nothing", "internal/board", module + "/internal/operator"},
		{"pages show what they are given", "internal/handsets", module + "/internal/messages"},
		{"an example of a shop is nothing else", "shopfront", module + "/internal/redemption"},
		{"only chaos runs the laboratory", "stack", sandbox + "/internal/lab"},
		{"only bench runs benchmarks", ".", sandbox + "/internal/bench"},
		{"one process or many", "internal/lab", sandbox + "/stack"},
		{"the floor is bare", "internal/floor", module + "/workflows"},
		{"the server is used in two places", "internal/lab", "go.temporal.io/server/temporal"},
	} {
		seen[tt.wall] = true
		for _, w := range walls {
			if w.name == tt.wall {
				require.Len(t, broken(map[string][]string{tt.from: {"fmt", tt.to}}, w), 1, tt.wall)
				require.Empty(t, broken(map[string][]string{tt.from: {"fmt"}}, w), tt.wall)
			}
		}
	}
	for _, w := range walls {
		require.True(t, seen[w.name], "%s: not tested here", w.name)
	}
}

// makesConfiguration reports whether a file calls config.Default, with which every configuration begins.
func makesConfiguration(t *testing.T, source any, path string) bool {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), path, source, parser.SkipObjectResolution)
	require.NoError(t, err)
	found := false
	ast.Inspect(f, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok || s.Sel.Name != "Default" {
			return true
		}
		of, ok := s.X.(*ast.Ident)
		found = found || ok && of.Name == "config"
		return true
	})
	return found
}

// All configurations begin in package site. One that began elsewhere could lack what a new variable needs.
func TestConfigurationsAreMadeInOnePlace(t *testing.T) {
	t.Parallel()
	require.True(t, makesConfiguration(t, "package p\nfunc f() { c := config.Default() }", "p.go"))
	require.False(t, makesConfiguration(t, "package p\nfunc f() { c := site.Config() }", "p.go"))
	var makers []string
	err := filepath.WalkDir("../..", func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") &&
			makesConfiguration(t, nil, path) {
			makers = append(makers, filepath.ToSlash(path))
		}
		return err
	})
	require.NoError(t, err)
	require.Equal(t, []string{"../../internal/site/site.go"}, makers)
}
