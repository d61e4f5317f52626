package deploytest_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/fourwayshop"
	"github.com/giftbridge/giftbridge/sandbox/internal/programs"
	"github.com/giftbridge/giftbridge/sandbox/internal/site"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
)

// bothIssuers returns the demonstration with both issuers.
func bothIssuers(t *testing.T) *types.Project {
	t.Helper()
	i := installations()["both issuers"]
	project, err := load(t.Context(), i, i.environment(t))
	require.NoError(t, err)
	return project
}

// variable returns the value of a service's variable.
func variable(t *testing.T, project *types.Project, service, name string) string {
	t.Helper()
	v := project.Services[service].Environment[name]
	require.NotNil(t, v, "%s of %s", name, service)
	return *v
}

// Workers find the simulated Four Way Shop where it listens, with its credentials, and have it make what the simulated shop
// sells. It answers to the receiver, which has the keys of the workers.
func TestDemonstrationHasBothIssuers(t *testing.T) {
	t.Parallel()
	project := bothIssuers(t)
	var sold []string
	for _, p := range scenario.LaterProducts() {
		sold = append(sold, p.SKU+"="+p.Item)
	}
	for _, service := range []string{"giftbridge", "worker", "receiver", "simulators"} {
		require.Equal(t, strings.Join(sold, ","), variable(t, project, service, "FOURWAYSHOP_ITEMS"), service)
	}
	for _, service := range []string{"giftbridge", "worker"} {
		at, err := url.Parse(variable(t, project, service, "FOURWAYSHOP_BASE_URL"))
		require.NoError(t, err)
		require.Equal(t, site.FourWayShopPath, at.Path)
		require.Equal(t, "simulators", at.Hostname())
		require.Contains(t, project.Services["simulators"].Command, "--fourwayshop-addr=0.0.0.0:"+at.Port())
		require.Contains(t, strings.Split(variable(t, project, service, "PLAIN_HTTP_HOSTS"), ","), at.Hostname())
		for _, name := range []string{"FOURWAYSHOP_USERNAME", "FOURWAYSHOP_PASSWORD"} {
			require.Equal(t, variable(t, project, "simulators", name), variable(t, project, service, name))
		}
		require.Equal(t, variable(t, project, "receiver", "CALLBACK_KEYS"), variable(t, project, service, "CALLBACK_KEYS"))
		require.Equal(t, "http://receiver:8235", variable(t, project, service, "RECEIVER_URL"))
	}
	require.Equal(t, project.Services["simulators"].Networks, project.Services["receiver"].Networks)
}

// simulators runs a project's simulators on free ports of this machine, with customers who are in a hurry. It returns where
// they listen, by what they are, when an order of each issuer was placed.
func simulators(t *testing.T, project *types.Project) map[string]string {
	t.Helper()
	s := project.Services["simulators"]
	args := []string{"--every=10ms"}
	for _, arg := range s.Command {
		flag, value, _ := strings.Cut(arg, "=")
		if host, _, err := net.SplitHostPort(value); err == nil && host == "0.0.0.0" {
			arg = flag + "=127.0.0.1:0"
		}
		args = append(args, arg)
	}
	// The test's context ends before its cleanup, which ends the simulators gently.
	c := exec.CommandContext(context.WithoutCancel(t.Context()), programs.Path(t, programs.Simulators), args...)
	c.Env = []string{"HOME=" + t.TempDir()}
	for name, value := range set(s) {
		c.Env = append(c.Env, name+"="+value)
	}
	log, err := c.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	lines := bufio.NewReader(log)
	t.Cleanup(func() {
		require.NoError(t, c.Process.Signal(syscall.SIGTERM))
		_, err := io.Copy(io.Discard, lines)
		require.NoError(t, err)
		require.NoError(t, c.Wait())
	})
	addresses := map[string]string{}
	var atOnce, later bool
	for !atOnce || !later {
		line, err := lines.ReadString('\n')
		require.NoError(t, err, line)
		var e struct {
			What, Address string
			Kind          scenario.Kind
		}
		require.NoError(t, json.Unmarshal([]byte(line), &e), line)
		if e.What != "" {
			addresses[e.What] = e.Address
		}
		atOnce = atOnce || e.Kind == scenario.Single
		later = later || slices.Contains(scenario.LaterKinds(), e.Kind)
	}
	return addresses
}

// The simulators start as the compose file says. Customers buy cards of both issuers, and Four Way Shop lets the worker in, makes
// what the shop sells, and calls back.
func TestDemonstrationsSimulatorsServeBothIssuers(t *testing.T) {
	t.Parallel()
	project := bothIssuers(t)
	at := simulators(t, project)["later issuer"]
	require.NotEmpty(t, at)
	called := make(chan []byte, len(scenario.LaterProducts()))
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			called <- body
		}
	}))
	t.Cleanup(receiver.Close)
	client, err := fourwayshop.New(fourwayshop.Options{
		BaseURL: "http://" + at + site.FourWayShopPath, Username: variable(t, project, "worker", "FOURWAYSHOP_USERNAME"),
		Password: variable(t, project, "worker", "FOURWAYSHOP_PASSWORD"),
	})
	require.NoError(t, err)
	for _, p := range scenario.LaterProducts() {
		require.NoError(t, client.Generate(t.Context(), fourwayshop.GenerateRequest{
			ItemCode: p.Item, Count: 1, Callback: receiver.URL + "/callbacks/" + p.Item,
		}))
		cards, err := fourwayshop.ParseGenerated(<-called)
		require.NoError(t, err)
		require.Len(t, cards, 1)
	}
}
