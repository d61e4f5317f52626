package config

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCommit(t *testing.T) {
	t.Parallel()
	const revision = "0b40148c642c3a170a3f3d46a00236f2657b93f2"
	tests := map[string]struct {
		settings []debug.BuildSetting
		want     string
	}{
		"nothing known": {},
		"a commit": {
			[]debug.BuildSetting{{Key: "vcs.revision", Value: revision}, {Key: "vcs.modified", Value: "false"}},
			"0b40148c642c",
		},
		"a commit with changes": {
			[]debug.BuildSetting{{Key: "vcs.revision", Value: revision}, {Key: "vcs.modified", Value: "true"}}, "",
		},
		"changes unknown": {[]debug.BuildSetting{{Key: "vcs.revision", Value: revision}}, ""},
		"too short": {
			[]debug.BuildSetting{{Key: "vcs.revision", Value: "17"}, {Key: "vcs.modified", Value: "false"}}, "",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, commit(&debug.BuildInfo{Settings: tt.settings}))
		})
	}
	require.Empty(t, commit(nil))
}
