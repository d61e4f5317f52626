// Package telemetry measures a worker: the SDK's own metrics, giftbridge's metrics, and traces from a poll to the card.
//
// An interceptor derives giftbridge's metrics from the inputs and results of activities and workflows: the results
// already contain the numbers, and the code stays free of metrics. The clients report requests to outside services.
// Nothing here adds an event or a call to Temporal. The worker itself asks for the orders that are failed now, and reports
// them here.
//
// Label values come from closed sets, or are codes of currencies. None is the name, number or address of an order or a
// person. A counter may count something twice, or not at all, if a worker dies at that moment: the reliable record is
// Temporal's, not the counters.
package telemetry
