package deploytest_test

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"
)

// installation is a way to run docker compose.
type installation struct {
	files       []string
	project     string
	profiles    []string
	certificate bool // Instead of the API key.
	webhooks    bool // What .env.example says of webhooks is in .env.
	later       bool // What .env.example says of Four Way Shop is in .env.
	services    []string
}

const (
	base              = "docker-compose.yml"
	production        = "docker-compose.production.yml"
	productionProject = "giftbridge-production"
)

func installations() map[string]installation {
	demo := []string{
		"codec-server", "giftbridge", "mailpit", "postgresql", "simulators", "temporal", "temporal-namespace",
		"temporal-schema", "temporal-ui", "worker",
	}
	ours := []string{"codec-server", "giftbridge", "worker"}
	both := []string{base, production}
	return map[string]installation{
		"demonstration": {files: []string{base}, project: "giftbridge", services: demo},
		"observability": {
			files: []string{base}, project: "giftbridge", profiles: []string{"observability"},
			services: slices.Sorted(slices.Values(append([]string{"grafana", "prometheus"}, demo...))),
		},
		"webhooks": {
			files: []string{base}, project: "giftbridge", profiles: []string{"webhooks"}, webhooks: true,
			services: slices.Sorted(slices.Values(append([]string{"receiver"}, demo...))),
		},
		"both issuers": {
			files: []string{base}, project: "giftbridge", profiles: []string{"webhooks"}, webhooks: true, later: true,
			services: slices.Sorted(slices.Values(append([]string{"receiver"}, demo...))),
		},
		"production with webhooks": {
			files: both, project: productionProject, profiles: []string{"webhooks"}, webhooks: true,
			services: slices.Sorted(slices.Values(append([]string{"receiver"}, ours...))),
		},
		"production with both issuers": {
			files: both, project: productionProject, profiles: []string{"webhooks"}, webhooks: true, later: true,
			services: slices.Sorted(slices.Values(append([]string{"receiver"}, ours...))),
		},
		"production with an API key":    {files: both, project: productionProject, services: ours},
		"production with a certificate": {files: both, project: productionProject, services: ours, certificate: true},
	}
}

func load(ctx context.Context, i installation, env map[string]string) (*types.Project, error) {
	var files []string
	for _, f := range i.files {
		files = append(files, filepath.Join(root, f))
	}
	var list []string
	for name, value := range env {
		list = append(list, name+"="+value)
	}
	o, err := cli.NewProjectOptions(files,
		cli.WithWorkingDirectory(root), cli.WithEnv(list), cli.WithProfiles(i.profiles), cli.WithDiscardEnvFile)
	if err != nil {
		return nil, err
	}
	return o.LoadProject(ctx)
}

// The schema and the interpolation are right, and each container understands what it is given.
func TestCompose(t *testing.T) {
	t.Parallel()
	for name, tt := range installations() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			project, err := load(t.Context(), tt, tt.environment(t))
			require.NoError(t, err)
			require.Equal(t, tt.project, project.Name, "one installation must not take the place of the other")
			require.Equal(t, tt.services, project.ServiceNames())
			for _, s := range project.Services {
				t.Run(s.Name, func(t *testing.T) {
					requirePinned(t, s)
					requireLoopback(t, s)
					requireHealth(t, project, s)
					requireFiles(t, s)
					requireKnownVariables(t, s)
					requireOurs(t, s)
				})
			}
		})
	}
}

// requirePinned requires that an image has the version that was chosen, and will have no other next year.
func requirePinned(t *testing.T, s types.ServiceConfig) {
	t.Helper()
	image, tag := withoutDigest(t, s.Image)
	require.NotContains(t, tag, "latest")
	switch strings.TrimPrefix(image, "registry.example.com/") {
	case "giftbridge", "giftbridge-simulators":
		require.NotNil(t, s.Build, "it is built here")
		return
	case "temporalio/server", "temporalio/admin-tools":
		require.Equal(t, moduleVersion(t, "go.temporal.io/server"), tag, "that which the tests run with")
	case "temporalio/ui":
		require.Equal(t, moduleVersion(t, "github.com/temporalio/ui-server/v2"), tag, "that which the sandbox runs with")
	}
	require.Regexp(t, `^v?\d+\.\d+(\.\d+)?(-[a-z0-9]+)?$`, tag)
}

