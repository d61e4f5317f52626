package browser_test

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/browser"
)

// The page of the ERP is readable with events of orders, and so is the page of one order.
func TestEventsAreReadable(t *testing.T) {
	t.Parallel()
	// The test's context ends before its cleanup, which has to end the sandbox gently.
	s, err := browser.StartSandbox(context.WithoutCancel(t.Context()), *program, 80, "--every", "1200ms")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop()) })
	events := linked(t, s, "events")
	tab := newTab(t, unhurried)
	require.Eventually(t, func() bool {
		var is bool
		err := chromedp.Run(tab, chromedp.Navigate(events), chromedp.Evaluate(`document.querySelectorAll("section").length > 3`, &is))
		return err == nil && is
	}, unhurried, time.Second, "no events come")
	for _, page := range []string{events, events + "resources/1"} {
		for _, look := range looks {
			_, found := open(t, page, look)
			requireReadable(t, found, look)
		}
	}
}
