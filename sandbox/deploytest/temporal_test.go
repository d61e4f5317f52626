package deploytest_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/server/common/dynamicconfig"

	"github.com/giftbridge/giftbridge/sandbox/internal/roles"
)

// Temporal knows every setting, settings for a task queue name one that exists, and benchmarks measure with the same.
func TestDynamicConfig(t *testing.T) {
	t.Parallel()
	settings := dynamicconfig.LoadYamlFile([]byte(read(t, filepath.Join(root, "deploy/temporal/dynamicconfig.yaml"))))
	require.NoError(t, settings.Err())
	require.Empty(t, settings.Warnings)
	want := dynamicconfig.ConfigValueMap{}
	for name, value := range roles.DeployedSettings() {
		values, constrained := value.([]dynamicconfig.ConstrainedValue)
		if !constrained {
			values = []dynamicconfig.ConstrainedValue{{Value: value}}
		}
		want[dynamicconfig.MakeKey(name)] = values
	}
	require.Equal(t, want, settings.Map)
}
