package setup

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/spf13/cobra"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/codec"
	"github.com/giftbridge/giftbridge/internal/codecserver"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/logging"
)

func newCodecServer() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "codec-server",
		Short: "Decrypt payloads for Temporal's Web UI and command line",
		Long: `Codec-server decrypts the payloads of a history for Temporal's Web UI and the temporal command line,
which hold no keys. It listens on CODEC_SERVER_ADDR until Ctrl-C or SIGTERM. Every holder of CODEC_SERVER_TOKEN can
decrypt every payload that PAYLOAD_KEYS can decrypt. It answers web pages only from CODEC_SERVER_ORIGINS, by default
the origin of TEMPORAL_UI_URL.

It speaks plain HTTP. If other machines use it, put it behind a proxy that terminates TLS and, for the Web UI, signs
users in: docs/operations.md. It does not need Temporal, the shop or the issuer.`,
		Example: `  giftbridge codec-server
  temporal workflow show -w gift-card-order/example.myshopify.com/1 \
    --codec-endpoint http://127.0.0.1:8234 --codec-auth "Bearer $CODEC_SERVER_TOKEN"`,
		Args: cli.NoArgs,
		RunE: runCodecServer,
	}
	cmd.AddCommand(cli.NewHealthCommand("/healthz", func() (string, error) {
		cfg, err := config.Read()
		if err != nil {
			return "", &cli.UsageError{Err: err}
		}
		return cfg.Codec.Addr, nil
	}))
	return cmd
}

func runCodecServer(cmd *cobra.Command, _ []string) error {
	cfg, err := config.Read()
	if err == nil {
		err = cfg.ValidateCodecServer()
	}
	if err != nil {
		return &cli.UsageError{Err: err}
	}
	log, err := logging.New(cmd.ErrOrStderr(), cfg.Log)
	if err != nil {
		return &cli.UsageError{Err: err}
	}
	temporal, err := app.TemporalFromEnvironment()
	if err != nil {
		return &cli.UsageError{Err: err}
	}
	payloads, err := codec.New(cfg.Payload, app.NamespaceOf(temporal))
	if err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(cmd.Context(), "tcp", cfg.Codec.Addr)
	if err != nil {
		return fmt.Errorf("listen on CODEC_SERVER_ADDR: %w", err)
	}
	addr := l.Addr().String()
	log.Info().Str("address", addr).Strs("origins", cfg.CodecOrigins()).Msg("codec server is listening")
	if a, err := netip.ParseAddrPort(addr); err != nil || !a.Addr().IsLoopback() {
		log.Warn().Str("address", addr).
			Msg("codec server is not bound to loopback; without a TLS proxy in front, payloads leave this machine in the clear")
	}
	return codecserver.Serve(cmd.Context(), l, codecserver.Options{
		Codec: payloads, Token: cfg.Codec.Token.Reveal(), Origins: cfg.CodecOrigins(), Log: log,
	})
}
