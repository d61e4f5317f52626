package deploytest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// registry is a registry on this machine, as far as deploy/pin needs one. It demands a token, as Docker Hub does.
type registry struct {
	*httptest.Server

	mu   sync.Mutex
	tags map[string]string // Digests by "name:tag".
}

func newRegistry(t *testing.T) *registry {
	r := &registry{tags: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /token", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"token": "let-me-read"}`))
	})
	mux.HandleFunc("/v2/", func(w http.ResponseWriter, q *http.Request) {
		if q.Header.Get("Authorization") != "Bearer let-me-read" {
			w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="%s/token",service="here"`, r.URL))
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		name, tag, isManifest := strings.Cut(strings.TrimPrefix(q.URL.Path, "/v2/"), "/manifests/")
		r.mu.Lock()
		digest := r.tags[name+":"+tag]
		r.mu.Unlock()
		switch {
		case !isManifest:
		case digest == "" || q.Method != http.MethodHead:
			w.WriteHeader(http.StatusNotFound)
		default:
			w.Header().Set("Content-Type", "application/vnd.oci.image.index.v1+json")
			w.Header().Set("Content-Length", "1")
			w.Header().Set("Docker-Content-Digest", digest)
		}
	})
	r.Server = httptest.NewServer(mux)
	t.Cleanup(r.Close)
	return r
}

func (r *registry) host() string { return strings.TrimPrefix(r.URL, "http://") }

func (r *registry) set(image, digest string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tags[image] = digest
}

// digestOf returns a digest that consists of one digit.
func digestOf(digit string) string { return "sha256:" + strings.Repeat(digit, 64) }

// repository makes a repository whose files name images of a registry, and of no other.
func repository(t *testing.T, host string) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range map[string]string{
		"Dockerfile": "FROM --platform=$BUILDPLATFORM HOST/golang:1.26 AS source\nFROM source AS build\nFROM scratch\n",
		"docker-compose.yml": `x-image: &image
  image: ${GIFTBRIDGE_IMAGE:-giftbridge:local}
services:
  a:
    image: &db HOST/library/postgres:17 # The database.
  b:
    image: *db
  c:
    image: "HOST/library/postgres:17"
`,
		"docker-compose.production.yml": "services: {}\n",
		"deploy/kubernetes/worker.yaml": "      containers:\n        - image: giftbridge\n",
		"deploy/jobs/backup.yaml":       "        - image: HOST/tools/backup:v2\n",
		"docs/notes.yaml":               "image: HOST/no/file:of-ours\n",
	} {
		path := filepath.Join(folder, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(strings.ReplaceAll(text, "HOST", host)), 0o644))
	}
	return folder
}

// pin runs deploy/pin, and returns what it prints and its exit code.
func pin(t *testing.T, args ...string) (string, int) {
	t.Helper()
	c := exec.CommandContext(t.Context(), filepath.Join(root, "deploy/pin"), args...)
	c.Env = append(os.Environ(), "DOCKER_CONFIG="+t.TempDir())
	out, err := c.CombinedOutput()
	if err != nil {
		require.ErrorAs(t, err, new(*exec.ExitError))
	}
	return string(out), c.ProcessState.ExitCode()
}

// Each tag gets the digest that the registry has, and keeps its place in the file. A second run finds nothing to do,
// and a tag that has moved is found by --check and followed by the next run.
func TestPin(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	host := r.host()
	folder := repository(t, host)
	r.set("golang:1.26", digestOf("1"))
	r.set("library/postgres:17", digestOf("2"))
	r.set("tools/backup:v2", digestOf("3"))

	out, code := pin(t, "--root", folder, "--check")
	require.Zero(t, code, out)
	require.Contains(t, out, "Dockerfile:1: "+host+"/golang:1.26 has no digest\n")

	out, code = pin(t, "--root", folder)
	require.Zero(t, code, out)
	require.Equal(t, strings.ReplaceAll(`docker-compose.yml:5: HOST/library/postgres:17@2
docker-compose.yml:9: HOST/library/postgres:17@2
Dockerfile:1: HOST/golang:1.26@1
deploy/jobs/backup.yaml:1: HOST/tools/backup:v2@3
`, "HOST", host), shorter(out))
	require.Equal(t, strings.ReplaceAll(`x-image: &image
  image: ${GIFTBRIDGE_IMAGE:-giftbridge:local}
services:
  a:
    image: &db HOST/library/postgres:17@2 # The database.
  b:
    image: *db
  c:
    image: "HOST/library/postgres:17@2"
`, "HOST", host), shorter(read(t, filepath.Join(folder, "docker-compose.yml"))))
	require.Equal(t, "FROM --platform=$BUILDPLATFORM "+host+"/golang:1.26@1 AS source\nFROM source AS build\nFROM scratch\n",
		shorter(read(t, filepath.Join(folder, "Dockerfile"))))
	require.NotContains(t, read(t, filepath.Join(folder, "docs/notes.yaml")), "@")
	info, err := os.Stat(filepath.Join(folder, "Dockerfile"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o644), info.Mode())

	out, code = pin(t, "--root", folder)
	require.Zero(t, code, out)
	require.Equal(t, "4 images, all pinned to what their tags name\n", out)

	r.set("library/postgres:17", digestOf("4"))
	before := read(t, filepath.Join(folder, "docker-compose.yml"))
	out, code = pin(t, "--root", folder, "--check")
	require.Equal(t, 1, code, out)
	require.Contains(t, shorter(out), "docker-compose.yml:5: "+host+"/library/postgres:17 has 2, the registry 4\n")
	require.Equal(t, before, read(t, filepath.Join(folder, "docker-compose.yml")))

	compose := filepath.Join(folder, "docker-compose.yml")
	out, code = pin(t, compose)
	require.Zero(t, code, out)
	require.Contains(t, shorter(out), compose+":5: "+host+"/library/postgres:17@4\n")
	require.Contains(t, shorter(read(t, compose)), "&db "+host+"/library/postgres:17@4 # The database.")
}

// shorter replaces digests by their only digit.
func shorter(text string) string {
	for _, digit := range []string{"1", "2", "3", "4"} {
		text = strings.ReplaceAll(text, digestOf(digit), digit)
	}
	return text
}

// An image that is added by hand, without a digest, is noticed where the others have one.
func TestPinNoticesWhatHasNoDigest(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	file := filepath.Join(t.TempDir(), "compose.yaml")
	text := fmt.Sprintf("image: %s/one:1@%s\nimage: %s/two:2\n", r.host(), digestOf("1"), r.host())
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	r.set("one:1", digestOf("1"))
	r.set("two:2", digestOf("2"))
	out, code := pin(t, "--check", file)
	require.Equal(t, 1, code, out)
	require.Contains(t, out, r.host()+"/two:2 has no digest\n")
}

// Nothing is written unless every registry has answered, and the error names the image and its place.
func TestPinWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	gone := newRegistry(t)
	gone.Close()
	folder := t.TempDir()
	for name, tt := range map[string]struct{ image, says string }{
		"no registry": {gone.host() + "/two:2", "ask the registry " + gone.host()},
		"no tag":      {r.host() + "/two", "has no tag"},
		"unknown tag": {r.host() + "/two:2", "404 Not Found"},
		"no name":     {r.host() + "/Two:2", "repository can only contain"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(folder, strings.ReplaceAll(name, " ", "-")+".yaml")
			text := fmt.Sprintf("image: %s/one:1\nimage: %s\n", r.host(), tt.image)
			require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
			r.set("one:1", digestOf("1"))
			out, code := pin(t, file)
			require.Equal(t, 1, code, out)
			require.Contains(t, out, file+":2: "+tt.image+": ")
			require.Contains(t, out, tt.says)
			require.Contains(t, out, "no file was changed")
			require.Equal(t, text, read(t, file))
		})
	}
}

func TestPinHelp(t *testing.T) {
	t.Parallel()
	out, code := pin(t, "--help")
	require.Zero(t, code, out)
	require.Contains(t, out, "deploy/pin [--check] [FILE...]")
	out, code = pin(t, "--pin")
	require.Equal(t, 2, code, out)
	require.Contains(t, out, "See 'deploy/pin --help'.")
	out, code = pin(t, filepath.Join(t.TempDir(), "none.yml"))
	require.Equal(t, 1, code, out)
	require.Contains(t, out, "no such file or directory")
}
