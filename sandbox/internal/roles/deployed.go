package roles

import (
	"go.temporal.io/server/common/dynamicconfig"

	"github.com/giftbridge/giftbridge/activities/relaying"
	"github.com/giftbridge/giftbridge/workflows"
)

// DeployedSettings returns the dynamic configuration that deploy/temporal gives a server, as
// temporalserver.Options.DynamicConfig has it. A test holds it against the file.
func DeployedSettings() map[string]any {
	var one []dynamicconfig.ConstrainedValue
	for _, queue := range []string{
		workflows.IssueTaskQueue, workflows.RelayTaskQueue(relaying.Orders), workflows.RelayTaskQueue(relaying.Products),
	} {
		one = append(one, dynamicconfig.ConstrainedValue{Constraints: dynamicconfig.Constraints{TaskQueueName: queue}, Value: 1})
	}
	return map[string]any{
		"frontend.namespaceRPS.visibility":     100,
		"history.enableCHASMSchedulerCreation": false,
		"history.transferProcessorMaxPollRPS":  100,
		"matching.numTaskqueueReadPartitions":  one,
		"matching.numTaskqueueWritePartitions": one,
	}
}
