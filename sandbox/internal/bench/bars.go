package bench

import (
	"fmt"
	"strings"
)

// Bar is a limit that a ratio has to meet.
type Bar struct {
	Figure string `json:"figure"`
	// AtLeast reports whether Limit is a minimum; otherwise it is a maximum.
	AtLeast bool    `json:"at_least"`
	Limit   float64 `json:"limit"`
	Got     float64 `json:"got"`
	Held    bool    `json:"held"`
}

func atLeast(figure string, got, limit float64) Bar {
	return Bar{Figure: figure, AtLeast: true, Limit: limit, Got: got, Held: got >= limit}
}

func atMost(figure string, got, limit float64) Bar {
	return Bar{Figure: figure, Limit: limit, Got: got, Held: got <= limit}
}

// need returns the condition that the figure has to meet.
func (b Bar) need() string {
	if b.AtLeast {
		return fmt.Sprintf(">= %.6g", b.Limit)
	}
	return fmt.Sprintf("<= %.6g", b.Limit)
}

// Check returns an error that names the bars that are missed.
func (r *Report) Check() error {
	var missed []string
	for _, b := range r.Bars {
		if !b.Held {
			missed = append(missed, fmt.Sprintf("%s is %.4g, need %s", b.Figure, b.Got, b.need()))
		}
	}
	if missed == nil {
		return nil
	}
	return fmt.Errorf("a bar is missed: %s", strings.Join(missed, "; "))
}
