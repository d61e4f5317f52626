package e2e_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// storeTests is the file that names the tests that are run on PostgreSQL for each commit.
const storeTests = "testdata/store-tests.txt"

// storeCalls are the calls whose results depend on the database. A method is named alone, a function of another package
// with that package.
var storeCalls = map[string]bool{
	// Temporal's lists. Each database has its own translation of the list queries, its own order and its own pages.
	"ListWorkflow": true, "CountWorkflow": true,
	"ListOpenWorkflow": true, "ListClosedWorkflow": true, "ListArchivedWorkflow": true, "ScanWorkflow": true,
	"ListWorkflowExecutions": true, "CountWorkflowExecutions": true,
	"ListSchedules": true, "CountSchedules": true,
	// What the operator reads from those lists.
	"ListOrders": true, "FindOrder": true, "RerunFailed": true, "CountRunning": true,
	"Status": true, "Health": true, "Report": true, "Survey": true,
	// The rows of a digest: the lists say which orders failed and which recovered.
	"csv.NewReader": true,
	// The namespace's retention, and its search attributes, which are columns.
	"UpdateNamespace": true, "RegisterNamespace": true,
	"AddSearchAttributes": true, "RemoveSearchAttributes": true,
	// Versions of workers: the server uses the lists to find out whether a version is drained.
	"Deployment": true, "SetCurrent": true, "DescribeWorkerDeployment": true,
	// A server of the test's own, on an unprepared store.
	"temporalserver.Start": true,
}

// storeCommands are the commands that read Temporal's lists, or the versions of workers.
var storeCommands = map[string]bool{
	"orders list": true, "orders retry": true, "status": true, "digest": true, "deployment": true,
}

// bookkeeping are the helpers with which all kinds of tests wait for orders, and count the results at the end. They
// read Temporal's lists too, but that does not make the lists the subject of a test: TestLargeWindow counts the runs of
// a poll, and is about the poll.
var bookkeeping = map[string]bool{
	"settle": true, "awaitFailed": true, "requireBalance": true, "watermark": true, "runs": true,
	"explain": true, // It shows what a failed test has left behind.
}

// TestStoreTestsAreComplete checks the list of the tests that CI runs on PostgreSQL for each commit, in .ci/run
// postgresql. On SQLite, CI runs all tests for each commit, and each night it runs all of them on PostgreSQL. The
// author of a new test need not think of the list: this test fails and says what is missing.
//
// The rule: a test belongs to the list if it makes one of storeCalls or gives giftbridge one of storeCommands, directly or
// through helpers of this package at any depth, except through bookkeeping.
//
// The rule works on names, so it needs no types. A call is a selector that is called, such as w.plain.CountWorkflow(r).
// A helper is followed wherever its name is used, also as a value, and all methods of a name are followed: at worst, a
// test is listed that need not be. Variables of the package are followed likewise. A command is read from the arguments
// for the last parameter "...string" of a helper, or from the beginning of a literal []string.
//
// The rule deliberately leaves some tests out. Killing and stopping workers does not depend on the store. Restarting
// the server does, and has its test in sandbox/internal/temporalserver, which is run on PostgreSQL beside this list.
// The events of a history, the encryption of payloads and the requests to shop and issuer do not depend on the store.
//
// A test that the rule does not cover may be listed as well, after all others, with the reason on its line. The list is
// turned into a regular expression by
//
//	grep -o '^Test[A-Za-z0-9_]*' sandbox/e2e/testdata/store-tests.txt | paste -sd'|'
//
// within ^( and )$.
func TestStoreTestsAreComplete(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("*_test.go")
	require.NoError(t, err)
	var sources []string
	for _, name := range names {
		source, err := os.ReadFile(name)
		require.NoError(t, err)
		sources = append(sources, string(source))
	}
	p := parse(t, sources...)
	subjects := p.subjects()
	require.Contains(t, subjects, t.Name(), "the package is not read")
	for helper := range bookkeeping {
		require.NotEmpty(t, p.decls["."+helper], "bookkeeping names %s, which does not exist", helper)
		require.NotEmpty(t, p.reason("."+helper, map[string]bool{}),
			"bookkeeping names %s, which does not ask for anything that the rule is about", helper)
	}
	list, err := os.ReadFile(storeTests)
	require.NoError(t, err)
	require.Empty(t, strings.Join(problemsOf(string(list), subjects), "\n"), storeTests)
}

// listed matches a line of the list.
var listed = regexp.MustCompile(`^(Test[A-Za-z0-9_]*)( # \S.*)?$`)

