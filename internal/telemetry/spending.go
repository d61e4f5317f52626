package telemetry

import (
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/giftbridge/giftbridge/workflows"
)

// spent describes the counters that the workflows of cards increase through the SDK, which has no place for descriptions.
var spent = map[string]string{
	workflows.UnknownRedemptions: "Amounts of which it became unknown whether they were taken off a card, or given back to it.",
	workflows.CardsBelowZero:     "Redemptions after which the issuer showed a card below zero.",
}

func spentViews() []sdkmetric.View {
	var all []sdkmetric.View
	for name, description := range spent {
		all = append(all, sdkmetric.NewView(
			sdkmetric.Instrument{Name: name, Scope: instrumentationScope(sdkScope)}, sdkmetric.Stream{Description: description},
		))
	}
	return all
}

// zeroSpent makes the counters exist. Workflows give them labels, so the series of a worker's first increase begins with it
// all the same.
func (t *Telemetry) zeroSpent() {
	for name := range spent {
		t.sdk.Counter(name).Inc(0)
	}
}
