package bench

import (
	"fmt"
	"strings"
)

// Bar is a limit that a figure has to meet.
type Bar struct {
	Figure string `json:"figure"`
	// AtLeast reports whether Limit is a minimum; otherwise it is a maximum.
	AtLeast bool    `json:"at_least"`
	Limit   float64 `json:"limit"`
	Got     float64 `json:"got"`
	Unit    string  `json:"unit,omitempty"`
	Held    bool    `json:"held"`
}

// AtLeast returns a bar that a figure must reach.
func AtLeast(figure string, got, limit float64, unit string) Bar {
	return Bar{Figure: figure, AtLeast: true, Limit: limit, Got: got, Unit: unit, Held: got >= limit}
}

// AtMost returns a bar that a figure must not exceed.
func AtMost(figure string, got, limit float64, unit string) Bar {
	return Bar{Figure: figure, Limit: limit, Got: got, Unit: unit, Held: got <= limit}
}

// MissedError names the bars that were missed.
type MissedError struct{ Bars []Bar }

// Error implements error.
func (e *MissedError) Error() string {
	missed := make([]string, len(e.Bars))
	for i, b := range e.Bars {
		missed[i] = fmt.Sprintf("%s is %.4g%s, need %s", b.Figure, b.Got, b.unit(), b.Need())
	}
	return "a bar is missed: " + strings.Join(missed, "; ")
}

// Need returns the condition that the figure has to meet.
func (b Bar) Need() string {
	sign := "<="
	if b.AtLeast {
		sign = ">="
	}
	return fmt.Sprintf("%s %.6g%s", sign, b.Limit, b.unit())
}

func (b Bar) unit() string {
	if b.Unit == "" {
		return ""
	}
	return " " + b.Unit
}

// Check returns a [*MissedError] if a bar is missed.
func Check(bars []Bar) error {
	var missed []Bar
	for _, b := range bars {
		if !b.Held {
			missed = append(missed, b)
		}
	}
	if missed == nil {
		return nil
	}
	return &MissedError{missed}
}
