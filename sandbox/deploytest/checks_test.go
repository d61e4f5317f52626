package deploytest_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// checks maps each step of .ci/run to where it runs. A step that is removed, or moved to where it runs less often, must
// be removed or moved here as well, with the reason in the commit.
var checks = map[string]string{
	"format":         "quick,ci",
	"tidy":           "quick,ci",
	"modules":        "quick,ci",
	"generate":       "ci",
	"build":          "quick,ci",
	"vet":            "quick,ci",
	"workflowcheck":  "ci",
	"lint":           "quick,ci",
	"mutants":        "quick,ci",
	"unit":           "quick", // "race" and "test" run the same tests in CI.
	"race":           "ci",
	"image":          "ci",
	"fuzz":           "ci", // Only for packages that changed; fuzz-all covers the rest.
	"bench":          "ci",
	"chaos":          "ci",
	"postgresql":     "ci",
	"upgrade":        "ci",
	"browser":        "ci",
	"relay-examples": "ci", // Each language is installed if it is missing.
	"test":           "ci",

	"image-twice":    "nightly",
	"release":        "nightly",
	"fuzz-all":       "nightly",
	"chaos-all":      "nightly",
	"postgresql-all": "nightly",
	"race-e2e":       "nightly",
	"mutations":      "nightly",

	"pins":            "net-night", // At night only: a tag may move at any time, and then no commit is to blame.
	"vulnerabilities": "net",       // A job of its own: it needs vuln.go.dev.
}

// workflow is the part of a GitHub workflow that the tests read.
type workflow struct {
	Jobs map[string]struct {
		Needs    string `json:"needs"`
		Strategy struct {
			Matrix struct {
				Steps []string `json:"steps"`
			} `json:"matrix"`
		} `json:"strategy"`
		Steps []struct {
			Uses string            `json:"uses"`
			Run  string            `json:"run"`
			Env  map[string]string `json:"env"`
		} `json:"steps"`
	} `json:"jobs"`
}

// steps returns the steps of .ci/run that a workflow runs, and the other commands that it runs.
func (w workflow) steps() (steps, others []string) {
	for _, job := range w.Jobs {
		for _, step := range job.Steps {
			args, ours := strings.CutPrefix(step.Run, ".ci/run ")
			switch {
			case step.Run == "":
			case args == "$STEPS" && step.Env["STEPS"] == "${{ matrix.steps }}":
				for _, line := range job.Strategy.Matrix.Steps {
					steps = append(steps, strings.Fields(line)...)
				}
			case ours && regexp.MustCompile(`^[a-z0-9 -]+$`).MatchString(args):
				steps = append(steps, strings.Fields(args)...)
			default:
				others = append(others, step.Run)
			}
		}
	}
	return steps, others
}

func readWorkflow(t *testing.T, name string) workflow {
	t.Helper()
	var w workflow
	require.NoError(t, yaml.Unmarshal([]byte(read(t, filepath.Join(root, ".github/workflows", name))), &w))
	require.NotEmpty(t, w.Jobs)
	return w
}

// inSet returns the steps of a set.
func inSet(set string) []string {
	var steps []string
	for step, sets := range checks {
		for s := range strings.SplitSeq(sets, ",") {
			if s == set {
				steps = append(steps, step)
			}
		}
	}
	return steps
}

func TestChecksRunWhereTheyAreSaidTo(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "bash", filepath.Join(root, ".ci/run"), "--list").CombinedOutput()
	require.NoError(t, err, string(out))
	listed := map[string]string{}
	script := read(t, filepath.Join(root, ".ci/run"))
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		require.Greater(t, len(fields), 2, "a step has a name, its sets and a description: %s", line)
		listed[fields[0]] = fields[1]
		require.Contains(t, script, "\nstep_"+fields[0]+"() {", "a step has a function")
	}
	require.Equal(t, checks, listed)
}

