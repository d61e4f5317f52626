package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/config"
)

// With a moment in the future, everything looks fine, but no order is taken in and the watermark moves past orders that
// should be.
func TestLoadRefusesAMomentInTheFuture(t *testing.T) {
	env := minimal()
	env["CREATED_AT_MIN"] = "2999-01-01T00:00:00Z"
	environ(t, env)

	_, err := config.Load()

	require.EqualError(t, err, `configuration: 1 problem
  CREATED_AT_MIN: is in the future, 2999-01-01T00:00:00Z, and no order before it would get a card: need the time at `+
		`which giftbridge takes over, in RFC 3339 format with a time zone, such as 2026-07-01T00:00:00Z`)
}

// The examples contain the placeholder wherever no value suits every installation.
func TestLoadRefusesWhatIsLeftOfAnExample(t *testing.T) {
	env := minimal()
	for _, name := range []string{"CREATED_AT_MIN", "PAYLOAD_KEYS", "CASHSTAR_PASSWORD", "AUDIT_PREFIX"} {
		env[name] = "CHANGE-ME"
	}
	environ(t, env)

	_, err := config.Load()

	require.EqualError(t, err, `configuration: 4 problems
  CREATED_AT_MIN: still has the example value CHANGE-ME: need the time at which giftbridge takes over, in RFC 3339 `+
		`format with a time zone, such as 2026-07-01T00:00:00Z
  CASHSTAR_PASSWORD: still has the example value CHANGE-ME: need the password of CASHSTAR_USERNAME
  AUDIT_PREFIX: still has the example value CHANGE-ME: need at most 20 letters, digits and dashes
  PAYLOAD_KEYS: still has the example value CHANGE-ME: need id:base64 pairs separated by commas, each key 32 bytes, `+
		`without duplicate IDs`)
}
