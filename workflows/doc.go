// Package workflows makes the decisions; activities have the side effects. Its code is replayed, so it is
// deterministic:
//
//   - no I/O, no environment, no clock but workflow.Now, no random numbers, no goroutines but workflow.Go;
//   - activities and children are called through call and child, which let the compiler check their arguments;
//   - every workflow and activity takes one struct and returns one struct, whose fields are only ever added;
//   - identifiers come from ids.go, time-outs and retries from options.go;
//   - the replay test checks every change against the recorded histories in testdata; a change that would break them
//     goes behind workflow.GetVersion.
//
// The workflows are [PollOrders], which finds gift-card orders, [GiftCardOrder], which issues the cards of one order,
// [LeftOrder], which records an order that is left to people, [SweepOrders], which finds orders that polls have missed,
// [DailyDigest], which reports what is failing, [RerunOrders], which reruns failed orders, [CancelCard], and
// [ResolveCard], which records what a person has found out about a card.
package workflows
