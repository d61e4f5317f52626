package buildinfo

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

const full = "0b40148c642c3a170a3f3d46a00236f2657b93f2"

func info(settings ...debug.BuildSetting) *debug.BuildInfo {
	i := &debug.BuildInfo{GoVersion: "go1.26.8", Settings: settings}
	i.Main.Version = "(devel)"
	return i
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		info              *debug.BuildInfo
		version, revision string
		want              string
	}{
		"nothing known": {info: info(), want: "(devel) unknown revision go1.26.8"},
		"the go command's": {
			info: info(debug.BuildSetting{Key: "vcs.revision", Value: full}), want: "(devel) " + full + " go1.26.8",
		},
		"stamped": {info: info(), version: "v1.4.0", revision: full, want: "v1.4.0 " + full + " go1.26.8"},
		"no information at all": {
			info: &debug.BuildInfo{GoVersion: "unknown"}, want: "unknown unknown revision unknown",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, describe(tt.info, tt.version, tt.revision))
		})
	}
	require.NotEmpty(t, Version())
}

func TestCommit(t *testing.T) {
	t.Parallel()
	revision := debug.BuildSetting{Key: "vcs.revision", Value: full}
	tests := map[string]struct {
		info     *debug.BuildInfo
		revision string
		want     string
	}{
		"no information":        {},
		"nothing known":         {info: info()},
		"a commit":              {info: info(revision, debug.BuildSetting{Key: "vcs.modified", Value: "false"}), want: full},
		"a commit with changes": {info: info(revision, debug.BuildSetting{Key: "vcs.modified", Value: "true"})},
		"changes unknown":       {info: info(revision)},
		"stamped":               {info: info(), revision: "abc", want: "abc"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, commit(tt.info, tt.revision))
		})
	}
}
