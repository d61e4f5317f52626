package deploytest_test

import (
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/stretchr/testify/require"
)

// The first run creates .env, readable only by its owner. Later runs leave it alone, because its secrets cannot be
// recreated.
func TestEnvIsMadeOnce(t *testing.T) {
	t.Parallel()
	checkout := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(checkout, "deploy"), 0o755))
	for _, name := range []string{".env.example", "deploy/env", "deploy/secrets"} {
		// A separate process, because a script that this process or one of its children holds open for writing cannot be run.
		cp := exec.CommandContext(t.Context(), "cp", "-p", filepath.Join(root, name), filepath.Join(checkout, name))
		require.NoError(t, cp.Run(), name)
	}
	makeEnv := func() string {
		out, err := exec.CommandContext(t.Context(), filepath.Join(checkout, "deploy/env")).CombinedOutput()
		require.NoError(t, err, string(out))
		return string(out)
	}

	require.Empty(t, makeEnv())
	first := read(t, filepath.Join(checkout, ".env"))
	require.True(t, strings.HasPrefix(first, read(t, filepath.Join(root, ".env.example"))))
	require.Equal(t, 1, strings.Count(first, "\nPAYLOAD_KEYS=k1:"))
	info, err := os.Stat(filepath.Join(checkout, ".env"))
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), info.Mode())

	require.Contains(t, makeEnv(), "stays")
	require.Equal(t, first, read(t, filepath.Join(checkout, ".env")))
	left, err := os.ReadDir(checkout)
	require.NoError(t, err)
	require.Len(t, left, 3, "what was half made is removed")
}

// All instructions for getting started use this way, which can be repeated safely.
func TestEnvIsTheWayToBegin(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"README.md", "docs/deploy.md", base, ".env.example"} {
		text := read(t, filepath.Join(root, name))
		require.Contains(t, text, "deploy/env && docker compose up --build", name)
		require.NotContains(t, text, ">> .env", name)
	}
}

// halves returns the two halves of .env.example: for the demonstration, and for production.
func halves(t *testing.T) (demo, prod string) {
	t.Helper()
	demo, prod, found := strings.Cut(read(t, filepath.Join(root, ".env.example")),
		"\n# ==== FOR A REAL TEMPORAL, SHOP AND ISSUER ====\n")
	require.True(t, found)
	return demo, prod
}

// unmarshal parses an .env file as Compose does.
func unmarshal(t *testing.T, text string) map[string]string {
	t.Helper()
	env, err := dotenv.UnmarshalWithLookup(text, nil)
	require.NoError(t, err)
	return env
}

func secrets(t *testing.T) map[string]string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), filepath.Join(root, "deploy/secrets")).Output()
	require.NoError(t, err)
	return unmarshal(t, string(out))
}

var (
	commented   = regexp.MustCompile(`(?m)^# ([A-Z_]+=)`)
	alternative = regexp.MustCompile(`(?m)^#   ([A-Z_]+=)`)
)

// ofWebhooks are the lines of .env.example that turn webhooks on.
var ofWebhooks = []string{"COMPOSE_PROFILES", "RECEIVER_URL", "SHOPIFY_WEBHOOK_SECRETS"}

// environment returns the .env of an installation, made as .env.example says.
func (i installation) environment(t *testing.T) map[string]string {
	t.Helper()
	demo, prod := halves(t)
	env := unmarshal(t, demo)
	if i.project == productionProject {
		env = unmarshal(t, commented.ReplaceAllString(prod, "$1"))
	}
	half := map[string]string{"giftbridge": demo, productionProject: prod}[i.project]
	for name, value := range unmarshal(t, alternative.ReplaceAllString(half, "$1")) {
		ofTemporal := strings.HasPrefix(name, "TEMPORAL_") && i.project == productionProject
		ofLater := strings.HasPrefix(name, "FOURWAYSHOP_")
		if i.certificate && ofTemporal || i.webhooks && slices.Contains(ofWebhooks, name) || i.later && ofLater {
			env[name] = value
		}
	}
	if i.certificate {
		delete(env, "TEMPORAL_API_KEY")
	}
	maps.Copy(env, secrets(t))
	return env
}