// problemsOf returns what is wrong with the list, given all tests and the reasons why they belong to it.
func problemsOf(list string, subjects map[string]string) []string {
	var problems []string
	problem := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	var byRule, besides []string
	for line := range strings.Lines(list) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		found := listed.FindStringSubmatch(line)
		if found == nil {
			problem("%q is not the name of a test, with or without # and a reason", line)
			continue
		}
		name, hasReason := found[1], found[2] != ""
		why, exists := subjects[name]
		switch {
		case !exists:
			problem("%s does not exist", name)
		case slices.Contains(byRule, name) || slices.Contains(besides, name):
			problem("%s is listed twice", name)
		case why == "" && !hasReason:
			problem("%s asks nothing of the store: remove it, or list it at the end with # and the reason", name)
		case why != "" && hasReason:
			problem("%s needs no reason, it is listed because of %s", name, why)
		case !hasReason && len(besides) > 0:
			problem("%s stands behind tests with reasons", name)
		}
		if hasReason {
			besides = append(besides, name)
		} else {
			byRule = append(byRule, name)
		}
	}
	for _, part := range [][]string{byRule, besides} {
		for i := 1; i < len(part); i++ {
			if part[i-1] > part[i] {
				problem("it is not sorted: %s stands before %s", part[i-1], part[i])
			}
		}
	}
	if len(byRule) == 0 {
		problem("it names no test")
	}
	for _, name := range slices.Sorted(maps.Keys(subjects)) {
		if why := subjects[name]; why != "" && !slices.Contains(byRule, name) && !slices.Contains(besides, name) {
			problem("%s is missing, because of %s", name, why)
		}
	}
	return problems
}

// sources holds the declarations of a package, by name. The name of a method begins with a dot.
type sources struct {
	decls map[string][]ast.Node
	// variadic holds the functions whose last parameter is "...string", with the number of parameters before it.
	variadic map[string]int
	tests    []string
}

// parse parses the files of a package.
func parse(t *testing.T, files ...string) *sources {
	t.Helper()
	p := &sources{decls: map[string][]ast.Node{}, variadic: map[string]int{}}
	for _, text := range files {
		file, err := parser.ParseFile(token.NewFileSet(), "", text, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				p.addFunc(d)
			case *ast.GenDecl:
				p.addVars(d)
			}
		}
	}
	return p
}

func (p *sources) addFunc(d *ast.FuncDecl) {
	name := d.Name.Name
	if d.Recv != nil {
		name = "." + name
	}
	p.decls[name] = append(p.decls[name], d.Body)
	params := d.Type.Params.List
	if len(params) == 0 {
		return
	}
	last := params[len(params)-1].Type
	if rest, ok := last.(*ast.Ellipsis); ok && isIdent(rest.Elt, "string") {
		p.variadic[name] = d.Type.Params.NumFields() - 1
	}
	if of, ok := last.(*ast.StarExpr); ok && strings.HasPrefix(name, "Test") {
		if of, ok := of.X.(*ast.SelectorExpr); ok && of.Sel.Name == "T" {
			p.tests = append(p.tests, name)
		}
	}
}

func (p *sources) addVars(d *ast.GenDecl) {
	for _, s := range d.Specs {
		v, ok := s.(*ast.ValueSpec)
		if !ok {
			continue
		}
		for _, name := range v.Names {
			for _, value := range v.Values {
				p.decls[name.Name] = append(p.decls[name.Name], value)
			}
		}
	}
}

// subjects returns for each test why its subject is the store, or an empty string if it is not.
func (p *sources) subjects() map[string]string {
	out := map[string]string{}
	for _, name := range p.tests {
		out[name] = p.reason(name, map[string]bool{})
	}
	return out
}

// reason returns a use of the store by a declaration: a direct use if there is one, otherwise one through helpers,
// which it names. It does not look again at declarations in seen.
func (p *sources) reason(name string, seen map[string]bool) string {
	seen[name] = true
	var why string
	var used []string
	var look func(ast.Node) bool
	look = func(n ast.Node) bool {
		if why != "" {
			return false
		}
		switch n := n.(type) {
		case *ast.CallExpr:
			why = p.asks(n)
		case *ast.CompositeLit:
			why = commandAmong(n)
		case *ast.Ident:
			used = append(used, n.Name)
		case *ast.SelectorExpr:
			used = append(used, "."+n.Sel.Name)
			ast.Inspect(n.X, look) // But not its Sel, which is not a name of this package.
			return false
		}
		return true
	}
	for _, d := range p.decls[name] {
		ast.Inspect(d, look)
	}
	for _, helper := range used {
		if why != "" {
			break
		}
		if plain := strings.TrimPrefix(helper, "."); !seen[helper] && !bookkeeping[plain] {
			if through := p.reason(helper, seen); through != "" {
				why = plain + ", " + through
			}
		}
	}
	return why
}

