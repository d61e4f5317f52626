package app

import (
	"context"
	"fmt"
	"time"

	"github.com/rs/zerolog"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"

	"github.com/giftbridge/giftbridge/internal/codec"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/logging"
)

// TemporalFromEnvironment reads where Temporal is, and as whom, from the variables and the profile file that the
// temporal command line reads too.
func TemporalFromEnvironment() (client.Options, error) {
	options, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return client.Options{}, fmt.Errorf("read TEMPORAL_* variables and profile: %w", err)
	}
	return options, nil
}

// dialTimeout bounds the first contact: long enough for a server that is just starting, short enough for a person.
const dialTimeout = 20 * time.Second

// Dial connects to Temporal with our logger and, unless it is off, with encrypted payloads.
func Dial(ctx context.Context, options client.Options, p config.Payload, log zerolog.Logger) (client.Client, error) {
	if options.Namespace == "" {
		options.Namespace = client.DefaultNamespace
	}
	options.Logger = logging.Temporal(log)
	payloads, err := codec.New(p)
	if err != nil {
		return nil, fmt.Errorf("set up payload encryption: %w", err)
	}
	options.DataConverter = codec.DataConverter(payloads)
	options.FailureConverter = codec.FailureConverter(payloads)
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	c, err := client.DialContext(ctx, options)
	if err != nil {
		return nil, fmt.Errorf("connect to Temporal at %s, namespace %s: %w", orDefault(options.HostPort), options.Namespace, err)
	}
	return c, nil
}

func orDefault(hostPort string) string {
	if hostPort == "" {
		return client.DefaultHostPort
	}
	return hostPort
}
