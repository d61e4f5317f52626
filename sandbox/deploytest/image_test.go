package deploytest_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The Dockerfile starts from the Go version in go.mod, ends with only our files, and runs our commands as an
// unprivileged user.
func TestDockerfile(t *testing.T) {
	t.Parallel()
	text := read(t, filepath.Join(root, "Dockerfile"))
	version := regexp.MustCompile(`(?m)^go (\S+)$`).FindStringSubmatch(read(t, filepath.Join(root, "go.mod")))
	require.Len(t, version, 2)
	stages := regexp.MustCompile(`(?m)^FROM (?:--platform=\S+ )?(\S+) AS (\S+)$`).FindAllStringSubmatch(text, -1)
	require.Len(t, stages, strings.Count("\n"+text, "\nFROM "))
	from := map[string]string{}
	for _, s := range stages {
		from[s[2]], _, _ = strings.Cut(s[1], "@") // The digest that deploy/pin may have written.
	}
	require.Equal(t, map[string]string{
		"source": "golang:" + version[1] + "-bookworm", "build": "source", "build-simulators": "source",
		"simulators": "scratch", "giftbridge": "scratch",
	}, from)
	require.Equal(t, "giftbridge", stages[len(stages)-1][2], "what docker build . builds")
	require.Equal(t, 2, strings.Count(text, "\nUSER 65532:65532\n"))

	// Compose and Kubernetes rely on this: a stage has the name of what it runs.
	entrypoints := words(t, `(?m)^ENTRYPOINT (\[.*\])$`, text)
	require.Equal(t, [][]string{{"/bin/simulators"}, {"/bin/giftbridge"}}, entrypoints)
	require.Equal(t, [][]string{{"worker"}}, words(t, `(?m)^CMD (\[.*\])$`, text), "what an image runs without arguments")
	checks := words(t, `(?m)^HEALTHCHECK .* CMD (\[.*\])$`, text)
	require.Len(t, checks, 2)
	for _, command := range append(entrypoints, checks...) {
		requireParses(t, command...)
	}
	for _, packages := range regexp.MustCompile(`(?m)^ *deploy/build /rootfs (.+)$`).FindAllStringSubmatch(text, -1) {
		for p := range strings.FieldsSeq(packages[1]) {
			require.DirExists(t, filepath.Join(root, p))
		}
	}
}

// Manifests and compose files of earlier releases work with a new image: the names of its programs are still there.
func TestCommandsOfEarlierReleases(t *testing.T) {
	t.Parallel()
	for _, command := range [][]string{
		{"/bin/worker"},
		{"/bin/worker", "health"},
		{"/bin/starter", "schedules"},
		{"/bin/starter", "doctor"},
		{"/bin/starter", "codec-server"},
		{"/bin/starter", "codec-server", "health"},
	} {
		out, err := run(t, nil, append(command, "--help")...)
		require.NoError(t, err, out)
		require.Contains(t, out, strings.Join(command[1:], " ")+" [flags]", command)
	}
}

// words returns the lists of words that a pattern matches.
func words(t *testing.T, pattern, text string) [][]string {
	t.Helper()
	var all [][]string
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		var list []string
		require.NoError(t, json.Unmarshal([]byte(m[1]), &list))
		all = append(all, list)
	}
	return all
}

// The build context is a list of named files, so that nothing else gets in: no .env, no certificate, no history.
func TestDockerignore(t *testing.T) {
	t.Parallel()
	lines := strings.Split(strings.TrimSpace(read(t, filepath.Join(root, ".dockerignore"))), "\n")
	require.Equal(t, "*", lines[1], "everything is held back")
	for _, line := range lines {
		if name, ok := strings.CutPrefix(line, "!"); ok {
			require.NotContains(t, []string{".git", ".env", "deploy", "deploy/tls"}, name)
			_, err := os.Stat(filepath.Join(root, name))
			require.NoError(t, err)
		}
	}
}
