// Package leaks looks for secrets in logs.
package leaks

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// maxLine is longer than any line of a log.
const maxLine = 16 << 20

// Find returns where files hold a secret: the name of the file, and the number of the line. It does not repeat the secret. It
// fails if a file has no line, because nothing would be shown by that.
func Find(secrets []string, files ...string) ([]string, error) {
	var found []string
	for _, name := range files {
		lines, err := find(secrets, name)
		if err != nil {
			return nil, err
		}
		found = append(found, lines...)
	}
	return found, nil
}

func find(secrets []string, name string) (found []string, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxLine)
	n := 0
	for lines.Scan() {
		n++
		for i, s := range secrets {
			if strings.Contains(lines.Text(), s) {
				found = append(found, fmt.Sprintf("%s, line %d, secret %d", filepath.Base(name), n, i+1))
			}
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read %s: %w", filepath.Base(name), err)
	}
	if n == 0 {
		return nil, fmt.Errorf("%s is empty", filepath.Base(name))
	}
	return found, nil
}
