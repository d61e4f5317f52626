package deploytest_test

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/sandbox/internal/programs"
)

// root is the repository's root folder.
const root = "../.."

func TestMain(m *testing.M) {
	if os.Getenv(asReceiver) != "" {
		checkReceiver()
		return
	}
	os.Exit(programs.Run(m))
}

// asReceiver makes the test program check its environment as a receiver does, instead of running tests: a receiver
// itself would go on running.
const asReceiver = "DEPLOYTEST_AS_RECEIVER"

func checkReceiver() {
	_ = os.Unsetenv(asReceiver)
	if _, err := config.LoadReceiver(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run runs one of our programs with only the given environment.
func run(t *testing.T, env []string, command ...string) (string, error) {
	t.Helper()
	c := exec.CommandContext(t.Context(), programs.Path(t, filepath.Base(command[0])), command[1:]...)
	c.Env = append([]string{"HOME=" + t.TempDir()}, env...)
	out, err := c.CombinedOutput()
	return string(out), err
}

// requireParses requires that a container's command line is one of ours, including its flags.
func requireParses(t *testing.T, command ...string) {
	t.Helper()
	require.NotEmpty(t, command)
	require.Contains(t, []string{"/bin/giftbridge", "/bin/simulators"}, command[0])
	// With --help, cobra checks flags and prints the command that it chose. It does not reject words that are not
	// commands.
	out, err := run(t, nil, append(command, "--help")...)
	require.NoError(t, err, out)
	path := []string{filepath.Base(command[0])}
	for _, word := range command[1:] {
		if !strings.HasPrefix(word, "-") {
			path = append(path, word)
		}
	}
	require.Regexp(t, `(?m)^  `+regexp.QuoteMeta(strings.Join(path, " "))+`( \[flags\])?$`, out)
}

// requireValid requires that giftbridge would start with a configuration once its placeholders are replaced.
func requireValid(t *testing.T, env map[string]string) {
	t.Helper()
	out, err := run(t, filled(t, env), programs.Giftbridge, "config")
	require.NoError(t, err, out)
}

// requireValidReceiver requires that a receiver would start with a configuration once its placeholders are replaced.
func requireValidReceiver(t *testing.T, env map[string]string) {
	t.Helper()
	out, err := startReceiver(t, env)
	require.NoError(t, err, out)
}

// requireInvalidReceiver requires that a receiver would not start, and would name a variable.
func requireInvalidReceiver(t *testing.T, env map[string]string, variable string) {
	t.Helper()
	out, err := startReceiver(t, env)
	require.Error(t, err)
	require.Contains(t, out, variable)
}

func startReceiver(t *testing.T, env map[string]string) (string, error) {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	c := exec.CommandContext(t.Context(), program)
	c.Env = append(filled(t, env), asReceiver+"=yes", "HOME="+t.TempDir())
	out, err := c.CombinedOutput()
	return string(out), err
}

// clients is a value of CHECKOUT_CLIENTS. Nobody has the key.
var clients = "web:" + strings.Repeat("0a", 32) + ":balance+redeem"

// filled returns a configuration whose placeholders are replaced.
func filled(t *testing.T, env map[string]string) []string {
	t.Helper()
	var list []string
	cert, key := certificate(t)
	for name, value := range env {
		switch {
		case value == "/run/temporal/client.pem": // It is only in the container.
			value = cert
		case value == "/run/temporal/client.key":
			value = key
		case value != "CHANGE-ME":
		case name == "CREATED_AT_MIN":
			value = "2026-07-01T00:00:00Z"
		case name == "ISSUER_DEDUPES":
			value = "false"
		case name == "CHECKOUT_CLIENTS":
			value = clients
		default:
			value = "changed"
		}
		list = append(list, name+"="+value)
	}
	return list
}

// certificate returns the paths of a certificate and its key.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	pair := server.TLS.Certificates[0]
	private, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	require.NoError(t, err)
	cert, key = filepath.Join(t.TempDir(), "client.pem"), filepath.Join(t.TempDir(), "client.key")
	for path, block := range map[string]*pem.Block{
		cert: {Type: "CERTIFICATE", Bytes: pair.Certificate[0]},
		key:  {Type: "PRIVATE KEY", Bytes: private},
	} {
		require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(block), 0o600))
	}
	return cert, key
}

// configuration returns the names of the variables in docs/configuration.md.
func configuration() map[string]bool {
	names := map[string]bool{}
	for _, v := range (config.Config{}).Describe() {
		names[v.Name] = true
	}
	return names
}

// moduleFile reads a file from a module that the sandbox is built with.
func moduleFile(t *testing.T, module, file string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-json", module).Output()
	require.NoError(t, err)
	var m struct{ Dir string }
	require.NoError(t, json.Unmarshal(out, &m))
	return read(t, filepath.Join(m.Dir, file))
}

// moduleVersion returns the version of a module that the sandbox is built with, without the v.
func moduleVersion(t *testing.T, module string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Version}}", module).Output()
	require.NoError(t, err)
	return string(bytes.TrimPrefix(bytes.TrimSpace(out), []byte("v")))
}

// names returns what the group of a pattern matches in a text.
func names(pattern, text string) map[string]bool {
	found := map[string]bool{}
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		found[m[1]] = true
	}
	return found
}

// temporalClient returns the variables of Temporal's own envconfig, which its command line reads too.
func temporalClient(t *testing.T) map[string]bool {
	t.Helper()
	return names(`LookupEnv\("(TEMPORAL_[A-Z_]+)"\)`,
		moduleFile(t, "go.temporal.io/sdk/contrib/envconfig", "client_config_load.go"))
}

// openTelemetry returns the variables of OpenTelemetry that docs/configuration.md names.
func openTelemetry(t *testing.T) map[string]bool {
	t.Helper()
	return names(`\b(OTEL_[A-Z_]+)\b`, read(t, filepath.Join(root, "docs/configuration.md")))
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(text)
}
