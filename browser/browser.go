package browser

import (
	"context"
	_ "embed"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// Look is how a person looks at a page.
type Look struct {
	Width, Height int64
	Dark          bool
	// Scale is the number of a picture's pixels for each of the page's.
	Scale float64
}

// startTimeout limits the start of the browser, which takes long on a busy machine.
const startTimeout = 2 * time.Minute

// Start starts the browser at path, and returns a context for its tabs. Cancel ends the browser.
func Start(ctx context.Context, path string) (tabs context.Context, cancel context.CancelFunc, err error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox, // It opens only pages of ours, and Chromium's own sandbox refuses to run as root.
		chromedp.WSURLReadTimeout(startTimeout),
	)
	ctx, stop := chromedp.NewExecAllocator(ctx, options...)
	ctx, closeTab := chromedp.NewContext(ctx, chromedp.WithErrorf(logError))
	cancel = func() { closeTab(); stop() }
	if err := chromedp.Run(ctx); err != nil {
		cancel()
		return nil, nil, fmt.Errorf("start the browser %s: %w", path, err)
	}
	return ctx, cancel, nil
}

// logError logs an error of chromedp, unless the browser has only told it of an event that it does not know.
func logError(format string, args ...any) {
	if !strings.HasPrefix(format, "unhandled ") {
		log.Printf(format, args...)
	}
}

// Open opens a page in a tab as l says.
func Open(url string, l Look) chromedp.Tasks {
	scheme := "light"
	if l.Dark {
		scheme = "dark"
	}
	return chromedp.Tasks{
		chromedp.EmulateViewport(l.Width, l.Height, chromedp.EmulateScale(max(l.Scale, 1))),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme},
		}),
		chromedp.Navigate(url),
		chromedp.WaitReady("body"),
	}
}

// Finding is what a person would notice about an open page.
type Finding struct {
	// Overflow is by how many pixels the page is wider than its window.
	Overflow int `json:"overflow"`
	// Background is the luminance of what is behind the page's text, from 0 for black to 1 for white.
	Background float64 `json:"background"`
	// Texts is the number of texts that were looked at, Faint are those with a contrast below 4.5:1.
	Texts int      `json:"texts"`
	Faint []string `json:"faint"`
	// Pictures are the page's pictures.
	Pictures []Picture `json:"pictures"`
	// Links are the targets of the page's links as they are written, Nameless those of links without a text.
	Links    []string `json:"links"`
	Nameless []string `json:"nameless"`
}

// Picture is a picture of a page.
type Picture struct {
	// Loaded reports whether there is a picture, and not only a place for one.
	Loaded bool `json:"loaded"`
	// Width and Height are the size in which it is shown, and Stretch is how much wider it is than its shape asks for: 1 if it
	// has its shape.
	Width   float64 `json:"width"`
	Height  float64 `json:"height"`
	Stretch float64 `json:"stretch"`
	// Background is the luminance of what is behind it.
	Background float64 `json:"background"`
}

//go:embed inspect.js
var inspect string

// Inspect looks at the open page.
func Inspect(f *Finding) chromedp.Action { return chromedp.Evaluate(inspect, f) }
