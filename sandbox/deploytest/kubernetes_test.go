package deploytest_test

import (
	"maps"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/config"
)

// kinds are the Kubernetes types that the manifests use.
var kinds = map[string]func() any{
	"v1/Namespace":                       func() any { return &corev1.Namespace{} },
	"v1/ConfigMap":                       func() any { return &corev1.ConfigMap{} },
	"v1/Secret":                          func() any { return &corev1.Secret{} },
	"v1/Service":                         func() any { return &corev1.Service{} },
	"apps/v1/Deployment":                 func() any { return &appsv1.Deployment{} },
	"batch/v1/Job":                       func() any { return &batchv1.Job{} },
	"policy/v1/PodDisruptionBudget":      func() any { return &policyv1.PodDisruptionBudget{} },
	"networking.k8s.io/v1/NetworkPolicy": func() any { return &networkingv1.NetworkPolicy{} },
	"networking.k8s.io/v1/Ingress":       func() any { return &networkingv1.Ingress{} },
}

// manifests decodes all documents strictly, by kind and name. A field that Kubernetes does not know fails here and not
// in a cluster.
func manifests(t *testing.T) map[string]any {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "deploy/kubernetes/*.yaml"))
	require.NoError(t, err)
	all := map[string]any{}
	for _, file := range files {
		if filepath.Base(file) == "kustomization.yaml" {
			continue
		}
		for document := range strings.SplitSeq(read(t, file), "\n---\n") {
			var meta struct {
				metav1.TypeMeta
				Metadata metav1.ObjectMeta `json:"metadata"`
			}
			require.NoError(t, yaml.Unmarshal([]byte(document), &meta), file)
			kind := meta.APIVersion + "/" + meta.Kind
			require.Contains(t, kinds, kind, file)
			object := kinds[kind]()
			require.NoError(t, yaml.UnmarshalStrict([]byte(document), object), file)
			key := meta.Kind + "/" + meta.Metadata.Name
			require.NotContains(t, all, key)
			all[key] = object
		}
	}
	return all
}

// pods returns the pod templates of the manifests.
func pods(all map[string]any) map[string]corev1.PodTemplateSpec {
	found := map[string]corev1.PodTemplateSpec{}
	for key, object := range all {
		switch o := object.(type) {
		case *appsv1.Deployment:
			found[key] = o.Spec.Template
		case *batchv1.Job:
			found[key] = o.Spec.Template
		}
	}
	return found
}

// containerEnvironment returns the environment of a container, from config maps and secrets that exist.
func containerEnvironment(t *testing.T, all map[string]any, c corev1.Container) map[string]string {
	t.Helper()
	env := map[string]string{}
	for _, from := range c.EnvFrom {
		switch {
		case from.ConfigMapRef != nil:
			object, ok := all["ConfigMap/"+from.ConfigMapRef.Name].(*corev1.ConfigMap)
			require.True(t, ok, from.ConfigMapRef.Name)
			maps.Copy(env, object.Data)
		case from.SecretRef != nil:
			object, ok := all["Secret/"+from.SecretRef.Name].(*corev1.Secret)
			require.True(t, ok, from.SecretRef.Name)
			for name, value := range object.StringData {
				require.Equal(t, "CHANGE-ME", value, "an example that could be taken for a secret")
				env[name] = value
			}
		}
	}
	for _, e := range c.Env {
		env[e.Name] = e.Value
		if e.ValueFrom != nil {
			ref := e.ValueFrom.ConfigMapKeyRef
			require.NotNil(t, ref)
			object, ok := all["ConfigMap/"+ref.Name].(*corev1.ConfigMap)
			require.True(t, ok, ref.Name)
			require.Contains(t, object.Data, ref.Key)
			env[e.Name] = object.Data[ref.Key]
		}
	}
	return env
}

