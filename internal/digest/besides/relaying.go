package besides

import (
	"strings"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/digest"
)

// The explanations of what another system, such as an ERP, has not got.
var (
	UndeliveredEvents = digest.Explanation{
		Who: digest.Operator, Title: "Events that the ERP has refused",
		Says: "giftbridge has stopped sending these events: the ERP, or whatever takes the shop's events, has refused each of them for " +
			"three days. Ask its people why. Once it takes them, send them again; settle those that it need not have.",
	}
	HaltedEndpoints = digest.Explanation{
		Who: digest.Operator, Title: "Events for the ERP wait",
		Says: "No events, or few, go to these endpoints. None is lost: they wait until the ERP takes them.",
	}
	EventGaps = digest.Explanation{
		Who: digest.Operator, Title: "The ERP may lack events",
		Says: "Shopify could not deliver all events of these times to giftbridge, so the ERP may not have got them, and giftbridge cannot " +
			"send them again. Have the orders and products of that time compared with what the ERP has.",
	}
)

// ReplayCommand returns the command that sends an event again, and SettleEventCommand the one that records that it need not be sent. Its
// reader replaces WHY. They are empty if the event cannot be named.
func ReplayCommand(e digest.UndeliveredEvent) string {
	return eventCommand("relay replay --id ", e, "")
}

// SettleEventCommand is described at [ReplayCommand].
func SettleEventCommand(e digest.UndeliveredEvent) string {
	return eventCommand("relay settle ", e, " --reason WHY")
}

func eventCommand(does string, e digest.UndeliveredEvent, rest string) string {
	if e.ID == "" || strings.Trim(e.ID, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		return ""
	}
	return buildinfo.Program + " " + does + e.ID + rest
}

// TestEndpointCommand returns the command that sends a test event to an endpoint, and ResumeEndpointCommand the one that lets events go
// to it again. They are empty if the endpoint cannot be named.
func TestEndpointCommand(endpoint string) string { return endpointCommand("test", endpoint) }

// ResumeEndpointCommand is described at [TestEndpointCommand].
func ResumeEndpointCommand(endpoint string) string { return endpointCommand("resume", endpoint) }

func endpointCommand(does, endpoint string) string {
	if endpoint != "orders" && endpoint != "products" {
		return ""
	}
	return buildinfo.Program + " relay " + does + " " + endpoint
}
