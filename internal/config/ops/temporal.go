package ops

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/giftbridge/giftbridge/internal/config/env"
)

var namespaceForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// CheckTemporal checks the variables of the connection to Temporal for mistakes that Temporal's library ignores, or
// reports without the variable's name. The profile file is not examined.
func CheckTemporal(ps *env.Problems) {
	checkAddress(ps, os.Getenv("TEMPORAL_ADDRESS"))
	if v := os.Getenv("TEMPORAL_NAMESPACE"); v != "" && !namespaceForm.MatchString(v) {
		ps.Add("TEMPORAL_NAMESPACE", "%s: need the name of a namespace, such as default", env.Show(v))
	}
	// The library ignores other values: the connection would not be encrypted, although TEMPORAL_TLS is "yes".
	for _, name := range []string{"TEMPORAL_TLS", "TEMPORAL_TLS_DISABLE_HOST_VERIFICATION"} {
		if v := os.Getenv(name); v != "" && !slices.Contains([]string{"true", "false", "1", "0"}, strings.ToLower(v)) {
			ps.Add(name, "%s: need true or false", env.Show(v))
		}
	}
	key := env.NewSecret(os.Getenv("TEMPORAL_API_KEY"))
	ps.Token("TEMPORAL_API_KEY", key)
	off := strings.ToLower(os.Getenv("TEMPORAL_TLS"))
	if key.IsSet() && (off == "false" || off == "0") {
		ps.Add("TEMPORAL_TLS", "%s: need true with TEMPORAL_API_KEY, because the key would be sent unencrypted", env.Show(off))
	}
	if path := os.Getenv("TEMPORAL_CONFIG_FILE"); path != "" {
		if _, err := os.Stat(path); err != nil { //nolint:gosec // The path comes from the environment, like every setting.
			ps.Add("TEMPORAL_CONFIG_FILE", "cannot be used, %v: need a file that this process can read, or none", err)
		}
	}
	checkCertificates(ps)
}

// checkAddress checks the address of Temporal. An address with a scheme of gRPC is left to gRPC.
func checkAddress(ps *env.Problems, address string) {
	switch {
	case address == "", strings.HasPrefix(address, "dns:"), strings.HasPrefix(address, "unix:"),
		strings.HasPrefix(address, "passthrough:"), env.IsHostPort(address) && !strings.Contains(address, "/"):
		return
	}
	ps.Add("TEMPORAL_ADDRESS", "%s: need host:port without a scheme, such as localhost:7233", env.Show(env.PublicURL(address)))
}

// checkCertificates checks the files of TLS.
func checkCertificates(ps *env.Problems) {
	const (
		cert, key, ca = "TEMPORAL_TLS_CLIENT_CERT_PATH", "TEMPORAL_TLS_CLIENT_KEY_PATH", "TEMPORAL_TLS_SERVER_CA_CERT_PATH"
		need          = "need a PEM file that this process can read"
	)
	content := map[string][]byte{}
	for _, name := range []string{cert, key, ca} {
		path := os.Getenv(name)
		if path == "" {
			continue
		}
		text, err := os.ReadFile(path) //nolint:gosec // The path comes from the environment, like every setting.
		if err != nil {
			ps.Add(name, "cannot be used, %v: %s", err, need)
			continue
		}
		content[name] = text
	}
	if text, read := content[ca]; read && !x509.NewCertPool().AppendCertsFromPEM(text) {
		ps.Add(ca, "cannot be used, %s contains no certificate: %s", os.Getenv(ca), need)
	}
	for _, pair := range [][2]string{{cert, key}, {key, cert}} {
		other := strings.TrimSuffix(pair[1], "_PATH") + "_DATA"
		if os.Getenv(pair[0]) != "" && os.Getenv(pair[1]) == "" && os.Getenv(other) == "" {
			ps.Add(pair[1], "is not set: need it with %s", pair[0])
		}
	}
	if content[cert] == nil || content[key] == nil {
		return
	}
	if _, err := tls.X509KeyPair(content[cert], content[key]); err != nil {
		ps.Add(cert, "and TEMPORAL_TLS_CLIENT_KEY_PATH are not a certificate and its key: need two PEM files that belong together")
	}
}
