package deploytest_test

import (
	"maps"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	ofContainers = "the ports of containers and their health checks are one matter"
	simulated    = "the simulators are the shop and the issuers"
	caught       = "the catcher gets all mail"
	temporalHere = "it is the Temporal of the compose file"
	noProfile    = "a profile is a file on somebody's machine, not in the container"
	forPeople    = "the command line's; our programs decrypt by themselves"
	behindProxy  = "in a container, the receiver listens on all addresses"
)

// fixed are the variables that compose sets itself, with the reason why .env cannot change them.
var fixed = map[string]map[string]string{
	"webhooks": {
		"METRICS_ADDR": ofContainers, "CODEC_SERVER_ADDR": ofContainers, "RECEIVER_ADDR": ofContainers,
		"SHOPIFY_BASE_URL": simulated, "CASHSTAR_BASE_URL": simulated, "FOURWAYSHOP_BASE_URL": simulated,
		"PLAIN_HTTP_HOSTS": simulated,
		"SMTP_HOST":        caught, "SMTP_PORT": caught, "SMTP_TLS": caught,
		"TEMPORAL_ADDRESS": temporalHere, "TEMPORAL_API_KEY": temporalHere, "TEMPORAL_CLIENT_AUTHORITY": temporalHere,
		"TEMPORAL_TLS": temporalHere, "TEMPORAL_TLS_CLIENT_CERT_PATH": temporalHere,
		"TEMPORAL_TLS_CLIENT_CERT_DATA": temporalHere, "TEMPORAL_TLS_CLIENT_KEY_PATH": temporalHere,
		"TEMPORAL_TLS_CLIENT_KEY_DATA": temporalHere, "TEMPORAL_TLS_SERVER_CA_CERT_PATH": temporalHere,
		"TEMPORAL_TLS_SERVER_CA_CERT_DATA": temporalHere, "TEMPORAL_TLS_SERVER_NAME": temporalHere,
		"TEMPORAL_TLS_DISABLE_HOST_VERIFICATION": temporalHere,
		"TEMPORAL_PROFILE":                       noProfile, "TEMPORAL_CONFIG_FILE": noProfile,
		"TEMPORAL_CODEC_ENDPOINT": forPeople, "TEMPORAL_CODEC_AUTH": forPeople,
	},
	"production with webhooks": {
		"METRICS_ADDR": ofContainers, "CODEC_SERVER_ADDR": ofContainers, "RECEIVER_ADDR": ofContainers,
		"TEMPORAL_PROFILE": noProfile, "TEMPORAL_CONFIG_FILE": noProfile,
		"TEMPORAL_CODEC_ENDPOINT": forPeople, "TEMPORAL_CODEC_AUTH": forPeople,
	},
}

// readers returns the services that read a variable. What a receiver does not need, it does not get: it is the process
// that strangers reach.
func readers(variable string) []string {
	begins := func(prefixes ...string) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(variable, p) })
	}
	switch {
	case begins("CODEC_SERVER_"):
		return []string{"codec-server"}
	case slices.Contains(receiverOnly, variable):
		return []string{"receiver"}
	case variable == "FOURWAYSHOP_PDF_HOSTS":
		return []string{"giftbridge", "worker"}
	case begins("FOURWAYSHOP_", "CARD_ID_KEY"): // The receiver takes orders in, expects answers, and looks at cards for a checkout.
	case slices.Contains([]string{
		"RELAY_ORDERS_URL", "RELAY_PRODUCTS_URL", "RELAY_TOPICS", "MESSAGES", "MESSAGES_SHOP_NAME", "SONAR_NOTIFY_BY",
	}, variable): // The receiver takes the events in.
	case begins("RELAY_", "SONAR_", "MESSAGES", "CASHSTAR_MAX_RPS", "SMTP_", "DIGEST_", "DELIVERY_", "WORKER_"):
		return []string{"giftbridge", "worker"}
	}
	return []string{"giftbridge", "receiver", "worker"}
}

