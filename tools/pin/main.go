// Command pin writes the digests of image tags into the files that build and deploy giftbridge. deploy/pin runs it.
//
// It is in the module of the tools, because the registry client that it uses has no place among the modules of the
// product. The client knows how registries authenticate, and the credentials of docker login.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

const usage = `Pins images: deploy/pin [--check] [FILE...]

Asks the registry of each image for the digest of its tag, and writes it behind the tag: postgres:17.11 becomes
postgres:17.11@sha256:.... Container engines then use that digest, whatever the tag names later. A digest that is there
already is replaced if the tag has moved. Each change is printed. Nothing is written unless every registry has answered.

Without FILE, it reads Dockerfile, docker-compose*.yml and the YAML files below deploy/. It leaves alone what is built
here (giftbridge...), stages of a Dockerfile, and names with variables. Credentials are those of docker login.

  --check        write nothing; fail if a digest is not its tag's, or if only some of the images have a digest
  --root FOLDER  the repository, by default the one that deploy/pin is in
  --help         this text

Exit codes: 0 done, or nothing to do; 1 a registry did not answer, or --check found something; 2 wrong usage.
`

// patience limits the question to one registry.
const patience = 30 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("pin", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	check := flags.Bool("check", false, "")
	root := flags.String("root", ".", "")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		_, _ = io.WriteString(stdout, usage)
		return 0
	case err != nil:
		_, _ = fmt.Fprintf(stderr, "pin: %v\nSee 'deploy/pin --help'.\n", err)
		return 2
	}
	found, err := pin(ctx, *root, flags.Args(), *check, stdout)
	switch {
	case err != nil:
		_, _ = fmt.Fprintf(stderr, "pin: %v\npin: no file was changed\n", err)
		return 1
	case found && *check:
		_, _ = fmt.Fprintln(stderr, "pin: run deploy/pin, and look at what the tags name now")
		return 1
	}
	return 0
}

// use is a place that names an image.
type use struct {
	file  string
	shown string // The file, as people know it.
	line  int    // Starts at 0.
	image string // Name and tag.
	old   string // The digest in the file, or "".
	new   string // The digest that the registry has.
}

func (u use) String() string { return fmt.Sprintf("%s:%d: %s", u.shown, u.line+1, u.image) }

// pin pins the images in files, by default those of the repository. It reports whether there was something to pin.
func pin(ctx context.Context, root string, files []string, check bool, stdout io.Writer) (bool, error) {
	named := len(files) > 0
	if !named {
		var err error
		if files, err = defaults(root); err != nil {
			return false, err
		}
	}
	lines := map[string][]string{}
	var uses []use
	for _, file := range files {
		text, err := os.ReadFile(file) //nolint:gosec // The files that somebody names.
		if err != nil {
			return false, err
		}
		lines[file] = strings.Split(string(text), "\n")
		shown := file
		if below, err := filepath.Rel(root, file); err == nil && !named {
			shown = below
		}
		for _, u := range images(file, lines[file]) {
			u.shown = shown
			uses = append(uses, u)
		}
	}
	if err := resolve(ctx, uses); err != nil {
		return false, err
	}
	if check {
		return differences(uses, stdout), nil
	}
	changed := map[string]bool{}
	for _, u := range uses {
		if u.old == u.new {
			continue
		}
		was := u.image
		if u.old != "" {
			was += "@" + u.old
		}
		lines[u.file][u.line] = strings.Replace(lines[u.file][u.line], was, u.image+"@"+u.new, 1)
		changed[u.file] = true
		_, _ = fmt.Fprintf(stdout, "%s@%s\n", u, u.new)
	}
	for _, file := range slices.Sorted(maps.Keys(changed)) {
		info, err := os.Stat(file)
		if err != nil {
			return false, err
		}
		if err := os.WriteFile(file, []byte(strings.Join(lines[file], "\n")), info.Mode().Perm()); err != nil {
			return false, err
		}
	}
	if len(changed) == 0 {
		_, _ = fmt.Fprintf(stdout, "%d images, all pinned to what their tags name\n", len(uses))
	}
	return len(changed) > 0, nil
}

// differences prints what --check finds, and reports whether it is a failure. Files in which no image has a digest are
// as they are on purpose.
func differences(uses []use, stdout io.Writer) bool {
	pinned := slices.ContainsFunc(uses, func(u use) bool { return u.old != "" })
	found := false
	for _, u := range uses {
		switch {
		case u.old == "":
			_, _ = fmt.Fprintf(stdout, "%s has no digest\n", u)
			found = found || pinned
		case u.old != u.new:
			_, _ = fmt.Fprintf(stdout, "%s has %s, the registry %s\n", u, u.old, u.new)
			found = true
		}
	}
	return found
}

// defaults lists the files of the repository that name images.
func defaults(root string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(root, "docker-compose*.yml"))
	if err != nil {
		return nil, err
	}
	files = append(files, filepath.Join(root, "Dockerfile"))
	err = filepath.WalkDir(filepath.Join(root, "deploy"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && slices.Contains([]string{".yml", ".yaml"}, filepath.Ext(path)) {
			files = append(files, path)
		}
		return err
	})
	return files, err
}

var (
	inYAML = regexp.MustCompile(`^\s*(?:- )?image:\s+(?:&\S+\s+)?["']?([^\s"'#*&]+)["']?\s*(?:#.*)?$`)
	from   = regexp.MustCompile(`(?i)^FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?\s*$`)
)

// images returns the places in a file that name an image of others.
func images(file string, lines []string) []use {
	form := inYAML
	if strings.HasPrefix(filepath.Base(file), "Dockerfile") {
		form = from
	}
	var uses []use
	stages := []string{"scratch"}
	for i, line := range lines {
		m := form.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		image, digest, _ := strings.Cut(m[1], "@")
		if !strings.Contains(image, "$") && !slices.Contains(stages, image) && !ours(image) {
			uses = append(uses, use{file: file, line: i, image: image, old: digest})
		}
		if len(m) > 2 {
			stages = append(stages, m[2])
		}
	}
	return uses
}

// ours reports whether an image is built from this repository.
func ours(image string) bool { return strings.HasPrefix(filepath.Base(image), "giftbridge") }

// resolve sets the digests that the registries have, with one question for each image.
func resolve(ctx context.Context, uses []use) error {
	known := map[string]string{}
	var problems []error
	for i, u := range uses {
		digest, asked := known[u.image]
		if !asked {
			var err error
			if digest, err = ask(ctx, u.image); err != nil {
				problems = append(problems, fmt.Errorf("%s: %w", u, err))
			}
			known[u.image] = digest
		}
		uses[i].new = digest
	}
	return errors.Join(problems...)
}

// ask returns the digest of a tag: that of the index, for an image of several platforms.
func ask(ctx context.Context, image string) (string, error) {
	tag, err := name.NewTag(image)
	switch {
	case err != nil:
		return "", err
	case !strings.Contains(filepath.Base(image), ":"):
		return "", errors.New("has no tag")
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	d, err := remote.Head(tag, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain))
	if err != nil {
		return "", fmt.Errorf("ask the registry %s: %w", tag.RegistryStr(), err)
	}
	return d.Digest.String(), nil
}
