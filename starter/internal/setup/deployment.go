package setup

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/rollout"
	"github.com/giftbridge/giftbridge/starter/internal/session"
)

func newDeployment(f *cli.Flags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "deployment",
		Short: "Show the worker versions, and which one is current",
		Long: `Deployment shows the versions of the worker deployment WORKER_DEPLOYMENT: which one is current, and how
many workers of each have been polling.

Workers that have WORKER_DEPLOYMENT have a version, WORKER_BUILD_ID, and receive work only while that version is
current. To upgrade, start workers of the new version, make it current, and then stop the workers of the old version.
Running orders move to the new version with their next step, and back again after a rollback. If you stop halfway,
nothing is lost or done twice. But while no worker of the current version runs, no work is done.

The states of a version are Temporal's: current; ramping; draining and drained, for a version that was current;
inactive, for one that has not been current yet. No giftbridge workflow is pinned to a version, so the workers of a
draining version can be stopped. The count includes workers that polled in the last 75 seconds, even if they have
stopped since.`,
		Example: `  giftbridge deployment
  giftbridge deployment set-current 1.4.0
  giftbridge deployment set-current --unversioned`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return session.Operate(cmd, ofADeployment, func(ctx context.Context, o *operator.Operator) error {
				d, err := o.Deployment(ctx)
				if err != nil {
					return err
				}
				if f.JSON {
					return cli.JSON(cmd.OutOrStdout(), d)
				}
				return printDeployment(cmd.OutOrStdout(), d)
			})
		},
	}
	cmd.AddCommand(newDeploymentSetCurrent(f))
	return cmd
}

// ofADeployment is session.OnlyToLook for commands that need a worker deployment.
func ofADeployment() (config.Config, error) {
	cfg, err := session.OnlyToLook()
	if err == nil && !cfg.Worker.Versioned() {
		err = cli.Usagef("WORKER_DEPLOYMENT is not set: the workers have no versions, and there is no current one to set")
	}
	return cfg, err
}

func newDeploymentSetCurrent(f *cli.Flags) *cobra.Command {
	var wait time.Duration
	var unversioned bool
	cmd := &cobra.Command{
		Use:   "set-current [BUILD_ID]",
		Short: "Make a worker version current",
		Long: `Set-current makes a version current, so that its workers receive the work: BUILD_ID, or else
WORKER_BUILD_ID, or else the commit that this program was built from. With --unversioned, the workers without a version
receive the work, as they do where versions are not used.

It waits until workers of that version poll all task queues, and refuses if there are none: work that is sent to a
version without workers is not done. It returns when all task queues have applied the change; then stop the old
version's workers. A version that is already current stays current, so the command can be run again, and on every
deploy.

To roll back, run the same command with the older version. Its workers have to be running again.`,
		Example: `  giftbridge deployment set-current 1.4.0
  giftbridge deployment set-current             # the version of this program
  giftbridge deployment set-current --unversioned`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return cli.OneArg(cmd, args)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return session.Operate(cmd, ofADeployment, func(ctx context.Context, o *operator.Operator) error {
				build, err := chosenBuild(args, unversioned, o.Build())
				if err != nil {
					return err
				}
				change, err := o.SetCurrent(ctx, build, wait)
				if err != nil {
					return err
				}
				if f.JSON {
					return cli.JSON(cmd.OutOrStdout(), change)
				}
				_, err = fmt.Fprintln(cmd.OutOrStdout(), changed(change))
				return err
			})
		},
	}
	cmd.Flags().DurationVar(&wait, "wait", time.Minute, "how long to wait for workers of that version")
	cmd.Flags().BoolVar(&unversioned, "unversioned", false, "make the workers without a version current")
	return cmd
}

// chosenBuild returns the build ID to use; empty means workers without a version.
func chosenBuild(args []string, unversioned bool, own string) (string, error) {
	switch {
	case unversioned && len(args) > 0:
		return "", cli.Usagef("give a build ID or --unversioned, not both")
	case unversioned:
		return "", nil
	case len(args) > 0 && args[0] != "":
		return args[0], nil
	case len(args) > 0 || own == "": // An empty argument is a variable that was not set.
		return "", cli.Usagef("no build ID: pass one, or pass no argument to use WORKER_BUILD_ID, or else the commit of " +
			"this program if it is known")
	}
	return own, nil
}

func changed(c *rollout.CurrentChange) string {
	if !c.Changed {
		return fmt.Sprintf("current version of %s: %s, unchanged", c.Deployment, named(c.Now))
	}
	return fmt.Sprintf("current version of %s: %s, was: %s", c.Deployment, named(c.Now), named(c.Before))
}

// named formats a build ID for display.
func named(buildID string) string {
	if buildID == "" {
		return "(no version)"
	}
	return buildID
}

func printDeployment(w io.Writer, d *rollout.Deployment) error {
	err := cli.Table(w, func(row func(...any)) {
		row("deployment", d.Name)
		current := named(d.Current)
		if !d.CurrentSince.IsZero() {
			current += ", since " + d.CurrentSince.Format(time.RFC3339)
		}
		row("current", current)
		if d.RampPercent > 0 {
			row("ramping", fmt.Sprintf("%s, %g %% of the work", named(d.Ramping), d.RampPercent))
		}
		if v, _ := d.Version(d.Current); len(v.Missing()) > 0 {
			row("NO WORK IS DONE", "workers of the current version are missing; start them, or make another version current")
		}
		if !d.Settled {
			row("NOT SETTLED", "not all task queues have applied the current version yet; check again")
		}
	})
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintln(w)
	return cli.Table(w, func(row func(...any)) {
		row("BUILD ID", "STATE", "CREATED", "WORKERS")
		for _, v := range d.Versions {
			created := "-"
			if !v.CreatedAt.IsZero() {
				created = v.CreatedAt.Format(time.RFC3339)
			}
			row(named(v.BuildID), v.State, created, seenWorkers(v))
		}
	})
}

// seenWorkers formats the number of workers of a version, and the task queues that have none.
func seenWorkers(v rollout.Version) string {
	most := 0
	for _, n := range v.Workers {
		most = max(most, n)
	}
	text := strconv.Itoa(most)
	if missing := v.Missing(); most > 0 && len(missing) > 0 {
		text += ", none on " + strings.Join(missing, ", ")
	}
	return text
}