// withoutDigest returns the name and the tag of an image, without the digest that deploy/pin may have written.
func withoutDigest(t *testing.T, ref string) (image, tag string) {
	t.Helper()
	ref, digest, pinned := strings.Cut(ref, "@")
	if pinned {
		require.Regexp(t, `^sha256:[0-9a-f]{64}$`, digest)
	}
	i := strings.LastIndex(ref, ":")
	require.Positive(t, i, "%s has no tag", ref)
	return ref[:i], ref[i+1:]
}

func requireLoopback(t *testing.T, s types.ServiceConfig) {
	t.Helper()
	for _, p := range s.Ports {
		require.Equal(t, "127.0.0.1", p.HostIP, "port %s is open to others", p.Published)
	}
	require.Empty(t, s.NetworkMode)
	require.False(t, s.Privileged)
}

// requireHealth requires that a long-running service reports its health, and that no service starts before those that
// it needs are ready.
func requireHealth(t *testing.T, project *types.Project, s types.ServiceConfig) {
	t.Helper()
	if !endsByItself(s) {
		require.NotNil(t, s.HealthCheck)
		require.NotEmpty(t, s.HealthCheck.Test)
		require.Equal(t, types.RestartPolicyUnlessStopped, s.Restart)
	}
	for name, d := range s.DependsOn {
		other, err := project.GetService(name)
		require.NoError(t, err)
		want := types.ServiceConditionHealthy
		if endsByItself(other) {
			want = types.ServiceConditionCompletedSuccessfully
		}
		require.Equal(t, want, d.Condition, name)
	}
}

// endsByItself reports whether a service is a job, which ends by itself.
func endsByItself(s types.ServiceConfig) bool {
	return strings.HasPrefix(s.Restart, types.RestartPolicyOnFailure)
}

func requireFiles(t *testing.T, s types.ServiceConfig) {
	t.Helper()
	for _, v := range s.Volumes {
		if v.Type == types.VolumeTypeBind {
			_, err := os.Stat(v.Source)
			require.NoError(t, err)
			require.True(t, v.ReadOnly, v.Source)
			require.Equal(t, "z", v.Bind.SELinux, "%s cannot be read on a host with SELinux", v.Source)
		}
	}
	if s.Build != nil {
		require.FileExists(t, filepath.Join(s.Build.Context, "Dockerfile"))
		require.Contains(t, read(t, filepath.Join(s.Build.Context, "Dockerfile")), " AS "+s.Build.Target+"\n")
	}
}

// requireKnownVariables requires that a container knows every variable that it is given: a typo would leave a default
// in force.
func requireKnownVariables(t *testing.T, s types.ServiceConfig) {
	t.Helper()
	known := map[string]bool{}
	add := func(more map[string]bool) { maps.Copy(known, more) }
	image, _, _ := strings.Cut(s.Image, ":")
	switch strings.TrimPrefix(image, "registry.example.com/") {
	case "giftbridge", "giftbridge-simulators":
		add(configuration())
		add(temporalClient(t))
		add(openTelemetry(t))
		add(map[string]bool{memoryLimit: true})
	case "temporalio/server":
		add(names(`env "([A-Z0-9_]+)"`, moduleFile(t, "go.temporal.io/server", "common/config/config_template_embedded.yaml")))
	case "temporalio/ui":
		add(names(`env "([A-Z0-9_]+)"`, moduleFile(t, "github.com/temporalio/ui-server/v2", "config/docker.yaml")))
	case "temporalio/admin-tools":
		add(names(`EnvVar: "([A-Z0-9_]+)"`, moduleFile(t, "go.temporal.io/server", "tools/sql/main.go")))
		add(temporalClient(t))
		script := filepath.Join(root, "deploy/temporal", filepath.Base(s.Command[0]))
		add(names(`\$([A-Z_]+)`, read(t, script)))
	case "postgres": // https://hub.docker.com/_/postgres
		add(map[string]bool{"POSTGRES_USER": true, "POSTGRES_PASSWORD": true})
	case "axllent/mailpit": // https://mailpit.axllent.org/docs/configuration/runtime-options/
		add(map[string]bool{"MP_MAX_MESSAGES": true})
	case "grafana/grafana": // https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/
		add(map[string]bool{
			"GF_SECURITY_ADMIN_PASSWORD": true, "GF_ANALYTICS_REPORTING_ENABLED": true,
			"GF_ANALYTICS_CHECK_FOR_UPDATES": true, "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH": true,
		})
	}
	for name := range s.Environment {
		require.True(t, known[name], "%s does not know %s", s.Image, name)
	}
}

