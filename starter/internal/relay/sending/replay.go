package sending

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/activities/relaying"
	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/digest/words"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/relaybox"
	"github.com/giftbridge/giftbridge/internal/relayed"
	"github.com/giftbridge/giftbridge/internal/relayed/replaying"
	"github.com/giftbridge/giftbridge/starter/internal/session"
)

// asked is what the flags ask for.
type asked struct {
	id, of, endpoint, topic, since, until string
	newID, dryRun, yes                    bool
	perSecond                             int
}

// maxPerSecond bounds --rate.
const maxPerSecond = 100

func newReplay(f *cli.Flags) *cobra.Command {
	var a asked
	cmd := &cobra.Command{
		Use:   "replay --id EVENT | --of '#1001' | --since TIME [--until TIME]",
		Short: "Send events once more: undelivered ones, or those that the other system has lost",
		Long: `Replay puts events into the mailboxes of their orders and products again, behind what waits there. Workers send them with
the URL and the secret that they have now, marked with giftbridge-replayed: true. It finds

  - undelivered events: --id EVENT, or those that were given up in a time
  - events that the endpoint has taken: those of an order or a product (--of), or those that it took in a time

An event keeps its webhook-id, so a system that still knows it answers 2xx and does nothing. With --new-id each gets a new one: for
a system that has kept the IDs and lost what it made of the events. An undelivered event that is taken now is not listed any more.

What cannot be sent again: events whose histories Temporal has deleted, which it does when the namespace's retention is over; events
that never reached giftbridge, see "giftbridge status"; and updates of a product that a later one made needless before they were
sent. What waits goes out anyway.

It asks before it sends anything, and sends at most --rate events a second. Ctrl-C stops it between two events, and it then says how
to go on. Sending an event twice does no harm.`,
		Example: `  giftbridge relay replay --id evt_3f2a6c1e9d0b
  giftbridge relay replay --of '#1001'
  giftbridge relay replay --since 2026-11-20T08:00:00Z --until 2026-11-20T10:00:00Z --dry-run
  giftbridge relay replay --since 2h --endpoint products --new-id --yes`,
		Args: cli.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.selection(session.Now())
			if err != nil {
				return err
			}
			return session.Operate(cmd, session.ForEndpoint(a.endpoint), func(ctx context.Context, o *operator.Operator) error {
				relay := relayed.New(o.Reader, cli.Whoami())
				r := replay{cmd: cmd, flags: f, asked: a, relay: relay, sender: replaying.New(relay, relaybox.New(o.Client, time.Now))}
				return r.run(ctx, s)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&a.id, "id", "", "one event, by its ID or the beginning that list shows; with --of or --since, also one that was taken")
	flags.StringVar(&a.of, "of", "", "only events of an order or a product: '#1001', its number, or ENDPOINT/NUMBER")
	flags.StringVar(&a.endpoint, "endpoint", "", "only events of an endpoint: orders or products")
	flags.StringVar(&a.topic, "topic", "", "only events of a topic, such as orders/create")
	flags.StringVar(&a.since, "since", "", "events that were taken, or given up, since a time (RFC 3339), a day (2026-11-20), or how long ago (2h, 7d)")
	flags.StringVar(&a.until, "until", "", "events that were taken, or given up, before a time, a day, or how long ago; default: now")
	flags.BoolVar(&a.newID, "new-id", false, "give each event a new webhook-id")
	flags.BoolVar(&a.dryRun, "dry-run", false, "list the events, and send none")
	flags.BoolVarP(&a.yes, "yes", "y", false, "do not ask for confirmation")
	flags.IntVar(&a.perSecond, "rate", 10, "number of events per second, from 1 to 100")
	cli.Complete(cmd, "endpoint", relaying.Endpoints...)
	return cmd
}

// selection returns what the flags select, without what --of means.
func (a asked) selection(now time.Time) (s replaying.Selection, err error) {
	s = replaying.Selection{Event: a.id, Endpoint: a.endpoint, Topic: a.topic}
	switch {
	case a.id == "" && a.of == "" && a.since == "":
		return s, cli.Usagef("say which events: --id EVENT, --of '#1001', or --since TIME")
	case a.id != "" && !relayed.IsEvent(a.id):
		return s, cli.Usagef("--id needs an event, such as evt_3f2a6c1e9d0b; relay list --failed lists them")
	case a.topic != "" && !strings.Contains(a.topic, "/"):
		return s, cli.Usagef("--topic needs a topic, such as orders/create")
	case a.perSecond < 1 || a.perSecond > maxPerSecond:
		return s, cli.Usagef("--rate %d is not from 1 to %d", a.perSecond, maxPerSecond)
	case a.until != "" && a.since == "":
		return s, cli.Usagef("--until needs --since")
	}
	if a.endpoint != "" {
		if err := session.CheckEndpoint(a.endpoint); err != nil {
			return s, err
		}
	}
	if a.since != "" {
		if s.Since, err = cli.Moment(a.since, now); err != nil {
			return s, cli.Usagef("--since %w", err)
		}
	}
	// What is sent again meanwhile must not be found.
	s.Until = now
	if a.until != "" {
		if s.Until, err = cli.Moment(a.until, now); err != nil {
			return s, cli.Usagef("--until %w", err)
		}
	}
	if !s.Until.After(s.Since) {
		return s, cli.Usagef("--until is not after --since")
	}
	return s, nil
}

// replay is a run of the command.
type replay struct {
	cmd    *cobra.Command
	flags  *cli.Flags
	asked  asked
	relay  *relayed.Relayed
	sender *replaying.Replaying
}

// sent is what was done, in JSON.
type sent struct {
	Events []replaying.Item `json:"events"`
	Sent   int              `json:"sent"`
	DryRun bool             `json:"dry_run,omitempty"`
}

func (r replay) run(ctx context.Context, s replaying.Selection) error {
	selections := []replaying.Selection{s}
	if r.asked.of != "" {
		places, err := r.relay.Find(ctx, r.asked.of)
		if err != nil {
			return err
		}
		selections = nil
		for _, p := range places {
			if s.Endpoint == "" || s.Endpoint == p.Endpoint {
				one := s
				one.Endpoint, one.Resource = p.Endpoint, p.Resource
				selections = append(selections, one)
			}
		}
	}
	line := progress{w: r.cmd.ErrOrStderr()}
	var items []replaying.Item
	for _, one := range selections {
		found, err := r.sender.Plan(ctx, one, func(read, all int) { line.tell("read %d of %d histories", read, all) })
		line.end()
		if err != nil {
			return err
		}
		items = append(items, found...)
	}
	// One time says how to go on, of all orders and products.
	slices.SortStableFunc(items, func(a, b replaying.Item) int { return a.At.Compare(b.At) })
	r.warn(ctx, s)
	if len(items) == 0 {
		return r.nothing()
	}
	if r.asked.dryRun {
		return r.list(items)
	}
	question := fmt.Sprintf("Send %s once more, at up to %d per second%s?", words.Count(len(items), "event"), r.asked.perSecond,
		map[bool]string{true: ", each with a new webhook-id"}[r.asked.newID])
	if err := cli.Confirm(r.cmd, r.asked.yes, question); err != nil {
		return err
	}
	n, err := r.sender.Send(ctx, items, replaying.Options{NewID: r.asked.newID, PerSecond: r.asked.perSecond}, func(done int) {
		line.tell("put %d of %d events into mailboxes", done, len(items))
	})
	line.end()
	if err != nil {
		return r.stopped(ctx, s, items, n, err)
	}
	if r.flags.JSON {
		return cli.JSON(r.cmd.OutOrStdout(), sent{Events: items, Sent: n})
	}
	_, err = fmt.Fprintf(r.cmd.OutOrStdout(), "%s put into mailboxes; workers send them now; to see what waits, run: %s relay list\n",
		words.Count(n, "event"), buildinfo.Program)
	return err
}

// warn says if a selection begins before what Temporal keeps.
func (r replay) warn(ctx context.Context, s replaying.Selection) {
	if s.Since.IsZero() {
		return
	}
	keep, err := r.relay.Retention(ctx)
	if oldest := time.Now().Add(-keep); err == nil && keep > 0 && s.Since.Before(oldest) {
		_, _ = fmt.Fprintf(r.cmd.ErrOrStderr(), "Temporal has deleted what ended before about %s: events of before are not found\n",
			oldest.UTC().Format(time.RFC3339))
	}
}

// nothing says that no event was found. It is an error if one was named.
func (r replay) nothing() error {
	switch {
	case r.asked.id != "" && r.asked.of == "" && r.asked.since == "":
		return &executions.NotFoundError{What: "no event " + r.asked.id + " is undelivered; to send one that was taken, name its order or " +
			"product with --of"}
	case r.asked.id != "":
		return &executions.NotFoundError{What: "no event " + r.asked.id + " is found there"}
	case r.flags.JSON:
		return cli.JSON(r.cmd.OutOrStdout(), sent{Events: []replaying.Item{}, DryRun: r.asked.dryRun})
	}
	_, err := fmt.Fprintln(r.cmd.ErrOrStderr(), "no such event was taken or given up, as far as Temporal keeps it")
	return err
}

// list prints what would be sent.
func (r replay) list(items []replaying.Item) error {
	out := r.cmd.OutOrStdout()
	if r.flags.JSON {
		return cli.JSON(out, sent{Events: items, DryRun: true})
	}
	g := cli.Grid{Header: []string{"WAS", "AT", "EVENT", "OF", "BYTES", "ID"}}
	for _, i := range items {
		was := "taken"
		if i.Refused {
			was = "undelivered"
		}
		g.Rows = append(g.Rows, []string{
			was, i.At.UTC().Format(time.RFC3339), i.Topic, i.String(), fmt.Sprint(i.Size), relayed.Short(i.First),
		})
	}
	if err := g.Print(out, cli.Width(out)); err != nil {
		return err
	}
	_, err := fmt.Fprintf(r.cmd.ErrOrStderr(), "%s would be sent once more\n", words.Count(len(items), "event"))
	return err
}

// stopped says how far a replay came that ended early, and how to go on. The end is that of the selection: by default the next run would
// also find what this one has sent.
func (r replay) stopped(ctx context.Context, s replaying.Selection, items []replaying.Item, n int, err error) error {
	if n >= len(items) {
		return err
	}
	if ctx.Err() != nil {
		err = fmt.Errorf("interrupted")
	}
	return fmt.Errorf("%w; %d of %d events were put into mailboxes; to go on, run the command again with --since %s --until %s",
		err, n, len(items), items[n].At.UTC().Format(time.RFC3339Nano), s.Until.UTC().Format(time.RFC3339Nano))
}

// progress is a line of a terminal that says how far something is.
type progress struct {
	w    io.Writer
	told bool
}

func (p *progress) tell(format string, args ...any) {
	if cli.Width(p.w) == 0 {
		return
	}
	p.told = true
	_, _ = fmt.Fprintf(p.w, "\r"+format+" ", args...)
}

func (p *progress) end() {
	if p.told {
		_, _ = fmt.Fprintln(p.w)
	}
	p.told = false
}
