// Package floor is the bare engine: a parent that starts children, each of which runs two empty activities one after
// the other. It has the shape of a poll and of orders that look their merchants up (17 events per child) without the
// work that they do, so no system of that shape on the same server can be faster. Orders whose merchants come with the
// poll's page, or that arrive by webhook, have one activity and 11 events: [Single] is their floor.
//
// Of an order whose card an issuer makes later, [Pair] is the floor: two workflows that start and signal each other.
//
// Of a card that is spent at a checkout, [Card] is the floor: an update with two activities and a signal.
//
// [Handle] is the floor of a receiver: it reads the bodies of webhooks and checks their signatures. Of events that go on to an ERP,
// [Mailbox] is the floor, into which a handler puts them before it answers.
package floor
