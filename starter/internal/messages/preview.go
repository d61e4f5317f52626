package messages

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/app/telling"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/messages"
	"github.com/giftbridge/giftbridge/internal/messages/composing"
	"github.com/giftbridge/giftbridge/internal/messaging"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/internal/retail/payload"
)

// settings are how the shop of a preview talks to its customers.
type settings struct {
	file, name, url, country, templates string
	asIfReal                            bool
}

func newPreview(f *cli.Flags) *cobra.Command {
	s := settings{}
	cmd := &cobra.Command{
		Use:   "preview --payload FILE",
		Short: "Show what the customer of an order would be told, and why",
		Long: `Preview reads an order as Shopify's webhooks carry it (orders/create, orders/updated), and prints the messages that its
customer would get if nothing was told before: the text that every phone shows, the structure beside it, and the rule that made it.
A message that would not be sent is printed with the reason. It sends nothing and connects to nothing.

The rules are applied as of the order's last change, so that an old payload is no late order. Such a payload states less than
the shop's API: no pictures, no addresses of products, no digits of a card.

Shopify's examples are cancelled test orders, about which nothing is ever sent: --as-if-real shows what a customer would get who has
paid such an order, at a made-up number. Of a phone number, only the last two digits are printed; names, the address and the link
to the order are printed as they would be sent, so a preview is no text for a ticket.

Exit codes: 0 the order was read, whatever would be sent; 2 wrong usage, or a file that holds no order.`,
		Example: `  giftbridge messages preview --payload order.json
  giftbridge messages preview --payload order.json --as-if-real --shop-name 'Shoes & Co'
  giftbridge messages preview --payload - --json < order.json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return cli.Usagef("preview takes no arguments: pass the order's payload with --payload FILE, or - for standard input")
			}
			return s.check()
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := s.preview(cmd.InOrStdin())
			if err != nil {
				return &cli.UsageError{Err: err}
			}
			if f.JSON {
				return cli.JSON(cmd.OutOrStdout(), p)
			}
			return show(cmd.OutOrStdout(), p)
		},
	}
	cmd.Flags().StringVar(&s.file, "payload", "", "file with the order as a webhook carries it; - reads standard input")
	cmd.Flags().StringVar(&s.name, "shop-name", "Example Shop", "the first words of each text")
	cmd.Flags().StringVar(&s.url, "shop-url", "https://shop.example.com", "address of the shop")
	cmd.Flags().StringVar(&s.country, "country", "US", "country of phone numbers without a country code, by its two letters")
	cmd.Flags().StringVar(&s.templates, "templates", "", "folder of your own texts")
	cmd.Flags().BoolVar(&s.asIfReal, "as-if-real", false, "as if the order were no test, paid, and not cancelled")
	return cmd
}

// check returns an error for a setting that the rules cannot be made of.
func (s *settings) check() error {
	u, err := url.Parse(s.url)
	switch {
	case s.file == "":
		return cli.Usagef("pass the order's payload with --payload FILE, or - for standard input")
	case strings.TrimSpace(s.name) == "":
		return cli.Usagef("--shop-name must not be empty: each text begins with it")
	case err != nil || u.Scheme != "https" || u.Host == "":
		return cli.Usagef("--shop-url must be an https URL")
	case len(s.country) != 2 || strings.Trim(s.country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "":
		return cli.Usagef("--country must be two capital letters, such as US")
	}
	return nil
}

func (s *settings) preview(stdin io.Reader) (*messaging.Preview, error) {
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
	rules, err := telling.Complete(composing.Rules{
		Kinds:    []messages.Kind{messages.KindReceipt, messages.KindShipment, messages.KindUpdate},
		ShopName: s.name, ShopURL: s.url, Country: s.country, StrictAddress: true,
	}, s.templates)
	if err != nil {
		return nil, err
	}
	p := messaging.PreviewOf(*order, composing.Told{}, rules, order.UpdatedAt)
	return &p, nil
}

// read returns the payload, and one byte more than it may have of one that is too large.
func (s *settings) read(stdin io.Reader) ([]byte, error) {
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
func show(w io.Writer, p *messaging.Preview) error {
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
	_, err := w.Write(printableBytes(b))
	return err
}

// printableBytes returns what was written without characters that a terminal would obey: the structure holds what customers wrote.
func printableBytes(b bytes.Buffer) []byte { return []byte(printable.Text(b.String())) }

func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }
