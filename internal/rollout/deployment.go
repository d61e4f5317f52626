package rollout

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	deploymentpb "go.temporal.io/api/deployment/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/executions"
)

// Rollout manages the worker versions of one installation.
type Rollout struct {
	*executions.Reader
	deployment, build string
}

// New returns the rollout of a worker deployment; the deployment is empty for unversioned workers. build is the build
// ID of the calling program.
func New(r *executions.Reader, deployment, build string) *Rollout {
	return &Rollout{Reader: r, deployment: deployment, build: build}
}

// Deployment is the state of a deployment's worker versions.
type Deployment struct {
	Name string `json:"name"`
	// Current is the build ID of the version that receives the work; empty if unversioned workers receive it.
	Current      string    `json:"current"`
	CurrentSince time.Time `json:"current_since,omitzero"`
	// Ramping is the build ID of the version that receives RampPercent percent of the work; empty if unversioned
	// workers receive it.
	Ramping     string  `json:"ramping,omitempty"`
	RampPercent float32 `json:"ramp_percent,omitempty"`
	// Settled reports whether all queues send their work to the current version.
	Settled bool `json:"settled"`
	// Versions lists the versions that Temporal keeps, newest first, and then the unversioned workers, if any.
	Versions []Version `json:"versions"`

	conflictToken []byte
}

// Version is one version of the workers.
type Version struct {
	// BuildID is empty for unversioned workers.
	BuildID string `json:"build_id"`
	// State is the status that Temporal reports: current, ramping, draining or drained (was current or ramping),
	// inactive (never was), or created (no worker of it has been seen yet). Unversioned workers are current or
	// inactive.
	State     string    `json:"state"`
	CreatedAt time.Time `json:"created_at,omitzero"`
	// DrainageCheckedAt is when Temporal last checked whether anything still needs this version.
	DrainageCheckedAt time.Time `json:"drainage_checked_at,omitzero"`
	// Workers is the number of worker processes that were seen polling in the last 75 seconds, by queue.
	Workers map[string]int `json:"workers"`
}

// Missing lists the queues on which no worker of the version was seen.
func (v Version) Missing() []string {
	var out []string
	for _, q := range queues {
		if v.Workers[q.String()] == 0 {
			out = append(out, q.String())
		}
	}
	return out
}

// Version returns the version with the given build ID, which is empty for unversioned workers.
func (d *Deployment) Version(buildID string) (Version, bool) {
	for _, v := range d.Versions {
		if v.BuildID == buildID {
			return v, true
		}
	}
	return Version{BuildID: buildID}, false
}

// Deployment returns the state of the configured deployment's versions.
func (o *Rollout) Deployment(ctx context.Context) (*Deployment, error) {
	name := o.deployment
	workers, routes, err := o.workers(ctx, name)
	if err != nil {
		return nil, err
	}
	described, err := o.describeDeployment(ctx)
	if err != nil {
		return nil, err
	}
	info := described.GetWorkerDeploymentInfo()
	routing := info.GetRoutingConfig()
	d := &Deployment{
		Name:          name,
		Current:       routing.GetCurrentDeploymentVersion().GetBuildId(),
		Ramping:       routing.GetRampingDeploymentVersion().GetBuildId(),
		RampPercent:   routing.GetRampingVersionPercentage(),
		conflictToken: described.GetConflictToken(),
	}
	if at := routing.GetCurrentVersionChangedTime(); at != nil {
		d.CurrentSince = at.AsTime()
	}
	d.Settled = settled(info.GetRoutingConfigUpdateState(), d, routes)
	for _, s := range info.GetVersionSummaries() {
		d.Versions = append(d.Versions, version(s, workers))
	}
	slices.SortStableFunc(d.Versions, func(a, b Version) int { return b.CreatedAt.Compare(a.CreatedAt) })
	if none := workers[""]; len(none) > 0 || d.Current == "" {
		state := "inactive"
		if d.Current == "" {
			state = "current"
		}
		d.Versions = append(d.Versions, Version{State: state, Workers: none})
	}
	return d, nil
}

