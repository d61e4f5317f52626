// Package output writes what the sandbox's commands print: progress lines, and reports as JSON.
package output

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"
)

// Say writes a progress line for the user.
type Say func(format string, args ...any)

// Progress returns a Say whose lines start with the seconds since this call. It is safe for concurrent use.
func Progress(w io.Writer) Say {
	zero := time.Now()
	var mu sync.Mutex
	return func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		_, _ = fmt.Fprintf(w, "%7.1fs  %s\n", time.Since(zero).Seconds(), fmt.Sprintf(format, args...))
	}
}

// JSON prints v as an indented JSON object.
func JSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
