package app

import (
	"cmp"
	"os"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"

	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/env"
)

// DescribeTemporal lists how Temporal is reached, in the names of the variables, whether they or a profile file decide
// it. Credentials are redacted.
func DescribeTemporal() ([]env.Setting, error) {
	options, err := TemporalFromEnvironment()
	if err != nil {
		return nil, err
	}
	profile, err := envconfig.LoadClientConfigProfile(envconfig.LoadClientConfigProfileOptions{})
	if err != nil {
		return nil, err
	}
	tls, key := "off", ""
	if options.ConnectionOptions.TLS != nil {
		tls = "on"
		if profile.TLS != nil && profile.TLS.DisableHostVerification {
			tls = "on, but the server's certificate is not verified"
		}
	}
	if profile.APIKey != "" {
		key = config.NewSecret(profile.APIKey).String()
	}
	file := os.Getenv("TEMPORAL_CONFIG_FILE")
	if file == "" {
		if path := envconfig.DefaultConfigFilePath(); path != "" {
			if _, err := os.Stat(path); err == nil {
				file = path
			}
		}
	}
	address, namespace := cmp.Or(options.HostPort, client.DefaultHostPort), NamespaceOf(options)
	return []env.Setting{
		{Name: "TEMPORAL_ADDRESS", Value: address, IsDefault: address == client.DefaultHostPort, About: "Where Temporal is."},
		{
			Name: "TEMPORAL_NAMESPACE", Value: namespace, IsDefault: namespace == client.DefaultNamespace,
			About: "The namespace of the shop's orders.",
		},
		{Name: "TEMPORAL_TLS", Value: tls, IsDefault: tls == "off", About: "Whether the connection is encrypted."},
		{Name: "TEMPORAL_API_KEY", Value: key, IsDefault: key == "", About: "The API key."},
		{Name: "TEMPORAL_CONFIG_FILE", Value: file, IsDefault: file == "", About: "The file of profiles that is read."},
		{
			Name: "TEMPORAL_PROFILE", Value: os.Getenv("TEMPORAL_PROFILE"), IsDefault: os.Getenv("TEMPORAL_PROFILE") == "",
			About: "The profile in that file.",
		},
	}, nil
}
