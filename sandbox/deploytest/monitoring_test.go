package deploytest_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/yaml"
)

var update = flag.Bool("update", false, "write the PrometheusRule anew from the alert rules")

const (
	component = "deploy/kubernetes/prometheus-operator/"
	alerts    = "deploy/observability/alerts.yml"
)

// podMonitor is the part of a PodMonitor that ours uses
// (https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.PodMonitor).
type podMonitor struct {
	metav1.TypeMeta `json:",inline"`

	Metadata metav1.ObjectMeta `json:"metadata"`
	Spec     struct {
		Selector            metav1.LabelSelector `json:"selector"`
		PodMetricsEndpoints []struct {
			Port        string `json:"port"`
			Path        string `json:"path"`
			Interval    string `json:"interval"`
			Relabelings []struct {
				Action      string `json:"action"`
				TargetLabel string `json:"targetLabel"`
				Replacement string `json:"replacement"`
			} `json:"relabelings"`
		} `json:"podMetricsEndpoints"`
	} `json:"spec"`
}

// The Prometheus Operator scrapes the pods of workers and receivers under the jobs that the alerts name, as the
// Prometheus of the compose file does.
func TestPodMonitors(t *testing.T) {
	t.Parallel()
	documents := strings.Split(read(t, filepath.Join(root, component, "pod-monitor.yaml")), "\n---\n")
	require.Len(t, documents, 2)
	for i, name := range []string{"worker", "receiver"} {
		var m podMonitor
		require.NoError(t, yaml.UnmarshalStrict([]byte(documents[i]), &m))
		require.Equal(t, metav1.TypeMeta{APIVersion: "monitoring.coreos.com/v1", Kind: "PodMonitor"}, m.TypeMeta)
		d, ok := manifests(t)["Deployment/"+name].(*appsv1.Deployment)
		require.True(t, ok)
		require.Equal(t, d.Spec.Template.Labels, m.Spec.Selector.MatchLabels)
		require.Len(t, m.Spec.PodMetricsEndpoints, 1)
		endpoint := m.Spec.PodMetricsEndpoints[0]
		requirePort(t, d.Spec.Template, intstr.FromString(endpoint.Port))
		require.Equal(t, "metrics", endpoint.Port)
		require.Equal(t, "/metrics", endpoint.Path)
		require.Len(t, endpoint.Relabelings, 1)
		require.Equal(t, "job", endpoint.Relabelings[0].TargetLabel)
		job := endpoint.Relabelings[0].Replacement
		require.Contains(t, read(t, filepath.Join(root, alerts)), `up{job="`+job+`"}`)
		require.Contains(t, read(t, filepath.Join(root, "deploy/observability/prometheus.yaml")),
			"job_name: "+job+"\n    dns_sd_configs:\n      - names: ["+name+"]\n")
	}
}

// rulesFor returns the PrometheusRule of a file of alert rules: the same groups, in an object of Kubernetes.
func rulesFor(text string) string {
	_, groups, _ := strings.Cut(text, "\ngroups:\n")
	var out strings.Builder
	out.WriteString("# Made from deploy/observability/alerts.yml; after a change there: go test ./sandbox/deploytest -update\n" +
		"apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata:\n  name: giftbridge\nspec:\n  groups:\n")
	for line := range strings.Lines(groups) {
		if line != "\n" {
			line = "  " + line
		}
		out.WriteString(line)
	}
	return out.String()
}

// The Prometheus Operator gets the same alerts as any other Prometheus.
func TestPrometheusRule(t *testing.T) {
	t.Parallel()
	file := filepath.Join(root, component, "prometheus-rule.yaml")
	text := read(t, filepath.Join(root, alerts))
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(rulesFor(text)), 0o644))
	}
	require.Equal(t, rulesFor(text), read(t, file), "run: go test ./sandbox/deploytest -update")

	var want map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(text), &want))
	var got struct {
		metav1.TypeMeta `json:",inline"`

		Metadata metav1.ObjectMeta `json:"metadata"`
		Spec     map[string]any    `json:"spec"`
	}
	require.NoError(t, yaml.UnmarshalStrict([]byte(read(t, file)), &got))
	require.Equal(t, metav1.TypeMeta{APIVersion: "monitoring.coreos.com/v1", Kind: "PrometheusRule"}, got.TypeMeta)
	require.Equal(t, want, got.Spec)
}

// The component brings both, and nothing else scrapes the workers then.
func TestMonitoringComponent(t *testing.T) {
	t.Parallel()
	var k struct {
		metav1.TypeMeta `json:",inline"`

		Resources []string `json:"resources"`
		Patches   []struct {
			Target struct{ Kind, Name string } `json:"target"`
			Patch  string                      `json:"patch"`
		} `json:"patches"`
	}
	require.NoError(t, yaml.UnmarshalStrict([]byte(read(t, filepath.Join(root, component, "kustomization.yaml"))), &k))
	require.Equal(t, metav1.TypeMeta{APIVersion: "kustomize.config.k8s.io/v1alpha1", Kind: "Component"}, k.TypeMeta)
	files, err := filepath.Glob(filepath.Join(root, component, "*.yaml"))
	require.NoError(t, err)
	require.Len(t, files, len(k.Resources)+1)
	for _, name := range k.Resources {
		require.FileExists(t, filepath.Join(root, component, name))
	}
	require.Len(t, k.Patches, 1)
	require.Equal(t, "Deployment", k.Patches[0].Target.Kind)
	for name := range strings.SplitSeq(k.Patches[0].Target.Name, "|") {
		d, ok := manifests(t)["Deployment/"+name].(*appsv1.Deployment)
		require.True(t, ok)
		var steps []struct{ Op, Path string }
		require.NoError(t, yaml.UnmarshalStrict([]byte(k.Patches[0].Patch), &steps))
		require.Len(t, steps, len(d.Spec.Template.Annotations))
		for _, step := range steps {
			require.Equal(t, "remove", step.Op)
			annotation, ok := strings.CutPrefix(step.Path, "/spec/template/metadata/annotations/")
			require.True(t, ok)
			require.Contains(t, d.Spec.Template.Annotations, strings.ReplaceAll(annotation, "~1", "/"))
		}
	}
	require.Contains(t, read(t, filepath.Join(root, "deploy/kubernetes/kustomization.yaml")), "- "+filepath.Base(component)+"\n")
}
