package browser_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mails is where the mails are that the tests of the digest hold.
const mails = "../internal/digest/digestmail/testdata"

func TestMailsAreReadable(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.FileServer(http.Dir(mails)))
	t.Cleanup(server.Close)
	for _, name := range []string{"orders-1", "orders-12", "orders-250", "orders-5000", "quiet", "recovered", "full"} {
		for window, look := range looks {
			t.Run(name+", "+window, func(t *testing.T) {
				t.Parallel()
				_, found := open(t, server.URL+"/"+name+".html", look)
				requireReadable(t, found, look)
				if strings.HasPrefix(name, "orders-") {
					require.NotEmpty(t, found.Links)
				}
				for _, link := range found.Links {
					require.Regexp(t, `^https?://[^/]`, link, "a mail has no address that a link could be relative to")
				}
			})
		}
	}
}

// Gmail cuts a mail off at 102 kB.
func TestMailsAreNotClipped(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(mails + "/*.html")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		info, err := os.Stat(file)
		require.NoError(t, err)
		require.Less(t, info.Size(), int64(100_000), file)
	}
}