// receiverOnly are the variables that only a receiver reads.
var receiverOnly = []string{
	"RECEIVER_ADDR", "RECEIVER_TLS_CERT_FILE", "RECEIVER_TLS_KEY_FILE", "RECEIVER_SERVES", "SHOPIFY_WEBHOOK_SECRETS",
	"CHECKOUT_CLIENTS", "CHECKOUT_MAX_RPS",
}

// Every variable listed in docs/configuration.md can be set in .env, and reaches the containers that read it and no
// others of ours.
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
			for variable := range all {
				for _, service := range []string{"giftbridge", "receiver", "worker", "codec-server"} {
					value, given := project.Services[service].Environment[variable]
					got := ""
					if value != nil {
						got = *value
					}
					switch reads := slices.Contains(readers(variable), service); {
					case !reads && service == "codec-server": // It reads a few of the others' variables too.
					case !reads:
						require.False(t, given, "%s does not read %s", service, variable)
					case exceptions[variable] != "":
						require.NotEqual(t, env[variable], got, "no exception any more: %s", exceptions[variable])
					case variable == "PLAIN_HTTP_HOSTS" && service == "receiver":
						require.Equal(t, env[variable]+",0.0.0.0", got, behindProxy)
					default:
						require.Equal(t, env[variable], got, "%s of %s", variable, service)
					}
				}
			}
			for variable := range exceptions {
				require.Contains(t, all, variable, "an exception for what nobody reads")
			}
		})
	}
}

// The demonstration's shop signs webhooks with the secret that the receiver accepts, and delivers them to an address at
// which the receiver and the commands may speak plain HTTP.
func TestDemonstrationDeliversWebhooks(t *testing.T) {
	t.Parallel()
	i := installations()["webhooks"]
	project, err := load(t.Context(), i, i.environment(t))
	require.NoError(t, err)
	value := func(service, variable string) string {
		v := project.Services[service].Environment[variable]
		require.NotNil(t, v, "%s of %s", variable, service)
		return *v
	}
	require.NotEmpty(t, value("receiver", "SHOPIFY_WEBHOOK_SECRETS"))
	require.Equal(t, value("receiver", "SHOPIFY_WEBHOOK_SECRETS"), value("simulators", "SHOPIFY_WEBHOOK_SECRETS"))
	for _, service := range []string{"giftbridge", "worker", "receiver"} {
		require.Equal(t, "http://receiver:8235", value(service, "RECEIVER_URL"))
		require.Contains(t, strings.Split(value(service, "PLAIN_HTTP_HOSTS"), ","), "receiver", service)
	}
	_, port, err := net.SplitHostPort(value("receiver", "RECEIVER_ADDR"))
	require.NoError(t, err)
	require.Equal(t, "8235", port)
}

// The credentials with which cards are made and spent reach a receiver only if it serves a checkout, and then everything does
// that it needs.
func TestCheckoutInCompose(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"both issuers", "production with both issuers"} {
		i := installations()[name]
		env := i.environment(t)
		without, err := load(t.Context(), i, env)
		require.NoError(t, err)
		for _, variable := range []string{"FOURWAYSHOP_USERNAME", "FOURWAYSHOP_PASSWORD", "CARD_ID_KEY"} {
			require.NotEmpty(t, env[variable])
			require.Empty(t, *without.Services["receiver"].Environment[variable], "%s: %s", name, variable)
		}
		env["CHECKOUT_CLIENTS"] = clients
		project, err := load(t.Context(), i, env)
		require.NoError(t, err)
		given := map[string]string{}
		for variable, value := range project.Services["receiver"].Environment {
			if value != nil {
				given[variable] = *value
			}
		}
		for _, variable := range []string{"FOURWAYSHOP_USERNAME", "FOURWAYSHOP_PASSWORD", "CARD_ID_KEY"} {
			require.Equal(t, env[variable], given[variable], "%s: %s", name, variable)
		}
		requireValidReceiver(t, given)
		delete(given, "CARD_ID_KEY")
		requireInvalidReceiver(t, given, "CARD_ID_KEY")
	}
}
