// Package leaks looks for secrets in logs.
package leaks

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// maxLine is longer than any line of a log.
const maxLine = 16 << 20

// Find returns where files hold a secret: the name of the file, and the number of the line. It does not repeat the secret. It
// fails if no file has a line, because nothing would be shown by that.
func Find(secrets []string, files ...string) ([]string, error) {
	var found []string
	read := 0
	for _, name := range files {
		lines, n, err := find(secrets, name)
		if err != nil {
			return nil, err
		}
		read += n
		found = append(found, lines...)
	}
	if read == 0 {
		return nil, errors.New("all logs are empty")
	}
	return found, nil
}

func find(secrets []string, name string) (found []string, n int, err error) {
	f, err := os.Open(name) //nolint:gosec // The laboratory names its own logs.
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		n++
		for i, s := range secrets {
			if strings.Contains(lines.Text(), s) {
				found = append(found, fmt.Sprintf("%s, line %d, secret %d", filepath.Base(name), n, i+1))
			}
		}
	}
	if err := lines.Err(); err != nil {
		return nil, n, fmt.Errorf("read %s: %w", filepath.Base(name), err)
	}
	return found, n, nil
}
