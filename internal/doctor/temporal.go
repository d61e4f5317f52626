package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/codec"
	"github.com/giftbridge/giftbridge/internal/config/ops"
	"github.com/giftbridge/giftbridge/internal/doctor/exam"
	"github.com/giftbridge/giftbridge/internal/installation"
	"github.com/giftbridge/giftbridge/internal/printable"
)

// The names of the checks. They must not change, because monitors read them.
const (
	Temporal         = "temporal"
	Namespace        = "namespace"
	Retention        = "retention"
	SearchAttributes = "search attributes"
	StoredPayloads   = "stored payloads"
	PollSchedule     = "poll schedule"
	DigestSchedule   = "digest schedule"
	WorkerVersion    = "worker version"
	Workers          = "workers"
)

const (
	cureAddress = "start Temporal, or set TEMPORAL_ADDRESS to its host:port; if it requires TLS, set TEMPORAL_TLS=true"
	cureTLS     = "set TEMPORAL_TLS_SERVER_CA_CERT_PATH to the CA certificate for Temporal's server certificate, and " +
		"TEMPORAL_TLS_SERVER_NAME to the name in that certificate; if Temporal does not use TLS, set TEMPORAL_TLS=false"
	cureIdentity = "set TEMPORAL_API_KEY to a key that is valid for this namespace (Temporal Cloud: Settings, API Keys), " +
		"or TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH to a client certificate for it and its key"
	cureSchedules = "run: " + buildinfo.Program + " schedules"
)

func (x *examination) temporalExams() []exam.Exam {
	return []exam.Exam{
		{Name: Temporal, Do: x.temporal},
		{Name: Namespace, Needs: []string{Temporal}, Do: x.namespace},
		{
			Name: Retention, Needs: []string{Namespace}, Reads: []string{"MAX_ORDER_AGE"},
			Do: x.retentionCheck,
		},
		{Name: SearchAttributes, Needs: []string{Namespace}, Do: x.searchAttributes},
		{
			Name: StoredPayloads, Needs: []string{Namespace, PayloadKeys}, Reads: []string{"PAYLOAD_"},
			Do: x.storedPayloads,
		},
		{
			Name: PollSchedule, Needs: []string{Namespace, StoredPayloads},
			Reads: []string{
				"POLL_", "GIFT_CARD_SKUS", "CREATED_AT_MIN", "MAX_ORDER_AGE", "INCLUDE_TEST_ORDERS", "AUDIT_PREFIX",
				"RETRY_BUDGET", "CASHSTAR_MAX_RPS", "PAYLOAD_",
			},
			Do: x.pollSchedule,
		},
		{
			Name: DigestSchedule, Needs: []string{Namespace, StoredPayloads},
			Reads: []string{"DIGEST_", "SMTP_HOST", "PAYLOAD_"}, Do: x.digestSchedule,
		},
		{
			Name: WorkerVersion, Needs: []string{Namespace}, Reads: []string{"WORKER_"},
			Do: x.workerVersion,
		},
		{
			Name: Workers, Needs: []string{Namespace, WorkerVersion}, Reads: []string{"WORKER_"},
			Do: x.workers,
		},
	}
}

// temporal connects to Temporal. Without working payload keys it reads only unencrypted payloads.
func (x *examination) temporal(ctx context.Context) check.Check {
	if x.TemporalProblem != nil {
		return exam.Fail(x.why(ctx, x.TemporalProblem), "correct the TEMPORAL_* variables, or the profile file of the temporal "+
			"command line; see docs/deploy.md")
	}
	cfg := x.Config
	if len(exam.Among(x.wrong, []string{"PAYLOAD_"})) > 0 {
		cfg.Payload = ops.Payload{Encryption: ops.EncryptionOff}
	}
	address := x.Temporal.HostPort
	if address == "" {
		address = client.DefaultHostPort + " (the default: TEMPORAL_ADDRESS is not set)"
	}
	o, err := app.NewOperator(ctx, x.Temporal, cfg, zerolog.Nop())
	if err != nil {
		return x.unreachable(ctx, address, err)
	}
	version, err := o.ServerVersion(ctx)
	if err != nil {
		o.Close()
		return x.unreachable(ctx, address, err)
	}
	x.operator = o
	secured := "without TLS"
	if x.Temporal.ConnectionOptions.TLS != nil || x.Temporal.Credentials != nil {
		secured = "over TLS"
	}
	if version == "" {
		return exam.OK("%s is reachable %s", address, secured)
	}
	return exam.OK("%s is reachable %s, server version %s", address, secured, version)
}

