// Package endpoints reads which endpoint of the relay a command is about.
package endpoints

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/activities/relaying"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/printable"
	"github.com/giftbridge/giftbridge/starter/internal/session"
)

// One checks that the only argument is an endpoint.
func One(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return cli.Usagef("name one endpoint: %s", strings.Join(relaying.Endpoints, " or "))
	}
	return Check(args[0])
}

// Check returns an error if there is no such endpoint.
func Check(endpoint string) error {
	if !slices.Contains(relaying.Endpoints, endpoint) {
		return cli.Usagef("there is no endpoint %q: need %s", printable.Line(endpoint, 0), strings.Join(relaying.Endpoints, " or "))
	}
	return nil
}

// Complete completes the name of an endpoint for a shell.
func Complete(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return relaying.Endpoints, cobra.ShellCompDirectiveNoFileComp
}

// Load returns what loads the configuration of a command that changes what is sent to an endpoint, or to any if it is empty. It
// refuses one that sends nothing there: the command would wait for what never happens.
func Load(endpoint string) func() (config.Config, error) {
	return func() (config.Config, error) {
		cfg, err := session.OnlyToLook()
		if err != nil {
			return cfg, err
		}
		return cfg, Needs(cfg, endpoint)
	}
}

// off is what is wrong where no endpoint has a URL.
const off = "the relay is off here: neither RELAY_ORDERS_URL nor RELAY_PRODUCTS_URL is set"

// Needs returns an error if an endpoint, or each if it is empty, has no URL.
func Needs(cfg config.Config, endpoint string) error {
	switch {
	case !cfg.Relay.On():
		return fmt.Errorf("%s; set them as the workers have them", off)
	case endpoint != "" && cfg.Relay.URL(endpoint) == "":
		return fmt.Errorf("RELAY_%s_URL is not set here: nothing is sent to endpoint %s", strings.ToUpper(endpoint), endpoint)
	}
	return nil
}

// Note says if the relay is off, to a person who looks at it.
func Note(w io.Writer) {
	if cfg, err := session.OnlyToLook(); err == nil && !cfg.Relay.On() {
		_, _ = fmt.Fprintln(w, off)
	}
}
