// Package issuer is the port to the issuers of gift cards: what giftbridge asks of an issuer, in the domain's words. An
// adapter for each vendor implements it, in a folder below this one; nothing else knows the vendor. The
// conformance suite in internal/issuer/issuertest states what every adapter has to keep.
//
// An adapter has a small core, [Issuer], and abilities, which are optional: [Direct], [Accounts], [Offerer],
// [Inspector], [Canceller], [Documenter] and [Prober]. [Find] finds them once, when a process is put together. An issuer that
// promises a card and makes it later has the ability [Deferred] instead of Direct. [Spender] takes amounts off cards.
//
// Words. A unit is one card to be issued, a card is what the issuer made of it. The idempotency key of a unit makes it
// safe to ask for the same card again. The reference of a card identifies it at the issuer, and is not money. The
// account of a customer is where the issuer books the customer's cards; not every issuer has accounts.
package issuer
