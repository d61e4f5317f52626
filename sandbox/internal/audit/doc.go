// Package audit compares the books after a run: what the shop sold, what the issuer issued, how each order ended
// according to Temporal, and what the digest mails reported.
//
// It deliberately shares no code with the application: a shared rule that is wrong would be wrong in both. It decodes
// the simulators' control routes into structs of its own, queries Temporal over its raw API, parses mails itself, and
// applies its own reading of the rules. A test enforces that it imports nothing from this project.
package audit
