package env

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// List is a comma-separated list. White space around its entries is removed.
type List []string

// Decode reads the value of a variable. It keeps empty entries, so that Validate can report them.
func (l *List) Decode(value string) error {
	*l = nil
	if strings.TrimSpace(value) == "" {
		return nil
	}
	for entry := range strings.SplitSeq(value, ",") {
		*l = append(*l, strings.TrimSpace(entry))
	}
	return nil
}

// String returns the list as it is written in a variable.
func (l List) String() string { return strings.Join(l, ",") }

// Clock is a time of day.
type Clock struct {
	Hour, Minute int
}

var clockForm = regexp.MustCompile(`^([01]\d|2[0-3]):[0-5]\d$`)

// Decode reads the value of a variable, such as 18:00.
func (c *Clock) Decode(value string) error {
	if !clockForm.MatchString(value) {
		return errors.New("not a time of day")
	}
	t, err := time.Parse("15:04", value)
	if err != nil {
		return errors.New("not a time of day")
	}
	*c = Clock{Hour: t.Hour(), Minute: t.Minute()}
	return nil
}

// String returns the time of day as it is written in a variable.
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", c.Hour, c.Minute) }
