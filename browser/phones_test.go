package browser_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/browser"
)

// The page of phones is readable with messages of each kind, and so is the page of one phone.
func TestPhonesAreReadable(t *testing.T) {
	t.Parallel()
	// The test's context ends before its cleanup, which has to end the sandbox gently.
	s, err := browser.StartSandbox(context.WithoutCancel(t.Context()), *program, 80, "--every", "1200ms")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop()) })
	phones := linked(t, s, "Phones")
	awaitCards(t, phones, "Receipt", "On its way", "Now in the order", "No longer in the order", "In stock again")
	for _, page := range []string{phones, phones + "phones/1"} {
		for window, look := range looks {
			_, found := open(t, page, look)
			requireReadable(t, found, look)
			require.NotEmpty(t, found.Links, window)
		}
	}
}

// linked returns the address of a link on the start page.
func linked(t *testing.T, s *browser.Sandbox, text string) (address string) {
	t.Helper()
	start, err := s.Wait(t.Context(), browser.StartPage)
	require.NoError(t, err)
	tab, _ := open(t, start, looks["phone, light"])
	require.NoError(t, chromedp.Run(tab, chromedp.Evaluate(
		`[...document.links].find((a) => a.textContent === "`+text+`").href`, &address)))
	return address
}

// awaitCards looks at all messages of all phones until there is a card with each title.
func awaitCards(t *testing.T, phones string, titles ...string) {
	t.Helper()
	tab := newTab(t, 2*unhurried)
	require.Eventually(t, func() bool {
		var n int
		if chromedp.Run(tab, chromedp.Navigate(phones), chromedp.Evaluate(`document.querySelectorAll("section").length`, &n)) != nil {
			return false
		}
		var all []string
		for i := range n {
			var more []string
			_ = chromedp.Run(tab, chromedp.Navigate(fmt.Sprintf("%sphones/%d", phones, i+1)),
				chromedp.Evaluate(`[...document.querySelectorAll("h3")].map((h) => h.textContent)`, &more))
			all = append(all, more...)
		}
		return !slices.ContainsFunc(titles, func(title string) bool { return !slices.Contains(all, title) })
	}, unhurried, time.Second, "a card is missing")
}
