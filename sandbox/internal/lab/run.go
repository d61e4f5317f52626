package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/giftbridge/giftbridge/internal/settings"

	"github.com/rs/zerolog"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/sandbox/internal/audit"
	"github.com/giftbridge/giftbridge/sandbox/internal/child"
)

// Options configures a run.
type Options struct {
	Plan Plan
	// IssuerDedupes reports whether the issuer recognises a repeated audit number, and the workers rely on it.
	IssuerDedupes bool
	// Deceive pairs an issuer that does not deduplicate with workers that assume that it does. The books must not balance.
	Deceive bool
	// Keep is the folder in which logs, the database and mails are kept. If it is empty, the run uses a temporary folder
	// and removes it.
	Keep string
	// Patience limits the time from the end of the faults to the end of the run.
	Patience time.Duration
	// Say receives progress lines for the user.
	Say func(format string, args ...any)

	folder string
}

// laboratory is one run.
type laboratory struct {
	Options
	began    time.Time
	sources  audit.Sources
	rules    audit.Rules
	control  *control
	storm    *storm
	operator *operator.Operator
	people   sync.WaitGroup // Manual polls, sweeps and digests in progress.

	temporal, shop, issuer, mail *process
	workers                      []*process
	tenants                      sync.WaitGroup // The processes.

	mu       sync.Mutex
	happened map[What]int
	// conditions are the unusual conditions in force now.
	conditions map[What]bool
	lag        time.Duration
	// due is the time at which searches will find everything that has changed in the shop.
	due      time.Time
	resolved int
	swept    int
	problems []string
}

// Run carries out the plan and compares the books. It leaves no process behind.
func Run(ctx context.Context, o Options) (Report, error) {
	l := &laboratory{Options: o, began: time.Now(), happened: map[What]int{}, conditions: map[What]bool{}}
	remove, err := l.makeFolder()
	if err != nil {
		return Report{}, err
	}
	defer remove()
	processes, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer func() {
		if l.operator != nil {
			l.operator.Close()
		}
		stop()
		l.tenants.Wait()
		if ctx.Err() != nil {
			o.Say("interrupted: all processes are stopped")
		}
	}()
	people, leave := context.WithCancel(ctx)
	defer l.people.Wait()
	defer leave()
	if err := l.open(ctx, processes); err != nil {
		return Report{}, err
	}
	o.Say("all processes are up; customers and faults for %s", o.Plan.Length)
	l.weather(ctx, people)
	if ctx.Err() != nil {
		return Report{}, ctx.Err()
	}
	calm, cancel := context.WithTimeoutCause(ctx, o.Patience, errors.New("patience is at an end"))
	defer cancel()
	account, settleErr := l.settle(calm)
	if ctx.Err() != nil {
		return Report{}, ctx.Err()
	}
	if settleErr != nil {
		l.problem("the system did not come to rest: %v", settleErr)
		if account, err = l.audit(ctx); err != nil {
			return Report{}, errors.Join(settleErr, err)
		}
	}
	return l.report(ctx, account)
}

func (l *laboratory) makeFolder() (remove func(), err error) {
	if l.Keep != "" {
		l.folder, err = filepath.Abs(l.Keep)
		if err == nil {
			err = os.MkdirAll(l.folder, 0o700)
		}
		remove = func() {}
	} else {
		l.folder, err = os.MkdirTemp("", "giftbridge-chaos-*")
		remove = func() { _ = os.RemoveAll(l.folder) }
	}
	if err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	return remove, nil
}

// open starts all processes and ensures the schedules.
func (l *laboratory) open(ctx, processes context.Context) error {
	var at ports
	for _, port := range []*int{&at.temporal, &at.shop, &at.issuer, &at.mail} {
		var err error
		if *port, err = child.FreePort(ctx); err != nil {
			return err
		}
	}
	cfg, env := configuration(l.Plan, at, l.began, l.Options)
	mails := filepath.Join(l.folder, "mails")
	l.sources = audit.Sources{
		Shop: "http://" + child.Loopback(at.shop), Issuer: "http://" + child.Loopback(at.issuer), Mails: mails,
		Temporal: child.Loopback(at.temporal), Namespace: namespace,
	}
	l.rules = audit.Rules{
		SKUs: cfg.Orders.GiftCardSKUs, Companions: cfg.Orders.CompanionSKUs, CreatedFrom: cfg.Orders.CreatedAtMin,
		// A request that was sent in time may last until its time-out.
		GivenBack: map[int64]time.Time{}, Within: believed + cfg.CashStar.Timeout,
	}
	l.control = newControl(at)
	l.storm = newStorm(l.control, l.Plan.Seed)

	clean := []string{"HOME=" + l.folder, "PATH=" + os.Getenv("PATH")}
	l.temporal = l.admit(processes, roleTemporal, clean, childOptions{
		Port: at.temporal, File: filepath.Join(l.folder, "temporal.db"),
	})
	l.shop = l.admit(processes, roleShop, clean, childOptions{Port: at.shop, ClockOffset: l.Plan.ClockOffset})
	l.issuer = l.admit(processes, roleIssuer, clean, childOptions{
		Port: at.issuer, Seed: l.Plan.Seed, IssueAgain: !l.IssuerDedupes || l.Deceive,
	})
	l.mail = l.admitMail(processes, clean, mails, at.mail)
	for _, p := range []*process{l.temporal, l.shop, l.issuer, l.mail} {
		if err := p.await(ctx); err != nil {
			return err
		}
	}
	options := client.Options{HostPort: child.Loopback(at.temporal), Namespace: namespace}
	var err error
	if l.operator, err = app.NewOperator(ctx, options, cfg, zerolog.Nop()); err != nil {
		return err
	}
	ensure := settings.Ensure{Yes: true, ShopID: app.ShopID(ctx, cfg.Shopify)}
	if _, err := l.operator.EnsureSchedules(ctx, ensure); err != nil {
		return err
	}
	for range Workers {
		l.workers = append(l.workers, l.admit(processes, roleWorker, env, childOptions{Believed: believed}))
	}
	for _, w := range l.workers {
		if err := w.await(ctx); err != nil {
			return err
		}
	}
	return nil
}

// admit starts a process and keeps it running until ctx ends.
func (l *laboratory) admit(ctx context.Context, role string, env []string, o childOptions) *process {
	name := role
	if role == roleWorker {
		name = fmt.Sprintf("%s-%d", role, len(l.workers)+1)
	}
	p := &process{name: name, role: role, options: o, env: env, folder: l.folder}
	l.tenants.Go(func() { p.run(ctx) })
	return p
}

// admitMail starts the mail catcher. It gets a new folder at each start, because it then numbers mails from the
// beginning.
func (l *laboratory) admitMail(ctx context.Context, env []string, mails string, port int) *process {
	p := &process{
		name: roleMail, role: roleMail, options: childOptions{Port: port}, env: env, folder: l.folder,
		prepare: func(start int, o *childOptions) error {
			o.Folder = filepath.Join(mails, fmt.Sprintf("%03d", start))
			return os.MkdirAll(o.Folder, 0o700)
		},
	}
	l.tenants.Go(func() { p.run(ctx) })
	return p
}

func (l *laboratory) did(what What) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.happened[what]++
}

func (l *laboratory) problem(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.problems = append(l.problems, fmt.Sprintf(format, args...))
}
