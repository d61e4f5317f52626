package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"go.temporal.io/sdk/client"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/settings"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest/delivery"
	"github.com/giftbridge/giftbridge/sandbox/internal/audit"
	"github.com/giftbridge/giftbridge/sandbox/internal/child"
	"github.com/giftbridge/giftbridge/sandbox/internal/lab/customers"
	"github.com/giftbridge/giftbridge/sandbox/internal/lab/forwarded"
	"github.com/giftbridge/giftbridge/sandbox/internal/lab/hurried"
	"github.com/giftbridge/giftbridge/sandbox/internal/lab/report"
	"github.com/giftbridge/giftbridge/sandbox/internal/lab/shopping"
	"github.com/giftbridge/giftbridge/sandbox/internal/mischief"
	"github.com/giftbridge/giftbridge/sandbox/internal/output"
	"github.com/giftbridge/giftbridge/sandbox/internal/plan"
	"github.com/giftbridge/giftbridge/sandbox/internal/resolver"
	"github.com/giftbridge/giftbridge/sandbox/internal/roles"
	"github.com/giftbridge/giftbridge/sandbox/internal/site"
	"github.com/giftbridge/giftbridge/sandbox/internal/storm"
	"github.com/giftbridge/giftbridge/sandbox/internal/webhooks"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
)

// Options configures a run.
type Options struct {
	Plan plan.Plan
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
	Say output.Say

	folder string
}

// laboratory is one run.
type laboratory struct {
	Options
	began    time.Time
	sources  audit.Sources
	rules    audit.Rules
	control  storm.Control
	storm    *storm.Storm
	operator *operator.Operator
	people   sync.WaitGroup     // What people have started and is in progress.
	person   resolver.Later     // Finds out about the cards that are made later.
	checkout *shopping.Checkout // The shoppers and their checkout; nil if there are none.
	befalls  mischief.Mails     // What befalls the mails of these cards.
	// customers are those who are told about their orders; nil if nobody is. erp takes the shop's events; nil if nothing does.
	customers *customers.Customers
	erp       *forwarded.Forwarded

	temporal, shop, issuer, later, mail *child.Kept
	others                              []*child.Kept // The service for messages, and the ERP, if there are any.
	workers, receivers                  []*child.Kept
	webhooks                            *webhooks.Webhooks // Nil if they are off.
	processes                           sync.WaitGroup

	mu       sync.Mutex
	happened map[plan.What]int
	// conditions are the unusual conditions in force now.
	conditions map[plan.What]bool
	lag        time.Duration
	// due is the time at which searches will find everything that has changed in the shop.
	due time.Time
	// resolved is the number of cards of the issuer that makes cards at once of which a person has found out whether they exist.
	resolved int
	swept    int
	problems []string
}

