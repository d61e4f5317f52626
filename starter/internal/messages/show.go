package messages

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/messages/composing"
	"github.com/giftbridge/giftbridge/internal/messaging"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/internal/told"
	"github.com/giftbridge/giftbridge/starter/internal/session"
	"github.com/giftbridge/giftbridge/workflows"
)

// record is what is known of what was told about an order, a variant or a product.
type record struct {
	told.Talk
	// Says is what was told about a variant or a product.
	Says string `json:"says,omitempty"`
	// Unsubscribed reports whether the customer wants no messages.
	Unsubscribed bool `json:"unsubscribed,omitempty"`
	// Sent, Dropped and Failed count all messages, also those that are no longer listed.
	Sent    int `json:"sent"`
	Dropped int `json:"dropped"`
	Failed  int `json:"failed"`
	// Waits is what the order lacks for a message, AgainAt when it is looked at again, and EndsAt when nothing more is expected.
	Waits   composing.Reason `json:"waits,omitempty"`
	AgainAt time.Time        `json:"again_at,omitzero"`
	EndsAt  time.Time        `json:"ends_at,omitzero"`
	// LookFailed is why the order could not be read last time.
	LookFailed giftcard.Kind `json:"look_failed,omitempty"`
	Messages   []message     `json:"messages"`
	// Unsent are the messages that could not be sent and that nobody has seen to.
	Unsent []told.Unsent `json:"unsent"`
}

// message is one message of a record. It holds what was said only if that was asked for.
type message struct {
	Key   string                 `json:"key"`
	Kind  messages.Kind          `json:"kind"`
	State workflows.MessageState `json:"state"`
	At    time.Time              `json:"at"`
	Why   string                 `json:"why,omitempty"`
	// To is the number, of which only the last digits are shown.
	To       string           `json:"to,omitempty"`
	Dropped  composing.Reason `json:"dropped,omitempty"`
	Failure  giftcard.Kind    `json:"failure,omitempty"`
	Error    string           `json:"error,omitempty"`
	ResentAt time.Time        `json:"resent_at,omitzero"`
	By       string           `json:"by,omitempty"`
	Text     string           `json:"text,omitempty"`
	Type     string           `json:"type,omitempty"`
	Data     json.RawMessage  `json:"data,omitempty"`
}

func messageOf(k workflows.KeptMessage, text bool) message {
	out := message{
		Key: k.Key, Kind: k.Kind, State: k.State, At: k.At, Why: k.Why, Dropped: k.Dropped, Failure: k.Failure, Error: k.Error,
		ResentAt: k.Resent, By: k.By,
	}
	if m := k.Message; m != nil {
		out.To = messaging.Masked(m.To)
		if text {
			out.Text, out.Type, out.Data = m.Text, m.Type, m.Data
		}
	}
	return out
}

func newShow(f *cli.Flags) *cobra.Command {
	var a about
	var text bool
	cmd := &cobra.Command{
		Use:     "show <order> | --variant N | --product N",
		Aliases: []string{"get"},
		Short:   "Show what the customer of an order was told, what was not sent and why, and what is waited for",
		Long: `Show prints the messages about one order, in the order in which they were due: when each was sent, or why it was not,
and the rule that made it. It also says what the order lacks for a message, and when nothing more is expected. This works for
orders whose record is closed, too, as long as Temporal keeps it. The answer comes from the record of the order, so a worker
has to run.

A message is "sent" once the service has queued it; giftbridge is not told whether it has reached the phone. Of a phone number,
only the last two digits are printed. What was said is printed only with --text: it holds names, addresses and links to the
order, so it is no text for a ticket.

With --product, it says what was told to those who had asked for a product, by the shop's number of it; with --variant, the same
of a variant, where customers are told of each.

Exit codes: 0 shown, 1 nothing is on record, or it cannot be read, 2 wrong usage.`,
		Example: `  giftbridge messages show '#1001'
  giftbridge messages show 820982911946154508 --json | jq -r '.messages[] | .kind + " " + .state'
  giftbridge messages show --variant 41234567890123`,
		Args: a.check,
		RunE: func(cmd *cobra.Command, args []string) error {
			return session.Operate(cmd, session.OnlyToLook, func(ctx context.Context, o *operator.Operator) error {
				t, err := a.find(ctx, o, args)
				if err != nil {
					return err
				}
				r, err := read(ctx, o.Told, t, text)
				if err != nil {
					return err
				}
				if f.JSON {
					return cli.JSON(cmd.OutOrStdout(), r)
				}
				return r.print(cmd.OutOrStdout())
			})
		},
	}
	a.register(cmd)
	cmd.Flags().BoolVar(&text, "text", false, "also print what was said")
	return cmd
}

// read reads what is known of what was told. text includes what was said.
func read(ctx context.Context, o *told.Told, t told.Talk, text bool) (r record, err error) {
	r = record{Talk: t, Messages: []message{}}
	if r.Unsent, err = told.AllUnsent(ctx, o.Reader, told.Filter{Shop: t.Shop, Number: t.OnRecord()}); err != nil {
		return r, err
	}
	if t.Notice() {
		r.Says, err = o.Says(ctx, t)
		return r, err
	}
	s, err := o.State(ctx, t)
	if err != nil {
		return r, err
	}
	r.add(s, text)
	return r, nil
}

