package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/giftbridge/giftbridge/browser"
)

// pages takes pictures of a digest and of the start page.
func (c camera) pages(ctx context.Context, s *browser.Sandbox) error {
	mail, err := s.Wait(ctx, browser.Mail)
	if err != nil {
		return err
	}
	start, err := s.Wait(ctx, browser.StartPage)
	if err != nil {
		return err
	}
	// First, because the next digest runs the order again, and the link of this one is then out of date.
	link, err := linkOf(ctx, mail)
	if err != nil {
		return err
	}
	if err := c.lightAndDark("link-390", link, browser.Look{Width: 390, Height: 844, Scale: 2}); err != nil {
		return err
	}
	for _, l := range []browser.Look{{Width: 390, Height: 844, Scale: 2}, {Width: 1280, Height: 1240}} {
		if err := c.lightAndDark(fmt.Sprintf("digest-%d", l.Width), mail+"/html", l); err != nil {
			return err
		}
	}
	return c.lightAndDark("start-page", start, browser.Look{Width: 1280, Height: 1000}, mask)
}

var runAgain = regexp.MustCompile(`<a href="(http://[^"]+/actions/[^"]+)">Run again</a>`)

// linkOf returns the first link of a mail that runs an order again.
func linkOf(ctx context.Context, mail string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, mail+"/html", nil)
	if err != nil {
		return "", err
	}
	answer, err := (&http.Client{Timeout: 10 * time.Second}).Do(r)
	if err != nil {
		return "", err
	}
	defer func() { _ = answer.Body.Close() }()
	html, err := io.ReadAll(answer.Body)
	if err != nil {
		return "", err
	}
	m := runAgain.FindSubmatch(html)
	if m == nil {
		return "", fmt.Errorf("the mail %s has no link that runs an order again", mail)
	}
	return string(m[1]), nil
}

// mask replaces what differs from run to run on the start page: ports, and a file's name.
var mask = chromedp.Evaluate(`document.querySelectorAll("code, .meta").forEach((e) => {
	e.innerHTML = e.innerHTML.replace(/sandbox-\d+\.env/, "sandbox.env").replace(/(127\.0\.0\.1:)\d+/, "$17233");
})`, nil)

// lightAndDark takes a picture of a page in each colour scheme.
func (c camera) lightAndDark(name, url string, l browser.Look, before ...chromedp.Action) error {
	before = append(before, fit(l))
	if err := c.take(name+"-light", url, l, before...); err != nil {
		return err
	}
	l.Dark = true
	return c.take(name+"-dark", url, l, before...)
}

// webUI takes the runbook's pictures of Temporal's Web UI. All begin at the page of a failed order.
func (c camera) webUI(ctx context.Context, s *browser.Sandbox) error {
	failed, err := s.Wait(ctx, browser.Failed)
	if err != nil {
		return err
	}
	// The Web UI shows its parts one after another, and says nowhere that it has them all.
	settle := chromedp.Sleep(8 * time.Second)
	for _, p := range []struct {
		name          string
		width, height int64
		open          chromedp.Action
	}{
		{"reset", 1000, 640, reset},
		{"failed-order", 1600, 1000, chromedp.Tasks{}},
		{"order-details", 1600, 800, details},
		{"workflows", 1480, 560, list},
	} {
		look := browser.Look{Width: p.width, Height: p.height}
		if err := c.take(p.name, failed, look, settle, p.open, settle); err != nil {
			return err
		}
	}
	return nil
}

// list opens the list of orders, with the columns that the runbook recommends.
var list = chromedp.Evaluate(`localStorage.setItem("namespace-workflow-table-columns", JSON.stringify({
	default: ["Status", "Workflow ID", "End", "ShopifyOrderName", "GiftCardSku"].map((label) => ({ label })),
}));
location.href = "/namespaces/default/workflows?query=" + encodeURIComponent('WorkflowType="GiftCardOrder"');`, nil)

// details opens what giftbridge says about the order.
var details = chromedp.Evaluate(`location.pathname = location.pathname.replace(/history$/, "user-metadata")`, nil)

// reset opens the dialog that resets the shown workflow, and the list of events there. The page has the button twice.
var reset = chromedp.Tasks{
	chromedp.Evaluate(`[...document.querySelectorAll("button")].find((b) => b.innerText.trim() === "Reset").click()`, nil),
	chromedp.Sleep(time.Second), // The dialog is moved into its place.
	chromedp.Evaluate(`document.querySelector("dialog[open] button[aria-controls=reset-event-id-select]").click()`, nil),
}
