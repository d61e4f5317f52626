package browser_test

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/browser"
)

var (
	path    = flag.String("browser", "", "the browser's program")
	program = flag.String("sandbox", "", "the sandbox's program")
	tabs    context.Context
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

// run runs the tests in tabs of one browser.
func run(m *testing.M) int {
	flag.Parse()
	ctx, cancel, err := browser.Start(context.Background(), *path)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer cancel()
	tabs = ctx
	return m.Run()
}

// looks are the windows in which each page is looked at.
var looks = map[string]browser.Look{
	"phone, light":   {Width: 390, Height: 844},
	"phone, dark":    {Width: 390, Height: 844, Dark: true},
	"desktop, light": {Width: 1280, Height: 900},
	"desktop, dark":  {Width: 1280, Height: 900, Dark: true},
}

// newTab opens a tab, which the test closes, and returns a context for what takes at most limit in it.
//
// The first run in a tab decides how long the tab's events are read, and it has no limit: a tab that is open while nobody
// reads its events blocks the browser's only connection, and with it all tabs.
func newTab(t *testing.T, limit time.Duration, options ...chromedp.ContextOption) context.Context {
	t.Helper()
	tab, closeTab := chromedp.NewContext(tabs, options...)
	t.Cleanup(closeTab)
	require.NoError(t, chromedp.Run(tab))
	tab, cancel := context.WithTimeout(tab, limit)
	t.Cleanup(cancel)
	return tab
}

// open opens a page in a tab of its own, which the test closes, and looks at it.
func open(t *testing.T, address string, l browser.Look) (context.Context, browser.Finding) {
	t.Helper()
	tab := newTab(t, time.Minute)
	var f browser.Finding
	require.NoError(t, chromedp.Run(tab, browser.Open(address, l), browser.Inspect(&f)))
	return tab, f
}

// requireReadable checks what has to be so of every page.
func requireReadable(t *testing.T, f browser.Finding, l browser.Look) {
	t.Helper()
	require.LessOrEqual(t, f.Overflow, 0, "the page has to be scrolled sideways")
	require.NotZero(t, f.Texts)
	require.Empty(t, f.Faint, "text with a contrast below 4.5:1")
	if l.Dark {
		require.Less(t, f.Background, 0.1, "dark mode is not applied")
	} else {
		require.Greater(t, f.Background, 0.85)
	}
	for _, p := range f.Pictures {
		require.True(t, p.Loaded, "a picture is missing")
		require.Positive(t, p.Width)
		require.InDelta(t, 1, p.Stretch, 0.02, "a picture has lost its shape")
	}
	require.Empty(t, f.Nameless, "links without a text")
	for _, link := range f.Links {
		u, err := url.Parse(link)
		require.NoError(t, err)
		require.Contains(t, []string{"http", "https", ""}, u.Scheme, link)
		require.True(t, u.Host != "" || u.Scheme == "" && u.Path != "", "a link without a target: %q", link)
	}
}