func (x *examination) unreachable(ctx context.Context, address string, err error) check.Check {
	if refused(err) {
		return exam.Fail(address+" denied access: "+cause(err), cureIdentity)
	}
	text := cause(err)
	for _, sign := range []string{"tls:", "x509:", "certificate"} {
		if strings.Contains(text, sign) {
			return exam.Fail(address+" cannot be reached over TLS: "+printable.Line(text, maxFound), cureTLS)
		}
	}
	if timedOut(err) {
		return exam.Fail(address+" cannot be reached: "+x.why(ctx, err), cureAddress)
	}
	return exam.Fail(address+" cannot be reached: "+printable.Line(text, maxFound), cureAddress)
}

func refused(err error) bool {
	_, denied := errors.AsType[*serviceerror.PermissionDenied](err)
	return denied || strings.Contains(err.Error(), "Unauthenticated") || strings.Contains(err.Error(), "Request unauthorized")
}

// cause returns the error text without the prefixes of the layers between giftbridge and the network.
func cause(err error) string {
	text := err.Error()
	for _, before := range []string{`desc = `, "Error while dialing: ", "failed reaching server: "} {
		if i := strings.LastIndex(text, before); i >= 0 {
			text = text[i+len(before):]
		}
	}
	return strings.ReplaceAll(text, `"`, "")
}

// ask turns an error from Temporal into a failed check. It returns false if err is nil.
func (x *examination) ask(ctx context.Context, err error) (check.Check, bool) {
	switch {
	case err == nil:
		return check.Check{}, false
	case refused(err):
		return exam.Fail("Temporal denied access: "+cause(err), cureIdentity), true
	}
	return exam.Fail(x.why(ctx, err), "check the Temporal server's log, and try again"), true
}

func (x *examination) namespace(ctx context.Context) check.Check {
	name := x.operator.Namespace()
	var err error
	x.retention, err = x.operator.Retention(ctx)
	if _, missing := errors.AsType[*serviceerror.NamespaceNotFound](err); missing {
		return exam.Fail(fmt.Sprintf("%q does not exist", name), "set TEMPORAL_NAMESPACE to an existing namespace, or create "+
			"this one (on Temporal Cloud, in its console): "+installation.CreateNamespace(name, x.Config.Orders.MaxOrderAge))
	}
	if c, bad := x.ask(ctx, err); bad {
		return c
	}
	return exam.OK("%q exists", name)
}

func (x *examination) retentionCheck(context.Context) check.Check {
	age := x.Config.Orders.MaxOrderAge
	if x.retention <= age {
		return exam.Fail(fmt.Sprintf("closed workflows are kept for %s, which is not longer than MAX_ORDER_AGE (%s): an order could "+
			"be issued twice", printable.Duration(x.retention), printable.Duration(age)),
			"run (on Temporal Cloud, use its console instead): "+installation.RaiseRetention(x.operator.Namespace(), age))
	}
	if installation.RetentionIsTight(x.retention, age) {
		return exam.Warn(fmt.Sprintf("closed workflows are kept for %s, only slightly longer than MAX_ORDER_AGE (%s): an order "+
			"that a slow poll starts late could be issued twice", printable.Duration(x.retention), printable.Duration(age)),
			"run (on Temporal Cloud, use its console instead): "+installation.RaiseRetention(x.operator.Namespace(), age))
	}
	return exam.OK("closed workflows are kept for %s; orders are picked up until they are %s old",
		printable.Duration(x.retention), printable.Duration(age))
}

func (x *examination) searchAttributes(ctx context.Context) check.Check {
	missing, mistyped, err := x.operator.SearchAttributes(ctx)
	if c, bad := x.ask(ctx, err); bad {
		return c
	}
	switch {
	case len(mistyped) > 0:
		name, _, _ := strings.Cut(mistyped[0], " ")
		return exam.Fail("wrong type, expected: "+strings.Join(mistyped, ", "),
			"remove them (temporal operator search-attribute remove --name "+name+"), then "+cureSchedules)
	case len(missing) > 0:
		return exam.Fail("missing, and no order can start without them: "+strings.Join(missing, ", "),
			cureSchedules+" (on Temporal Cloud, first add them in its console)")
	}
	return exam.OK("all exist with the right types")
}