// Containers run our commands, with variables that we know, as an unprivileged user, and stuck containers can be
// detected.
func TestKubernetesPods(t *testing.T) {
	t.Parallel()
	all := manifests(t)
	require.Len(t, pods(all), 3)
	k := kustomization(t)
	known := configuration()
	maps.Copy(known, temporalClient(t))
	for key, pod := range pods(all) {
		t.Run(key, func(t *testing.T) {
			t.Parallel()
			require.True(t, *pod.Spec.SecurityContext.RunAsNonRoot)
			require.Equal(t, corev1.SeccompProfileTypeRuntimeDefault, pod.Spec.SecurityContext.SeccompProfile.Type)
			require.False(t, *pod.Spec.AutomountServiceAccountToken)
			require.Len(t, pod.Spec.Containers, 1)
			for _, c := range append(pod.Spec.InitContainers, pod.Spec.Containers...) {
				if key == "Job/doctor" {
					require.Equal(t, k.Images[0].NewName+":"+k.Images[0].NewTag, c.Image, "no kustomization is applied to it")
				} else {
					require.Equal(t, "giftbridge", c.Image, "kustomization.yaml gives it a registry and a version")
				}
				requireParses(t, append(c.Command, c.Args...)...)
				require.False(t, *c.SecurityContext.AllowPrivilegeEscalation)
				require.True(t, *c.SecurityContext.ReadOnlyRootFilesystem)
				require.Equal(t, []corev1.Capability{"ALL"}, c.SecurityContext.Capabilities.Drop)
				require.NotEmpty(t, c.Resources.Requests)
				require.NotEmpty(t, c.Resources.Limits)
				env := containerEnvironment(t, all, c)
				for name := range env {
					require.True(t, known[name], "nobody reads %s", name)
				}
				requireProbes(t, key, c, env)
				if strings.HasSuffix(key, "/codec-server") {
					require.NotContains(t, env, "CASHSTAR_PASSWORD")
					continue
				}
				require.NotContains(t, env, "CODEC_SERVER_TOKEN")
				require.Equal(t, "CHANGE-ME", env["CREATED_AT_MIN"], "who forgets it starts nothing")
				env["PAYLOAD_KEYS"] = secrets(t)["PAYLOAD_KEYS"]
				requireValid(t, env)
			}
		})
	}
}

// requireProbes requires that a long-running container is probed, at the port on which it listens.
func requireProbes(t *testing.T, key string, c corev1.Container, env map[string]string) {
	t.Helper()
	if strings.HasPrefix(key, "Job/") || c.Name == "schedules" {
		require.Nil(t, c.LivenessProbe, "it ends by itself")
		return
	}
	paths := map[string][2]string{
		"Deployment/worker":       {"/healthz", "/readyz"},
		"Deployment/codec-server": {"/healthz", "/healthz"},
	}[key]
	require.Equal(t, paths[0], c.LivenessProbe.HTTPGet.Path)
	require.Equal(t, paths[1], c.ReadinessProbe.HTTPGet.Path)
	require.Len(t, c.Ports, 1)
	require.Equal(t, c.Ports[0].Name, c.LivenessProbe.HTTPGet.Port.StrVal)
	require.Equal(t, c.Ports[0].Name, c.ReadinessProbe.HTTPGet.Port.StrVal)
	port := strconv.Itoa(int(c.Ports[0].ContainerPort))
	require.Contains(t, []string{env["METRICS_ADDR"], env["CODEC_SERVER_ADDR"]}, "0.0.0.0:"+port)
}

// Every reference by labels or by name finds its object.
func TestKubernetesReferences(t *testing.T) {
	t.Parallel()
	all := manifests(t)
	found := func(labels map[string]string) bool {
		for _, pod := range pods(all) {
			if maps.Equal(labels, pod.Labels) {
				return true
			}
		}
		return len(labels) == 0
	}
	for key, object := range all {
		switch o := object.(type) {
		case *appsv1.Deployment:
			require.Equal(t, o.Spec.Template.Labels, o.Spec.Selector.MatchLabels, key)
		case *corev1.Service:
			require.True(t, found(o.Spec.Selector), key)
		case *policyv1.PodDisruptionBudget:
			require.True(t, found(o.Spec.Selector.MatchLabels), key)
		case *networkingv1.NetworkPolicy:
			require.True(t, found(o.Spec.PodSelector.MatchLabels), key)
		case *networkingv1.Ingress:
			service := o.Spec.Rules[0].HTTP.Paths[0].Backend.Service
			require.Contains(t, all, "Service/"+service.Name)
		}
	}
	worker, ok := all["Deployment/worker"].(*appsv1.Deployment)
	require.True(t, ok)
	require.Equal(t, int32(2), *worker.Spec.Replicas)
	slowest := app.DrainTimeout(config.CashStar{Timeout: 40 * time.Second}) // The longest CASHSTAR_TIMEOUT.
	require.Greater(t, *worker.Spec.Template.Spec.TerminationGracePeriodSeconds, int64(slowest.Seconds()))
}

