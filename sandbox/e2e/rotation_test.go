package e2e_test

import (
	"bytes"
	"testing"

	"github.com/giftbridge/giftbridge/internal/installation"
	"github.com/giftbridge/giftbridge/internal/settings"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/ops"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

// A key is rotated in three steps: read with the new key, write with it, and remove the old key. Schedules are older
// than any history, so they could still depend on the old key.
func TestPayloadKeysAreChanged(t *testing.T) {
	t.Parallel()
	key := func(id string, fill byte) ops.PayloadKey {
		return ops.PayloadKey{
			ID: id, Key: config.NewSecret(string(bytes.Repeat([]byte{fill}, ops.PayloadKeySize))),
		}
	}
	older, newer := key("old", 1), key("new", 2)
	w := start(t, stack.Options{NoWorker: true, Configure: func(c *config.Config) {
		c.Payload = ops.Payload{Encryption: ops.EncryptionOn, Keys: ops.PayloadKeys{older}}
	}})
	ensure := func(keys ...ops.PayloadKey) string {
		cfg := w.Config
		cfg.Payload.Keys = keys
		o, err := app.NewOperator(w.ctx, w.TemporalOptions(), cfg, zerolog.Nop())
		require.NoError(t, err)
		defer o.Close()
		changes, err := o.EnsureSchedules(w.ctx, settings.Ensure{Yes: true})
		require.NoError(t, err)
		_, err = o.Status(w.ctx)
		require.NoError(t, err)
		for _, c := range changes {
			if c.What == "schedule poll-orders" {
				return c.Did
			}
		}
		return ""
	}
	require.Equal(t, installation.Unchanged, ensure(older))
	require.Equal(t, installation.Unchanged, ensure(older, newer))
	require.Equal(t, installation.Updated, ensure(newer, older), "written again under the new key")
	require.Equal(t, installation.Unchanged, ensure(newer, older))
	require.Equal(t, installation.Unchanged, ensure(newer), "nothing needs the old key any more")
}
