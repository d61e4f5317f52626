package printable

import (
	"fmt"
	"strings"
	"time"
)

// Duration returns a duration as people say it, such as "30 days" or "1 hour 30 minutes": at most the two largest units,
// without the rest.
func Duration(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign, d = "minus ", -d
	}
	units := []struct {
		name string
		of   time.Duration
	}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}, {"second", time.Second}}
	var parts []string
	for _, u := range units {
		n := d / u.of
		d -= n * u.of
		switch {
		case n == 1:
			parts = append(parts, "1 "+u.name)
		case n > 1:
			parts = append(parts, fmt.Sprintf("%d %ss", n, u.name))
		case len(parts) > 0: // 1 day and 5 seconds are 1 day.
			return sign + strings.Join(parts, " ")
		}
		if len(parts) == 2 {
			return sign + strings.Join(parts, " ")
		}
	}
	if len(parts) == 0 {
		return "0 seconds"
	}
	return sign + parts[0]
}
