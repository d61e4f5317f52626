package browser_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// cardMails is where the mails of cards are that their tests hold, each with the picture of its barcode.
const cardMails = "../internal/cardmail/testdata"

// barcode is how a mail names the picture that comes with it.
const barcode = `"cid:barcode@giftbridge"`

// serveCardMail serves a mail of a card with its picture, as a program for mails shows it, and returns its address.
func serveCardMail(t *testing.T, name string) string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(cardMails, name+".html"))
	require.NoError(t, err)
	require.Equal(t, 1, bytes.Count(page, []byte(barcode)))
	page = bytes.ReplaceAll(page, []byte(barcode), []byte(`"picture.png"`))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(page)
	})
	mux.HandleFunc("GET /picture.png", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, filepath.Join(cardMails, name+".png"))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// Whoever gets a card sees from whom and what for, what it is worth and until when, and a barcode that a till can scan, on a
// phone and on a desktop, in light and in dark. Nothing in the mail leads elsewhere.
func TestCardMailsAreReadable(t *testing.T) {
	t.Parallel()
	const leastBarcode = 280 // Pixels: what is left of a phone's window.
	for name, says := range map[string][]string{
		"full": {
			"Hello Grace Hopper", "Ada Lovelace sent you a gift card from Example Shop.", "Happy birthday, Grace!",
			"The first round of compilers is on me.", "€50.00", "2900000000018", "Valid from 10 August 2026 until 31 December 2027",
			"A page to print is attached.", "Order #1001",
		},
		"bare": {"Hello", "Here is a gift card.", "1,234.50 CHF", "AB12CD34EF56"},
		"long": {"€1,234,567.89", "AB12CD34EF56GH78IJ90KL12", "https://example.com/greetings", "until 31 December 2027"},
	} {
		address := serveCardMail(t, name)
		for window, look := range looks {
			t.Run(name+", "+window, func(t *testing.T) {
				t.Parallel()
				tab, found := open(t, address, look)
				requireReadable(t, found, look)
				require.Empty(t, found.Links)
				require.Len(t, found.Pictures, 1)
				require.Greater(t, found.Pictures[0].Width, float64(leastBarcode))
				require.InDelta(t, 1, found.Pictures[0].Background, 0, "the barcode is black on white in dark mode, too")
				var text string
				require.NoError(t, chromedp.Run(tab, chromedp.Evaluate(`document.body.innerText`, &text)))
				for _, words := range says {
					require.Contains(t, text, words)
				}
			})
		}
	}
}