// requireOurs requires that our programs would start: command, health check and configuration are right.
func requireOurs(t *testing.T, s types.ServiceConfig) {
	t.Helper()
	if s.Build == nil {
		return
	}
	entrypoint := s.Entrypoint
	if len(entrypoint) == 0 {
		entrypoint = []string{"/bin/" + s.Build.Target} // The Dockerfile's, see TestDockerfile.
	}
	requireParses(t, append(slices.Clone(entrypoint), s.Command...)...)
	if !endsByItself(s) {
		require.Equal(t, "CMD", s.HealthCheck.Test[0], "the image has no shell")
		requireParses(t, s.HealthCheck.Test[1:]...)
	}
	require.True(t, s.ReadOnly)
	require.Equal(t, []string{"ALL"}, s.CapDrop)
	switch s.Name {
	case "worker", "giftbridge":
		requireValid(t, set(s))
	case "receiver":
		requireValidReceiver(t, set(s))
	}
}

// set returns the variables that a container has. It does not have one without a value.
func set(s types.ServiceConfig) map[string]string {
	env := map[string]string{}
	for name, value := range s.Environment {
		if value != nil {
			env[name] = *value
		}
	}
	return env
}

// Production contains nothing of the demonstration.
func TestProductionKnowsNoSimulator(t *testing.T) {
	t.Parallel()
	i := installations()["production with an API key"]
	project, err := load(t.Context(), i, i.environment(t))
	require.NoError(t, err)
	project.Extensions = nil // Shared building blocks, already merged into the services.
	text, err := project.MarshalYAML()
	require.NoError(t, err)
	for _, word := range []string{"simulators", "mailpit", "http://localhost:8", "postgres", "demonstration:"} {
		require.NotContains(t, string(text), word)
	}
	require.Nil(t, project.Services["worker"].Environment["PLAIN_HTTP_HOSTS"])
	require.Nil(t, project.Services["worker"].Environment["SHOPIFY_BASE_URL"])
	require.Nil(t, project.Services["worker"].Environment["FOURWAYSHOP_BASE_URL"])
}

// A missing secret stops everything and names the remedy. Nothing starts with a secret that everyone knows.
func TestMissingSecrets(t *testing.T) {
	t.Parallel()
	all := installations()["demonstration"].environment(t)
	for _, name := range []string{"PAYLOAD_KEYS", "CODEC_SERVER_TOKEN", "POSTGRES_PASSWORD", "GRAFANA_ADMIN_PASSWORD"} {
		require.NotContains(t, read(t, filepath.Join(root, ".env.example")), "\n"+name+"=", "it is published")
		env := maps.Clone(all)
		delete(env, name)
		_, err := load(t.Context(), installations()["demonstration"], env)
		require.ErrorContains(t, err, name)
		require.ErrorContains(t, err, "deploy/env")
	}
	again := installations()["demonstration"].environment(t)
	for _, name := range []string{"PAYLOAD_KEYS", "CODEC_SERVER_TOKEN", "POSTGRES_PASSWORD"} {
		require.NotEqual(t, all[name], again[name], "every installation has its own")
	}
}

// Secrets come from .env; the files contain none.
func TestNoSecretInComposeFiles(t *testing.T) {
	t.Parallel()
	for _, file := range []string{base, production} {
		for n, line := range strings.Split(read(t, filepath.Join(root, file)), "\n") {
			name, value, ok := strings.Cut(strings.TrimSpace(line), ":")
			secret := slices.ContainsFunc([]string{"PASSWORD", "PWD", "TOKEN", "SECRET", "SECRETS", "_KEYS", "API_KEY"}, func(s string) bool {
				return strings.HasSuffix(name, s)
			})
			if ok && secret && !strings.HasPrefix(name, "#") {
				require.Regexp(t, `^( \$\{[A-Z_]+(:?\?[^}]*|:\+\$\{[A-Z_]+:-\})?\})?$`, value, "%s:%d", file, n+1)
			}
		}
	}
}
