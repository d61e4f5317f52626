// Package delivery has the activities that mail cards to their recipients. Only cards that are made later need them: an
// issuer that issues at once delivers its cards itself.
//
// The code of a card is in the mail, and in payloads, which are encrypted. It is in no error, log line, summary or heartbeat.
package delivery
