// Package previewing has the command "messages preview": what the customer of an order would be told, and why.
package previewing

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/app/telling"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/messages/composing"
	"github.com/giftbridge/giftbridge/internal/messaging"
	"github.com/giftbridge/giftbridge/internal/operator"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/internal/retail"
	"github.com/giftbridge/giftbridge/internal/retail/payload"
	"github.com/giftbridge/giftbridge/internal/told"
	"github.com/giftbridge/giftbridge/starter/internal/session"
)

// previewFlags are how the shop of a preview talks to its customers, as far as that is not as it is configured.
type previewFlags struct {
	file, name, url, country, templates string
	asIfReal                            bool
}

// preview is what the customer of an order would be told, with what a reader should know about it.
type preview struct {
	*messaging.Preview
	Notes []string `json:"notes,omitempty"`
}

// Command returns the command, which belongs to the command "messages".
func Command(f *cli.Flags) *cobra.Command {
	s := previewFlags{}
	cmd := &cobra.Command{
		Use:   "preview <order> | --payload FILE",
		Short: "Show what the customer of an order would be told, and why",
		Long: `Preview reads an order from the shop, compares it with what its customer was told before, and prints the messages that would
be sent now: the text that every phone shows, the structure beside it, and the rule that made it. A message that would not be
sent is printed with the reason. It sends nothing. The rules are those of the configuration, so set it as the workers have it;
messages need not be on.

With --payload, it reads an order as Shopify's webhooks carry it (orders/create, orders/updated), as if nothing was told
before, and connects to nothing. The rules are applied as of the order's last change, so that an old payload is no late order.
Such a payload states less than the shop's API: no pictures, no addresses of products, no digits of a card.

Nothing is ever sent about test orders, such as Shopify's examples: --as-if-real shows what a customer would get who has paid
such an order, at a made-up number. Of a phone number, only the last two digits are printed; names, the address and the link
to the order are printed as they would be sent, so a preview is no text for a ticket.

Exit codes: 0 the order was read, whatever would be sent; 1 there is no such order, or it could not be read; 2 wrong usage or
configuration, or a file that holds no order.`,
		Example: `  giftbridge messages preview '#1001'
  giftbridge messages preview --payload order.json
  giftbridge messages preview --payload order.json --as-if-real --shop-name 'Shoes & Co'
  giftbridge messages preview --payload - --json < order.json`,
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case s.file != "" && len(args) > 0:
				return cli.Usagef("name an order or pass the payload of one, not both")
			case s.file == "":
				if err := cli.OneOrder(cmd, args); err != nil {
					return cli.Usagef("%w; or pass the order's payload with --payload FILE, or - for standard input", err)
				}
			}
			return s.check(cmd)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			shown := func(p *preview) error {
				if f.JSON {
					return cli.JSON(cmd.OutOrStdout(), p)
				}
				return show(cmd.OutOrStdout(), p)
			}
			if s.file == "" {
				return s.ofOrder(cmd, args[0], shown)
			}
			p, err := s.ofPayload(cmd.InOrStdin())
			if err != nil {
				return &cli.UsageError{Err: err}
			}
			return shown(&preview{Preview: p})
		},
	}
	cmd.Flags().StringVar(&s.file, "payload", "", "file with the order as a webhook carries it; - reads standard input")
	cmd.Flags().StringVar(&s.name, "shop-name", "", "the first words of each text, instead of MESSAGES_SHOP_NAME")
	cmd.Flags().StringVar(&s.url, "shop-url", "", "address of the shop, instead of MESSAGES_SHOP_URL")
	cmd.Flags().StringVar(&s.country, "country", "", "country of phone numbers without a country code, instead of MESSAGES_COUNTRY")
	cmd.Flags().StringVar(&s.templates, "templates", "", "folder of your own texts, instead of MESSAGES_TEMPLATES")
	cmd.Flags().BoolVar(&s.asIfReal, "as-if-real", false, "as if the order were no test, paid, and not cancelled")
	return cmd
}

