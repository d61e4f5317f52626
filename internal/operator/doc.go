// Package operator is what people do to a running giftbridge: ensure schedules and search attributes, ask for a poll,
// look at orders and at the state of the system. It returns plain structs; how they are shown is the caller's.
package operator
