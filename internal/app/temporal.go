package app

import (
	"cmp"
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

// TemporalFromEnvironment returns the address of Temporal and the credentials for it. It reads the same variables and
// the same profile file as the temporal command line.
func TemporalFromEnvironment() (client.Options, error) {
	options, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return client.Options{}, fmt.Errorf("read TEMPORAL_* variables and profile: %w", err)
	}
	return options, nil
}

// NamespaceOf returns the namespace that options name, or Temporal's default namespace.
func NamespaceOf(options client.Options) string {
	return cmp.Or(options.Namespace, client.DefaultNamespace)
}

// TemporalUnverified reports whether these variables or that file turn off the verification of Temporal's certificate.
func TemporalUnverified() bool {
	profile, err := envconfig.LoadClientConfigProfile(envconfig.LoadClientConfigProfileOptions{})
	return err == nil && profile.TLS != nil && !profile.TLS.Disabled && profile.TLS.DisableHostVerification
}

// dialTimeout limits the first connection: long enough for a server that is still starting, short enough for a person
// who waits.
const dialTimeout = 20 * time.Second

// NewOperator connects to Temporal with our logger and, unless encryption is off, with encrypted payloads. It returns
// an operator that owns the connection.
func NewOperator(
	ctx context.Context, options client.Options, cfg config.Config, log zerolog.Logger,
) (*operator.Operator, error) {
	c, err := dial(ctx, options, cfg, log, person)
	if err != nil {
		return nil, err
	}
	return c.operator(cfg), nil
}

// Uncompress turns off gRPC compression. The SDK's default, gzip, cost a sixth of a worker's CPU time for messages of a
// few kB, which are mostly ciphertext and do not get smaller. Benchmarks of the bare engine use the same setting.
func Uncompress(o *client.Options) {
	o.ConnectionOptions.GrpcCompression = &client.GrpcCompressionNone{}
}

// connection is a connection to Temporal.
type connection struct {
	client   client.Client
	options  client.Options
	payloads *codec.Codec
}

// reader is the kind of process that reads payloads.
type reader int

const (
	// person reads for a person, and reads every payload that can be read.
	person reader = iota
	// spender spends money on what it reads, and so rejects payloads that could have been written without a key.
	spender
)

// dial connects to Temporal.
func dial(
	ctx context.Context, options client.Options, cfg config.Config, log zerolog.Logger, who reader,
) (*connection, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	return dialWith(options, cfg, log, who, func(o client.Options) (client.Client, error) {
		return client.DialContext(ctx, o)
	})
}

func dialWith(
	options client.Options, cfg config.Config, log zerolog.Logger, who reader,
	connect func(client.Options) (client.Client, error),
) (*connection, error) {
	options.Namespace = NamespaceOf(options)
	options.Logger = logging.Temporal(log)
	Uncompress(&options)
	payloads, err := codec.New(cfg.Payload, options.Namespace)
	if err != nil {
		return nil, fmt.Errorf("set up payload encryption: %w", err)
	}
	if who == spender {
		payloads = payloads.Strict(cfg.Payload)
	}
	options.DataConverter = codec.DataConverter(payloads)
	options.FailureConverter = codec.FailureConverter(payloads)
	c, err := connect(options)
	if err != nil {
		return nil, fmt.Errorf("connect to Temporal at %s, namespace %s: %w", orDefault(options.HostPort), options.Namespace, err)
	}
	return &connection{client: c, options: options, payloads: payloads}, nil
}

// NewLazyOperator returns an operator that connects to Temporal when it is first used, for a process that also works while
// Temporal is away. Like a worker, it rejects payloads that could have been written without a key.
func NewLazyOperator(options client.Options, cfg config.Config, log zerolog.Logger) (*operator.Operator, error) {
	c, err := dialWith(options, cfg, log, spender, client.NewLazyClient)
	if err != nil {
		return nil, err
	}
	return c.operator(cfg), nil
}

// redialEvery is the pause between two attempts to reach a server that refuses connections.
const redialEvery = time.Second

// dialPatiently connects to Temporal for a process that no person waits for. While a server is restarting and refuses
// connections, it retries for up to dialTimeout.
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

// operator returns an operator that owns the connection's client.
func (c *connection) operator(cfg config.Config) *operator.Operator {
	return operator.New(c.client, c.options.Namespace, c.payloads, cfg)
}

// forWorkers returns another client on the same connection. Its converters handle an unreadable payload differently,
// because workflow code must not get an error for it.
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
