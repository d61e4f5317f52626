// Command shoot makes the pictures of the documentation from a running sandbox and from the mails of the tests.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/giftbridge/giftbridge/browser"
)

func main() {
	path := flag.String("browser", "", "the browser's program")
	program := flag.String("sandbox", "", "the sandbox's program")
	mails := flag.String("mails", "", "folder of the mails")
	folder := flag.String("folder", "", "folder for the pictures")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := shoot(ctx, *path, *program, *mails, *folder); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// shoot makes all pictures.
func shoot(ctx context.Context, path, program, mails, folder string) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	tabs, closeBrowser, err := browser.Start(ctx, path)
	if err != nil {
		return err
	}
	defer closeBrowser()
	c := camera{tabs: tabs, folder: folder, out: os.Stdout}
	if err := c.digests(mails); err != nil {
		return err
	}
	for _, columns := range []uint16{80, 140} {
		if err := c.sandbox(ctx, program, columns); err != nil {
			return err
		}
	}
	return nil
}

// camera takes pictures of pages.
type camera struct {
	tabs   context.Context //nolint:containedctx // A browser's tabs are contexts.
	folder string
	out    io.Writer
}

// take opens a page, does what has to be done there first, and keeps a picture of it.
func (c camera) take(name, url string, l browser.Look, before ...chromedp.Action) error {
	tab, closeTab := chromedp.NewContext(c.tabs)
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

// digests takes pictures of a mail.
func (c camera) digests(mails string) error {
	server := httptest.NewServer(http.FileServer(http.Dir(mails)))
	defer server.Close()
	for _, l := range []browser.Look{
		{Width: 390, Height: 844, Scale: 2},
		{Width: 390, Height: 844, Scale: 2, Dark: true},
		{Width: 1280, Height: 1100},
		{Width: 1280, Height: 1100, Dark: true},
	} {
		scheme := "light"
		if l.Dark {
			scheme = "dark"
		}
		if err := c.take(fmt.Sprintf("digest-%d-%s", l.Width, scheme), server.URL+"/orders-12.html", l); err != nil {
			return err
		}
	}
	return nil
}

// enough matches what the sandbox has written once its terminal shows everything of interest: a mail's subject.
var enough = regexp.MustCompile(`mail\S* +\S*(\[giftbridge)`)

// sandbox runs the sandbox for a while, and takes a picture of its terminal. The wide one is also the occasion for its
// pages.
func (c camera) sandbox(ctx context.Context, program string, columns uint16) (err error) {
	s, err := browser.StartSandbox(ctx, program, columns, "--every", "1s", "--digest-every", "20s", "--seed", "1")
	if err != nil {
		return err
	}
	running := true
	defer func() {
		if running {
			_ = s.Stop() // The error that ended the run says more.
		}
	}()
	if _, err := s.Wait(ctx, enough); err != nil {
		return err
	}
	if columns == 140 {
		if err := c.pages(ctx, s); err != nil {
			return err
		}
	}
	running = false
	if err := s.Stop(); err != nil {
		return err
	}
	page, rows := render(s.Text(), columns)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "terminal.html", time.Time{}, bytes.NewReader(page))
	}))
	defer server.Close()
	width, height := size(columns, rows)
	return c.take(fmt.Sprintf("sandbox-%d", columns), server.URL, browser.Look{Width: width, Height: height, Scale: 1.5})
}

// pages takes pictures of the start page, and of a failed order in Temporal's Web UI.
func (c camera) pages(ctx context.Context, s *browser.Sandbox) error {
	start, err := s.Wait(ctx, browser.StartPage)
	if err != nil {
		return err
	}
	failed, err := s.Wait(ctx, browser.Failed)
	if err != nil {
		return err
	}
	// The ports and the file's name differ from run to run.
	mask := chromedp.Evaluate(`document.querySelectorAll("code, .meta").forEach((e) => {
		e.innerHTML = e.innerHTML.replace(/sandbox-\d+\.env/, "sandbox.env").replace(/(127\.0\.0\.1:)\d+/, "$17233");
	})`, nil)
	for name, dark := range map[string]bool{"start-page-light": false, "start-page-dark": true} {
		if err := c.take(name, start, browser.Look{Width: 1280, Height: 1000, Dark: dark}, mask); err != nil {
			return err
		}
	}
	// The Web UI shows its parts one after another, and says nowhere that it has them all.
	return c.take("failed-order", failed, browser.Look{Width: 1280, Height: 1200}, chromedp.Sleep(8*time.Second))
}
