package config_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/ops"
)

// inFile writes a file like the ones that an orchestrator mounts for secrets.
func inFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

// fromFiles returns the minimal environment with each secret in a file.
func fromFiles(t *testing.T) map[string]string {
	t.Helper()
	env := minimal()
	delete(env, "SHOPIFY_ACCESS_TOKEN")
	env["SHOPIFY_CLIENT_ID"], env["SMTP_USERNAME"], env["SMTP_HOST"] = "id", "u", "mail.example.com"
	env["DIGEST_FROM"], env["DIGEST_TO"] = "a@example.com", "b@example.com"
	env["SHOPIFY_CLIENT_SECRET_FILE"] = inFile(t, "hush-shop")
	env["CASHSTAR_PASSWORD_FILE"] = inFile(t, "\"hush-issuer\"\n")
	env["SMTP_PASSWORD_FILE"] = inFile(t, "hush-mail\n")
	env["PAYLOAD_KEYS_FILE"] = inFile(t, env["PAYLOAD_KEYS"]+"\n")
	env["CODEC_SERVER_TOKEN_FILE"] = inFile(t, strings.Repeat("hush", 8))
	delete(env, "PAYLOAD_KEYS")
	env["CASHSTAR_PASSWORD"] = "" // Compose passes on an unset variable as an empty one.
	env["SHOPIFY_ACCESS_TOKEN_FILE"] = ""
	return env
}

func TestLoadReadsSecretsFromFiles(t *testing.T) {
	environ(t, fromFiles(t))

	c, err := config.Load()

	require.NoError(t, err)
	require.Equal(t, "hush-shop", c.Shopify.ClientSecret.Reveal())
	require.Equal(t, `"hush-issuer"`, c.CashStar.Password.Reveal(), "in a file, quotes belong to the secret")
	require.Equal(t, "hush-mail", c.SMTP.Password.Reveal())
	require.Equal(t, strings.Repeat("hush", 8), c.Codec.Token.Reveal())
	require.Equal(t, strings.Repeat("2", ops.PayloadKeySize), c.Payload.Keys[1].Key.Reveal())
	require.NotContains(t, c.Table(), "hush")
	require.Regexp(t, `(?m)^CASHSTAR_PASSWORD\s+\[redacted\]\s*$`, c.Table())
	require.Regexp(t, `(?m)^PAYLOAD_KEYS\s+new:\[redacted\],old:\[redacted\]\s*$`, c.Table())
}

func TestLoadRefusesFilesWithoutASecret(t *testing.T) {
	missing, empty, blank, dir := filepath.Join(t.TempDir(), "none"), inFile(t, ""), inFile(t, "\n"), t.TempDir()
	long := inFile(t, strings.Repeat("hush", 1<<15))
	for name, tt := range map[string]struct {
		set  map[string]string
		text string
	}{
		"missing":   {map[string]string{"CASHSTAR_PASSWORD_FILE": missing}, "open " + missing + ": no such file or directory"},
		"empty":     {map[string]string{"CASHSTAR_PASSWORD_FILE": empty}, empty + " is empty"},
		"a newline": {map[string]string{"CASHSTAR_PASSWORD_FILE": blank}, blank + " is empty"},
		"a folder":  {map[string]string{"CASHSTAR_PASSWORD_FILE": dir}, "read " + dir + ": is a directory"},
		"no secret": {map[string]string{"CASHSTAR_PASSWORD_FILE": long}, long + " is too long for a secret"},
		"quotes":    {map[string]string{"CASHSTAR_PASSWORD_FILE": `"` + inFile(t, "hush") + `"`}, "has quotes around its value"},
		"both": {
			map[string]string{"CASHSTAR_PASSWORD_FILE": inFile(t, "hush"), "CASHSTAR_PASSWORD": "hush"},
			"is set together with CASHSTAR_PASSWORD: need only one of them",
		},
		"a slip":            {map[string]string{"CASHSTAR_PASWORD_FILE": blank}, "did you mean CASHSTAR_PASSWORD_FILE?"},
		"no secret's":       {map[string]string{"CASHSTAR_USERNAME_FILE": blank}, "CASHSTAR_USERNAME_FILE: unknown"},
		"white space":       {map[string]string{"CASHSTAR_PASSWORD_FILE": inFile(t, "hush\n\n")}, "white space around it"},
		"keys that are not": {map[string]string{"PAYLOAD_KEYS_FILE": inFile(t, "hush")}, "PAYLOAD_KEYS: key 1: need id:base64"},
	} {
		t.Run(name, func(t *testing.T) {
			env := fromFiles(t)
			maps.Copy(env, tt.set)
			environ(t, env)

			_, err := config.Load()

			require.ErrorContains(t, err, "configuration: 1 problem\n")
			require.ErrorContains(t, err, tt.text)
			require.NotContains(t, err.Error(), "hush")
		})
	}
}

func TestActionKeysFromFile(t *testing.T) {
	long := strings.Repeat("hush", 8)
	set := minimal()
	set["ACTION_KEYS_FILE"] = inFile(t, "k1:"+long+"\n")
	environ(t, set)
	c, err := config.Load()
	require.NoError(t, err)
	require.Equal(t, "k1:"+long, c.Links.Keys.Reveal())
	require.Regexp(t, `(?m)^ACTION_KEYS\s+k1:\[redacted\]\s*$`, c.Table())
	require.Contains(t, config.Environ(c), "ACTION_KEYS=k1:"+long)
}
