package browser_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/browser"
)

// unhurried is longer than anything takes that is waited for.
const unhurried = 4 * time.Minute

// checkout is the page of the sandbox's example of a checkout, in a tab with cookies of its own.
type checkout struct {
	t   *testing.T
	tab context.Context

	mu   sync.Mutex
	urls []string
}

// enter opens the checkout as a new shopper does. It notes each address that the browser asks for.
func enter(t *testing.T, address string, l browser.Look) *checkout {
	t.Helper()
	tab := newTab(t, 2*unhurried, chromedp.WithTargetID(stranger(t)))
	c := &checkout{t: t, tab: tab}
	chromedp.ListenTarget(tab, func(event any) {
		if sent, ok := event.(*network.EventRequestWillBeSent); ok {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.urls = append(c.urls, sent.Request.URL)
		}
	})
	c.run(network.Enable(), browser.Open(address, l))
	return c
}

// stranger opens a tab without the cookies of others. It needs a window of its own.
func stranger(t *testing.T) (tab target.ID) {
	t.Helper()
	ctx := cdp.WithExecutor(tabs, chromedp.FromContext(tabs).Browser)
	apart, err := target.CreateBrowserContext().WithDisposeOnDetach(true).Do(ctx)
	require.NoError(t, err)
	tab, err = target.CreateTarget("about:blank").WithBrowserContextID(apart).WithNewWindow(true).Do(ctx)
	require.NoError(t, err)
	return tab
}

func (c *checkout) run(steps ...chromedp.Action) {
	c.t.Helper()
	require.NoError(c.t, chromedp.Run(c.tab, steps...))
}

// text returns what the page says.
func (c *checkout) text() (text string) {
	c.t.Helper()
	c.run(chromedp.Evaluate(`document.body.innerText`, &text))
	return text
}

// says waits until the page says something, and checks that it can be read then.
func (c *checkout) says(words string) {
	c.t.Helper()
	c.awaits(fmt.Sprintf(`document.readyState === "complete" && document.body.innerText.includes(%q)`, words))
}

// awaits waits until an expression is true. A page that is being left is looked at again.
func (c *checkout) awaits(expression string) {
	c.t.Helper()
	require.Eventually(c.t, func() bool {
		var is bool
		err := chromedp.Run(c.tab, chromedp.Evaluate(expression, &is))
		return err == nil && is
	}, unhurried, 100*time.Millisecond, "%s, and the page says: %s", expression, told{c})
}

// told is what a page says when it is asked, for the message of a failure.
type told struct{ *checkout }

func (p told) String() (text string) {
	_ = chromedp.Run(p.tab, chromedp.Evaluate(`document.body.innerText`, &text))
	return text
}

// card waits until there is a card of so much to try, and returns its code.
func (c *checkout) card(worth string) string {
	c.t.Helper()
	var code string
	find := fmt.Sprintf(`[...document.querySelectorAll(".samples button")].filter((b) => b.textContent.endsWith(%q)).map((b) => b.value)[0] || ""`, worth)
	require.Eventually(c.t, func() bool {
		err := chromedp.Run(c.tab, chromedp.Reload(), chromedp.WaitReady("main"), chromedp.Evaluate(find, &code))
		return err == nil && code != ""
	}, unhurried, time.Second, "no card of "+worth)
	return code
}

// button returns the selector of the button with a text.
func button(text string) string { return fmt.Sprintf(`//button[contains(., %q)]`, text) }

func (c *checkout) press(text string) {
	c.t.Helper()
	c.run(chromedp.Click(button(text), chromedp.BySearch))
}

// hurry does what an impatient shopper does: presses a button of the first form twice and loads the page again, which may end
// what was being sent, until the page has no such form any more.
func (c *checkout) hurry(text string) {
	c.t.Helper()
	require.Eventually(c.t, func() bool {
		const brief = 10 * time.Second
		ctx, cancel := context.WithTimeout(c.tab, brief)
		defer cancel()
		form := true
		if err := chromedp.Run(ctx, page.Reload(), chromedp.WaitReady("main"), chromedp.Evaluate(
			`document.readyState !== "complete" || document.querySelector("#split") !== null`, &form)); err != nil || !form {
			return err == nil
		}
		_ = chromedp.Run(ctx, chromedp.DoubleClick(button(text), chromedp.BySearch)) // The page may be gone in between.
		return false
	}, unhurried, time.Second)
}

// fill types into the field for the code, as a person does.
func (c *checkout) fill(code string) {
	c.t.Helper()
	c.run(chromedp.Evaluate(`document.getElementById("code").value = ""`, nil), chromedp.SendKeys("#code", code, chromedp.ByQuery))
}

// focused returns what has the focus: what a screen reader reads first.
func (c *checkout) focused() (id string) {
	c.t.Helper()
	c.run(chromedp.Evaluate(`document.activeElement.id`, &id))
	return id
}

// balance asks what is on a card. The shopper's order has to be open.
func (c *checkout) balance(code, want string) {
	c.t.Helper()
	c.fill(code)
	c.press("Check the balance")
	c.says(want)
}

// readable checks the page as it is.
func (c *checkout) readable(l browser.Look) {
	c.t.Helper()
	var f browser.Finding
	c.run(browser.Inspect(&f))
	requireReadable(c.t, f, l)
}

// discreet checks that no address has had the code of a card.
func (c *checkout) discreet(codes ...string) {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	require.NotEmpty(c.t, c.urls)
	for _, u := range c.urls {
		for _, code := range codes {
			require.NotContains(c.t, u, code)
		}
	}
}

// A shopper pays with gift cards at the example of a checkout, by mouse, by keyboard and without a script.
//
//nolint:paralleltest,tparallel // Its parts use the same cards, one after the other.
func TestCheckout(t *testing.T) {
	t.Parallel()
	s, err := browser.StartSandbox(context.WithoutCancel(t.Context()), *program, 80, "--every", "500ms")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop()) })
	address := linked(t, s, "Example checkout")
	phone := looks["phone, light"]
	first := enter(t, address, phone)
	whole, part := first.card("60.00 USD"), first.card("30.00 USD")

	t.Run("looks", func(t *testing.T) {
		for window, look := range looks {
			t.Run(window, func(t *testing.T) {
				t.Parallel()
				c := enter(t, address, look)
				c.readable(look)
				c.fill("no-such-card")
				c.press("Pay 80.00 USD with the gift card")
				c.says("This gift card cannot be used. Check its code.")
				c.readable(look)
				c.press("Pay 80.00 USD another way")
				c.says("Your order is paid")
				c.readable(look)
				c.press("Cancel the order")
				c.says("Nothing was taken off a gift card.")
				c.readable(look)
			})
		}
	})

	t.Run("a card that has enough", func(t *testing.T) {
		c := enter(t, address, phone)
		c.press("Remove")
		c.awaits(`document.readyState === "complete" && !document.body.innerText.includes("Coffee grinder")`)
		c.balance(whole, "There are 60.00 USD on this gift card.")
		require.Equal(t, "notice", c.focused())
		c.press("Pay ")
		c.says("Your order is paid")
		require.Equal(t, "standing", c.focused())
		require.NotContains(t, c.text(), whole)
		c.readable(phone)
		c.press("Cancel the order")
		c.says("are on the gift card again.")
		c.readable(phone)
		c.press("Order once more")
		c.says("How do you want to pay?")
		c.balance(whole, "60.00 USD of 80.00 USD")
		c.discreet(whole)
	})
	t.Run("too little money", func(t *testing.T) {
		c := enter(t, address, phone)
		c.fill(part)
		c.press("Pay 80.00 USD with the gift card")
		c.says("There is less on this gift card than the order costs: 30.00 USD of 80.00 USD.")
		require.Equal(t, "notice", c.focused())
		c.readable(phone)
		c.press("Pay 30.00 USD with the gift card, and 50.00 USD another way")
		c.says("50.00 USD are left to pay")
		c.readable(phone)
		c.press("Pay the other 50.00 USD another way")
		c.says("Your order is paid")
		c.readable(phone)
		c.press("Cancel the order")
		c.says("30.00 USD are on the gift card again.")
		c.discreet(part)
	})
	t.Run("a wrong code", func(t *testing.T) {
		c := enter(t, address, phone)
		wrong := strings.Repeat("9", len(part))
		c.fill(wrong)
		c.press("Pay 80.00 USD with the gift card")
		c.says("This gift card cannot be used. Check its code.")
		var described string
		c.run(chromedp.Evaluate(`document.getElementById(document.getElementById("code").getAttribute("aria-describedby")).textContent`,
			&described))
		require.Equal(t, "This gift card cannot be used. Check its code.", described)
		var title string
		c.run(chromedp.Title(&title))
		require.Equal(t, "Error: How do you want to pay? – Example shop", title)
		c.discreet(wrong)
	})
	t.Run("by keyboard", func(t *testing.T) {
		c := enter(t, address, phone)
		c.run(chromedp.Focus("#code", chromedp.ByQuery), chromedp.KeyEvent(part+kb.Enter))
		c.says("30.00 USD of 80.00 USD")
		c.run(chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter)) // From what the page says to the button after it.
		c.says("50.00 USD are left to pay")
		c.run(chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter))
		c.says("30.00 USD are on the gift card again.")
	})
	for name, script := range map[string]bool{"pressed twice": true, "pressed twice, without a script": false} {
		t.Run(name, func(t *testing.T) {
			c := enter(t, address, phone)
			c.balance(part, "30.00 USD of 80.00 USD")
			c.run(emulation.SetScriptExecutionDisabled(!script))
			c.hurry("Pay 30.00 USD with the gift card")
			// Without its script, the page shows what is known when it is loaded.
			c.run(emulation.SetScriptExecutionDisabled(false), chromedp.Reload(), chromedp.WaitReady("main"))
			c.says("50.00 USD are left to pay")
			other := enter(t, address, phone)
			other.balance(part, "There is nothing left on this gift card.")
			c.press("Cancel the order")
			c.says("30.00 USD are on the gift card again.")
			other.balance(part, "30.00 USD of 80.00 USD")
			c.discreet(part)
		})
	}
	t.Run("a card to try", func(t *testing.T) {
		c := enter(t, address, phone)
		c.card("30.00 USD")
		c.press(", with 30.00 USD")
		c.says("The code is in the field below.")
		var filled string
		c.run(chromedp.Value("#code", &filled, chromedp.ByQuery))
		require.Regexp(t, `^\d{13}$`, filled)
		c.discreet(filled)
	})
}
