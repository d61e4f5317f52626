package redact_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/redact"
)

func TestAddresses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                      "",
		"no address":                            "no address",
		"target <s.t+e@example.co.uk> is bad":   "target <[address]> is bad",
		"target stève@exämple.com, is bad":      "target [address], is bad",
		`"a@example.com":"b@example.com"`:       `"[address]":"[address]"`,
		"to:a@example.com;b@[192.0.2.1] (c@d)":  "to:[address];[address][192.0.2.1] ([address])",
		"<@example.com> and <a@> are no better": "<[address]> and <[address]> are no better",
		"a@b@c":                                 "[address][address]",
	} {
		require.Equal(t, want, redact.Addresses(text))
	}
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	require.Equal(t, "user [redacted], password [redacted]", redact.Secrets("user u1, password hush", "", "u1", "hush"))
}
