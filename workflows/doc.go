// Package workflows decides; activities touch the world. Its code is replayed, so it is deterministic:
//
//   - no I/O, no environment, no clock but workflow.Now, no random numbers, no goroutines but workflow.Go;
//   - activities and children are called through call and child, which let the compiler check their arguments;
//   - every workflow and activity takes one struct and returns one struct, whose fields are only ever added;
//   - identifiers come from ids.go, time-outs and retries from options.go;
//   - a change is held against the recorded histories in testdata by the replay test; what would break them goes behind
//     workflow.GetVersion.
//
// The workflows are [PollOrders], which finds gift-card orders, [GiftCardOrder], which issues the cards of one,
// [DailyDigest], which tells people what is failing, [RerunOrders], which runs failed orders again, [CancelCard], and
// [ResolveCard], which keeps what a person has found out about a card.
package workflows
