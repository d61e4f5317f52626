package ops

import (
	"regexp"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/config/env"
)

// Worker identifies the worker deployment and the build of the workers. Both are empty for workers without a version.
type Worker struct {
	Deployment string `envconfig:"WORKER_DEPLOYMENT"`
	BuildID    string `envconfig:"WORKER_BUILD_ID"`
}

var workerSection = env.Section{
	Field: "Worker", Heading: "Worker versions",
	Prefixes: []string{"WORKER_"},
	Variables: map[string]env.Reference{
		"WORKER_DEPLOYMENT": {
			Want: "at most 63 letters, digits, dashes and underscores, beginning with a letter or a digit",
			About: "Name of the worker deployment, the same for all versions. If it is set, workers get tasks only while their " +
				"version is the current one (`giftbridge deployment set-current`). Unset, workers have no version.",
		},
		"WORKER_BUILD_ID": {
			Want: "at most 100 letters, digits, dots, dashes, underscores and plus signs, beginning with a letter or a digit",
			About: "The worker's version. Unset, it is the first 12 digits of the commit that the binary was built from, if the " +
				"binary knows the commit and was built without uncommitted changes. Requires `WORKER_DEPLOYMENT`.",
		},
	},
}

// Versioned reports whether workers have a version. A versioned worker gets work only while its version is current.
func (w Worker) Versioned() bool { return w.Deployment != "" }

// Build returns the build ID of this version: the configured one, else the commit of this binary, else "".
func (w Worker) Build() string {
	if w.BuildID != "" {
		return w.BuildID
	}
	return shortCommit(buildinfo.Commit())
}

// commitDigits is the number of digits of a commit hash that make up a build ID. It is short because people type it.
const commitDigits = 12

func shortCommit(commit string) string {
	if len(commit) < commitDigits {
		return ""
	}
	return commit[:commitDigits]
}

// Temporal reserves dots and colons in deployment names, and names that begin with underscores
// (worker_versioning.ValidateDeploymentVersionFields in its server).
var (
	deploymentForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$`)
	buildForm      = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$`)
)

// Check checks the values.
func (w Worker) Check(ps *env.Problems) {
	if w.Deployment != "" && !deploymentForm.MatchString(w.Deployment) {
		ps.Bad("WORKER_DEPLOYMENT", w.Deployment)
	}
	switch {
	case w.BuildID != "" && !buildForm.MatchString(w.BuildID):
		ps.Bad("WORKER_BUILD_ID", w.BuildID)
	case w.BuildID != "" && w.Deployment == "":
		ps.Add("WORKER_DEPLOYMENT", "is not set, but WORKER_BUILD_ID is: need both, or neither for workers without a version")
	case w.Deployment != "" && w.Build() == "":
		ps.Add("WORKER_BUILD_ID", "is not set, and this binary does not know its commit: need %s",
			ps.Want("WORKER_BUILD_ID"))
	}
}
