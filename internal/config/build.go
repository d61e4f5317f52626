package config

import (
	"regexp"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
)

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

func (w Worker) problems() problems {
	var ps problems
	if w.Deployment != "" && !deploymentForm.MatchString(w.Deployment) {
		ps.bad("WORKER_DEPLOYMENT", w.Deployment)
	}
	switch {
	case w.BuildID != "" && !buildForm.MatchString(w.BuildID):
		ps.bad("WORKER_BUILD_ID", w.BuildID)
	case w.BuildID != "" && w.Deployment == "":
		ps.add("WORKER_DEPLOYMENT", "is not set, but WORKER_BUILD_ID is: need both, or neither for workers without a version")
	case w.Deployment != "" && w.Build() == "":
		ps.add("WORKER_BUILD_ID", "is not set, and this binary does not know its commit: need %s",
			references["WORKER_BUILD_ID"].want)
	}
	return ps
}
