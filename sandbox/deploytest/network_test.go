package deploytest_test

import (
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/giftbridge/giftbridge/internal/checkout/api"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/webhook"
)

// Everything in the namespace reaches the services that it needs, on the ports that the examples name, and no cloud's
// metadata service. For each pod, exactly one policy says what it reaches: several would add up.
func TestKubernetesEgress(t *testing.T) {
	t.Parallel()
	all := manifests(t)
	reached := map[string]map[int32]bool{}
	for key, object := range all {
		policy, ok := object.(*networkingv1.NetworkPolicy)
		if !ok || !slices.Contains(policy.Spec.PolicyTypes, networkingv1.PolicyTypeEgress) {
			continue
		}
		require.Equal(t, []networkingv1.PolicyType{networkingv1.PolicyTypeEgress}, policy.Spec.PolicyTypes)
		selector, err := metav1.LabelSelectorAsSelector(&policy.Spec.PodSelector)
		require.NoError(t, err)
		for name, pod := range pods(all) {
			if selector.Matches(labels.Set(pod.Labels)) {
				require.NotContains(t, reached, name, key)
				reached[name] = egressPorts(t, policy)
			}
		}
	}
	workers := map[int32]bool{53: true, 443: true, 7233: true, 587: true, 465: true, 4318: true}
	require.Equal(t, map[string]map[int32]bool{
		"Deployment/worker": workers, "Deployment/codec-server": workers, "Job/doctor": workers,
		"Deployment/receiver": {53: true, 443: true, 7233: true, 4318: true},
	}, reached)
}

// egressPorts returns the ports that a policy lets pods connect to.
func egressPorts(t *testing.T, policy *networkingv1.NetworkPolicy) map[int32]bool {
	t.Helper()
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
	return ports
}

// maxBody is the largest body that a receiver reads to its end, in MiB: what is larger it refuses itself.
const maxBody = webhook.MaxDiscarded >> 20

// secretPaths are the paths that let whoever has one act: no log may hold them.
var secretPaths = []string{"/actions", "/callbacks"}

// The example of an Ingress lets in what the receiver serves and nothing else, passes bodies on that the receiver reads,
// and logs no path that lets whoever has it act. It needs no snippets, which clusters forbid.
func TestReceiverIngress(t *testing.T) {
	t.Parallel()
	const prefix = "nginx.ingress.kubernetes.io/"
	all := manifests(t)
	withReceiver(t, all)
	logged, unlogged := all["Ingress/receiver"].(*networkingv1.Ingress), all["Ingress/receiver-unlogged"].(*networkingv1.Ingress)
	host := strings.TrimPrefix(receiverURL(t, all), "https://")
	ofCheckout := all["Ingress/receiver-checkout"].(*networkingv1.Ingress)
	for i, want := range map[*networkingv1.Ingress][]string{
		logged: {"/webhooks/shopify"}, unlogged: secretPaths, ofCheckout: {strings.TrimSuffix(api.Path, "/")},
	} {
		require.Equal(t, []string{host}, i.Spec.TLS[0].Hosts)
		require.NotEmpty(t, i.Spec.TLS[0].SecretName)
		require.Len(t, i.Spec.Rules, 1)
		require.Equal(t, host, i.Spec.Rules[0].Host)
		var paths []string
		for _, p := range i.Spec.Rules[0].HTTP.Paths {
			require.Equal(t, networkingv1.PathTypePrefix, *p.PathType)
			require.Equal(t, "receiver", p.Backend.Service.Name)
			paths = append(paths, p.Path)
		}
		require.Equal(t, want, paths)
		for name := range i.Annotations {
			require.NotContains(t, name, "snippet")
		}
	}
	require.Greater(t, megabytes(t, logged.Annotations[prefix+"proxy-body-size"]), maxBody)
	require.Equal(t, "false", unlogged.Annotations[prefix+"enable-access-log"])
}

// megabytes reads a size such as 33m.
func megabytes(t *testing.T, size string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.TrimSuffix(size, "m"))
	require.NoError(t, err)
	return n
}

// The examples of a proxy on the same machine reach the receiver of the compose files, pass bodies on that the receiver
// reads, and log no path that lets whoever has it act.
func TestReceiverProxies(t *testing.T) {
	t.Parallel()
	_, port, found := strings.Cut(config.Default().Receiver.Addr, ":")
	require.True(t, found)
	require.Equal(t, port, portVariables(t)["PORT_RECEIVER"])

	nginx := read(t, filepath.Join(root, "deploy/proxy/nginx.conf"))
	require.Contains(t, nginx, "\n  server 127.0.0.1:"+port+";\n")
	blocks := map[string]string{}
	for _, m := range regexp.MustCompile(`(?s)\n  location (\S.*?) \{\n(.*?)\n  \}\n`).FindAllStringSubmatch(nginx, -1) {
		blocks[m[1]] = m[2]
	}
	require.Len(t, blocks, 4)
	size := regexp.MustCompile(`client_max_body_size (\d+m);`).FindStringSubmatch(blocks["/webhooks/shopify/"])
	require.Len(t, size, 2)
	require.Greater(t, megabytes(t, size[1]), maxBody)
	unlogged := blocks["~ ^/(actions|callbacks)/"]
	require.Contains(t, unlogged, "access_log off;")
	require.Contains(t, unlogged, "error_log /dev/null crit;")
	ofCheckout := blocks[api.Path]
	require.Contains(t, ofCheckout, "client_max_body_size 64k;")
	require.Contains(t, ofCheckout, "client_body_buffer_size 64k;", "the code of a card is in no file")
	require.Contains(t, ofCheckout, "proxy_read_timeout 20s;")
	require.Contains(t, blocks["/"], "return 404;")
	// $request and $request_uri would hold a query, and a referrer the address of the page before.
	format := regexp.MustCompile(`(?m)^log_format receiver '(.*)';$`).FindStringSubmatch(nginx)
	require.Len(t, format, 2)
	require.NotRegexp(t, `\$(request|request_uri|args|query_string|http_\w+)\b`, format[1])

	caddy := read(t, filepath.Join(root, "deploy/proxy/Caddyfile"))
	require.Contains(t, caddy, "reverse_proxy 127.0.0.1:"+port+" {\n")
	require.Contains(t, caddy, "max_size "+strconv.Itoa(maxBody+1)+"MiB")
	require.Contains(t, caddy, "request>uri delete")
	_, site, found := strings.Cut(caddy, "\nhooks.example.com {\n")
	require.True(t, found)
	require.NotRegexp(t, `(?m)^\s*log\b`, site, "requests are not logged, only errors")
	for _, p := range secretPaths {
		require.Contains(t, caddy, p+"/*")
	}
	require.Contains(t, caddy, "path "+api.Path+"*\n")
}
