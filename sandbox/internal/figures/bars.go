package figures

import (
	"fmt"
	"io"
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

// AtLeast returns a bar that is held if the figure is the limit or more.
func AtLeast(figure string, got, limit float64) Bar {
	return Bar{Figure: figure, AtLeast: true, Limit: limit, Got: got, Held: got >= limit}
}

// AtMost returns a bar that is held if the figure is the limit or less.
func AtMost(figure string, got, limit float64) Bar {
	return Bar{Figure: figure, Limit: limit, Got: got, Held: got <= limit}
}

// need returns the condition that the figure has to meet.
func (b Bar) need() string {
	if b.AtLeast {
		return fmt.Sprintf(">= %.6g", b.Limit)
	}
	return fmt.Sprintf("<= %.6g", b.Limit)
}

// Bars are the bars of a report.
type Bars []Bar

// Check returns an error that names the bars that are missed.
func (b Bars) Check() error {
	var missed []string
	for _, one := range b {
		if !one.Held {
			missed = append(missed, fmt.Sprintf("%s is %.4g, need %s", one.Figure, one.Got, one.need()))
		}
	}
	if missed == nil {
		return nil
	}
	return fmt.Errorf("a bar is missed: %s", strings.Join(missed, "; "))
}

// Print prints the bars as a table.
func (b Bars) Print(w io.Writer) error {
	return Table(w, func(row func(...any)) {
		row("bar", "is", "need", "")
		for _, one := range b {
			row(one.Figure, one.Got, one.need(), map[bool]string{true: "held", false: "MISSED"}[one.Held])
		}
	})
}
