package browser_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/browser"
)

// The links of a mail, in the order of its rows: Run again and Settle of one order follow each other.
var (
	acts    = regexp.MustCompile(`<a href="(http://127\.0\.0\.1:\d+/actions/[\w-]+)">(Run again|Settle)</a>`)
	heading = `document.querySelector("h1").textContent`
	forms   = `document.forms.length`
)

// fetch reads an address as a scanner of mails does.
func fetch(t *testing.T, method, address string) (status int, content string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	require.NoError(t, err)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(body)
}

// lookAt opens a page, and returns its heading and how many forms it has.
func lookAt(t *testing.T, address string) (tab context.Context, h1 string, n int) {
	t.Helper()
	l := looks["phone, light"]
	tab, found := open(t, address, l)
	requireReadable(t, found, l)
	require.NoError(t, chromedp.Run(tab, chromedp.Evaluate(heading, &h1), chromedp.Evaluate(forms, &n)))
	return tab, h1, n
}

// press presses the button of an open page, and returns the heading and the text of the page after it. On a busy machine the page may
// say that it is not available now: then the link is opened again, as the page asks for.
func press(tab context.Context, t *testing.T, note string) (h1, text string) {
	t.Helper()
	var address string
	require.NoError(t, chromedp.Run(tab, chromedp.Location(&address)))
	const tries = 5
	for range tries {
		steps := chromedp.Tasks{}
		if note != "" {
			steps = append(steps, chromedp.SendKeys("#note", note, chromedp.ByQuery))
		}
		answer, err := chromedp.RunResponse(tab, append(steps, chromedp.Click("button", chromedp.ByQuery))...)
		require.NoError(t, err)
		require.NotNil(t, answer)
		require.NoError(t, chromedp.Run(tab, chromedp.WaitReady("h1"), chromedp.Evaluate(heading, &h1),
			chromedp.Evaluate(`document.body.innerText`, &text)))
		if answer.Status != http.StatusServiceUnavailable {
			break
		}
		require.Equal(t, "Not available now", h1)
		require.NoError(t, chromedp.Run(tab, chromedp.Navigate(address), chromedp.WaitReady("h1")))
	}
	return h1, text
}

var (
	environment = regexp.MustCompile(`(/tmp/giftbridge-sandbox-\d+\.env)`)
	actionKeys  = regexp.MustCompile(`(?m)^ACTION_KEYS='[^:]+:(.*)'$`)
)

// expired returns the same link as it would be of a mail of long ago: signed with the sandbox's own key.
func expired(t *testing.T, s *browser.Sandbox, link string) string {
	t.Helper()
	path, err := s.Wait(t.Context(), environment)
	require.NoError(t, err)
	env, err := os.ReadFile(path)
	require.NoError(t, err)
	key := actionKeys.FindSubmatch(env)
	require.Len(t, key, 2)
	address, token := link[:strings.LastIndex(link, "/")+1], link[strings.LastIndex(link, "/")+1:]
	raw, err := base64.RawURLEncoding.DecodeString(token)
	require.NoError(t, err)
	payload := raw[:len(raw)-sha256.Size]
	const beforeKey, untilEnd = 2, 3 // Version and length of the key's ID; action and day.
	end := beforeKey + int(payload[1]) + untilEnd
	binary.BigEndian.PutUint32(payload[end:], uint32(time.Now().Add(-time.Hour).Unix()))
	mac := hmac.New(sha256.New, key[1])
	mac.Write([]byte("giftbridge mail link\n"))
	mac.Write(payload)
	return address + base64.RawURLEncoding.EncodeToString(mac.Sum(payload))
}

// What a person does with the links of a mail on a phone, and what a scanner does that follows them before.
func TestLinkPages(t *testing.T) {
	t.Parallel()
	// Each digest runs failed orders again, after which the links of the one before are out of date: the next one is far.
	s, err := browser.StartSandbox(context.WithoutCancel(t.Context()), *program, 80, "--every", "500ms", "--digest-every", "90s",
		"--log-level", "warn")
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, s.Stop())
		if t.Failed() {
			t.Log(s.Text())
		}
	})
	waiting, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	mail, err := s.Wait(waiting, browser.Mail)
	require.NoError(t, err)
	_, html := fetch(t, http.MethodGet, mail+"/html")
	links := map[string][]string{}
	for _, m := range acts.FindAllStringSubmatch(html, -1) {
		links[m[2]] = append(links[m[2]], m[1])
	}
	require.NotEmpty(t, links["Run again"], html)
	require.NotEmpty(t, links["Settle"], html)

	// A scanner reads twice, in both ways, and the link is as good as new.
	again := links["Run again"][0]
	for range 2 {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			status, _ := fetch(t, method, again)
			require.Equal(t, http.StatusOK, status)
		}
	}
	for window, look := range looks {
		_, found := open(t, again, look)
		requireReadable(t, found, look)
		require.Empty(t, found.Links, window)
	}
	tab, h1, n := lookAt(t, again)
	require.Regexp(t, `^Run order #\d+ again\?$`, h1)
	require.Equal(t, 1, n)
	var says string
	require.NoError(t, chromedp.Run(tab, chromedp.Evaluate(`document.body.innerText`, &says)))
	require.Contains(t, says, "Why it failed")
	require.Contains(t, says, "Nothing happens until you press the button.")
	order := regexp.MustCompile(`#\d+`).FindString(h1)

	h1, _ = press(tab, t, "")
	require.Contains(t, []string{"Running again: order " + order, "Recorded: order " + order + " will be run again"}, h1)
	_, h1, n = lookAt(t, again)
	require.Equal(t, []any{"This link was used", 0}, []any{h1, n})
	status, _ := fetch(t, http.MethodGet, again)
	require.Equal(t, http.StatusGone, status)

	// The other link of that order is out of date: the order has a newer run.
	newer := 0
	for _, settle := range links["Settle"] {
		_, content := fetch(t, http.MethodGet, settle)
		if !strings.Contains(content, "<dd>"+order+"</dd>") {
			continue
		}
		newer++
		_, h1, n = lookAt(t, settle)
		require.Regexp(t, `^(This link is out of date|There is nothing to do: .*)$`, h1)
		require.Zero(t, n)
	}
	require.Equal(t, 1, newer, "the mail has two links of each failed order")

	_, h1, n = lookAt(t, again[:len(again)-4]+"AAAA")
	require.Equal(t, []any{"This link is not valid", 0}, []any{h1, n})

	_, h1, n = lookAt(t, expired(t, s, links["Settle"][0]))
	require.Equal(t, []any{"This link has expired", 0}, []any{h1, n})

	// An order is settled with a reason; the form does not go without one.
	for _, settle := range links["Settle"] {
		if status, _ := fetch(t, http.MethodGet, settle); status != http.StatusOK {
			continue
		}
		tab, h1, _ = lookAt(t, settle)
		require.Regexp(t, `^Settle order #\d+\?$`, h1)
		var filled bool
		require.NoError(t, chromedp.Run(tab, chromedp.Evaluate(`document.forms[0].checkValidity()`, &filled)))
		require.False(t, filled)
		h1, text := press(tab, t, "ticket 4711")
		require.Regexp(t, `^(Settled: order|Recorded: order) #\d+`, h1)
		require.NotContains(t, text, "Nothing was done")
		return
	}
	t.Fatal("the mail has no link that settles an order")
}