// asks returns what a call asks of the store, or an empty string.
func (p *sources) asks(c *ast.CallExpr) string {
	called := c.Fun
	if generic, ok := called.(*ast.IndexExpr); ok {
		called = generic.X
	}
	var name string
	switch f := called.(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		name = "." + f.Sel.Name
		asked := f.Sel.Name
		if of, ok := f.X.(*ast.Ident); ok && storeCalls[of.Name+name] {
			asked = of.Name + name
		}
		if storeCalls[asked] {
			return asked
		}
	}
	if before, ok := p.variadic[name]; ok && before < len(c.Args) {
		return command(c.Args[before:])
	}
	return ""
}

// commandAmong returns the command in a []string, or in one of several such lists, if any.
func commandAmong(l *ast.CompositeLit) string {
	if isStrings(l.Type) {
		return command(l.Elts)
	}
	var element ast.Expr
	switch of := l.Type.(type) {
	case *ast.ArrayType:
		element = of.Elt
	case *ast.MapType:
		element = of.Value
	}
	if !isStrings(element) {
		return ""
	}
	for _, e := range l.Elts {
		if pair, ok := e.(*ast.KeyValueExpr); ok {
			e = pair.Value
		}
		// Elements that repeat their type are visited separately.
		if one, ok := e.(*ast.CompositeLit); ok && one.Type == nil {
			if found := command(one.Elts); found != "" {
				return found
			}
		}
	}
	return ""
}

// command returns the command with which a list of words begins, if it is one of storeCommands.
func command(list []ast.Expr) string {
	var words []string
	for _, e := range list {
		text, ok := e.(*ast.BasicLit)
		if !ok || text.Kind != token.STRING {
			break
		}
		word, err := strconv.Unquote(text.Value)
		if err != nil {
			break
		}
		words = append(words, word)
	}
	for n := range len(words) {
		if found := strings.Join(words[:n+1], " "); storeCommands[found] {
			return "giftbridge " + found
		}
	}
	return ""
}

func isStrings(e ast.Expr) bool {
	of, ok := e.(*ast.ArrayType)
	return ok && isIdent(of.Elt, "string")
}

func isIdent(e ast.Expr, name string) bool {
	of, ok := e.(*ast.Ident)
	return ok && of.Name == name
}