// With production's .env, plain commands act on production, and values contain no prose.
func TestProductionHalf(t *testing.T) {
	t.Parallel()
	_, text := halves(t)
	require.Empty(t, unmarshal(t, text), "it is for later")
	require.Contains(t, alternative.ReplaceAllString(text, "$1"), "\nTEMPORAL_TLS_CLIENT_KEY_PATH=")
	env := installations()["production with an API key"].environment(t)
	require.Equal(t, base+string(os.PathListSeparator)+production, env["COMPOSE_FILE"])
	require.Regexp(t, `^\s*(#.*\n|\n)*# COMPOSE_FILE=`, text, "nothing that counts stands before it")
	for name, value := range env {
		require.NotContains(t, value, " ", name)
	}
	require.Equal(t, "CHANGE-ME", env["CREATED_AT_MIN"], "who forgets it starts nothing")
}

// Each variable in .env.example is read somewhere.
func TestEnvExample(t *testing.T) {
	t.Parallel()
	known := configuration()
	maps.Copy(known, temporalClient(t))
	known["COMPOSE_FILE"], known["COMPOSE_PROFILES"] = true, true // https://docs.docker.com/compose/how-tos/environment-variables/envvars/
	files := read(t, filepath.Join(root, base)) + read(t, filepath.Join(root, production))
	for _, i := range installations() {
		for name := range i.environment(t) {
			require.True(t, known[name] || strings.Contains(files, "${"+name), "nobody reads %s", name)
			require.True(t, strings.Contains(files, name) || name == "COMPOSE_PROFILES", name)
		}
	}
}

// The error of an old Compose does not name the cause. The script that everybody runs first does.
func TestOldComposeIsReported(t *testing.T) {
	t.Parallel()
	for version, old := range map[string]bool{
		"2.20.3": true, "v2.24.3": true, "2.9.0": true, "1.29.2": true, "2.24.4": false, "v2.24.6-desktop.1": false,
		"2.100.0": false, "5.0.1": false, "": false, "unknown": false,
	} {
		checkout := t.TempDir()
		require.NoError(t, os.Mkdir(filepath.Join(checkout, "deploy"), 0o755))
		for _, name := range []string{".env.example", "deploy/env", "deploy/secrets"} {
			require.NoError(t, exec.CommandContext(t.Context(), "cp", "-p", filepath.Join(root, name), filepath.Join(checkout, name)).Run())
		}
		// The shell makes the file: one that this process holds open for writing cannot be run.
		docker := "#!/bin/sh\necho '" + version + "'\n"
		script := exec.CommandContext(t.Context(), "sh", "-c", `printf %s "$1" >"$0" && chmod +x "$0"`, filepath.Join(checkout, "docker"), docker)
		require.NoError(t, script.Run())
		c := exec.CommandContext(t.Context(), filepath.Join(checkout, "deploy/env"))
		c.Env = []string{"PATH=" + checkout + ":" + os.Getenv("PATH")}
		out, err := c.CombinedOutput()
		require.NoError(t, err, string(out))
		require.FileExists(t, filepath.Join(checkout, ".env"))
		if old {
			require.Equal(t, "deploy/env: this is Docker Compose "+strings.TrimPrefix(version, "v")+"; 2.24.4 or later is needed\n", string(out))
		} else {
			require.Empty(t, string(out), version)
		}
	}
}

// Secrets can be made one by one, for files that hold only some.
func TestSomeSecrets(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), filepath.Join(root, "deploy/secrets"), "PAYLOAD_KEYS", "ACTION_KEYS").Output()
	require.NoError(t, err)
	require.Regexp(t, `^PAYLOAD_KEYS=k1:[A-Za-z0-9+/]{43}=\nACTION_KEYS=k1:[0-9a-f]{64}\n$`, string(out))
	out, err = exec.CommandContext(t.Context(), filepath.Join(root, "deploy/secrets"), "PAYLOAD_KEY").CombinedOutput()
	require.Error(t, err)
	require.Equal(t, "deploy/secrets: it makes no PAYLOAD_KEY\n", string(out))
	guide := read(t, filepath.Join(root, "docs/deploy.md"))
	for _, name := range regexp.MustCompile("`deploy/secrets ([A-Z_]+)`").FindAllStringSubmatch(guide, -1) {
		require.Contains(t, secrets(t), name[1])
	}
}