func (o *Rollout) describeDeployment(ctx context.Context) (*workflowservice.DescribeWorkerDeploymentResponse, error) {
	name := o.deployment
	d, err := o.Client.WorkflowService().DescribeWorkerDeployment(ctx,
		&workflowservice.DescribeWorkerDeploymentRequest{Namespace: o.Namespace(), DeploymentName: name})
	if executions.IsNotFound(err) {
		return nil, &executions.NotFoundError{What: "no worker of deployment " + name + " has been seen yet; " +
			"start one with WORKER_DEPLOYMENT=" + name}
	}
	if err != nil {
		return nil, fmt.Errorf("describe worker deployment %s: %w", name, err)
	}
	return d, nil
}

// CurrentBuild returns the build ID of the current version; empty if unversioned workers receive the work.
func (o *Rollout) CurrentBuild(ctx context.Context) (string, error) {
	d, err := o.describeDeployment(ctx)
	if _, none := errors.AsType[*executions.NotFoundError](err); none {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return d.GetWorkerDeploymentInfo().GetRoutingConfig().GetCurrentDeploymentVersion().GetBuildId(), nil
}

func version(
	s *deploymentpb.WorkerDeploymentInfo_WorkerDeploymentVersionSummary, workers map[string]map[string]int,
) Version {
	v := Version{
		BuildID:   s.GetDeploymentVersion().GetBuildId(),
		State:     strings.ToLower(s.GetStatus().String()),
		CreatedAt: s.GetCreateTime().AsTime(),
	}
	v.Workers = workers[v.BuildID]
	if at := s.GetDrainageInfo().GetLastCheckedTime(); at != nil {
		v.DrainageCheckedAt = at.AsTime()
	}
	return v
}

// partitionsHear is how long the partitions of a queue have to learn the current version from the first partition.
// Temporal calls a longer propagation slow (SlowPropagationDelay in go.temporal.io/server v1.32.1,
// service/worker/workerdeployment). After that, the answer of the first partition counts, because Temporal's own state
// can stay "in progress" forever: https://github.com/temporalio/temporal/issues/11842. Work that reaches a partition
// before it has learned the version waits there.
const partitionsHear = 10 * time.Second

// settled reports whether all queues send their work to the current version, given the state that Temporal reports and
// the versions to which the queues actually send it.
func settled(state enumspb.RoutingConfigUpdateState, d *Deployment, routes []string) bool {
	if state != enumspb.ROUTING_CONFIG_UPDATE_STATE_IN_PROGRESS {
		return true
	}
	elsewhere := slices.ContainsFunc(routes, func(to string) bool { return to != d.Current })
	return !elsewhere && time.Since(d.CurrentSince) > partitionsHear
}

// workers counts the polling workers by build ID and queue, and returns the build IDs to which the queues send work.
func (o *Rollout) workers(
	ctx context.Context, deployment string,
) (workers map[string]map[string]int, routes []string, err error) {
	workers = map[string]map[string]int{}
	for _, q := range queues {
		d, err := o.Client.WorkflowService().DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
			Namespace: o.Namespace(), TaskQueue: &taskqueuepb.TaskQueue{Name: q.name}, TaskQueueType: q.of,
		})
		if err != nil {
			return nil, nil, fmt.Errorf("describe task queue %s: %w", q, err)
		}
		routes = append(routes, d.GetVersioningInfo().GetCurrentDeploymentVersion().GetBuildId())
		for _, p := range d.GetPollers() {
			build, ours := buildOf(p, deployment)
			if !ours || time.Since(p.GetLastAccessTime().AsTime()) > stillPolls {
				continue
			}
			if workers[build] == nil {
				workers[build] = map[string]int{}
			}
			workers[build][q.String()]++
		}
	}
	return workers, routes, nil
}

// buildOf returns the build ID of a worker, empty if it is unversioned, and reports whether the worker is unversioned
// or belongs to the given deployment.
func buildOf(p *taskqueuepb.PollerInfo, deployment string) (build string, ours bool) {
	v := p.GetDeploymentOptions()
	if v.GetWorkerVersioningMode() != enumspb.WORKER_VERSIONING_MODE_VERSIONED {
		return "", true
	}
	return v.GetBuildId(), v.GetDeploymentName() == deployment
}

// Build returns the build ID of this program, from the configuration or else from the binary; empty if neither has one.
func (o *Rollout) Build() string { return o.build }

// CurrentChange is the outcome of [Rollout.SetCurrent]. Build IDs are empty for unversioned workers.
type CurrentChange struct {
	Deployment string `json:"deployment"`
	Before     string `json:"before"`
	Now        string `json:"now"`
	Changed    bool   `json:"changed"`
}

