// Command shoot makes the pictures of the documentation from a running sandbox.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/giftbridge/giftbridge/browser"
)

func main() {
	path := flag.String("browser", "", "the browser's program")
	program := flag.String("sandbox", "", "the sandbox's program")
	folder := flag.String("folder", "", "folder for the pictures")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := shoot(ctx, *path, *program, *folder); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// shoot makes all pictures. They take 4 minutes on 2 cores that have nothing else to do.
func shoot(ctx context.Context, path, program, folder string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	tabs, closeBrowser, err := browser.Start(ctx, path)
	if err != nil {
		return err
	}
	defer closeBrowser()
	c := camera{tabs: tabs, folder: folder, out: os.Stdout}
	start := func(columns uint16, digestEvery string) (*browser.Sandbox, error) {
		return browser.StartSandbox(ctx, program, columns, "--every", "1s", "--digest-every", digestEvery, "--seed", "1")
	}
	narrow, err := start(80, "40s")
	if err != nil {
		return err
	}
	if err := c.sandbox(ctx, narrow, 80, c.pages); err != nil {
		return err
	}
	// The digest runs failed orders again. The Web UI's pictures are of an order that has failed only once.
	wide, err := start(140, "75s")
	if err != nil {
		return err
	}
	return c.sandbox(ctx, wide, 140, c.webUI)
}

// sandbox takes others, pictures of a sandbox that has just started, and one of its terminal once it has sent a mail.
func (c camera) sandbox(
	ctx context.Context, s *browser.Sandbox, columns uint16, others func(context.Context, *browser.Sandbox) error,
) error {
	running := true
	defer func() {
		if running {
			_ = s.Stop() // The error that ended the run says more.
		}
	}()
	if err := others(ctx, s); err != nil {
		return err
	}
	if _, err := s.Wait(ctx, browser.Mail); err != nil {
		return err
	}
	running = false
	if err := s.Stop(); err != nil {
		return err
	}
	return c.terminal(s.Text(), columns)
}
