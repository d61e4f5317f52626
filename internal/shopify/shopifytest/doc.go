// Package shopifytest simulates the part of Shopify's GraphQL Admin API that giftbridge uses: an [http.Handler] with a
// shop in memory, for tests, demonstrations and benchmarks. It is to Shopify what net/http/httptest is to a server.
//
// It is strict. Queries are parsed and validated against schema.graphql, so a field that does not exist is refused;
// requests need a token, page sizes have a limit, every query costs points of a bucket that runs empty, the search
// index may lag behind writes, and a time without quotes in a search is silently misread, as Shopify does. What is not
// known of Shopify and had to be assumed is marked in the code.
//
// Besides the API there are control routes, for those who are not in the same process. They need no token: serve the
// handler on a loopback address only.
//
//	GET    /_control/stats        requests, statuses, errors, faults and points so far
//	DELETE /_control/stats        counts from zero
//	PUT    /_control/faults       {"seed": 1, "latency": "20ms", "rates": [{"fault": FAULT, "probability": 0.05}]}
//	POST   /_control/faults       {"fault": FAULT, "times": 3}: the next three queries fail so, before any rate
//	DELETE /_control/faults       no more faults
//	PUT    /_control/lag          {"lag": "30s"}: how long writes from now on stay unseen by searches
//	GET    /_control/orders       all orders, oldest first, in the JSON of [Order]
//	PUT    /_control/orders       an [Order], which is added, or replaces the one with its id
//	PATCH  /_control/orders/{id}  the fields of an [Order] that change; an empty object is a change too
//	POST   /_control/orders       an orders/create webhook payload, which becomes an order
//
// FAULT is {"kind": KIND} with the fields "status", "retry_after" and "delay" where the kind has them; see [FaultKind].
package shopifytest