// SetCurrent makes a version, or the unversioned workers if the build ID is empty, the current version. It first waits
// until workers of that version poll every queue, because work that is sent to a version without workers is not
// processed. It returns when all queues know the current version. A version that is already current stays current.
func (o *Rollout) SetCurrent(ctx context.Context, buildID string, wait time.Duration) (*CurrentChange, error) {
	d, err := o.awaitWorkers(ctx, buildID, wait)
	if err != nil {
		return nil, err
	}
	out := &CurrentChange{Deployment: d.Name, Before: d.Current, Now: buildID, Changed: d.Current != buildID}
	if out.Changed {
		err := until(ctx, wait, func() error {
			_, err := o.Client.WorkerDeploymentClient().GetHandle(d.Name).SetCurrentVersion(ctx,
				client.WorkerDeploymentSetCurrentVersionOptions{BuildID: buildID, ConflictToken: d.conflictToken})
			if lacksQueues(err) {
				return &executions.NotFoundError{What: err.Error()}
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("make %s the current version of %s: %w", shownBuild(buildID), d.Name, err)
		}
	}
	return out, o.awaitSettled(ctx, wait)
}

// lacksQueues reports whether err says that Temporal has not yet recorded which queues the version's workers poll. With
// a slow database, recording takes some seconds (ErrCurrentVersionDoesNotHaveAllTaskQueues in go.temporal.io/server
// v1.32.1, service/worker/workerdeployment). A conflict has the same error type, and must not be retried.
func lacksQueues(err error) bool {
	_, refused := errors.AsType[*serviceerror.FailedPrecondition](err)
	return refused && strings.Contains(err.Error(), "missing active task queues")
}

// awaitWorkers waits until workers of a version poll every queue.
func (o *Rollout) awaitWorkers(ctx context.Context, buildID string, wait time.Duration) (*Deployment, error) {
	var d *Deployment
	err := until(ctx, wait, func() (err error) {
		if d, err = o.Deployment(ctx); err != nil {
			return err
		}
		v, known := d.Version(buildID)
		switch {
		case len(v.Missing()) == 0:
			return nil
		case !known || len(v.Workers) == 0:
			return &executions.NotFoundError{What: fmt.Sprintf("no %s is polling; %s", shownWorker(buildID), d.polling())}
		default:
			return &executions.NotFoundError{What: fmt.Sprintf("no %s is polling %s", shownWorker(buildID),
				strings.Join(v.Missing(), ", "))}
		}
	})
	return d, err
}

// awaitSettled waits until all queues know the current version.
func (o *Rollout) awaitSettled(ctx context.Context, wait time.Duration) error {
	return until(ctx, wait, func() error {
		d, err := o.Deployment(ctx)
		if err == nil && !d.Settled {
			err = &executions.NotFoundError{What: "the current version is set, but not all task queues know it yet; " +
				"to check again, run: " + buildinfo.Program + " deployment"}
		}
		return err
	})
}

// lookAtDeploymentEvery is long, because Temporal's system workflows accept only a few queries a second and reject the
// rest.
const lookAtDeploymentEvery = time.Second

// notYet reports whether waiting may cure err.
func notYet(err error) bool {
	_, missing := errors.AsType[*executions.NotFoundError](err)
	_, tooOften := errors.AsType[*serviceerror.ResourceExhausted](err)
	return missing || tooOften
}

// until calls try until it succeeds, fails with an error that waiting does not cure, or wait has elapsed. It returns
// the last error.
func until(ctx context.Context, wait time.Duration, try func() error) error {
	end := time.NewTimer(wait)
	defer end.Stop()
	look := time.NewTicker(lookAtDeploymentEvery)
	defer look.Stop()
	for {
		err := try()
		if !notYet(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-end.C:
			return err
		case <-look.C:
		}
	}
}

// polling lists the versions whose workers poll, for an operator who has mistyped a build ID.
func (d *Deployment) polling() string {
	var names []string
	for _, v := range d.Versions {
		if len(v.Workers) > 0 {
			names = append(names, shownBuild(v.BuildID))
		}
	}
	return "currently polling: " + cmp.Or(strings.Join(names, ", "), "none")
}

func shownBuild(buildID string) string {
	if buildID == "" {
		return "workers without a version"
	}
	return "version " + buildID
}

func shownWorker(buildID string) string {
	if buildID == "" {
		return "worker without a version"
	}
	return "worker of version " + buildID
}
