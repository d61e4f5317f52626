// Package audit compares the books after a run: what the shop sold, what the issuer issued, how Temporal says that each
// order ended, and what people were told by mail.
//
// It shares no code with the application, on purpose: a rule that both got from one place would be wrong in both. It
// reads the simulators' control routes into structs of its own, asks Temporal over its raw API, takes mails apart by
// itself, and applies its own reading of the rules. A test holds that it imports nothing of this project.
package audit
