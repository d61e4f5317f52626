package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/config"
)

// A typo in any name leaves a default in force that no operator chose. The first of these turned off at-most-once.
func TestLoadFindsSlipsInEveryName(t *testing.T) {
	for slip, right := range map[string]string{
		"ISSUER_DEDUPE":                 "ISSUER_DEDUPES",
		"AUDIT_PREFX":                   "AUDIT_PREFIX",
		"SMPT_HOST":                     "SMTP_HOST",
		"GIFTCARD_SKUS":                 "GIFT_CARD_SKUS",
		"TEMPORAL_ADDRES":               "TEMPORAL_ADDRESS", //nolint:misspell // It is to be found.
		"TEMPORAL_NAMESAPCE":            "TEMPORAL_NAMESPACE",
		"TEMPORAL_TLS_CLIENT_CERT_PAHT": "TEMPORAL_TLS_CLIENT_CERT_PATH",
		"MERCHANTCODE":                  "MERCHANT_CODE",
		"MAX_ORDERS_AGE":                "MAX_ORDER_AGE",
		"CREATE_AT_MIN":                 "CREATED_AT_MIN",
		"RETRY_BUGDET":                  "RETRY_BUDGET",
		"LOG_LEVL":                      "LOG_LEVEL",
		"PLAIN_HTTP_HOST":               "PLAIN_HTTP_HOSTS",
		"OTEL_EXPORTER_OTLP_ENDPIONT":   "OTEL_EXPORTER_OTLP_ENDPOINT",
		"SHOPFY_SHOP":                   "SHOPIFY_SHOP",
	} {
		t.Run(slip, func(t *testing.T) {
			env := minimal()
			env[slip] = "false"
			environ(t, env)

			_, err := config.Load()

			require.EqualError(t, err, "configuration: 1 problem\n  "+slip+": unknown; did you mean "+right+"?")
		})
	}
}

// Variables that shells, containers, clusters, service managers and CI set are ignored.
func TestLoadIgnoresTheVariablesOfOthers(t *testing.T) {
	env := minimal()
	for _, name := range []string{
		"PATH", "HOME", "PWD", "OLDPWD", "SHLVL", "SHELL", "USER", "LOGNAME", "LANG", "LC_ALL", "TERM", "TZ", "TMPDIR",
		"MAIL", "HOSTNAME", "EDITOR", "DISPLAY", "NO_COLOR", "SSH_AUTH_SOCK", "LS_COLORS", // shells
		"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR",
		"DOCKER_HOST", "DOCKER_CONFIG", "COMPOSE_FILE", "COMPOSE_PROJECT_NAME", "container", // containers
		"POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_HOST", "PGHOST", "PGPASSWORD", "REDIS_HOST", "DATABASE_URL",
		"KUBERNETES_PORT", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT_HTTPS", "KUBERNETES_PORT_443_TCP_ADDR",
		"TEMPORAL_PORT", "TEMPORAL_SERVICE_HOST", "TEMPORAL_PORT_7233_TCP", "POD_NAME", "POD_NAMESPACE", "NODE_NAME",
		"INVOCATION_ID", "JOURNAL_STREAM", "NOTIFY_SOCKET", "WATCHDOG_USEC", "CREDENTIALS_DIRECTORY", // systemd
		"LISTEN_FDS", "LISTEN_PID", "SYSTEMD_EXEC_PID", "MAINPID",
		"CI", "GITHUB_ACTIONS", "GITHUB_SHA", "GITHUB_REF", "GITHUB_TOKEN", "RUNNER_OS", "RUNNER_TEMP", // CI
		"GOWORK", "GOFLAGS", "GOPATH", "GOMAXPROCS", "GOMEMLIMIT", "GOCOVERDIR", "GODEBUG", // Go
		"LOG_LEVEL", "LOG_FILE", "LOG_DIR", "LOG_COLOR", "DEBUG", "PORT", "METRICS_PORT", "ENVIRONMENT",
		"HTTP_HOST", "HTTP_PORT", "HTTP_USERNAME", "SFTP_HOST", "SFTP_PASSWORD", "FTP_PASSWORD", "IMAP_PASSWORD",
		"TEMPORAL_NAMESPACE", "TEMPORAL_API_KEY", "TEMPORAL_TLS_SERVER_NAME",
		"TEMPORAL_GRPC_META_ADDRESS", "TEMPORAL_CLI_ADDRESS", "TEMPORAL_ENV", "TEMPORAL_RETENTION", "TEMPORAL_VERSION",
		"TEMPORAL_UI_PORT", "TEMPORAL_CORS_ORIGINS",
		"OTEL_SERVICE_NAME", "OTEL_TRACES_SAMPLER", "OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER",
		"OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
	} {
		env[name] = "info"
	}
	environ(t, env)

	_, err := config.Load()

	require.NoError(t, err)
}
