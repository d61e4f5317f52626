package archtest_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/config"
)

// constants are the numbers of the packages, by folder and name: "workflows.MaxIssueTime". Durations are in
// nanoseconds.
type constants map[string]constant.Value

// units are the constants of package time.
var units = map[string]time.Duration{
	"Millisecond": time.Millisecond, "Second": time.Second, "Minute": time.Minute, "Hour": time.Hour,
}

var errNotANumber = errors.New("not a number that this test can read")

// value returns the value of an expression of numbers and units of time.
func value(e ast.Expr) (constant.Value, error) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.INT {
			return constant.MakeFromLiteral(e.Value, e.Kind, 0), nil
		}
	case *ast.ParenExpr:
		return value(e.X)
	case *ast.SelectorExpr:
		if x, ok := e.X.(*ast.Ident); ok && x.Name == "time" && units[e.Sel.Name] > 0 {
			return constant.MakeInt64(int64(units[e.Sel.Name])), nil
		}
	case *ast.BinaryExpr:
		x, err := value(e.X)
		if err != nil {
			return nil, err
		}
		y, err := value(e.Y)
		if err != nil {
			return nil, err
		}
		if e.Op == token.SHL {
			n, _ := constant.Uint64Val(y)
			return constant.Shift(x, e.Op, uint(n)), nil
		}
		return constant.BinaryOp(x, e.Op, y), nil
	}
	return nil, errNotANumber
}

// readConstants returns the constants of all packages whose value is a number.
func readConstants(fsys fs.FS) (constants, error) {
	out := constants{}
	err := goFiles(fsys, func(name string, _ *token.FileSet, file *ast.File) {
		if strings.HasSuffix(name, "_test.go") {
			return
		}
		for _, d := range file.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			for _, s := range g.Specs {
				c, ok := s.(*ast.ValueSpec)
				if !ok || len(c.Names) != len(c.Values) {
					continue
				}
				for i, ident := range c.Names {
					if v, err := value(c.Values[i]); err == nil {
						out[path.Dir(name)+"."+ident.Name] = v
					}
				}
			}
		}
	})
	return out, err
}

// agreement is a relation between a constant and another one that it was chosen by. Most of them are private to their
// packages, which do not import each other.
type agreement struct {
	left  string
	is    token.Token
	times int64 // The right side counts so many times.
	right string
	why   string
}

var agreements = []agreement{
	{
		"internal/config/cashstar.maxTimeout", token.LSS, 1, "workflows.MaxIssueTime",
		"a request to the issuer ends before the attempt does, so that its outcome is known",
	},
	{
		"internal/reporting.reportLag", token.LSS, 1, "workflows.visibilityLag",
		"a run that closes while the digest waits is in the report's window",
	},
	{
		"internal/digest.maxName", token.EQL, 1, "internal/digest/words.maxName",
		"a command repeats every name that is shown whole",
	},
	{
		"workflows.deadAfter", token.GTR, 3, "activities.beatEvery",
		"a heartbeat that is late, or lost twice, does not stop an activity that lives",
	},
	{
		"internal/cli.probeTimeout", token.GTR, 1, "internal/app.readyTimeout",
		"a probe hears that Temporal does not respond, instead of nothing",
	},
	{
		"internal/app.shopifyTimeout", token.LSS, 1, "workflows.MaxIssueTime",
		"an order that is read again before money is spent is read within the attempt",
	},
	{
		"internal/doctor/shop.clockTolerance", token.EQL, 1, "internal/health.clockSkew",
		"doctor and status judge the same clock",
	},
	{
		"internal/config.maxPageSize", token.EQL, 1, "internal/shopify.maxPageSize",
		"POLL_PAGE_SIZE allows what Shopify allows",
	},
	{
		"internal/shopify.maxIDs", token.EQL, 1, "internal/shopify.maxPageSize",
		"Shopify limits a list of IDs as it limits a page",
	},
	{
		"internal/shopify/shopifytest/object.MaxPageSize", token.EQL, 1, "internal/shopify.maxPageSize",
		"the simulator refuses what Shopify refuses",
	},
	{
		"sandbox/internal/floor.maxStarting", token.EQL, 1, "workflows.maxStarting",
		"the bare engine does the same work as a poll",
	},
	{
		"sandbox/internal/floor.continueAfter", token.EQL, 1, "workflows.continueAfter",
		"the bare engine does the same work as a poll",
	},
}

// disagreements returns a line for each relation that does not hold.
func disagreements(known constants, all []agreement) []string {
	var out []string
	for _, a := range all {
		left, right := known[a.left], known[a.right]
		switch {
		case left == nil:
			out = append(out, a.left+" is not a constant with a number")
		case right == nil:
			out = append(out, a.right+" is not a constant with a number")
		case !constant.Compare(left, a.is, constant.BinaryOp(right, token.MUL, constant.MakeInt64(a.times))):
			out = append(out, fmt.Sprintf("%s (%v) must be %s %d * %s (%v): %s", a.left, left, a.is, a.times, a.right, right, a.why))
		}
	}
	return out
}

// said is a constant that a text for people repeats in words.
type said struct{ constant, file, words string }

