package todo

import (
	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/digest/besides"
	"github.com/giftbridge/giftbridge/internal/digest/words"
)

// Undelivered returns what can be done about events that were refused for good.
func Undelivered(list []digest.UndeliveredEvent) []Item {
	for _, e := range list {
		if replay := besides.ReplayCommand(e); replay != "" {
			return []Item{
				{words.Plural(len(list), "To send it again:", "To send one of them again, such as the first:"), replay},
				{"If it need not be sent, with the reason in place of WHY:", besides.SettleEventCommand(e)},
			}
		}
	}
	return nil
}

// Halted returns what can be done about endpoints that get no events, or few.
func Halted(list []digest.HaltedEndpoint) (out []Item) {
	for _, h := range list {
		if test := besides.TestEndpointCommand(h.Endpoint); test != "" {
			out = append(out,
				Item{"To see whether " + h.Endpoint + " takes events:", test},
				Item{"Once it does, to send it what waits:", besides.ResumeEndpointCommand(h.Endpoint)})
		}
	}
	return out
}
