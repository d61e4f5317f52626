package deploytest_test

import (
	"maps"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/yaml"
)

// suggested returns the commented lines of deploy/kubernetes/configuration.yaml whose names begin with a prefix.
func suggested(t *testing.T, prefix string) map[string]string {
	t.Helper()
	found := map[string]string{}
	pattern := regexp.MustCompile(`(?m)^  #   (` + prefix + `[A-Z_]*): "?(.*?)"?$`)
	for _, m := range pattern.FindAllStringSubmatch(read(t, filepath.Join(root, "deploy/kubernetes/configuration.yaml")), -1) {
		found[m[1]] = m[2]
	}
	require.NotEmpty(t, found)
	return found
}

// With the lines of the manifests about messages, worker and receiver would start. Only workers get the account.
func TestMessagesInKubernetes(t *testing.T) {
	t.Parallel()
	all := manifests(t)
	withReceiver(t, all)
	require.Contains(t, read(t, filepath.Join(root, "deploy/kubernetes/secret.example.yaml")), "\n  #   SONAR_TOKEN: CHANGE-ME\n")
	for _, name := range []string{"worker", "receiver"} {
		env := containerEnvironment(t, all, pods(all)["Deployment/"+name].Spec.Containers[0])
		for _, keys := range []string{"PAYLOAD_KEYS", "ACTION_KEYS", "CALLBACK_KEYS", "CARD_ID_KEY"} {
			if env[keys] != "" {
				env[keys] = secrets(t)[keys]
			}
		}
		for variable := range env {
			require.False(t, strings.HasPrefix(variable, "SONAR_"), "%s: %s", name, variable)
		}
		maps.Copy(env, suggested(t, "MESSAGES"))
		if name == "receiver" {
			maps.Copy(env, ofLater(t))
			requireValidReceiver(t, env)
			continue
		}
		env["SONAR_TOKEN"] = "CHANGE-ME"
		requireValid(t, env)
	}
}

// The compose files give workers the account, and the receiver what it needs of messages without it.
func TestMessagesInCompose(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"webhooks", "production with webhooks"} {
		i := installations()[name]
		env := i.environment(t)
		env["SONAR_TOKEN"], env["MESSAGES_SHOP_NAME"], env["MESSAGES_SHOP_URL"] = "CHANGE-ME", "Example Shop", "https://shop.example.com"
		project, err := load(t.Context(), i, env)
		require.NoError(t, err)
		given := map[string]map[string]string{"worker": {}, "receiver": {}}
		for service, variables := range given {
			for variable, value := range project.Services[service].Environment {
				if value != nil {
					variables[variable] = *value
				}
			}
		}
		requireValid(t, given["worker"])
		require.NotContains(t, given["receiver"], "SONAR_TOKEN", name)
		require.Equal(t, "Example Shop", given["receiver"]["MESSAGES_SHOP_NAME"], name)
		requireValidReceiver(t, given["receiver"])
	}
}

// The patch that the guide shows adds what the worker's manifest does not have yet, where MESSAGES_TEMPLATES looks.
func TestPatchForTemplates(t *testing.T) {
	t.Parallel()
	guide := read(t, filepath.Join(root, "docs/deploy.md"))
	m := regexp.MustCompile("(?s)\n<!-- kustomize-messages -->\n```yaml\n(.*?)```\n").FindStringSubmatch(guide)
	require.Len(t, m, 2)
	var k struct {
		Patches []struct {
			Target struct{ Kind, Name string } `json:"target"`
			Patch  string                      `json:"patch"`
		} `json:"patches"`
	}
	require.NoError(t, yaml.UnmarshalStrict([]byte(m[1]), &k))
	require.Len(t, k.Patches, 1)
	d, ok := manifests(t)[k.Patches[0].Target.Kind+"/"+k.Patches[0].Target.Name].(*appsv1.Deployment)
	require.True(t, ok)
	pod := d.Spec.Template.Spec
	require.Empty(t, pod.Volumes, "a patch that adds a list would replace them")
	require.Empty(t, pod.Containers[0].VolumeMounts)
	require.Empty(t, pod.InitContainers[0].VolumeMounts)
	var steps []struct {
		Op, Path string
		Value    []struct{ Name, MountPath string }
	}
	require.NoError(t, yaml.Unmarshal([]byte(k.Patches[0].Patch), &steps))
	require.Len(t, steps, 3)
	for i, path := range []string{"volumes", "containers/0/volumeMounts", "initContainers/0/volumeMounts"} {
		require.Equal(t, "add", steps[i].Op)
		require.Equal(t, "/spec/template/spec/"+path, steps[i].Path)
		require.Equal(t, "messages-en", steps[i].Value[0].Name)
	}
	require.Equal(t, "/run/messages/en", steps[1].Value[0].MountPath)
	require.Contains(t, guide, "`MESSAGES_TEMPLATES=/run/messages`")
}
