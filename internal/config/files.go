package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// inFile is the suffix of a variable whose value is the path of a file that holds the secret.
const inFile = "_FILE"

// maxSecret limits how many bytes of a file are read. A longer file is not a secret but was named by mistake.
const maxSecret = 64 << 10

// readSecret reads a file that holds a secret. Its errors name the file and never contain any of its content.
func readSecret(path string) (string, error) {
	f, err := os.Open(path) //nolint:gosec // The path comes from the environment, like every setting.
	if err != nil {
		return "", err
	}
	content, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return "", err
	}
	secret := strings.TrimSuffix(string(content), "\n") // Editors end files with a newline.
	switch {
	case secret == "":
		return "", fmt.Errorf("%s is empty", path)
	case len(content) > maxSecret:
		return "", fmt.Errorf("%s is too long for a secret", path)
	}
	return secret, nil
}

// fromFile sets a secret from a file, if a variable names one.
func (l leaf) fromFile(around *surroundings, found *problems) error {
	if !l.secret() {
		return nil
	}
	name := l.name + inFile
	path := around.strip(name, os.Getenv(name))
	switch {
	case path == "":
		return nil
	case os.Getenv(l.name) != "":
		found.add(name, "is set together with %s: need only one of them", l.name)
		return nil
	}
	secret, err := readSecret(path)
	if err != nil {
		found.add(name, "cannot be used, %v: need a file that this process can read and that contains the secret", err)
		return nil
	}
	return l.fill(noVariable, secret)
}
