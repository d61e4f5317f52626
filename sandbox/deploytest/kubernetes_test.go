package deploytest_test

import (
	"maps"
	"path/filepath"
	"regexp"
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
	"k8s.io/apimachinery/pkg/util/intstr"
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

// manifests decodes all documents strictly, by kind and name, those of the component for the receiver included. A field
// that Kubernetes does not know fails here and not in a cluster.
func manifests(t *testing.T) map[string]any {
	t.Helper()
	all := map[string]any{}
	for _, folder := range []string{"deploy/kubernetes", receiverComponent} {
		files, err := filepath.Glob(filepath.Join(root, folder, "*.yaml"))
		require.NoError(t, err)
		for _, file := range files {
			if filepath.Base(file) != "kustomization.yaml" && file != filepath.Join(root, receiverComponent, "configuration.yaml") {
				decode(t, file, all)
			}
		}
	}
	return all
}

// decode decodes the documents of a file.
func decode(t *testing.T, file string, all map[string]any) {
	t.Helper()
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
		if e.ValueFrom == nil {
			continue
		}
		if ref := e.ValueFrom.SecretKeyRef; ref != nil {
			object, ok := all["Secret/"+ref.Name].(*corev1.Secret)
			require.True(t, ok, ref.Name)
			require.Equal(t, e.Name, ref.Key)
			if delete(env, e.Name); object.StringData[ref.Key] != "" {
				env[e.Name] = object.StringData[ref.Key]
			}
			require.True(t, object.StringData[ref.Key] != "" || *ref.Optional, "the secret has no %s", ref.Key)
			continue
		}
		ref := e.ValueFrom.ConfigMapKeyRef
		require.NotNil(t, ref)
		object, ok := all["ConfigMap/"+ref.Name].(*corev1.ConfigMap)
		require.True(t, ok, ref.Name)
		require.Contains(t, object.Data, ref.Key)
		env[e.Name] = object.Data[ref.Key]
	}
	return env
}

// Containers run our commands, with variables that we know, as an unprivileged user, and stuck containers can be
// detected.
func TestKubernetesPods(t *testing.T) {
	t.Parallel()
	all := manifests(t)
	withReceiver(t, all)
	require.Len(t, pods(all), 4)
	k := kustomization(t)
	known := configuration()
	maps.Copy(known, temporalClient(t))
	known[memoryLimit] = true
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
				for _, name := range []string{"PAYLOAD_KEYS", "ACTION_KEYS", "CALLBACK_KEYS"} { // Their values have a form.
					if env[name] != "" {
						env[name] = secrets(t)[name]
					}
				}
				if key == "Deployment/receiver" {
					for _, name := range []string{"CASHSTAR_BASE_URL", "CASHSTAR_USERNAME", "CASHSTAR_PASSWORD"} {
						require.NotEmpty(t, env[name], "with %s it finds merchants", name)
					}
					require.NotContains(t, env, "SMTP_PASSWORD")
					require.NotEmpty(t, env["CALLBACK_KEYS"])
					ofCheckout, ok := all["Secret/giftbridge-checkout"].(*corev1.Secret)
					require.True(t, ok)
					require.Contains(t, ofCheckout.StringData, "CARD_ID_KEY")
					env["CARD_ID_KEY"] = secrets(t)["CARD_ID_KEY"]
					maps.Copy(env, ofLater(t))
					requireValidReceiver(t, env)
					for name := range ofCheckout.StringData {
						delete(env, name)
					}
					for name := range env {
						require.NotContains(t, []string{"FOURWAYSHOP_PASSWORD", "CARD_ID_KEY"}, name, "only for a checkout")
					}
					requireValidReceiver(t, env)
					continue
				}
				require.NotContains(t, env, "SHOPIFY_WEBHOOK_SECRETS")
				requireValid(t, env)
			}
		})
	}
}