// check returns an error for a flag that the rules cannot be made of.
func (s *previewFlags) check(cmd *cobra.Command) error {
	changed := cmd.Flags().Changed
	u, err := url.Parse(s.url)
	switch {
	case changed("shop-name") && strings.TrimSpace(s.name) == "":
		return cli.Usagef("--shop-name must not be empty: each text begins with it")
	case changed("shop-url") && (err != nil || u.Scheme != "https" || u.Host == ""):
		return cli.Usagef("--shop-url must be an https URL")
	case changed("country") && (len(s.country) != 2 || strings.Trim(s.country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != ""):
		return cli.Usagef("--country must be two capital letters, such as US")
	}
	return nil
}

// rules returns the configured rules, with what the flags say instead. A shop that is not configured has a made-up name.
func (s *previewFlags) rules(cfg config.Config) (composing.Rules, error) {
	m := cfg.Messages
	m.ShopName = cmp.Or(s.name, m.ShopName, "Example Shop")
	m.ShopURL = cmp.Or(s.url, m.ShopURL, "https://shop.example.com")
	m.Country, m.Templates = cmp.Or(s.country, m.Country), cmp.Or(s.templates, m.Templates)
	cfg.Messages = m
	return telling.Rules(cfg)
}

// ofOrder reads an order of the shop, and calls show with what its customer would be told now.
func (s *previewFlags) ofOrder(cmd *cobra.Command, reference string, show func(*preview) error) error {
	cfg, err := config.Load()
	if err != nil {
		return &cli.UsageError{Err: err}
	}
	rules, err := s.rules(cfg)
	if err != nil {
		return &cli.UsageError{Err: err}
	}
	shop, err := app.NewShopify(cfg.Shopify)
	if err != nil {
		return err
	}
	loaded := func() (config.Config, error) { return cfg, nil }
	return session.Operate(cmd, loaded, func(ctx context.Context, o *operator.Operator) error {
		p, err := s.now(ctx, o.Told, telling.NewSource(shop), rules, reference)
		if err != nil {
			return err
		}
		if !o.Configured().Messages {
			p.Notes = append(p.Notes, "Messages are off here, for lack of an account: nothing is sent.")
		}
		return show(p)
	})
}

// now returns what the customer of an order would be told now, after what was told before.
func (s *previewFlags) now(
	ctx context.Context, o *told.Told, shop retail.Source, rules composing.Rules, reference string,
) (*preview, error) {
	key, number, err := o.Identify(ctx, reference, session.TheShop())
	if err != nil {
		return nil, err
	}
	order, err := shop.Order(ctx, number)
	if errors.Is(err, retail.ErrNotFound) {
		return nil, &executions.NotFoundError{What: "the shop does not show order " + reference}
	}
	if err != nil {
		return nil, fmt.Errorf("read order %s: %w", reference, err)
	}
	if s.asIfReal {
		*order = messaging.AsIfReal(*order)
	}
	known, notes, err := before(ctx, o, key, number)
	if err != nil {
		return nil, err
	}
	p := messaging.PreviewOf(*order, known, rules, time.Now().UTC())
	return &preview{&p, notes}, nil
}

// before returns what the customer of an order was told before, and what to know about that.
func before(ctx context.Context, o *told.Told, shop, number string) (known composing.Told, notes []string, err error) {
	t, err := o.Of(ctx, shop, number)
	if err != nil || t == nil {
		return known, []string{"Nothing that was told before is on record."}, err
	}
	state, err := o.State(ctx, *t)
	if err != nil {
		return known, nil, err
	}
	notes = append(notes, fmt.Sprintf("Told before: %d messages sent, %d not sent, %d failed.", state.Sent, state.Dropped, state.Failed))
	if t.State != executions.Running {
		notes = append(notes, "Nothing more is sent about the order: nothing was expected of it any more, and its record is closed.")
	}
	return state.Told, notes, nil
}

// ofPayload returns what the customer of an order would be told first.
func (s *previewFlags) ofPayload(stdin io.Reader) (*messaging.Preview, error) {
	cfg, err := config.Read()
	if err != nil {
		return nil, err
	}
	data, err := s.read(stdin)
	if err != nil {
		return nil, fmt.Errorf("read the payload: %w", err)
	}
	order, err := payload.Parse(data)
	if err != nil {
		return nil, err
	}
	if s.asIfReal {
		*order = messaging.AsIfReal(*order)
	}
	rules, err := s.rules(cfg)
	if err != nil {
		return nil, err
	}
	p := messaging.PreviewOf(*order, composing.Told{}, rules, order.UpdatedAt)
	return &p, nil
}

// read returns the payload, and one byte more than it may have of one that is too large.
func (s *previewFlags) read(stdin io.Reader) ([]byte, error) {
	from := stdin
	if s.file != "-" {
		file, err := os.Open(s.file)
		if err != nil {
			return nil, err
		}
		defer func() { _ = file.Close() }()
		from = file
	}
	return io.ReadAll(io.LimitReader(from, payload.MaxSize+1))
}

// show prints a preview for people.
func show(w io.Writer, p *preview) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Order %s, as of %s\n", printable.Line(p.Order, 0), moment(p.AsOf))
	for i, s := range p.Steps {
		fmt.Fprintf(&b, "\n%d. %s: ", i+1, s.Kind)
		if s.Dropped != "" {
			fmt.Fprintf(&b, "not sent (%s)\n   why: %s\n", s.Dropped, printable.Line(s.Why, 0))
			continue
		}
		fmt.Fprintf(&b, "to %s\n   why: %s\n", s.To, printable.Line(s.Why, 0))
		if !s.NotBefore.IsZero() {
			fmt.Fprintf(&b, "   not before: %s\n", moment(s.NotBefore))
		}
		fmt.Fprintf(&b, "   not after: %s\n", moment(s.NotAfter))
		fmt.Fprintf(&b, "   text: %s\n", printable.Line(s.Text, 0))
		if s.Type == "" {
			continue
		}
		fmt.Fprintf(&b, "   structure: %s\n   ", printable.Line(s.Type, 0))
		if err := json.Indent(&b, s.Data, "   ", "  "); err != nil {
			return fmt.Errorf("print the structure: %w", err)
		}
		b.WriteByte('\n')
	}
	if len(p.Steps) == 0 {
		b.WriteString("Nothing would be sent now.\n")
	}
	if p.Waits != "" {
		fmt.Fprintf(&b, "It waits: %s.\n", p.Waits)
	}
	if !p.LookAgainAt.IsZero() {
		fmt.Fprintf(&b, "The order would be looked at again at %s.\n", moment(p.LookAgainAt))
	}
	for _, note := range p.Notes {
		fmt.Fprintln(&b, note)
	}
	_, err := w.Write(printableBytes(b))
	return err
}

// printableBytes returns what was written without characters that a terminal would obey: the structure holds what customers wrote.
func printableBytes(b bytes.Buffer) []byte { return []byte(printable.Text(b.String())) }

func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }
