package app

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/app/forwarding"
	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/ops"
	"github.com/giftbridge/giftbridge/internal/looking"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/promises"
	"github.com/giftbridge/giftbridge/internal/telemetry"
	"github.com/giftbridge/giftbridge/workflows"
)

const (
	// pollers is the number of pollers of each kind. With the SDK's default of two, the fan-out of a poll starves the
	// orders that it has started, and their median latency in a burst goes from a quarter of a second to many seconds.
	pollers = 10
	// minDrain is the minimum time that running activities get to finish after a stop. drainMargin is added to the time
	// that a request to the issuer may take.
	minDrain    = 25 * time.Second
	drainMargin = 5 * time.Second
	// cachedWorkflows is the number of workflows that a worker keeps in memory between their tasks, and cachedMailboxes the same with a
	// relay. Another one is replayed when something happens to it, so with too few, those of a burst are replayed again and again. The
	// largest common ones, mailboxes of the relay, take some 110 kB each, and the garbage collector as much again. With the SDK's default
	// of 10,000, a worker would need more than deploy/kubernetes allows it: mailboxes wait for days while an ERP is away, and orders
	// whose customers get messages for weeks.
	cachedWorkflows = 1000
	cachedMailboxes = 256
)

// DrainTimeout returns how long running activities may continue after a stop. A request to the issuer that is cut off
// may have created a card, and with ISSUER_DEDUPES=false a person has to find out. So each request gets the full time
// that it may take. The grace period of the process must be longer.
func DrainTimeout(c config.Config) time.Duration {
	return max(minDrain, c.LongestRequest()+drainMargin)
}

// WorkerOptions are the options of a worker process.
type WorkerOptions struct {
	Config   config.Config
	Temporal client.Options
	Log      zerolog.Logger
	// Believed is how long the data read from an order may be used before money is spent on it; zero means five
	// minutes. Only the fault laboratory, where everything runs faster, uses another value.
	Believed time.Duration
	// Hurry divides the pauses of the workflows of cards that are made later, and those between attempts to post an event; zero is
	// one. Only the sandbox and the fault laboratory, where everything runs faster, use another value.
	Hurry int
	// ActivitySlots is the number of activities that the worker runs at once, without those under a rate limit; zero means
	// the default of Temporal's SDK. Only benchmarks use another value.
	ActivitySlots int
}

// Worker is a running worker process.
type Worker struct {
	log       zerolog.Logger
	client    client.Client
	operator  *operator.Operator
	workers   []worker.Worker
	health    *health
	telemetry *telemetry.Telemetry
	fatal     chan error
	stop      sync.Once
	// stopSurveys end the surveys; there are none without metrics.
	stopSurveys []func()
}

// StartWorker connects, checks the preconditions, and returns once the worker is polling.
func StartWorker(ctx context.Context, o WorkerOptions) (_ *Worker, err error) {
	w := &Worker{log: o.Log, fatal: make(chan error, 1)}
	defer func() {
		if err != nil {
			w.Stop()
		}
	}()
	if w.telemetry, err = newTelemetry(ctx, o.Config, o.Log); err != nil {
		return nil, err
	}
	services, err := newServices(o.Config, w.telemetry)
	if err != nil {
		return nil, err
	}
	// Health checks start first: a process that waits for Temporal is alive but not ready.
	w.health, err = startHealth(ctx, o.Config.Metrics.ListenAddr(), w.telemetry.Handler(), w.onFatal)
	if err != nil {
		return nil, err
	}
	w.telemetry.Instrument(&o.Temporal)
	connected, err := dialPatiently(ctx, o.Temporal, o.Config, o.Log)
	if err != nil {
		return nil, err
	}
	w.operator = connected.operator(o.Config)
	if w.client, err = connected.forWorkers(ctx); err != nil {
		return nil, err
	}
	if err := w.operator.CheckNamespace(ctx); err != nil {
		return nil, err
	}
	pin, err := w.operator.CheckIdentity(ctx, func(ctx context.Context) string { return ShopID(ctx, o.Config.Shopify) })
	if err != nil {
		return nil, err
	}
	shop := o.Config.Shopify.Shop
	if pin != nil {
		shop = pin.Shop
	}
	topics := newTopics(o, services, w.operator, shop)
	topics.later.Temporal = promises.NewHurried(w.operator.Recovery, o.Hurry)
	topics.messages = services.messages.Activities(w.operator, &looking.Looker{Client: w.operator.Client, Hurry: o.Hurry})
	w.resumeMetrics(ctx)
	cached := cachedWorkflows
	if o.Config.Relay.On() {
		cached = cachedMailboxes
	}
	worker.SetStickyWorkflowCacheSize(cached) // For all workers of this process that start after it.
	queues := forwarding.Workers(w.client, o.Config, services.relay.Activities(w.operator.Client, NamespaceOf(o.Temporal), o.Hurry, w.log),
		worker.Options{DeploymentOptions: version(o.Config.Worker), WorkerStopTimeout: DrainTimeout(o.Config), OnFatalError: w.onFatal})
	for _, queue := range append(queues, w.common(o, topics), w.issuing(o.Config, topics.giftCards)) {
		if err := queue.Start(); err != nil {
			return nil, fmt.Errorf("start polling: %w", err)
		}
		w.workers = append(w.workers, queue)
	}
	w.startSurveys(services)
	w.health.ready(w.client)
	for _, i := range services.later.With(services.issuer, o.Config.IssuesAtOnce()) {
		w.log.Info().Str("shop", o.Config.Shopify.Shop).Str("issuer", i.Words().Issuer).Strs("abilities", i.Names()).
			Str("health", w.MetricsAddr()).Msg("worker is polling")
	}
	if o.Config.Worker.Versioned() {
		w.tellVersion(ctx, o.Config.Worker)
	}
	return w, nil
}

// tellVersion logs the version of this worker, and warns if it gets no tasks because another version is current.
func (w *Worker) tellVersion(ctx context.Context, this ops.Worker) {
	log := w.log.With().Str("deployment", this.Deployment).Str("build", this.Build()).Logger()
	current, err := w.operator.CurrentBuild(ctx)
	switch {
	case err != nil:
		log.Warn().Err(err).Msg("cannot determine which version is current")
	case current != this.Build():
		log.Warn().Str("current", current).
			Msg("this version gets no tasks until it is current; run: " + buildinfo.Program + " deployment set-current")
	default:
		log.Info().Msg("this version is current")
	}
}

// QueueOptions returns the options with which workers poll the common task queue. Benchmarks of the bare engine use the
// same options.
func QueueOptions() worker.Options {
	return worker.Options{
		MaxConcurrentWorkflowTaskPollers: pollers,
		MaxConcurrentActivityTaskPollers: pollers,
		WorkerStopTimeout:                minDrain,
	}
}

// common returns the worker for the common task queue: workflows, and activities without a rate limit.
func (w *Worker) common(o WorkerOptions, t topics) worker.Worker {
	options := QueueOptions()
	options.MaxConcurrentActivityExecutionSize = o.ActivitySlots
	options.WorkerStopTimeout = DrainTimeout(o.Config)
	options.DeploymentOptions = version(o.Config.Worker)
	options.OnFatalError = w.onFatal
	q := worker.New(w.client, workflows.TaskQueue, options)
	workflows.Register(q)
	for _, topic := range []any{
		t.orders, t.digest, t.reruns, t.decisions, t.giftCards, t.later, t.tills, t.delivery, t.messages,
		t.changes, t.watch,
	} {
		q.RegisterActivity(topic)
	}
	return q
}

// issuing returns the worker for the queue of the cards that are issued under a rate limit. It also runs without a
// limit, for orders that were taken in while there was one. The server enforces the limit across all workers, and each
// worker must state it: a worker that does not removes the limit.
func (w *Worker) issuing(cfg config.Config, giftCards *activities.GiftCards) worker.Worker {
	maxRPS := cfg.CashStar.MaxRPS
	options := worker.Options{
		DeploymentOptions:            version(cfg.Worker),
		DisableWorkflowWorker:        true,
		TaskQueueActivitiesPerSecond: maxRPS,
		// A poller fetches one task per round trip to Temporal: with the SDK's default of two, network latency alone
		// can keep a worker below the limit.
		MaxConcurrentActivityTaskPollers: pollers,
		WorkerStopTimeout:                DrainTimeout(cfg),
		OnFatalError:                     w.onFatal,
	}
	if maxRPS > 0 {
		// Few at once, so that tasks that the server releases in a burst do not queue up in this worker.
		options.MaxConcurrentActivityExecutionSize = int(math.Ceil(maxRPS)) + pollers
	}
	q := worker.New(w.client, workflows.IssueTaskQueue, options)
	q.RegisterActivity(giftCards)
	return q
}

// version returns the deployment options that identify this worker's version. Both queues need it: a worker without a
// version would get no tasks of workflows that run under one.
func version(cfg ops.Worker) worker.DeploymentOptions {
	if !cfg.Versioned() {
		return worker.DeploymentOptions{}
	}
	return worker.DeploymentOptions{
		UseVersioning: true,
		Version:       worker.WorkerDeploymentVersion{DeploymentName: cfg.Deployment, BuildID: cfg.Build()},
	}
}

func (w *Worker) onFatal(err error) {
	select {
	case w.fatal <- err:
	default:
	}
}

// Wait returns nil when ctx ends, or the error that prevents the worker from continuing.
func (w *Worker) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-w.fatal:
		return fmt.Errorf("worker cannot continue: %w", err)
	}
}

// Stop stops polling, lets running activities finish within a time limit, and disconnects. Another worker retries the
// activities that were cut off. Stop may be called more than once.
func (w *Worker) Stop() {
	w.stop.Do(func() {
		if w.health != nil {
			w.health.unready()
		}
		for _, stop := range w.stopSurveys {
			stop()
		}
		var all sync.WaitGroup
		for _, q := range w.workers {
			all.Go(q.Stop)
		}
		all.Wait()
		if w.client != nil {
			w.client.Close()
		}
		if w.operator != nil {
			w.operator.Close()
		}
		if err := w.telemetry.Stop(); err != nil {
			w.log.Warn().Err(err).Msg("the last traces were not sent")
		}
		if w.health != nil {
			w.health.Stop()
		}
	})
}

// RunWorker runs a worker until ctx ends.
func RunWorker(ctx context.Context, o WorkerOptions) error {
	w, err := StartWorker(ctx, o)
	if err != nil {
		if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			return nil
		}
		return err
	}
	defer w.Stop()
	err = w.Wait(ctx)
	w.log.Info().Msg("worker is stopping: running activities may finish")
	return err
}