// ofLater returns what configuration.yaml says of Four Way Shop.
func ofLater(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	pattern := regexp.MustCompile(`(?m)^  #   (FOURWAYSHOP_[A-Z_]+): "?(.*?)"?$`)
	for _, m := range pattern.FindAllStringSubmatch(read(t, filepath.Join(root, "deploy/kubernetes/configuration.yaml")), -1) {
		found[m[1]] = m[2]
	}
	require.Len(t, found, 7)
	return found
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
		"Deployment/receiver":     {"/healthz", "/readyz"},
	}[key]
	require.Equal(t, paths[0], c.LivenessProbe.HTTPGet.Path)
	require.Equal(t, paths[1], c.ReadinessProbe.HTTPGet.Path)
	addresses := map[string]string{}
	for _, p := range c.Ports {
		addresses[p.Name] = "0.0.0.0:" + strconv.Itoa(int(p.ContainerPort))
	}
	require.Equal(t, map[string]map[string]string{
		"Deployment/worker":       {"metrics": env["METRICS_ADDR"]},
		"Deployment/codec-server": {"http": env["CODEC_SERVER_ADDR"]},
		"Deployment/receiver":     {"http": env["RECEIVER_ADDR"], "metrics": env["METRICS_ADDR"]},
	}[key], addresses)
	require.Contains(t, addresses, c.LivenessProbe.HTTPGet.Port.StrVal)
	require.Contains(t, addresses, c.ReadinessProbe.HTTPGet.Port.StrVal)
}

// Every reference by labels or by name finds its object.
func TestKubernetesReferences(t *testing.T) {
	t.Parallel()
	all := manifests(t)
	found := func(labels map[string]string, ports ...intstr.IntOrString) bool {
		for _, pod := range pods(all) {
			if maps.Equal(labels, pod.Labels) {
				for _, port := range ports {
					requirePort(t, pod, port)
				}
				return true
			}
		}
		return len(labels) == 0 && len(ports) == 0
	}
	for key, object := range all {
		switch o := object.(type) {
		case *appsv1.Deployment:
			require.Equal(t, o.Spec.Template.Labels, o.Spec.Selector.MatchLabels, key)
			for _, spread := range o.Spec.Template.Spec.TopologySpreadConstraints {
				require.Equal(t, o.Spec.Template.Labels, spread.LabelSelector.MatchLabels, key)
			}
		case *corev1.Service:
			require.True(t, found(o.Spec.Selector, o.Spec.Ports[0].TargetPort), key)
		case *policyv1.PodDisruptionBudget:
			require.True(t, found(o.Spec.Selector.MatchLabels), key)
		case *networkingv1.NetworkPolicy:
			var ports []intstr.IntOrString
			for _, rule := range o.Spec.Ingress {
				require.NotEmpty(t, rule.Ports, "%s: a rule without ports opens all", key)
				for _, port := range rule.Ports {
					ports = append(ports, *port.Port)
				}
			}
			require.True(t, found(o.Spec.PodSelector.MatchLabels, ports...), key)
		case *networkingv1.Ingress:
			for _, path := range o.Spec.Rules[0].HTTP.Paths {
				require.Contains(t, all, "Service/"+path.Backend.Service.Name)
			}
		}
	}
	worker, ok := all["Deployment/worker"].(*appsv1.Deployment)
	require.True(t, ok)
	require.Equal(t, int32(2), *worker.Spec.Replicas)
	slowest := app.DrainTimeout(config.Config{CashStar: config.CashStar{Timeout: 40 * time.Second}}) // The longest time-out.
	require.Greater(t, *worker.Spec.Template.Spec.TerminationGracePeriodSeconds, int64(slowest.Seconds()))
}

// requirePort requires that a pod has a port of a name.
func requirePort(t *testing.T, pod corev1.PodTemplateSpec, port intstr.IntOrString) {
	t.Helper()
	var names []string
	for _, p := range pod.Spec.Containers[0].Ports {
		names = append(names, p.Name)
	}
	require.Contains(t, names, port.StrVal)
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
	text := read(t, filepath.Join(root, "docs/deploy.md"))
	_, guide, _ := strings.Cut(text, "\n## Kubernetes\n")
	_, guide, found := strings.Cut(guide, "\nkubectl apply -f deploy/kubernetes/namespace.yaml\n")
	require.True(t, found)
	guide, _, found = strings.Cut(guide, "\nkubectl apply -k deploy/kubernetes\n")
	require.True(t, found)
	_, receivers, found := strings.Cut(text, "\n## Webhooks: the receiver\n")
	require.True(t, found)
	receivers, _, found = strings.Cut(receivers, "\nkubectl apply -k deploy/kubernetes\n")
	require.True(t, found)
	secrets := map[string]any{}
	decode(t, filepath.Join(root, "deploy/kubernetes/secret.example.yaml"), secrets)
	for key := range secrets {
		require.Contains(t, guide, "create secret generic "+strings.TrimPrefix(key, "Secret/")+" --from-env-file=")
	}
	secrets = map[string]any{}
	decode(t, filepath.Join(root, receiverComponent, "secret.example.yaml"), secrets)
	for key := range secrets {
		require.Contains(t, receivers, "create secret generic "+strings.TrimPrefix(key, "Secret/")+" --from-env-file=")
	}
}