// add adds what an order's record says.
func (r *record) add(s workflows.OrderMessagesState, text bool) {
	if s.Name != "" {
		r.Name = s.Name
	}
	r.Unsubscribed, r.Sent, r.Dropped, r.Failed = s.Told.Unsubscribed, s.Sent, s.Dropped, s.Failed
	r.LookFailed = s.LookFailed
	if r.State == executions.Running {
		r.Waits, r.AgainAt, r.EndsAt = s.Waits, s.AgainAt, s.EndsAt
	}
	for _, k := range s.Messages {
		r.Messages = append(r.Messages, messageOf(k, text))
	}
}

// print prints a record for people.
func (r record) print(w io.Writer) error {
	err := cli.Table(w, func(row func(...any)) {
		some := func(label, value string) {
			if value != "" {
				row(label, printable.Line(value, 0))
			}
		}
		if r.Notice() {
			some("variant", r.Variant)
			some("product", r.Product)
			some("told", r.Says)
		} else {
			some("order", r.title())
			row("messages", fmt.Sprintf("%d sent, %d not sent, %d failed", r.Sent, r.Dropped, r.Failed))
		}
		if r.Unsubscribed {
			row("customer", "has unsubscribed: nothing more is sent")
		}
		some("waits", string(r.Waits))
		some("next look", moment(r.AgainAt))
		if r.State == executions.Running {
			some("ends", moment(r.EndsAt))
		} else {
			some("closed", moment(r.ClosedAt)+": nothing more is expected")
		}
		if r.LookFailed != "" {
			row(cli.Tinted{Text: "LAST LOOK FAILED", Status: check.Fail}, r.LookFailed)
		}
		some("web UI", r.Link)
	})
	if err != nil {
		return err
	}
	if err := r.printMessages(w); err != nil {
		return err
	}
	return r.printTodo(w)
}

// title is what people call the order, with its number.
func (r record) title() string {
	if r.Name == "" {
		return r.Order
	}
	return r.Name + " (" + r.Order + ")"
}

func (r record) printMessages(w io.Writer) error {
	if len(r.Messages) == 0 {
		return nil
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	err := cli.Table(w, func(row func(...any)) {
		row("AT", "MESSAGE", "STATE", "TO", "KEY", "WHY")
		for _, m := range r.Messages {
			row(moment(m.At), m.Kind, m.outcome(), m.To, m.Key, m.because())
		}
	})
	if err != nil {
		return err
	}
	for _, m := range r.Messages {
		if m.Text == "" {
			continue
		}
		if err := m.printText(w); err != nil {
			return err
		}
	}
	return nil
}

// outcome is what became of a message.
func (m message) outcome() cli.Tinted {
	switch m.State {
	case workflows.MessageDropped:
		return cli.Tinted{Text: "not sent (" + string(m.Dropped) + ")"}
	case workflows.MessageFailed:
		return cli.Tinted{Text: "failed (" + string(m.Failure) + ")", Status: check.Fail}
	case workflows.MessageUnsubscribed:
		return cli.Tinted{Text: "not delivered (unsubscribed)"}
	case workflows.MessageSent:
	}
	return cli.Tinted{Text: string(m.State)}
}

// because says which rule made a message, what went wrong, and who has had it sent once more.
func (m message) because() string {
	out := m.Why
	if m.Error != "" {
		out += " " + m.Error + "."
	}
	if !m.ResentAt.IsZero() {
		out += " Sent once more at " + moment(m.ResentAt) + " by " + m.By + "."
	}
	return printable.Line(out, 0)
}

func (m message) printText(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "\n%s (%s)\n   text: %s\n", m.Kind, m.Key, printable.Line(m.Text, 0))
	if m.Type != "" {
		fmt.Fprintf(&b, "   structure: %s\n   ", printable.Line(m.Type, 0))
		if err := json.Indent(&b, m.Data, "   ", "  "); err != nil {
			return fmt.Errorf("print the structure: %w", err)
		}
		b.WriteByte('\n')
	}
	_, err := w.Write(printableBytes(b))
	return err
}

// printTodo prints what a person can do about each message that could not be sent and that nobody has seen to.
func (r record) printTodo(w io.Writer) error {
	if len(r.Unsent) == 0 {
		return nil
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	return cli.Table(w, func(row func(...any)) {
		for _, u := range r.Unsent {
			row("what to do", printable.Line(r.advice(u), 0))
		}
	})
}

// advice says what a person can do about a message.
func (r record) advice(u told.Unsent) string {
	settle := "once nothing is left to do, run: " + buildinfo.Program + " messages settle " + r.argument() + " --key " + short(u.Key) + " --note WHY"
	kept := slices.ContainsFunc(r.Messages, func(m message) bool { return m.Key == u.Key && m.State == workflows.MessageFailed && m.To != "" })
	if r.State == executions.Running && !r.Unsubscribed && !r.Notice() && (kept || u.Key == workflows.LookKey) {
		return "once the cause is gone, run: " + buildinfo.Program + " messages resend " + r.argument() + " --key " + short(u.Key) +
			" --reason WHY; or " + settle
	}
	return u.Failure.Kind + ": " + u.Failure.Message + "; " + settle
}

// argument names in a command what the record is about.
func (r record) argument() string {
	switch {
	case r.Product != "":
		return "--product " + r.Product
	case r.Variant != "":
		return "--variant " + r.Variant
	}
	return r.Order
}

// keyShown is the number of characters of a key that commands repeat.
const keyShown = 8

// short returns the beginning of a key.
func short(key string) string { return key[:min(len(key), keyShown)] }
