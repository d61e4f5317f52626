package app

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
		Short: "Ask the process that runs beside this one how it is",
		Long: `Health asks the process that runs on this machine, in the same environment, for ` + path + `. It is what a
container's health check runs.

Exit codes: 0 it is well, 1 it is not or does not answer, 2 wrong usage or configuration.`,
		Args: NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			listening, err := addr()
			if err != nil {
				return err
			}
			host, port, err := net.SplitHostPort(listening)
			if err != nil {
				return Usagef("nothing to ask: it listens nowhere")
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
		return fmt.Errorf("ask %s: %w", url, err)
	}
	client := http.Client{Timeout: probeTimeout}
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	text, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<10))
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("ask %s: %s: %s", url, answer.Status, strings.TrimSpace(string(text)))
	}
	return nil
}
