package operations

import (
	"fmt"
	"time"

	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/health/relaying"
	"github.com/giftbridge/giftbridge/internal/relayqueue"
)

// relayRows adds what goes on to another system: a line for each endpoint, and one for each time for which it may lack events.
func relayRows(row func(...any), r *relaying.Relaying) {
	if r == nil {
		return
	}
	for _, e := range r.Endpoints {
		says := fmt.Sprintf("%d orders or products wait", e.Waiting)
		if !e.OldestWaiting.IsZero() {
			says += ", the oldest since " + e.OldestWaiting.UTC().Format(time.RFC3339)
		}
		says += fmt.Sprintf("; %d events undelivered", e.Undelivered)
		line := cli.Tinted{Text: says}
		switch {
		case e.Unset:
			line = cli.Tinted{Text: "NO URL: " + says, Status: check.Warn}
		case e.State == relayqueue.Paused:
			line = cli.Tinted{Text: "PAUSED: " + e.Reason + "; " + says, Status: check.Warn}
		case e.State == relayqueue.Probing:
			line = cli.Tinted{Text: "FAILING: " + e.Reason + "; " + says, Status: check.Warn}
		}
		row("relay to "+e.Endpoint, line)
	}
	for _, g := range r.Gaps {
		row("relay", cli.Tinted{Text: relaying.Lacks(g), Status: check.Warn})
	}
}
