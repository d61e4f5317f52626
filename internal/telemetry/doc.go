// Package telemetry measures a worker: the SDK's own metrics, giftbridge's, and traces from a poll to the card.
//
// What giftbridge counts is read from what activities and workflows take and return, by an interceptor: their results
// are accounts already, and their code stays the business. Requests to outside services are told by the clients. Nothing
// here adds an event or a call to Temporal.
//
// Labels come from closed sets, and no name, number or address of an order or a person is among them. A counter may
// count something twice, or not at all, if a worker dies at that moment: the account is Temporal's, not the counters'.
package telemetry
