package cli

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// probeTimeout is a little longer than the time-out of a worker's own health check of Temporal.
const probeTimeout = 3 * time.Second

// NewHealthCommand returns the command "health", which checks the health of the process that runs beside it. It is for
// containers: the image has no shell and no other program that could do this. The address is the one that the process
// listens on; a wildcard means this machine.
func NewHealthCommand(path string, addr func() (string, error)) *cobra.Command {
	return &cobra.Command{
		Use:   "health",
		Short: "Check the health of the process on this machine",
		Long: `Health requests ` + path + ` from the process that runs on this machine with the same environment. It
is meant for a container's health check.

Exit codes: 0 healthy, 1 unhealthy or no answer, 2 wrong usage or configuration.`,
		Args: NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			listening, err := addr()
			if err != nil {
				return err
			}
			host, port, err := net.SplitHostPort(listening)
			if err != nil {
				return Usagef("nothing to check: the process does not listen on an address")
			}
			if ip, err := netip.ParseAddr(host); host == "" || (err == nil && ip.IsUnspecified()) {
				host = "127.0.0.1"
			}
			return probe(cmd, "http://"+net.JoinHostPort(host, port)+path)
		},
	}
}

func probe(cmd *cobra.Command, url string) error {
	r, err := http.NewRequestWithContext(cmd.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		return fmt.Errorf("check health at %s: %w", url, err)
	}
	client := http.Client{Timeout: probeTimeout}
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	text, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<10))
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("check health at %s: %s: %s", url, answer.Status, strings.TrimSpace(string(text)))
	}
	return nil
}
