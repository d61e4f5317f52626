package browser_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/browser"
)

func TestStartPageHasLiveCounts(t *testing.T) {
	t.Parallel()
	// The test's context ends before its cleanup, which has to end the sandbox gently.
	s, err := browser.StartSandbox(context.WithoutCancel(t.Context()), *program, 80, "--every", "500ms")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop()) })
	page, err := s.Wait(t.Context(), browser.StartPage)
	require.NoError(t, err)
	for window, look := range looks {
		t.Run(window, func(t *testing.T) {
			t.Parallel()
			tab, found := open(t, page, look)
			requireReadable(t, found, look)
			require.NotEmpty(t, found.Links)
			for _, count := range []string{"orders_placed", "cards_issued"} {
				var before int
				text := `Number(document.getElementById("` + count + `").textContent)`
				require.NoError(t, chromedp.Run(tab, chromedp.Evaluate(text, &before)))
				require.NoError(t, chromedp.Run(tab,
					chromedp.Poll(fmt.Sprintf("%s > %d", text, before), nil, chromedp.WithPollingInterval(200*time.Millisecond),
						chromedp.WithPollingTimeout(2*time.Minute)),
				), "%s stays at %d", count, before)
			}
		})
	}
}