// The rule detects what it should, and nothing else.
func TestRuleOfStoreTests(t *testing.T) {
	t.Parallel()
	const helpers = `
		func (w *system) starter(env []string, args ...string) said { return run(args) }
		func decoded[T any](w *system, args ...string) (v T) { w.starter(nil, args...); return v }
		func (w *system) settle(n int) { w.Operator.Status(w.ctx) }
		func (w *system) states() { w.Operator.ListOrders(w.ctx) }
		func (w *system) again() { w.again(); w.states() }
		func (g *gate) open() {}
		func (w *system) open() { w.plain.CountWorkflow(w.ctx) }
		func (s *shop) open() {}
		func count(w *system) { w.plain.CountWorkflow(w.ctx) }
		func status() string { return "" }
		var lists = [][]string{{"poll"}, {"orders", "list"}}
	`
	for name, tt := range map[string]struct{ body, want string }{
		"a list":                     {`w.plain.ListWorkflow(ctx, r)`, "ListWorkflow"},
		"a list, in a closure":       {`w.await("x", func() bool { w.plain.CountWorkflow(ctx, r) })`, "CountWorkflow"},
		"a list, in a case":          {`t.Run("x", func(t *testing.T) { o.Health(ctx) })`, "Health"},
		"the operator's lists":       {`orders, err := w.Operator.ListOrders(ctx)`, "ListOrders"},
		"what another call is given": {`require.NoError(t, use(w.Operator.Status(ctx)))`, "Status"},
		"the result of a call":       {`w.plain.WorkflowService().UpdateNamespace(ctx, r)`, "UpdateNamespace"},
		"a function of a package":    {`temporalserver.Start(ctx, o)`, "temporalserver.Start"},
		"another function":           {`stack.Start(ctx, o)`, ""},
		"a field":                    {`require.Equal(t, 200, answer.Status)`, ""},
		"a key":                      {`return Fault{Status: 403}`, ""},
		"a plain function":           {`Status(w)`, ""},
		"a helper":                   {`w.states()`, "states, ListOrders"},
		"a helper of a helper":       {`w.again()`, "again, states, ListOrders"},
		"a helper as a value":        {`t.Cleanup(w.states)`, "states, ListOrders"},
		"a helper for bookkeeping":   {`w.settle(1)`, ""},
		"more than bookkeeping":      {`w.settle(1); w.states()`, "states, ListOrders"},
		"one of several methods":     {`g.open()`, "open, CountWorkflow"},
		"a function":                 {`count(w)`, "count, CountWorkflow"},
		"a method of that name":      {`h.count()`, ""},
		"a list, and more of it":     {`w.Operator.ListOrders(ctx).first()`, "ListOrders"},
		"a command":                  {`w.starter(nil, "status", "--json")`, "giftbridge status"},
		"a command of two words":     {`w.starter(nil, "orders", "retry", p.Name)`, "giftbridge orders retry"},
		"a command, decoded":         {`decoded[Status](w, "status")`, "giftbridge status"},
		"a command in a list":        {`args := append([]string{"orders", "list"}, more...)`, "giftbridge orders list"},
		"a command among lists":      {`for range [][]string{{"poll"}, {"digest", "--now"}} {}`, "giftbridge digest"},
		"a command in a map":         {`m := map[string][]string{"x": {"deployment"}}`, "giftbridge deployment"},
		"a command in a table":       {`t := []test{{args: []string{"status"}}}`, "giftbridge status"},
		"a command in a variable":    {`run(lists)`, "lists, giftbridge orders list"},
		"another command":            {`w.starter(nil, "orders", "show", "#1001")`, ""},
		"words that stand apart":     {`w.starter(nil, "orders", verb, "list")`, ""},
		"such words in another":      {`w.starter(nil, "help", "orders", "list")`, ""},
		"a variable, and a command":  {`w.starter([]string{"STATUS=status"}, "config")`, ""},
		"a word":                     {`require.Equal(t, "status", row["digest"])`, ""},
		"a list of words":            {`words := []string{"the", "digest"}`, ""},
		"nothing":                    {`w.poll(); w.show(p, executions.Completed)`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := parse(t, "package x\n"+helpers, "package x\nfunc TestX(t *testing.T) { "+tt.body+" }\n"+
				"func TestMain(m *testing.M) { status() }\n")
			require.Equal(t, map[string]string{"TestX": tt.want}, p.subjects())
		})
	}
}

// Mistakes in the list are reported, and correct entries are not.
func TestProblemsOfStoreTests(t *testing.T) {
	t.Parallel()
	subjects := map[string]string{"TestA": "ListOrders", "TestB": "", "TestC": "", "TestD": "states, ListOrders"}
	for name, tt := range map[string]struct{ list, want string }{
		"complete":                {"# Read this.\n\nTestA\nTestD\n", ""},
		"with others":             {"TestA\nTestD\n\n# Others.\nTestB # slow disks\nTestC # large rows\n", ""},
		"one is missing":          {"TestA\n", "TestD is missing, because of states, ListOrders"},
		"one that does not exist": {"TestA\nTestAB\nTestD\n", "TestAB does not exist"},
		"one that is gone":        {"TestA\nTestD\nTestE # once\n", "TestE does not exist"},
		"not sorted":              {"TestD\nTestA\n", "it is not sorted: TestD stands before TestA"},
		"others not sorted":       {"TestA\nTestD\nTestC # c\nTestB # b\n", "it is not sorted: TestC stands before TestB"},
		"twice":                   {"TestA\nTestA\nTestD\n", "TestA is listed twice"},
		"no reason": {
			"TestA\nTestB\nTestD\n",
			"TestB asks nothing of the store: remove it, or list it at the end with # and the reason",
		},
		"an empty reason": {
			"TestA\nTestD\nTestB #\n", `"TestB #" is not the name of a test, with or without # and a reason`,
		},
		"a needless reason": {"TestA\nTestD # lists\n", "TestD needs no reason, it is listed because of states, ListOrders"},
		"a reason too early": {
			"TestB # slow disks\nTestA\nTestD\n",
			"TestA stands behind tests with reasons\nTestD stands behind tests with reasons",
		},
		"a space that grep minds": {
			"TestA\n TestD\n",
			`" TestD" is not the name of a test, with or without # and a reason` + "\n" +
				"TestD is missing, because of states, ListOrders",
		},
		"empty": {
			"# Nothing.\n",
			"it names no test\nTestA is missing, because of ListOrders\nTestD is missing, because of states, ListOrders",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, strings.Join(problemsOf(tt.list, subjects), "\n"))
		})
	}
}
