package subscriptions

import (
	"fmt"
	"strconv"
	"strings"
)

// TOML returns the part of a shopify.app.toml that subscribes to the topics that are needed. Shopify does not delete these
// subscriptions after failures, and does not list them in its API. The app's developer pushes them with
// "shopify app deploy". A topic that not every app has the scope for is a comment.
func TOML(url, version string, n Needs) string {
	var b strings.Builder
	fmt.Fprintf(&b, "[webhooks]\napi_version = %s\n", strconv.Quote(version))
	for _, path := range []string{OrdersPath, ProductsPath} {
		var topics []string
		for _, t := range n.Topics() {
			switch {
			case t.Path != path:
			case t.Optional:
				topics = append(topics, fmt.Sprintf("  # %q, # if the app has the scope %s\n", t.Name, t.Scope))
			default:
				topics = append(topics, fmt.Sprintf("  %q,\n", t.Name))
			}
		}
		fmt.Fprintf(&b, "\n[[webhooks.subscriptions]]\ntopics = [\n%s]\nuri = %s\n", strings.Join(topics, ""),
			strconv.Quote(strings.TrimSuffix(url, "/")+path))
	}
	return b.String()
}
