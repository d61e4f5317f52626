// Package forwarding wires the relay: the shop's events are put into mailboxes by receivers, and posted to the endpoints by workers.
package forwarding

import (
	"math"
	"time"

	"github.com/rs/zerolog"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/giftbridge/giftbridge/activities/relaying"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/relay/schedule"
	"github.com/giftbridge/giftbridge/internal/relaybox"
	"github.com/giftbridge/giftbridge/internal/relayqueue"
	"github.com/giftbridge/giftbridge/workflows"
)

// Queues returns the queues of the endpoints in a namespace. identity says who changes them.
func Queues(c client.Client, namespace, identity string) relayqueue.Queues {
	return relayqueue.Queues{Service: c.WorkflowService(), Namespace: namespace, Name: workflows.RelayTaskQueue, Identity: identity}
}

// breaking is who slows down, or pauses, an endpoint that fails.
const breaking = "giftbridge worker"

// Activities returns the activities that post events through a door; nil without one. c must not be a worker's client, which panics
// where a payload cannot be read. Hurry divides the pauses between attempts; zero is one.
func (d *Door) Activities(c client.Client, namespace string, hurry int, log zerolog.Logger) *relaying.Relay {
	if d == nil {
		return nil
	}
	return &relaying.Relay{
		Door: d, Schedule: schedule.Schedule{Hurry: hurry}, Memory: relaybox.New(c, time.Now),
		Flow: relayqueue.NewBreaker(Queues(c, namespace, breaking), time.Now, func(message string, err error) {
			log.Warn().Err(err).Msg(message)
		}),
	}
}

// pollers is the number of pollers of an endpoint's queue: with few, the way to Temporal limits a worker.
const pollers = 10

// Workers returns a worker for the queue of each configured endpoint. options are what they have in common with other workers. Each
// states the limit of its queue, which the server enforces across all workers.
func Workers(c client.Client, cfg config.Config, activities *relaying.Relay, options worker.Options) []worker.Worker {
	options.DisableWorkflowWorker = true
	options.TaskQueueActivitiesPerSecond = cfg.Relay.MaxRPS
	options.MaxConcurrentActivityTaskPollers = pollers
	if cfg.Relay.MaxRPS > 0 {
		// Few at once, so that tasks that the server releases in a burst do not queue up in this worker.
		options.MaxConcurrentActivityExecutionSize = int(math.Ceil(cfg.Relay.MaxRPS)) + pollers
	}
	var all []worker.Worker
	for _, endpoint := range cfg.Relay.Endpoints() {
		q := worker.New(c, workflows.RelayTaskQueue(endpoint), options)
		q.RegisterActivity(activities)
		all = append(all, q)
	}
	return all
}
