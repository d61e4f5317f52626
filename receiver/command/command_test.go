package command_test

import (
	"bytes"
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/receiver/command"
)

// What is wrong with the configuration ends the receiver before it listens, with the exit code for it and the variable's
// name.
func TestReceiverRefusesItsConfiguration(t *testing.T) {
	// Nothing else can listen there, so that a receiver that finds nothing wrong ends as well.
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, taken.Close()) }()
	for name, tt := range map[string]struct {
		change map[string]string
		args   []string
		says   string
	}{
		"an argument":            {args: []string{"orders"}, says: `"orders"`},
		"a file that is missing": {args: []string{"--env-file", "/no/such/file"}, says: "/no/such/file"},
		"no secret":              {change: map[string]string{"SHOPIFY_WEBHOOK_SECRETS": ""}, says: "SHOPIFY_WEBHOOK_SECRETS"},
		"serves nothing known":   {change: map[string]string{"RECEIVER_SERVES": "mails"}, says: "RECEIVER_SERVES"},
		"plain HTTP":             {change: map[string]string{"RECEIVER_ADDR": "0.0.0.0:0"}, says: "RECEIVER_ADDR"},
		"no such variable":       {change: map[string]string{"RECEIVER_SERVE": "webhooks"}, says: "RECEIVER_SERVE"},
		"no such certificate": {
			change: map[string]string{"RECEIVER_TLS_CERT_FILE": "/no/such/cert.pem", "RECEIVER_TLS_KEY_FILE": "/no/such/key.pem"},
			says:   "RECEIVER_TLS_CERT_FILE and RECEIVER_TLS_KEY_FILE: open /no/such/cert.pem",
		},
	} {
		t.Run(name, func(t *testing.T) {
			for variable, value := range map[string]string{
				"SHOPIFY_SHOP": "example.myshopify.com", "SHOPIFY_ACCESS_TOKEN": "shpat_hush", "GIFT_CARD_SKUS": "GIFT-50",
				"CREATED_AT_MIN": "2026-07-01T00:00:00Z", "PAYLOAD_ENCRYPTION": "off", "SHOPIFY_WEBHOOK_SECRETS": "hush",
				"RECEIVER_ADDR": taken.Addr().String(), "METRICS_ADDR": "off",
			} {
				t.Setenv(variable, value)
			}
			for variable, value := range tt.change {
				t.Setenv(variable, value)
			}
			var out, errs bytes.Buffer
			c := command.New()
			cli.EnvFile(c)
			c.SetArgs(tt.args)
			c.SetOut(&out)
			c.SetErr(&errs)
			require.Equal(t, cli.ExitUsage, cli.Execute(c, &errs), errs.String())
			require.Contains(t, errs.String(), tt.says)
			require.NotContains(t, errs.String(), "hush")
			require.Empty(t, out.String())
		})
	}
}
