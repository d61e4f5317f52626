package deploytest_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

const (
	receiverComponent = "deploy/kubernetes/receiver"
	// drain is how long a receiver takes to stop, at most.
	drain = 25 * time.Second
)

// receiverKustomization is the part of a component that the receiver's uses.
type receiverKustomization struct {
	metav1.TypeMeta `json:",inline"`

	Resources []string `json:"resources"`
	Patches   []struct {
		Path   string                      `json:"path"`
		Target struct{ Kind, Name string } `json:"target"`
		Patch  string                      `json:"patch"`
	} `json:"patches"`
}

func readReceiverKustomization(t *testing.T) receiverKustomization {
	t.Helper()
	var k receiverKustomization
	require.NoError(t, yaml.UnmarshalStrict([]byte(read(t, filepath.Join(root, receiverComponent, "kustomization.yaml"))), &k))
	require.Equal(t, metav1.TypeMeta{APIVersion: "kustomize.config.k8s.io/v1alpha1", Kind: "Component"}, k.TypeMeta)
	return k
}

// withReceiver patches the manifests as the component for the receiver does: the ConfigMap gets the receiver's address,
// and both containers of a worker the keys of the links in mail.
func withReceiver(t *testing.T, all map[string]any) {
	t.Helper()
	k := readReceiverKustomization(t)
	require.Len(t, k.Patches, 2)

	require.Equal(t, "configuration.yaml", k.Patches[0].Path)
	var more corev1.ConfigMap
	require.NoError(t, yaml.UnmarshalStrict([]byte(read(t, filepath.Join(root, receiverComponent, k.Patches[0].Path))), &more))
	base, ok := all["ConfigMap/"+more.Name].(*corev1.ConfigMap)
	require.True(t, ok)
	for name, value := range more.Data {
		require.NotContains(t, base.Data, name)
		base.Data[name] = value
	}

	target := k.Patches[1].Target
	worker, ok := all[target.Kind+"/"+target.Name].(*appsv1.Deployment)
	require.True(t, ok)
	containers := map[string]*corev1.Container{
		"/spec/template/spec/containers/0":     &worker.Spec.Template.Spec.Containers[0],
		"/spec/template/spec/initContainers/0": &worker.Spec.Template.Spec.InitContainers[0],
	}
	var steps []struct {
		Op, Path string
		Value    corev1.EnvFromSource
	}
	require.NoError(t, yaml.UnmarshalStrict([]byte(k.Patches[1].Patch), &steps))
	require.Len(t, steps, 2*len(containers), "the keys of links and those of callbacks")
	for _, step := range steps {
		require.Equal(t, "add", step.Op)
		c := containers[strings.TrimSuffix(step.Path, "/envFrom/-")]
		require.NotNil(t, c, step.Path)
		c.EnvFrom = append(c.EnvFrom, step.Value)
	}
}

// receiverURL returns the address at which the example's receiver is reached.
func receiverURL(t *testing.T, all map[string]any) string {
	t.Helper()
	base, ok := all["ConfigMap/giftbridge"].(*corev1.ConfigMap)
	require.True(t, ok)
	return base.Data["RECEIVER_URL"]
}

// The component names every manifest in its folder except the examples, which belong to the same namespace. Without it,
// nothing knows a receiver.
func TestReceiverComponent(t *testing.T) {
	t.Parallel()
	k := readReceiverKustomization(t)
	files, err := filepath.Glob(filepath.Join(root, receiverComponent, "*.yaml"))
	require.NoError(t, err)
	var want []string
	for _, file := range files {
		name := filepath.Base(file)
		if strings.Contains(name, ".example.") {
			text := read(t, file)
			require.Equal(t, strings.Count(text, "\nkind: "), strings.Count(text, "\n  namespace: "+kustomization(t).Namespace+"\n"), name)
		} else if name != "kustomization.yaml" && name != k.Patches[0].Path {
			want = append(want, name)
		}
	}
	require.ElementsMatch(t, want, k.Resources)
	base := read(t, filepath.Join(root, "deploy/kubernetes/kustomization.yaml"))
	require.Contains(t, base, "#     - receiver\n#     - prometheus-operator\n", "patches of the second reach what the first adds")
	require.Empty(t, receiverURL(t, manifests(t)), "webhooks are off without the component")
}

// A receiver that is lost or replaced refuses no webhook: there is another one, a new one is there before an old one
// goes, and an old one has time to start what it knows.
func TestReceiverIsReplacedGently(t *testing.T) {
	t.Parallel()
	all := manifests(t)
	receiver, ok := all["Deployment/receiver"].(*appsv1.Deployment)
	require.True(t, ok)
	require.Equal(t, int32(2), *receiver.Spec.Replicas)
	require.Zero(t, receiver.Spec.Strategy.RollingUpdate.MaxUnavailable.IntValue())
	require.Contains(t, all, "PodDisruptionBudget/receiver")
	pod := receiver.Spec.Template.Spec
	require.Len(t, pod.TopologySpreadConstraints, 1)
	pause := time.Duration(pod.Containers[0].Lifecycle.PreStop.Sleep.Seconds) * time.Second
	require.Positive(t, pause)
	require.Greater(t, time.Duration(*pod.TerminationGracePeriodSeconds)*time.Second, pause+drain)

	i := installations()["webhooks"]
	project, err := load(t.Context(), i, i.environment(t))
	require.NoError(t, err)
	require.Greater(t, time.Duration(*project.Services["receiver"].StopGracePeriod), drain)
}
