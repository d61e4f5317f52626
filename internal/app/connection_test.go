package app_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/app"
)

// The connection is described as it is in effect, whether variables or a profile decide it, and without the key.
func TestDescribeTemporal(t *testing.T) {
	for _, name := range []string{
		"TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "TEMPORAL_API_KEY", "TEMPORAL_TLS", "TEMPORAL_PROFILE",
	} {
		t.Setenv(name, "") // Restored at the end.
		require.NoError(t, os.Unsetenv(name))
	}
	path := filepath.Join(t.TempDir(), "temporal.toml")
	t.Setenv("TEMPORAL_CONFIG_FILE", path)
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	shown := func() map[string]string {
		settings, err := app.DescribeTemporal()
		require.NoError(t, err)
		out := map[string]string{}
		for _, s := range settings {
			out[s.Name] = s.Value
			require.NotContains(t, s.Value, "hush")
		}
		return out
	}
	require.Equal(t, map[string]string{
		"TEMPORAL_ADDRESS": "localhost:7233", "TEMPORAL_NAMESPACE": "default", "TEMPORAL_TLS": "off", "TEMPORAL_API_KEY": "",
		"TEMPORAL_CONFIG_FILE": path, "TEMPORAL_PROFILE": "",
	}, shown())
	require.NoError(t, os.WriteFile(path, []byte(`[profile.cloud]
address = "cloud.example.com:7233"
namespace = "shop.a1b2"
api_key = "hush"
[profile.cloud.tls]
disable_host_verification = true
`), 0o600))
	t.Setenv("TEMPORAL_PROFILE", "cloud")
	got := shown()
	require.Equal(t, "cloud.example.com:7233", got["TEMPORAL_ADDRESS"])
	require.Equal(t, "shop.a1b2", got["TEMPORAL_NAMESPACE"])
	require.Equal(t, "[redacted]", got["TEMPORAL_API_KEY"])
	require.Contains(t, got["TEMPORAL_TLS"], "not verified")
	t.Setenv("TEMPORAL_ADDRESS", "other.example.com:7233")
	require.Equal(t, "other.example.com:7233", shown()["TEMPORAL_ADDRESS"])
	require.NoError(t, os.WriteFile(path, []byte("[profile"), 0o600))
	_, err := app.DescribeTemporal()
	require.Error(t, err)
}
