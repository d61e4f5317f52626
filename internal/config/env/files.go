package env

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
func (v variable) fromFile(around *surroundings, found *Problems) error {
	if !v.secret() {
		return nil
	}
	name := v.name + inFile
	path := around.strip(name, os.Getenv(name))
	switch {
	case path == "":
		return nil
	case os.Getenv(v.name) != "":
		found.Add(name, "is set together with %s: need only one of them", v.name)
		return nil
	}
	secret, err := readSecret(path)
	if err != nil {
		found.Add(name, "cannot be used, %v: need a file that this process can read and that contains the secret", err)
		return nil
	}
	return v.fill(noVariable, secret)
}
