package app_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/app"
)

func TestTemporalUnverified(t *testing.T) {
	profile := filepath.Join(t.TempDir(), "temporal.toml")
	require.NoError(t, os.WriteFile(profile, []byte("[profile.default.tls]\ndisable_host_verification = true\n"), 0o600))
	none := filepath.Join(t.TempDir(), "none.toml")
	for _, tt := range []struct {
		name, value, tls, file string
		want                   bool
	}{
		{"unset", "", "", none, false},
		{"off", "false", "", none, false},
		{"on", "true", "", none, true},
		{"on, without TLS", "true", "false", none, false},
		{"on in the profile", "", "", profile, true},
		{"off, on in the profile", "false", "", profile, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("TEMPORAL_CONFIG_FILE", tt.file)
			t.Setenv("TEMPORAL_TLS_DISABLE_HOST_VERIFICATION", tt.value)
			t.Setenv("TEMPORAL_TLS", tt.tls)

			require.Equal(t, tt.want, app.TemporalUnverified())
		})
	}
}
