package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

// spoken are the packages whose texts the commands of every day print: what is said of orders, and how the system is
// doing. The commands that set giftbridge up (doctor, schedules, deployment, codec-server, config, worker) are about
// Temporal, and name what has to be set there.
var spoken = []string{
	"starter/internal/orders", "starter/internal/cards", "starter/internal/decisions", "starter/internal/explain",
	"starter/internal/merchants", "starter/internal/messages", "starter/internal/previewing", "internal/messaging", "starter/internal/operations", "starter/internal/privacy", "starter/internal/rerun",
	"starter/internal/session", "starter/internal/spending", "internal/redemptions", "internal/redemptions/deciding", "internal/told", "internal/told/deciding", "internal/orders", "internal/left", "internal/privacy", "internal/recovery",
	"internal/resending", "internal/reporting", "internal/health", "internal/executions", "internal/intake", "internal/issuer",
	"internal/issuer/accounts", "internal/refusal", "activities",
}

// engine matches the words of Temporal that a shop's people do not know.
var engine = regexp.MustCompile(`(?i)\b(reset|workflow|workflows|run id|run ids|namespace|execution|executions|task queue)\b`)

// sentences returns the texts of a package's Go files that a person may read, with their places. A text without a space
// is a name: of a field, a flag, a query. JSON tags are names too.
func sentences(t *testing.T, fsys fs.FS, folder string) map[string]string {
	t.Helper()
	out := map[string]string{}
	files, err := fs.Glob(fsys, folder+"/*.go")
	require.NoError(t, err)
	require.NotEmpty(t, files, folder)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		src, err := fs.ReadFile(fsys, name)
		require.NoError(t, err)
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, src, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ImportSpec:
				return false
			case *ast.Field:
				return n.Tag == nil
			case *ast.BasicLit:
				if text, err := strconv.Unquote(n.Value); n.Kind == token.STRING && err == nil && strings.Contains(text, " ") {
					p := set.Position(n.Pos())
					out[name+":"+strconv.Itoa(p.Line)] = text
				}
			}
			return true
		})
	}
	return out
}

// kept are texts that may name the engine, with the reason.
var kept = map[string]string{
	"temporal workflow reset --namespace %s": "orders show prints this command with --verbose",
	"workflow tasks":                         "the name of a check, which monitors read, here and in the help of status",
}

// A shop's people do not know Temporal's words: the commands of every day do not print them, unless they are asked to with
// --verbose.
func TestCommandsOfEveryDaySpeakOfOrders(t *testing.T) {
	t.Parallel()
	fsys, used, texts := os.DirFS(".."), map[string]bool{}, 0
	for _, folder := range spoken {
		for place, text := range sentences(t, fsys, folder) {
			texts++
			if !engine.MatchString(text) {
				continue
			}
			because := ""
			for part, reason := range kept {
				if strings.Contains(text, part) {
					because, used[part] = reason, true
				}
			}
			require.NotEmpty(t, because, "%s: %q", place, text)
		}
	}
	require.Greater(t, texts, 300, "the texts were found")
	require.Len(t, used, len(kept), "an exception that is not needed")
}

func TestEngineWords(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"reset it", "The Workflow failed", "its run ID", "two executions", "a task queue"} {
		require.Regexp(t, engine, text)
	}
	for _, text := range []string{"the order failed", "presets", "run it again"} {
		require.NotRegexp(t, engine, text)
	}
	found := sentences(t, fstest.MapFS{"p/a.go": {Data: []byte("package p\n\nimport \"a b\"\n\ntype t struct {\n\tA int `json:\"a b\"`\n}\n\nvar s = \"a reset\" + \"name\"\n")}}, "p")
	require.Equal(t, map[string]string{"p/a.go:9": "a reset"}, found)
}
