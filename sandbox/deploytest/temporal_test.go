package deploytest_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/server/common/dynamicconfig"

	"github.com/giftbridge/giftbridge/workflows"
)

// Temporal knows every setting, and settings for a task queue name one that exists.
func TestDynamicConfig(t *testing.T) {
	t.Parallel()
	settings := dynamicconfig.LoadYamlFile([]byte(read(t, filepath.Join(root, "deploy/temporal/dynamicconfig.yaml"))))
	require.NoError(t, settings.Err())
	require.Empty(t, settings.Warnings)
	for _, s := range []dynamicconfig.Key{
		dynamicconfig.MatchingNumTaskqueueReadPartitions.Key(), dynamicconfig.MatchingNumTaskqueueWritePartitions.Key(),
	} {
		require.Equal(t, []dynamicconfig.ConstrainedValue{{
			Constraints: dynamicconfig.Constraints{TaskQueueName: workflows.IssueTaskQueue}, Value: 1,
		}}, settings.Map[s])
	}
}
