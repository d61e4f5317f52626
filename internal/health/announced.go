package health

import (
	"fmt"
	"strings"
	"time"

	"github.com/giftbridge/giftbridge/internal/check"
)

// announcedCheck reports the orders that polls have found first though webhooks are on.
func (f facts) announcedCheck() check.Check {
	c := check.Check{Name: "announcements", Status: check.OK, Found: "polls found no order that no webhook had announced"}
	if f.LastPoll == nil || f.LastPoll.Unannounced == nil {
		return c
	}
	u := f.LastPoll.Unannounced
	c.Status = check.Warn
	c.Found = fmt.Sprintf("since %s, polls have found %s that no webhook had announced, the last at %s: %s",
		u.From.Format(time.RFC3339), ordersOf(u.Orders), u.Last.Format(time.RFC3339),
		strings.Join(u.Names[max(0, len(u.Names)-maxNamed):], ", "))
	c.Fix = "see the runbook, docs/operations.md: Polls find orders that no webhook announced"
	return c
}
