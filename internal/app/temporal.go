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
	"github.com/giftbridge/giftbridge/internal/operator"
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

// NewOperator connects to Temporal with our logger and, unless it is off, with encrypted payloads, and returns an
// operator who owns the connection.
func NewOperator(
	ctx context.Context, options client.Options, cfg config.Config, log zerolog.Logger,
) (*operator.Operator, error) {
	_, o, err := dial(ctx, options, cfg, log)
	return o, err
}

// dial connects to Temporal; the operator uses the client too.
func dial(
	ctx context.Context, options client.Options, cfg config.Config, log zerolog.Logger,
) (client.Client, *operator.Operator, error) {
	if options.Namespace == "" {
		options.Namespace = client.DefaultNamespace
	}
	options.Logger = logging.Temporal(log)
	payloads, err := codec.New(cfg.Payload)
	if err != nil {
		return nil, nil, fmt.Errorf("set up payload encryption: %w", err)
	}
	options.DataConverter = codec.DataConverter(payloads)
	options.FailureConverter = codec.FailureConverter(payloads)
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	c, err := client.DialContext(ctx, options)
	if err != nil {
		return nil, nil, fmt.Errorf("connect to Temporal at %s, namespace %s: %w", orDefault(options.HostPort), options.Namespace, err)
	}
	return c, operator.New(c, options.Namespace, payloads, cfg), nil
}

func orDefault(hostPort string) string {
	if hostPort == "" {
		return client.DefaultHostPort
	}
	return hostPort
}
