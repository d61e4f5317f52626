package deploytest_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	ofContainers = "the ports of containers and their health checks are one matter"
	simulated    = "the simulators are the shop and the issuer"
	caught       = "the catcher gets all mail"
	temporalHere = "it is the Temporal of the compose file"
	noProfile    = "a profile is a file on somebody's machine, not in the container"
	forPeople    = "the command line's; our programs decrypt by themselves"
)

// fixed are the variables that compose sets itself, with the reason why .env cannot change them.
var fixed = map[string]map[string]string{
	"demonstration": {
		"METRICS_ADDR": ofContainers, "CODEC_SERVER_ADDR": ofContainers,
		"SHOPIFY_BASE_URL": simulated, "CASHSTAR_BASE_URL": simulated, "PLAIN_HTTP_HOSTS": simulated,
		"SMTP_HOST": caught, "SMTP_PORT": caught, "SMTP_TLS": caught,
		"TEMPORAL_ADDRESS": temporalHere, "TEMPORAL_API_KEY": temporalHere, "TEMPORAL_CLIENT_AUTHORITY": temporalHere,
		"TEMPORAL_TLS": temporalHere, "TEMPORAL_TLS_CLIENT_CERT_PATH": temporalHere,
		"TEMPORAL_TLS_CLIENT_CERT_DATA": temporalHere, "TEMPORAL_TLS_CLIENT_KEY_PATH": temporalHere,
		"TEMPORAL_TLS_CLIENT_KEY_DATA": temporalHere, "TEMPORAL_TLS_SERVER_CA_CERT_PATH": temporalHere,
		"TEMPORAL_TLS_SERVER_CA_CERT_DATA": temporalHere, "TEMPORAL_TLS_SERVER_NAME": temporalHere,
		"TEMPORAL_TLS_DISABLE_HOST_VERIFICATION": temporalHere,
		"TEMPORAL_PROFILE":                       noProfile, "TEMPORAL_CONFIG_FILE": noProfile,
		"TEMPORAL_CODEC_ENDPOINT": forPeople, "TEMPORAL_CODEC_AUTH": forPeople,
	},
	"production with an API key": {
		"METRICS_ADDR": ofContainers, "CODEC_SERVER_ADDR": ofContainers,
		"TEMPORAL_PROFILE": noProfile, "TEMPORAL_CONFIG_FILE": noProfile,
		"TEMPORAL_CODEC_ENDPOINT": forPeople, "TEMPORAL_CODEC_AUTH": forPeople,
	},
}

// Every variable listed in docs/configuration.md can be set in .env and reaches the containers.
func TestComposePassesEveryVariableOn(t *testing.T) {
	t.Parallel()
	for name, exceptions := range fixed {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := configuration()
			maps.Copy(all, temporalClient(t))
			maps.Copy(all, openTelemetry(t))
			env := installations()[name].environment(t)
			for variable := range all {
				env[variable] = "marks " + variable
			}
			project, err := load(t.Context(), installations()[name], env)
			require.NoError(t, err)
			got := func(service, variable string) string {
				if value := project.Services[service].Environment[variable]; value != nil {
					return *value
				}
				return ""
			}
			for variable := range all {
				services := []string{"giftbridge", "worker"}
				if strings.HasPrefix(variable, "CODEC_SERVER_") {
					services = []string{"codec-server"}
				}
				for _, service := range services {
					if reason := exceptions[variable]; reason != "" {
						require.NotEqual(t, env[variable], got(service, variable), "no exception any more: %s", reason)
						continue
					}
					require.Equal(t, env[variable], got(service, variable), "%s of %s", variable, service)
				}
			}
			for variable := range exceptions {
				require.Contains(t, all, variable, "an exception for what nobody reads")
			}
		})
	}
}
