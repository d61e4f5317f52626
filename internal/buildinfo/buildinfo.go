// Package buildinfo names the program, and identifies its build: from the information that the go command embedded, or
// from the values that the linker was given if there is no Git checkout, as in the build of an image.
package buildinfo

import (
	"cmp"
	"runtime/debug"
)

// Program is the name of the installed program, in the commands that messages, mails and help show.
const Program = "giftbridge"

// Set by the linker (deploy/build); empty in ordinary builds.
var (
	version  string
	revision string
)

// Version returns the version and the commit, as far as they are known, and the Go version.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{GoVersion: "unknown"}
	}
	return describe(info, version, revision)
}

// Commit returns the commit that the binary was built from, or "" if it is not known. A tree with uncommitted changes
// has no commit, because two builds of it may differ.
func Commit() string {
	info, _ := debug.ReadBuildInfo()
	return commit(info, revision)
}

func describe(info *debug.BuildInfo, version, revision string) string {
	return cmp.Or(version, info.Main.Version, "unknown") + " " +
		cmp.Or(revision, setting(info, "vcs.revision"), "unknown revision") + " " + info.GoVersion
}

func commit(info *debug.BuildInfo, revision string) string {
	switch {
	case revision != "":
		return revision
	case info == nil || setting(info, "vcs.modified") != "false":
		return ""
	}
	return setting(info, "vcs.revision")
}

func setting(info *debug.BuildInfo, key string) string {
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}
