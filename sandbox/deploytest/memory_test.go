package deploytest_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
)

// memoryLimit is the variable with which the Go runtime is told how much memory it may use (https://pkg.go.dev/runtime).
const memoryLimit = "GOMEMLIMIT"

// requireRoom requires that a Go program is told of some nine tenths of the memory that it may use. With less, it would collect garbage
// without need, and with more it would not in time.
func requireRoom(t *testing.T, told string, limit int64) {
	t.Helper()
	mib, err := strconv.ParseInt(strings.TrimSuffix(told, "MiB"), 10, 64)
	require.NoError(t, err, told)
	require.InDelta(t, 0.9, float64(mib<<20)/float64(limit), 0.02)
}

// The programs whose memory grows with what waits know their limit.
func TestMemoryLimits(t *testing.T) {
	t.Parallel()
	all := manifests(t)
	for _, name := range []string{"worker", "receiver"} {
		d, ok := all["Deployment/"+name].(*appsv1.Deployment)
		require.True(t, ok, name)
		c := d.Spec.Template.Spec.Containers[0]
		requireRoom(t, containerEnvironment(t, all, c)[memoryLimit], c.Resources.Limits.Memory().Value())
	}
	for _, tt := range installations() {
		project, err := load(t.Context(), tt, tt.environment(t))
		require.NoError(t, err)
		for _, s := range project.Services {
			if s.Name == "worker" || s.Name == "receiver" {
				requireRoom(t, set(s)[memoryLimit], int64(s.Deploy.Resources.Limits.MemoryBytes))
			}
		}
	}
}
