package main

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/giftbridge/giftbridge/browser"
)

// camera takes pictures of pages.
type camera struct {
	tabs   context.Context //nolint:containedctx // A browser's tabs are contexts.
	folder string
	out    io.Writer
}

// take opens a page, does what has to be done there first, and keeps a picture of it.
func (c camera) take(name, url string, l browser.Look, before ...chromedp.Action) error {
	ctx, cancel := context.WithTimeout(c.tabs, 2*time.Minute)
	defer cancel()
	tab, closeTab := chromedp.NewContext(ctx)
	defer closeTab()
	var png []byte
	actions := append(chromedp.Tasks{browser.Open(url, l)}, before...)
	if err := chromedp.Run(tab, append(actions, chromedp.CaptureScreenshot(&png))...); err != nil {
		return fmt.Errorf("picture %s: %w", name, err)
	}
	small, err := shrink(png)
	if err != nil {
		return fmt.Errorf("picture %s: %w", name, err)
	}
	_, _ = fmt.Fprintf(c.out, "%-24s %4d kB\n", name, len(small)/1000)
	return os.WriteFile(filepath.Join(c.folder, name+".png"), small, 0o644) //nolint:gosec // Pictures are for everybody.
}

//go:embed edge.js
var edge string

// fit makes the window so high that it ends between two lines of the page, and l.Height high at most.
func fit(l browser.Look) chromedp.Action {
	return chromedp.ActionFunc(func(ctx context.Context) error {
		var height int64
		if err := chromedp.Evaluate(edge, &height).Do(ctx); err != nil {
			return err
		}
		return chromedp.EmulateViewport(l.Width, height, chromedp.EmulateScale(max(l.Scale, 1))).Do(ctx)
	})
}
