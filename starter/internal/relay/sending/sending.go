// Package sending has the commands that send events to the endpoints of the relay: once more, or to test an endpoint.
package sending

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/activities/relaying"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/relayed/replaying"
	"github.com/giftbridge/giftbridge/workflows"
)

// Commands returns the commands of this package.
func Commands(f *cli.Flags) []*cobra.Command {
	return []*cobra.Command{newReplay(f), newTest(f), newRotate(f)}
}

// mailboxes are those of a namespace.
type mailboxes struct{ client client.Client }

func boxes(c client.Client) replaying.Boxes { return mailboxes{c} }

// Put implements [replaying.Boxes].
func (m mailboxes) Put(ctx context.Context, endpoint, resource string, e relaying.Event) error {
	id := workflows.RelayID(endpoint, resource)
	_, err := m.client.SignalWithStartWorkflow(ctx, id, workflows.EventSignal, e, client.StartWorkflowOptions{
		ID: id, TaskQueue: workflows.TaskQueue, WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
	}, workflows.RelayType, workflows.RelayInput{Endpoint: endpoint, Resource: resource})
	if err != nil {
		return fmt.Errorf("keep %s of %s: %w", e.Topic, resource, err)
	}
	return nil
}