// On GitHub the steps are spread over parallel jobs.
func TestWorkflowsRunAllChecks(t *testing.T) {
	t.Parallel()
	steps, others := readWorkflow(t, "ci.yml").steps()
	require.ElementsMatch(t, append(inSet("ci"), inSet("net")...), steps)
	require.Empty(t, others, "what CI checks can be run by hand: make it a step of .ci/run")

	steps, others = readWorkflow(t, "nightly.yml").steps()
	require.ElementsMatch(t, append(inSet("nightly"), inSet("net-night")...), steps)
	require.Empty(t, others)
}

// A tag publishes nothing before every check of a commit has passed, and no image before the files of the release are
// made.
func TestReleaseIsCheckedFirst(t *testing.T) {
	t.Parallel()
	w := readWorkflow(t, "release.yml")
	runs := func(job string) (commands []string) {
		for _, step := range w.Jobs[job].Steps {
			if step.Run != "" {
				commands = append(commands, step.Run)
			}
		}
		return commands
	}
	require.Len(t, w.Jobs, 3)
	require.Equal(t, []string{".ci/run"}, runs("check"))
	require.Equal(t, "check", w.Jobs["archives"].Needs)
	require.Equal(t, `.ci/release "$GITHUB_REF_NAME" dist`, runs("archives")[0])
	require.Equal(t, "archives", w.Jobs["image"].Needs)
}

// An action is pinned to a commit, and to the same one everywhere.
func TestActionsArePinned(t *testing.T) {
	t.Parallel()
	pins := map[string]string{}
	files, err := os.ReadDir(filepath.Join(root, ".github/workflows"))
	require.NoError(t, err)
	for _, file := range files {
		for _, job := range readWorkflow(t, file.Name()).Jobs {
			for _, step := range job.Steps {
				if step.Uses == "" {
					continue
				}
				action, pin, _ := strings.Cut(step.Uses, "@")
				require.Regexp(t, `^[0-9a-f]{40}$`, pin, "%s: %s", file.Name(), action)
				if first, ok := pins[action]; ok {
					require.Equal(t, first, pin, "%s: %s", file.Name(), action)
				}
				pins[action] = pin
			}
		}
	}
	require.NotEmpty(t, pins)
}

// A step of a workflow that this file cannot read does not count as a step of .ci/run.
func TestWorkflowStepsAreRead(t *testing.T) {
	t.Parallel()
	var w workflow
	require.NoError(t, yaml.Unmarshal([]byte(`
jobs:
  a:
    strategy: {matrix: {steps: [lint vet, race]}}
    steps:
      - uses: somebody/something
      - run: .ci/run $STEPS
        env: {STEPS: "${{ matrix.steps }}"}
      - run: .ci/run chaos || true
      - run: go test ./...
`), &w))
	steps, others := w.steps()
	require.Equal(t, []string{"lint", "vet", "race"}, steps)
	require.Equal(t, []string{".ci/run chaos || true", "go test ./..."}, others)
}

func TestStepsThatDoNotExistAreRefused(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "bash", filepath.Join(root, ".ci/run"), "format", "formt").CombinedOutput()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	require.Equal(t, 2, exit.ExitCode())
	require.Equal(t, "no step formt: .ci/run --list names them\n", string(out), "nothing has run before it")
}

// Dependabot updates the pins of each module, including the tools' module.
func TestEveryModuleIsUpdated(t *testing.T) {
	t.Parallel()
	var folders []string
	require.NoError(t, fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && d.Name() == "go.mod" {
			folders = append(folders, path.Join("/", path.Dir(name)))
		}
		return err
	}))
	var dependabot struct {
		Updates []struct {
			Ecosystem   string   `json:"package-ecosystem"`
			Directories []string `json:"directories"`
		} `json:"updates"`
	}
	require.NoError(t, yaml.Unmarshal([]byte(read(t, filepath.Join(root, ".github/dependabot.yml"))), &dependabot))
	require.Equal(t, "gomod", dependabot.Updates[0].Ecosystem)
	require.ElementsMatch(t, folders, dependabot.Updates[0].Directories)
}
