package stack

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/internal/handsets"
	"github.com/giftbridge/giftbridge/workflows"
)

// startMessages starts the service that brings messages to phones, and the page that shows these, if the options have them.
func (s *Stack) startMessages(ctx context.Context, o Options) (err error) {
	if !o.Messages {
		return nil
	}
	s.Sonar = sandbox.NewSonar(o.Sonar)
	if s.SonarURL, err = s.start(ctx, o.SonarPort, s.Sonar); err != nil {
		return fmt.Errorf("start simulated Sonar: %w", err)
	}
	if s.PhonesPage, err = s.start(ctx, o.PhonesPort, handsets.Page(s.Sonar.Deliveries)); err != nil {
		return fmt.Errorf("start page of phones: %w", err)
	}
	return nil
}

// tell adds the messages to the configuration.
func (s *Stack) tell() {
	if s.Sonar == nil {
		return
	}
	sandbox.Tell(&s.Config, s.SonarURL)
	s.Config.Messages.ShopName, s.Config.Messages.ShopURL = "Widgets", "https://shop.example.com"
}

// Told is what giftbridge says of the messages about an order.
type Told struct {
	Order shopifytest.Order
	// Sent, Dropped and Failed count messages.
	Sent, Dropped, Failed int
}

const (
	// askEvery is the interval at which SettleMessages asks about orders, and sweepEvery the one at which it has those looked for of
	// which no webhook has told.
	askEvery   = 250 * time.Millisecond
	sweepEvery = 3 * time.Second
)

// SettleMessages waits until the customers of all orders have been told what became of these, and returns what giftbridge says of
// the messages: nothing if there are none. Meanwhile no order may change. It has orders looked for as the schedule does once an hour.
func (s *Stack) SettleMessages(ctx context.Context) ([]Told, error) {
	if s.Sonar == nil {
		return nil, nil
	}
	var settled []Told
	open, swept := s.Shop.Orders(), time.Now()
	ask := time.NewTicker(askEvery)
	defer ask.Stop()
	for {
		var left []shopifytest.Order
		for _, o := range open {
			told, err := s.told(ctx, o)
			switch {
			case err != nil:
				return settled, err
			case told == nil:
				left = append(left, o)
			default:
				settled = append(settled, *told)
			}
		}
		if open = left; len(open) == 0 {
			return settled, nil
		}
		if time.Since(swept) > sweepEvery {
			swept = time.Now()
			err := s.Operator.Client.ScheduleClient().GetHandle(ctx, workflows.SweepMessagesScheduleID).
				Trigger(ctx, client.ScheduleTriggerOptions{})
			if err != nil {
				return settled, fmt.Errorf("look for orders without a webhook: %w", err)
			}
		}
		select {
		case <-ctx.Done():
			return settled, fmt.Errorf("not settled: the messages of %d orders: %w", len(open), context.Cause(ctx))
		case <-ask.C:
		}
	}
}

// told returns what giftbridge says of the messages about an order, nil if it is not done with them.
func (s *Stack) told(ctx context.Context, o shopifytest.Order) (*Told, error) {
	id := workflows.OrderMessagesID(Shop, strconv.FormatInt(o.ID, 10))
	answer, err := s.Operator.Client.QueryWorkflow(ctx, id, "", workflows.MessagesQuery)
	if _, none := errors.AsType[*serviceerror.NotFound](err); none || executions.IsBusy(err) {
		return nil, nil //nolint:nilnil // Nothing is known yet.
	}
	if err != nil {
		return nil, fmt.Errorf("ask for the messages of order %s: %w", o.Name, err)
	}
	var state workflows.OrderMessagesState
	if err := answer.Get(&state); err != nil {
		return nil, fmt.Errorf("read the messages of order %s: %w", o.Name, err)
	}
	run, err := s.Operator.Client.DescribeWorkflowExecution(ctx, id, "")
	if err != nil {
		return nil, fmt.Errorf("look at the messages of order %s: %w", o.Name, err)
	}
	// One that has ended expects nothing more, and never looks again. The shop tells times in seconds.
	open := run.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
	if open && state.SeenAt.Before(o.UpdatedAt.Truncate(time.Second)) {
		return nil, nil //nolint:nilnil // It has not seen the last change yet.
	}
	if len(run.GetPendingActivities()) > 0 || run.GetPendingWorkflowTask() != nil {
		return nil, nil //nolint:nilnil // A message is on its way.
	}
	return &Told{Order: o, Sent: state.Sent, Dropped: state.Dropped, Failed: state.Failed}, nil
}