// Everything in the namespace reaches the services that it needs, on the ports that the examples name, and no cloud's
// metadata service.
func TestKubernetesEgress(t *testing.T) {
	t.Parallel()
	policy, ok := manifests(t)["NetworkPolicy/egress"].(*networkingv1.NetworkPolicy)
	require.True(t, ok)
	require.Equal(t, []networkingv1.PolicyType{networkingv1.PolicyTypeEgress}, policy.Spec.PolicyTypes)
	require.Empty(t, policy.Spec.PodSelector.MatchLabels, "all pods")
	ports := map[int32]bool{}
	for _, rule := range policy.Spec.Egress {
		require.NotEmpty(t, rule.Ports, "a rule without ports opens all")
		for _, port := range rule.Ports {
			ports[port.Port.IntVal] = true
		}
		for _, to := range rule.To {
			if to.IPBlock.CIDR == "0.0.0.0/0" {
				require.Contains(t, to.IPBlock.Except, "169.254.0.0/16")
			}
		}
	}
	require.Equal(t, map[int32]bool{53: true, 443: true, 7233: true, 587: true, 465: true, 4318: true}, ports)
}

// What a kustomization applies can be applied again in another version, by hand, by Argo CD or by Flux: it contains
// nothing whose specification is fixed once it exists.
func TestKubernetesAppliesAgain(t *testing.T) {
	t.Parallel()
	k := kustomization(t)
	for _, file := range k.Resources {
		for kind := range names(`(?m)^kind: (\w+)$`, read(t, filepath.Join(root, "deploy/kubernetes", file))) {
			require.NotContains(t, []string{"Job", "Pod"}, kind, file)
		}
	}
	for _, l := range k.Labels {
		require.False(t, l.IncludeSelectors, "the selector of a Deployment is fixed")
	}
	worker, ok := manifests(t)["Deployment/worker"].(*appsv1.Deployment)
	require.True(t, ok)
	require.Len(t, worker.Spec.Template.Spec.InitContainers, 1)
	schedules := worker.Spec.Template.Spec.InitContainers[0]
	require.Equal(t, []string{"/bin/giftbridge", "schedules"}, append(schedules.Command, schedules.Args...))
	require.Equal(t, worker.Spec.Template.Spec.Containers[0].EnvFrom, schedules.EnvFrom, "both have the same configuration")
	require.Zero(t, worker.Spec.Strategy.RollingUpdate.MaxUnavailable.IntValue(), "a refused change stops no worker")
	guide := read(t, filepath.Join(root, "docs/deploy.md"))
	require.NotContains(t, guide, "delete job starter")
}

// kustomize is the part of kustomization.yaml that ours uses.
type kustomize struct {
	metav1.TypeMeta `json:",inline"`

	Namespace string `json:"namespace"`
	Labels    []struct {
		Pairs            map[string]string `json:"pairs"`
		IncludeSelectors bool              `json:"includeSelectors"`
	} `json:"labels"`
	Resources []string `json:"resources"`
	Images    []struct {
		Name    string `json:"name"`
		NewName string `json:"newName"`
		NewTag  string `json:"newTag"`
	} `json:"images"`
}

func kustomization(t *testing.T) kustomize {
	t.Helper()
	var k kustomize
	require.NoError(t, yaml.UnmarshalStrict([]byte(read(t, filepath.Join(root, "deploy/kubernetes/kustomization.yaml"))), &k))
	require.Len(t, k.Images, 1)
	return k
}

// The kustomization names every manifest except the examples, which belong to the same namespace.
func TestKustomization(t *testing.T) {
	t.Parallel()
	k := kustomization(t)
	files, err := filepath.Glob(filepath.Join(root, "deploy/kubernetes/*.yaml"))
	require.NoError(t, err)
	var want []string
	for _, file := range files {
		name := filepath.Base(file)
		if strings.Contains(name, ".example.") {
			text := read(t, file)
			require.Equal(t, strings.Count(text, "\nkind: "), strings.Count(text, "\n  namespace: "+k.Namespace+"\n"), name)
		} else if name != "kustomization.yaml" {
			want = append(want, name)
		}
	}
	require.ElementsMatch(t, want, k.Resources)
	require.Equal(t, "giftbridge", k.Images[0].Name)
}

// The guide creates the namespace, then each secret, then what needs them.
func TestKubernetesGuide(t *testing.T) {
	t.Parallel()
	_, guide, _ := strings.Cut(read(t, filepath.Join(root, "docs/deploy.md")), "\n## Kubernetes\n")
	_, guide, found := strings.Cut(guide, "\nkubectl apply -f deploy/kubernetes/namespace.yaml\n")
	require.True(t, found)
	guide, _, found = strings.Cut(guide, "\nkubectl apply -k deploy/kubernetes\n")
	require.True(t, found)
	for key := range manifests(t) {
		if name, ok := strings.CutPrefix(key, "Secret/"); ok {
			require.Contains(t, guide, "create secret generic "+name+" --from-env-file=")
		}
	}
}