func (x *examination) pollSchedule(ctx context.Context) check.Check {
	s, err := x.operator.ComparePollSchedule(ctx)
	if c, bad := x.ask(ctx, err); bad {
		return c
	}
	return schedule(s, "poll-orders", "new orders are not picked up")
}

func (x *examination) digestSchedule(ctx context.Context) check.Check {
	s, err := x.operator.CompareDigestSchedule(ctx)
	if c, bad := x.ask(ctx, err); bad {
		return c
	}
	switch {
	case !s.Wanted && s.Exists:
		return exam.Fail("exists, but SMTP_HOST is not set: digests will fail", "set SMTP_HOST, or "+cureSchedules)
	case !s.Wanted:
		return exam.Warn("off: SMTP_HOST is not set, so failed orders are not reported by mail",
			"set SMTP_HOST, DIGEST_FROM and DIGEST_TO, then "+cureSchedules)
	}
	return schedule(s, "daily-digest", "failed orders are not reported by mail")
}

// schedule checks a schedule that should exist.
func schedule(s installation.ScheduleComparison, id, without string) check.Check {
	switch {
	case !s.Exists:
		return exam.Fail("does not exist: "+without, cureSchedules)
	case s.Paused:
		note, cure := s.Note, "run: "+buildinfo.Program+" resume"
		if id == "daily-digest" { // It takes no orders in.
			cure = "run: temporal schedule toggle --unpause --schedule-id " + id
		}
		if late := installation.Overdue(note, time.Now()); late > 0 {
			note = "OVERDUE for " + printable.Duration(late) + ": " + note
		}
		return exam.Fail(strings.TrimSuffix("paused, "+without+": "+note, ": "), cure)
	case s.Unreadable != nil:
		return exam.Fail("cannot be read: "+s.Unreadable.Error(), cureSchedules)
	case s.Differs:
		names := make([]string, len(s.Fields))
		for i, field := range s.Fields {
			names[i], _, _ = strings.Cut(field, ":")
		}
		return exam.Fail("differs from the configuration: "+strings.Join(names, ", "), "to see each difference, run: "+buildinfo.Program+" schedules --dry-run; to apply the configuration, "+
			cureSchedules+"; or run the doctor with the deployed configuration")
	case s.OtherKey:
		return exam.Warn("is not encrypted with the current key", cureSchedules)
	}
	return exam.OK("as configured, next run at %s", s.NextAt.UTC().Format("2006-01-02 15:04 MST"))
}

func (x *examination) storedPayloads(ctx context.Context) check.Check {
	read, err := x.operator.ReadStored(ctx)
	if u, locked := errors.AsType[*codec.UnreadableError](err); locked {
		return exam.Fail(u.Error(), "add that key to PAYLOAD_KEYS, after the key that encrypts: orders are waiting for it")
	}
	if c, bad := x.ask(ctx, err); bad {
		return c
	}
	if read == 0 {
		return exam.OK("none yet")
	}
	return exam.OK("the newest %d can be read", read)
}

func (x *examination) workerVersion(ctx context.Context) check.Check {
	name := x.Config.Worker.Deployment
	if name == "" {
		return exam.OK("unversioned: WORKER_DEPLOYMENT is not set")
	}
	current, err := x.operator.CurrentBuild(ctx)
	if c, bad := x.ask(ctx, err); bad {
		return c
	}
	if current == "" {
		return exam.Fail("no version of deployment "+name+" is current: its workers get no tasks",
			"start workers with WORKER_DEPLOYMENT="+name+", then run: "+buildinfo.Program+" deployment set-current BUILD-ID")
	}
	return exam.OK("version %s of deployment %s is current", current, name)
}

func (x *examination) workers(ctx context.Context) check.Check {
	unpolled, err := x.operator.Unpolled(ctx)
	if c, bad := x.ask(ctx, err); bad {
		return c
	}
	if len(unpolled) > 0 {
		return exam.Fail("no worker is polling "+strings.Join(unpolled, ", "),
			"start workers with this environment (command: worker), and check their logs")
	}
	return exam.OK("every queue is polled")
}