var inWords = []said{
	{"internal/rollout.stillPolls = 1m15s", "starter/internal/setup/deployment.go", "in the last 75 seconds"},
	{"internal/settings.StaleIntervals = 3", "starter/internal/operations/status.go", "at most three poll intervals behind"},
	{"internal/digest.soon = 72h0m0s", "starter/internal/operations/status.go", "within three days or a tenth"},
	{"internal/config/cashstar.maxTimeout = 40s", "internal/config/cashstar/cashstar.go", `"a duration from 1s to 40s"`},
	{"internal/config/fourwayshop.maxTimeout = 40s", "internal/config/fourwayshop/fourwayshop.go", `"a duration from 1s to 40s"`},
	{"internal/config.maxPageSize = 250", "internal/config/poll.go", `"a number from 1 to 250"`},
	{"internal/config/mailing.maxRerunWait = 12h0m0s", "internal/config/mailing/mailing.go", `"a duration from 0 to 12h"`},
	{"internal/config.maxSKU = 255", "internal/config/orders.go", "each at most 255 bytes"},
	{"internal/config/ops.minToken = 32", "internal/config/ops/codec_server.go", "at least 32 ASCII characters"},
	{"internal/config/ops.PayloadKeySize = 32", "internal/config/ops/payload.go", "each key 32 bytes"},
	{"workflows.maxLatest = 2000", "docs/architecture.md", "most 2,000"},
	{"workflows.maxIssuing = 10", "docs/architecture.md", "ten at a time"},
	{"internal/issuer/accounts.aheadFrom = 10", "docs/architecture.md", "fewer than ten orders"},
}

// unsaid returns a line for each constant with another value, and for each text without the words.
func unsaid(known constants, fsys fs.FS, all []said) []string {
	var out []string
	for _, s := range all {
		name, want, _ := strings.Cut(s.constant, " = ")
		n, _ := constant.Int64Val(constant.ToInt(orZero(known[name])))
		if got := fmt.Sprint(n); got != want && time.Duration(n).String() != want {
			out = append(out, fmt.Sprintf("%s is %s; correct %q in %s", s.constant, got, s.words, s.file))
		}
		text, err := fs.ReadFile(fsys, s.file)
		if err != nil || !strings.Contains(string(text), s.words) {
			out = append(out, fmt.Sprintf("%s does not say %q (%s)", s.file, s.words, s.constant))
		}
	}
	return out
}

func orZero(v constant.Value) constant.Value {
	if v == nil {
		return constant.MakeInt64(0)
	}
	return v
}

func TestConstantsAgree(t *testing.T) {
	t.Parallel()
	root := os.DirFS("../..")
	known, err := readConstants(root)
	require.NoError(t, err)
	require.Greater(t, len(known), 200)
	require.Empty(t, disagreements(known, agreements))
	require.Empty(t, unsaid(known, root, inWords))

	// The default settle delay is what absorbs a clock that is off.
	tolerance, _ := constant.Int64Val(known["internal/doctor/shop.clockTolerance"])
	require.Equal(t, config.Default().Poll.SettleDelay, time.Duration(tolerance))
	// The default page size is the largest.
	largest, _ := constant.Int64Val(known["internal/config.maxPageSize"])
	require.EqualValues(t, largest, config.Default().Poll.PageSize)
}

func TestDisagreements(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{
		"a/a.go": {Data: []byte("package a\n\nimport \"time\"\n\nconst (\n\tlong = 2*time.Minute + 5*time.Second\n\tsize = 1 << 4\n\tname = \"x\"\n)\n")},
		"b/b.go": {Data: []byte("package b\n\nimport \"time\"\n\nconst Short = (60 * time.Second)\n")},
		"b.md":   {Data: []byte("It takes a minute.\n")},
	}
	known, err := readConstants(fsys)
	require.NoError(t, err)
	require.Len(t, known, 3)
	require.Empty(t, disagreements(known, []agreement{{"a.long", token.GTR, 2, "b.Short", ""}}))
	require.Equal(t, []string{
		"a.long (125000000000) must be > 3 * b.Short (60000000000): so it is",
		"a.size (16) must be == 1 * b.Short (60000000000): so it is",
		"a.name is not a constant with a number",
		"b.gone is not a constant with a number",
	}, disagreements(known, []agreement{
		{"a.long", token.GTR, 3, "b.Short", "so it is"},
		{"a.size", token.EQL, 1, "b.Short", "so it is"},
		{"a.name", token.EQL, 1, "b.Short", "so it is"},
		{"a.size", token.EQL, 1, "b.gone", "so it is"},
	}))
	require.Equal(t, []string{
		`a.size = 17 is 16; correct "a minute" in b.md`,
		`b.md does not say "an hour" (b.Short = 1m0s)`,
		`c.md does not say "16" (a.size = 16)`,
	}, unsaid(known, fsys, []said{
		{"b.Short = 1m0s", "b.md", "takes a minute"},
		{"a.size = 17", "b.md", "a minute"},
		{"b.Short = 1m0s", "b.md", "an hour"},
		{"a.size = 16", "c.md", "16"},
	}))
}
