package session

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
)

// OneEndpoint checks that the only argument is an endpoint.
func OneEndpoint(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return cli.Usagef("name one endpoint: %s", strings.Join(relaying.Endpoints, " or "))
	}
	return CheckEndpoint(args[0])
}

// CheckEndpoint returns an error if there is no such endpoint.
func CheckEndpoint(endpoint string) error {
	if !slices.Contains(relaying.Endpoints, endpoint) {
		return cli.Usagef("there is no endpoint %q: need %s", printable.Line(endpoint, 0), strings.Join(relaying.Endpoints, " or "))
	}
	return nil
}

// CompleteEndpoint completes the name of an endpoint for a shell.
func CompleteEndpoint(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return relaying.Endpoints, cobra.ShellCompDirectiveNoFileComp
}

// ForEndpoint returns what loads the configuration of a command that changes what is sent to an endpoint, or to any if it is empty. It
// refuses one that sends nothing there: the command would wait for what never happens.
func ForEndpoint(endpoint string) func() (config.Config, error) {
	return func() (config.Config, error) {
		cfg, err := OnlyToLook()
		if err != nil {
			return cfg, err
		}
		return cfg, NeedsEndpoint(cfg, endpoint)
	}
}

// off is what is wrong where no endpoint has a URL.
const off = "the relay is off here: neither RELAY_ORDERS_URL nor RELAY_PRODUCTS_URL is set"

// NeedsEndpoint returns an error if an endpoint, or each if it is empty, has no URL.
func NeedsEndpoint(cfg config.Config, endpoint string) error {
	switch {
	case !cfg.Relay.On():
		return fmt.Errorf("%s; set them as the workers have them", off)
	case endpoint != "" && cfg.Relay.URL(endpoint) == "":
		return fmt.Errorf("RELAY_%s_URL is not set here: nothing is sent to endpoint %s", strings.ToUpper(endpoint), endpoint)
	}
	return nil
}

// NoteRelay says if the relay is off, to a person who looks at it.
func NoteRelay(w io.Writer) {
	if cfg, err := OnlyToLook(); err == nil && !cfg.Relay.On() {
		_, _ = fmt.Fprintln(w, off)
	}
}