// Run carries out the plan and compares the books. It leaves no process behind.
func Run(ctx context.Context, o Options) (report.Report, error) {
	l := &laboratory{Options: o, began: time.Now(), happened: map[plan.What]int{}, conditions: map[plan.What]bool{}}
	remove, err := l.makeFolder()
	if err != nil {
		return report.Report{}, err
	}
	defer remove()
	processes, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer func() {
		if l.operator != nil {
			l.operator.Close()
		}
		stop()
		l.processes.Wait()
		if ctx.Err() != nil {
			o.Say("interrupted: all processes are stopped")
		}
	}()
	people, leave := context.WithCancel(ctx)
	defer l.people.Wait()
	defer leave()
	if err := l.open(ctx, processes); err != nil {
		return report.Report{}, err
	}
	o.Say("all processes are up; customers and faults for %s", o.Plan.Length)
	l.weather(ctx, people)
	if ctx.Err() != nil {
		return report.Report{}, ctx.Err()
	}
	calm, cancel := context.WithTimeoutCause(ctx, o.Patience, errors.New("patience is at an end"))
	defer cancel()
	account, settleErr := l.settle(calm)
	if ctx.Err() != nil {
		return report.Report{}, ctx.Err()
	}
	if settleErr != nil {
		l.problem("the system did not come to rest: %v", settleErr)
		if account, err = l.audit(ctx); err != nil {
			return report.Report{}, errors.Join(settleErr, err)
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
	var temporal, shop, issuer, later, mail, balancer, messages, erp int
	for _, port := range []*int{&temporal, &shop, &issuer, &later, &mail, &balancer, &messages, &erp} {
		var err error
		if *port, err = site.FreePort(ctx); err != nil {
			return err
		}
	}
	at := site.Services{
		Shop: "http://" + site.Loopback(shop), Issuer: "http://" + site.Loopback(issuer),
		FourWayShop: "http://" + site.Loopback(later), MailHost: "127.0.0.1", MailPort: mail,
	}
	cfg := hurried.Configuration(at, l.Plan.MaxRPS, l.IssuerDedupes || l.Deceive)
	if l.Plan.Webhooks == plan.WebhooksOff {
		hurried.Site.Answer(&cfg, balancer)
	} else {
		hurried.Site.Receive(&cfg, balancer)
	}
	if l.Plan.Shopping.Shoppers > 0 {
		hurried.Site.Sell(&cfg)
	}
	if l.Plan.Telling.On() {
		cfg.Messages.Templates = filepath.Join(l.folder, "texts")
		if err := customers.Write(cfg.Messages.Templates); err != nil {
			return err
		}
		hurried.Site.Tell(&cfg, "http://"+site.Loopback(messages))
	}
	if l.Plan.Relaying.On() {
		hurried.Site.Relay(&cfg, "http://"+site.Loopback(erp))
	}
	mails := filepath.Join(l.folder, "mails")
	l.sources = audit.Sources{
		Shop: at.Shop, Issuer: at.Issuer, Later: at.FourWayShop, Mails: mails,
		Temporal: site.Loopback(temporal), Namespace: roles.Namespace,
	}
	l.rules = audit.Rules{
		SKUs: cfg.SKUs(), Later: site.LaterItems(cfg), LeftOut: []string{scenario.SpentItem().Code}, Companions: cfg.Orders.CompanionSKUs, CreatedFrom: cfg.Orders.CreatedAtMin,
		// A request that was sent in time may last until its time-out.
		GivenBack: map[int64]time.Time{}, Within: hurried.Believed + cfg.CashStar.Timeout + hurried.Standstill + delivery.Staleness,
	}
	l.control = storm.NewControl(at.Shop, at.Issuer, at.FourWayShop)
	if l.Plan.Telling.On() {
		l.control.Messages = "http://" + site.Loopback(messages) + "/_control/"
		l.others = append(l.others, l.keep(processes, roles.Messages, roles.Options{Site: hurried.Site, Port: messages, Seed: l.Plan.Seed}))
	}
	if l.Plan.Relaying.On() {
		l.control.ERP = "http://" + site.Loopback(erp) + "/_control/"
		l.others = append(l.others, l.keep(processes, roles.ERP, roles.Options{Site: hurried.Site, Port: erp, Seed: l.Plan.Seed}))
	}
	l.storm = storm.New(l.control, l.Plan.Seed)

	l.temporal = l.keep(processes, roles.Temporal, roles.Options{
		Port: temporal, File: filepath.Join(l.folder, "temporal.db"),
	})
	l.shop = l.keep(processes, roles.Shop, roles.Options{
		Site: hurried.Site, Port: shop, ClockOffset: l.Plan.ClockOffset, Deliveries: l.Plan.Deliveries,
	})
	l.issuer = l.keep(processes, roles.Issuer, roles.Options{
		Site: hurried.Site, Port: issuer, Seed: l.Plan.Seed, IssueAgain: !l.IssuerDedupes || l.Deceive,
	})
	l.later = l.keep(processes, roles.Later, roles.Options{
		Site: hurried.Site, Port: later, Seed: l.Plan.Seed, Later: l.Plan.Later,
		CallbackKey: cfg.FourWayShop.CallbackKeys[0].Secret.Reveal(), Spent: l.Plan.Shopping.Cards, Overdraws: l.Plan.Shopping.Overdraws,
	})
	l.befalls = mischief.Mails{Troubles: l.Plan.TroubledMails(), Folder: filepath.Join(l.folder, "befallen")}
	if err := os.MkdirAll(l.befalls.Folder, 0o700); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	l.mail = l.keep(processes, roles.Mail, roles.Options{Port: mail, Folder: mails, Mails: l.befalls})
	if err := awaitAll(ctx, l.services()...); err != nil {
		return err
	}
	options := client.Options{HostPort: l.sources.Temporal, Namespace: l.sources.Namespace}
	var err error
	if l.operator, err = app.NewOperator(ctx, options, cfg, zerolog.Nop()); err != nil {
		return err
	}
	ensure := settings.Ensure{Yes: true, ShopID: app.ShopID(ctx, cfg.Shopify)}
	if _, err := l.operator.EnsureSchedules(ctx, ensure); err != nil {
		return err
	}
	if l.Plan.Telling.On() {
		if l.customers, err = customers.New(ctx, customers.Options{
			Plan: l.Plan, Control: l.control, Operator: l.operator, Change: l.change, Say: l.Say,
		}); err != nil {
			return err
		}
	}
	if l.Plan.Relaying.On() {
		l.erp = forwarded.New(forwarded.Options{
			Plan: l.Plan, Control: l.control, Operator: l.operator, Endpoints: cfg.Relay.Endpoints(), Secrets: cfg.Relay.Secrets.Values(),
			Processes: func() []*child.Kept { return append([]*child.Kept{l.temporal}, l.workers...) }, Say: l.Say,
		})
	}
	env := site.Environ(cfg, l.sources.Temporal, l.sources.Namespace)
	for i := range plan.Workers {
		name := fmt.Sprintf("%s-%d", roles.Worker, i+1)
		l.workers = append(l.workers, l.keepAs(processes, name, roles.Worker, env, roles.Options{
			Believed: hurried.Believed, Hurry: plan.Hurry,
		}))
	}
	if err := awaitAll(ctx, l.workers...); err != nil {
		return err
	}
	return l.receive(ctx, processes, cfg, env)
}

// receive starts the receivers behind a balancer, and has the shop deliver webhooks if they are on.
func (l *laboratory) receive(ctx, processes context.Context, cfg config.Config, env []string) error {
	var ports []int
	for i := range plan.Receivers {
		port, err := site.FreePort(ctx)
		if err != nil {
			return err
		}
		ports = append(ports, port)
		name := fmt.Sprintf("%s-%d", roles.Receiver, i+1)
		own := slices.Concat(env, []string{"RECEIVER_ADDR=" + site.Loopback(port)})
		l.receivers = append(l.receivers, l.keepAs(processes, name, roles.Receiver, own, roles.Options{Hurry: plan.Hurry}))
	}
	if err := awaitAll(ctx, l.receivers...); err != nil {
		return err
	}
	if l.Plan.Shopping.Shoppers > 0 {
		var err error
		if l.checkout, err = shopping.New(ctx, shopping.Options{
			Plan: l.Plan.Shopping, Control: l.control, Operator: l.operator, Quiet: hurried.Standstill, Receivers: ports,
			Key: hurried.Site.CheckoutKey(), Say: l.Say,
		}); err != nil {
			return err
		}
	}
	if err := webhooks.Balance(processes, cfg.Receiver.Addr, ports, &l.processes); err != nil || !cfg.Webhooks() {
		return err
	}
	l.webhooks = &webhooks.Webhooks{
		Plan: l.Plan, Config: cfg, Receivers: l.receivers, Operator: l.operator, Control: l.control, Did: l.did, Problem: l.problem,
	}
	return l.webhooks.Begin(ctx)
}

func awaitAll(ctx context.Context, processes ...*child.Kept) error {
	for _, p := range processes {
		if err := p.Await(ctx); err != nil {
			return err
		}
	}
	return nil
}

// keep starts a process and keeps it running until ctx ends. The mail catcher gets a new folder at each start, because
// it then numbers mails from the beginning.
func (l *laboratory) keep(ctx context.Context, role string, o roles.Options) *child.Kept {
	return l.keepAs(ctx, role, role, nil, o)
}

// keepAs is keep for a role that several processes have, with further variables in their environment.
func (l *laboratory) keepAs(ctx context.Context, name, role string, env []string, o roles.Options) *child.Kept {
	env = append([]string{"HOME=" + l.folder, "PATH=" + os.Getenv("PATH")}, env...)
	p := &child.Kept{
		Name: name, LogFile: filepath.Join(l.folder, name+".log"),
		Program: func(start int) (child.Program, error) {
			o := o
			if role == roles.Mail {
				o.Folder = filepath.Join(o.Folder, fmt.Sprintf("%03d", start))
				if err := os.MkdirAll(o.Folder, 0o700); err != nil {
					return child.Program{}, err
				}
			}
			program, err := roles.Program(role, o)
			program.Env = env
			return program, err
		},
	}
	l.processes.Go(func() { p.Run(ctx) })
	return p
}

// all returns all processes, the workers and receivers last.
func (l *laboratory) all() []*child.Kept {
	return slices.Concat(l.services(), l.workers, l.receivers)
}

// services returns what workers and receivers need.
func (l *laboratory) services() []*child.Kept {
	return append([]*child.Kept{l.temporal, l.shop, l.issuer, l.later, l.mail}, l.others...)
}

// party is somebody whose books are compared once the faults are over.
type party interface {
	Close(ctx context.Context) error
	Report(ctx context.Context, r *report.Report, logs ...string) error
}

// parties returns all who take part, those last who take longest.
func (l *laboratory) parties() (all []party) {
	if l.checkout != nil {
		all = append(all, l.checkout)
	}
	if l.customers != nil {
		all = append(all, l.customers)
	}
	if l.erp != nil {
		all = append(all, l.erp)
	}
	return all
}

func (l *laboratory) did(what plan.What) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.happened[what]++
}

func (l *laboratory) problem(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.problems = append(l.problems, fmt.Sprintf(format, args...))
}
