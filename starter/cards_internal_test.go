package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cli"
)

// barcode is what a card is spent with. A person may have it at hand, and type it where a name belongs.
const barcode = "2900000000016"

// ended runs the program, and returns its exit code and what it printed.
func ended(t *testing.T, args ...string) (code int, printed string) {
	t.Helper()
	var out bytes.Buffer
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(strings.NewReader(""))
	root.SetOut(&out)
	root.SetErr(&out)
	root.SetContext(t.Context())
	return cli.Execute(root, &out), out.String()
}

// What cannot be meant is refused before anything is read, with exit code 2 and a message that says what is wrong. No message
// repeats what a card is spent with.
func TestWrongUsageOfCards(t *testing.T) {
	t.Parallel()
	const (
		redemption = "checkout/3f2a6c1e9d0b4a57886f1c2d3e4f5a6b"
		wantNumber = "--unit must be the number of a card, starting at 1"
		wantOne    = "name one redemption as CLIENT/ID"
	)
	for args, want := range map[string]string{
		"cards show":                                                      "need an order",
		"cards show #1001 " + barcode:                                     "1 arg",
		"cards show #1001 --unit 0":                                       wantNumber,
		"cards show " + barcode + " --unit -1":                            wantNumber,
		"cards show #1001 --unit one":                                     `invalid argument "one" for "--unit"`,
		"cards show #1001 --barcode":                                      "unknown flag: --barcode",
		"cards balance":                                                   "need an order",
		"cards balance #1001 --unit 0":                                    wantNumber,
		"orders balance #1001 --unit 0":                                   wantNumber,
		"cards resend":                                                    "need an order",
		"cards resend #1001":                                              "--reason must not be empty",
		"cards resend " + barcode + " --reason=":                          "--reason must not be empty",
		"cards resend #1001 --reason= --yes":                              "--reason must not be empty",
		"cards resend #1001 --reason x --unit 0":                          wantNumber,
		"cards resend #1001 --reason x --unit -3":                         wantNumber,
		"cards resend #1001 --reason x --to nobody":                       "--to: ",
		"cards resend #1001 --reason x --to=":                             "--to: ",
		"cards sample " + barcode:                                         "takes no arguments",
		"cards sample --html":                                             "flag needs an argument",
		"cards redemptions":                                               "name a redemption (CLIENT/ID) or an order",
		"cards redemptions #1001 " + barcode:                              "1 arg",
		"cards redemptions " + barcode + " --unit 0":                      wantNumber,
		"cards redemptions " + redemption + " --unit 1":                   "--unit needs an order",
		"cards redemptions --unknown #1001":                               "pass it alone",
		"cards redemptions --unknown " + barcode:                          "pass it alone",
		"cards redemptions --unknown --unit 1":                            "--unit needs an order",
		"cards reverse":                                                   "1 arg",
		"cards reverse " + barcode:                                        wantOne,
		"cards reverse #1001":                                             wantOne,
		"cards reverse checkout/" + barcode:                               wantOne,
		"cards reverse " + redemption + " " + barcode:                     "1 arg",
		"cards reverse " + redemption + "0":                               wantOne,
		"cards resolve":                                                   "1 arg",
		"cards resolve " + barcode + " --moved --reason x":                wantOne,
		"cards resolve " + redemption:                                     "pass either --moved or --not-moved",
		"cards resolve " + redemption + " --moved":                        "--reason must not be empty",
		"cards resolve " + redemption + " --moved --reason=":              "--reason must not be empty",
		"cards resolve " + redemption + " --moved --not-moved --reason x": "pass either --moved or --not-moved",
		"orders resolve":                                                  "name one or more orders, or pass --all",
		"orders resolve --all #1001":                                      "name one or more orders, or pass --all",
		"orders resolve #1001 #1002 --unit 1":                             "--unit needs exactly one order",
		"orders resolve " + barcode + " --unit 0":                         wantNumber,
		"orders resolve #1001 --unit 1,-1":                                wantNumber,
		"orders resolve #1001 --issued --not-issued":                      "pass either --issued or --not-issued",
		"orders resolve --all":                                            "--all needs --issued or --not-issued",
		"orders resolve --all --issued --kind CardDeclined":               "--kind CardDeclined cannot be resolved",
		"orders resolve --all --issued --kind NoSuchFailure":              "--kind",
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			code, printed := ended(t, strings.Fields(args)...)
			require.Equal(t, 2, code, printed)
			require.Contains(t, printed, want)
			require.NotContains(t, printed, barcode)
		})
	}
}

// Templates that cannot be read are wrong configuration, and a file that cannot be written is a failure.
func TestWrongFilesOfTheSample(t *testing.T) {
	folder := t.TempDir()
	code, printed := ended(t, "cards", "sample", "--html", filepath.Join(folder, "missing", "card.html"))
	require.Equal(t, 1, code, printed)
	require.Contains(t, printed, "write the sample")
	t.Setenv("DELIVERY_TEMPLATES", filepath.Join(folder, "none"))
	code, printed = ended(t, "cards", "sample")
	require.Equal(t, 2, code, printed)
	require.Contains(t, printed, "DELIVERY_TEMPLATES")
	require.NoError(t, os.WriteFile(filepath.Join(folder, "card.html.tmpl"), []byte("{{.NoSuchField}}"), 0o600))
	t.Setenv("DELIVERY_TEMPLATES", folder)
	code, printed = ended(t, "cards", "sample")
	require.Equal(t, 2, code, printed)
	require.Contains(t, printed, "DELIVERY_TEMPLATES")
}

// Every command about cards teaches: what it does, an example, and each flag.
func TestHelpOfCards(t *testing.T) {
	t.Parallel()
	cards, _, err := newRoot().Find([]string{"cards"})
	require.NoError(t, err)
	names := []string{}
	for _, c := range cards.Commands() {
		names = append(names, c.Name())
		require.NotEmpty(t, c.Example, c.Name())
		require.Greater(t, len(c.Long), 100, c.Name())
		c.SetOut(io.Discard)
		require.NoError(t, c.Help())
	}
	require.Equal(t, []string{"balance", "redemptions", "resend", "resolve", "reverse", "sample", "show"}, names)
	confirmed := func(c *cobra.Command) bool { return c.Flags().Lookup("yes") != nil }
	for _, c := range cards.Commands() {
		changes := c.Name() == "resend" || c.Name() == "resolve" || c.Name() == "reverse"
		require.Equal(t, changes, confirmed(c), c.Name())
	}
}
