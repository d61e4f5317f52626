package cards

import (
	"encoding/base64"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/cardmail"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/printable"
)

func newSample(f *cli.Flags) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "sample [--html FILE]",
		Short: "Show the mail of a made-up card, with your templates",
		Long: `Sample renders the mail of a made-up card with the templates in DELIVERY_TEMPLATES, or with the built-in ones, and
prints its text. With --html, it writes the HTML to a file, to open in a browser. It sends nothing and connects to nothing.`,
		Example: `  giftbridge cards sample
  DELIVERY_TEMPLATES=./templates giftbridge cards sample --html card.html`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return cli.Usagef("sample takes no arguments: it shows a made-up card; --html names the file to write")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Read()
			if err != nil {
				return &cli.UsageError{Err: err}
			}
			templates, err := cardmail.Load(cfg.Delivery.Templates)
			if err != nil {
				return &cli.UsageError{Err: fmt.Errorf("DELIVERY_TEMPLATES: %w", err)}
			}
			card := cardmail.Sample()
			if _, name := cfg.Delivery.Sender(cfg.Digest); name != "" {
				card.Shop = name
			}
			m, err := templates.Render(card, false, time.Now())
			if err != nil {
				return err
			}
			switch {
			case f.JSON:
				return cli.JSON(cmd.OutOrStdout(), map[string]string{"subject": m.Subject, "text": m.Text, "html": page(m)})
			case file == "-":
				_, err = fmt.Fprint(cmd.OutOrStdout(), page(m))
			case file != "":
				if err := os.WriteFile(file, []byte(page(m)), 0o600); err != nil {
					return fmt.Errorf("write the sample: %w", err)
				}
				_, err = fmt.Fprintln(cmd.OutOrStdout(), file)
			default:
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "Subject: %s\n\n%s", m.Subject, printable.Text(m.Text))
			}
			return err
		},
	}
	cmd.Flags().StringVar(&file, "html", "", "file to write; - writes to standard output")
	return cmd
}

// page returns the HTML of a mail as a page of its own, with the picture inside it.
func page(m cardmail.Mail) string {
	return strings.ReplaceAll(m.HTML, `"cid:`+cardmail.PictureID+`"`,
		`"data:image/png;base64,`+base64.StdEncoding.EncodeToString(m.Picture.PNG)+`"`)
}
