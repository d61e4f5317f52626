package workflows

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
)

// runbook is the address of the runbook, which the alert rules link to as well.
const runbook = "https://github.com/giftbridge/giftbridge/blob/main/docs/operations.md"

// details returns the text in Markdown that the Web UI shows beside an order: what it is, what to do, and where. Commands
// name the order by its number, which needs no quotes in a shell.
func details(shop, id, name, is, todo, section string) string {
	return fmt.Sprintf("**Order `%s`**: %s. [Open it in Shopify](%s)\n\n%s [Runbook](%s#%s)",
		strings.ReplaceAll(cut(name, maxSummaryName), "`", "'"), is, ShopLink(shop, id), todo, runbook, section)
}

// ShopLink returns the address of an order in Shopify's admin.
func ShopLink(shop, orderID string) string {
	return "https://" + shop + "/admin/orders/" + url.PathEscape(orderID)
}

// command returns a command on an order, in Markdown.
func command(does, id string) string {
	return "`" + buildinfo.Program + " orders " + does + " " + id + "`"
}
