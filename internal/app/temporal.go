package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"
	"go.temporal.io/api/serviceerror"
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

// TemporalUnverified tells whether these variables and that file say that Temporal's certificate is not checked.
func TemporalUnverified() bool {
	profile, err := envconfig.LoadClientConfigProfile(envconfig.LoadClientConfigProfileOptions{})
	return err == nil && profile.TLS != nil && !profile.TLS.Disabled && profile.TLS.DisableHostVerification
}

// dialTimeout bounds the first contact: long enough for a server that is just starting, short enough for a person.
const dialTimeout = 20 * time.Second

// NewOperator connects to Temporal with our logger and, unless it is off, with encrypted payloads, and returns an
// operator who owns the connection.
func NewOperator(
	ctx context.Context, options client.Options, cfg config.Config, log zerolog.Logger,
) (*operator.Operator, error) {
	c, err := dial(ctx, options, cfg, log, person)
	if err != nil {
		return nil, err
	}
	return c.operator(cfg), nil
}

// Uncompress lets a client not compress what it sends. The SDK's own choice, gzip, cost a sixth of a worker's CPU time for
// messages of a few kB, most of which is ciphertext and does not get smaller. Benchmarks measure the bare engine with the
// same.
func Uncompress(o *client.Options) {
	o.ConnectionOptions.GrpcCompression = &client.GrpcCompressionNone{}
}

// connection is a connection to Temporal.
type connection struct {
	client   client.Client
	options  client.Options
	payloads *codec.Codec
}

// reader is who reads payloads.
type reader int

const (
	// person reads whatever can be read.
	person reader = iota
	// spender spends money on what it reads, and so takes nothing that anybody could have written.
	spender
)

// dial connects to Temporal.
func dial(
	ctx context.Context, options client.Options, cfg config.Config, log zerolog.Logger, who reader,
) (*connection, error) {
	if options.Namespace == "" {
		options.Namespace = client.DefaultNamespace
	}
	options.Logger = logging.Temporal(log)
	Uncompress(&options)
	payloads, err := codec.New(cfg.Payload)
	if err != nil {
		return nil, fmt.Errorf("set up payload encryption: %w", err)
	}
	if who == spender {
		payloads = payloads.Strict(cfg.Payload)
	}
	options.DataConverter = codec.DataConverter(payloads)
	options.FailureConverter = codec.FailureConverter(payloads)
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	c, err := client.DialContext(ctx, options)
	if err != nil {
		return nil, fmt.Errorf("connect to Temporal at %s, namespace %s: %w", orDefault(options.HostPort), options.Namespace, err)
	}
	return &connection{client: c, options: options, payloads: payloads}, nil
}

// redialEvery is the pause between two attempts to reach a server that refuses connections.
const redialEvery = time.Second

// dialPatiently connects to Temporal as a process does that nobody waits for: to a server that is just being restarted
// and refuses connections, it comes again, as long as the first contact may take.
func dialPatiently(
	ctx context.Context, options client.Options, cfg config.Config, log zerolog.Logger,
) (*connection, error) {
	pause := time.NewTicker(redialEvery)
	defer pause.Stop()
	end := time.Now().Add(dialTimeout)
	for {
		c, err := dial(ctx, options, cfg, log, spender)
		var unavailable *serviceerror.Unavailable
		if !errors.As(err, &unavailable) || time.Now().After(end) {
			return c, err
		}
		log.Warn().Err(err).Msg("waiting for Temporal")
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-pause.C:
		}
	}
}

// operator returns an operator, who owns the connection's client.
func (c *connection) operator(cfg config.Config) *operator.Operator {
	return operator.New(c.client, c.options.Namespace, c.payloads, cfg)
}

// forWorkers returns another client on the connection. To workflow code, a payload that cannot be read is another
// matter than to people.
func (c *connection) forWorkers(ctx context.Context) (client.Client, error) {
	options := c.options
	options.DataConverter = codec.WorkerDataConverter(c.payloads)
	options.FailureConverter = codec.WorkerFailureConverter(c.payloads)
	out, err := client.NewClientFromExistingWithContext(ctx, c.client, options)
	if err != nil {
		return nil, fmt.Errorf("set up the client of workers: %w", err)
	}
	return out, nil
}

func orDefault(hostPort string) string {
	if hostPort == "" {
		return client.DefaultHostPort
	}
	return hostPort
}
