package deploytest_test

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"
)

var portVariable = regexp.MustCompile(`(?m)^#   (PORT_[A-Z_]+)=(\d+)$`)

// portVariables returns the variables of .env.example that choose ports, with their defaults.
func portVariables(t *testing.T) map[string]string {
	t.Helper()
	demo, _ := halves(t)
	ports := map[string]string{}
	for _, m := range portVariable.FindAllStringSubmatch(demo, -1) {
		ports[m[1]] = m[2]
	}
	return ports
}

// published returns the ports of a project on the host.
func published(project *types.Project) []string {
	var ports []string
	for _, s := range project.Services {
		for _, p := range s.Ports {
			ports = append(ports, p.Published)
		}
	}
	return slices.Sorted(slices.Values(ports))
}

// Each port on the host can be chosen, and .env.example names the variable and its default.
func TestPorts(t *testing.T) {
	t.Parallel()
	defaults := portVariables(t)
	require.Len(t, defaults, 10)
	for name, want := range map[string]map[string]string{
		"everything":                 defaults,
		"production with an API key": {"PORT_CODEC": defaults["PORT_CODEC"]},
		"production with webhooks":   {"PORT_CODEC": defaults["PORT_CODEC"], "PORT_RECEIVER": defaults["PORT_RECEIVER"]},
	} {
		i := installations()[name]
		if name == "everything" {
			i = installations()["observability"]
			i.profiles = append(i.profiles, "webhooks")
		}
		env := i.environment(t)
		project, err := load(t.Context(), i, env)
		require.NoError(t, err)
		require.Equal(t, slices.Sorted(maps.Values(want)), published(project), name)

		for variable, port := range defaults {
			env[variable] = "1" + port
		}
		project, err = load(t.Context(), i, env)
		require.NoError(t, err)
		var moved []string
		for _, port := range want {
			moved = append(moved, "1"+port)
		}
		require.Equal(t, slices.Sorted(slices.Values(moved)), published(project), name)
		for _, s := range project.Services {
			requireLoopback(t, s)
		}
	}
}

// What browsers are told follows the ports.
func TestAddressesFollowThePorts(t *testing.T) {
	t.Parallel()
	i := installations()["demonstration"]
	env := i.environment(t)
	env["PORT_WEB_UI"], env["PORT_CODEC"] = "1111", "2222"
	project, err := load(t.Context(), i, env)
	require.NoError(t, err)
	for service, variables := range map[string]map[string]string{
		"worker":       {"TEMPORAL_UI_URL": "http://localhost:1111"},
		"giftbridge":   {"TEMPORAL_UI_URL": "http://localhost:1111"},
		"codec-server": {"TEMPORAL_UI_URL": "http://localhost:1111"},
		"simulators":   {"TEMPORAL_UI_URL": "http://localhost:1111"},
		"temporal-ui": {
			"TEMPORAL_CORS_ORIGINS": "http://localhost:1111", "TEMPORAL_CODEC_ENDPOINT": "http://localhost:2222",
		},
	} {
		for variable, want := range variables {
			require.Equal(t, want, *project.Services[service].Environment[variable], "%s of %s", variable, service)
		}
	}
}

// A variable that chooses a port is not one of giftbridge's, which a process would refuse as unknown or read itself.
func TestPortVariablesAreCompose(t *testing.T) {
	t.Parallel()
	env := []string{"PAYLOAD_ENCRYPTION=off"}
	for variable, port := range portVariables(t) {
		env = append(env, variable+"="+port)
	}
	out, err := run(t, append(env, "DIGEST_TOO=x"), "giftbridge", "config")
	require.Error(t, err)
	require.Contains(t, out, "DIGEST_TOO", "it reports what it does not know")
	require.NotContains(t, out, "PORT_")
}

// Whoever reads one of these files learns which Compose it needs.
func TestComposeVersionIsStated(t *testing.T) {
	t.Parallel()
	for _, name := range []string{base, production, ".env.example", "docs/deploy.md", "README.md"} {
		require.Contains(t, read(t, filepath.Join(root, name)), "Docker Compose 2.24.4 or later", name)
	}
	require.Contains(t, read(t, filepath.Join(root, "deploy/env")), "\noldest=2.24.4\n")
}
