// Package happenings names what happens in a run of the fault laboratory, and what becomes of messages and redemptions
// there.
package happenings

// What is the name of something that happens.
type What string

// What befalls requests to the service that brings messages to phones. Each is counted by the customers whom it befalls.
const (
	MessageError        What = "message_error"
	MessageErrorAfter   What = "message_error_after_taking"
	MessageDrop         What = "message_drop"
	MessageDropAfter    What = "message_drop_after_taking"
	MessageSlow         What = "message_slow"
	MessageSlowAfter    What = "message_slow_after_taking"
	MessageTimedOut     What = "message_timed_out_by_the_service"
	MessageSilent       What = "message_answer_says_nothing"
	MessageGarbled      What = "message_answer_garbled"
	MessagePage         What = "message_answer_is_a_page"
	MessageLimit        What = "message_rate_limit"
	MessageUnheard      What = "message_dropped_each_time"
	MessageUnanswered   What = "message_answers_dropped_each_time"
	MessageTokenRefused What = "message_token_refused"
	MessageNoAccount    What = "message_account_refused"
)

// MessageTroubles lists all of these but the last two, which befall everybody for a while.
var MessageTroubles = []What{
	MessageError, MessageErrorAfter, MessageDrop, MessageDropAfter, MessageSlow, MessageSlowAfter, MessageTimedOut, MessageSilent,
	MessageGarbled, MessagePage, MessageLimit, MessageUnheard, MessageUnanswered,
}

// What becomes of messages in a run that has shown enough. Each is counted by orders.
const (
	MessageUnsubscribed What = "message_unsubscribed"
	MessageLeft         What = "message_after_unsubscribing"
	MessageNoPhone      What = "message_no_phone"
	MessageBadPhone     What = "message_bad_phone"
	MessageLandline     What = "message_not_mobile"
	MessageNoConsent    What = "message_no_consent"
	MessageUnreachable  What = "message_refused"
	MessageInDoubt      What = "message_in_doubt"
	MessageAsText       What = "message_as_a_text_alone"
)

// MessageFates lists these.
var MessageFates = []What{
	MessageUnsubscribed, MessageLeft, MessageNoPhone, MessageBadPhone, MessageLandline, MessageNoConsent, MessageUnreachable,
	MessageInDoubt, MessageAsText,
}

// What befalls the requests with events to the ERP. Each is counted by the orders and products that it befalls.
const (
	RelaySlow       What = "relay_slow"
	RelaySlowAfter  What = "relay_slow_after_taking"
	RelayError      What = "relay_error"
	RelayErrorAfter What = "relay_error_after_taking"
	RelayLimit      What = "relay_rate_limit"
	RelayRedirect   What = "relay_redirect"
	RelayDrop       What = "relay_drop"
	RelayDropAfter  What = "relay_drop_after_taking"
	RelayReset      What = "relay_reset"
	RelayResetAfter What = "relay_reset_after_taking"
	RelayAway       What = "relay_away"
)

// RelayTroubles lists all of these but the last, which befalls everybody for a while.
var RelayTroubles = []What{
	RelaySlow, RelaySlowAfter, RelayError, RelayErrorAfter, RelayLimit, RelayRedirect, RelayDrop, RelayDropAfter, RelayReset, RelayResetAfter,
}

// What befalls the requests to take an amount off a card, and to give it back, and the jobs of the issuer's queue.
const (
	SpendError      What = "spend_error"
	SpendErrorAfter What = "spend_error_after_enqueueing"
	SpendDrop       What = "spend_drop"
	SpendDropAfter  What = "spend_drop_after_enqueueing"
	SpendSlowAfter  What = "spend_slow_after_enqueueing"
	SpendSilent     What = "spend_answer_says_nothing"
	SpendLimit      What = "spend_rate_limit"
	SpendLate       What = "spend_callback_late"
	SpendEarly      What = "spend_callback_early"
	SpendTwice      What = "spend_callback_twice"
	SpendNever      What = "spend_callback_never"
	SpendDead       What = "spend_callback_to_a_dead_address"
	SpendForged     What = "spend_callback_forged"
	SpendGarbled    What = "spend_callback_garbled"
	SpendUnseen     What = "spend_not_visible_yet"
	SpendStalled    What = "spend_stalled"
	SpendLost       What = "spend_lost"
	SpendFailed     What = "spend_failed"
	// ReversalTroubled is any of these that befalls a request to give back.
	ReversalTroubled What = "reversal_troubled"
)

// SpendTroubles lists all of these but the last.
var SpendTroubles = []What{
	SpendError, SpendErrorAfter, SpendDrop, SpendDropAfter, SpendSlowAfter, SpendSilent, SpendLimit, SpendLate, SpendEarly,
	SpendTwice, SpendNever, SpendDead, SpendForged, SpendGarbled, SpendUnseen, SpendStalled, SpendLost, SpendFailed,
}

// What becomes of redemptions in a run that has shown enough.
const (
	RedemptionSucceeded    What = "redemption_succeeded"
	RedemptionReversed     What = "redemption_reversed"
	RedemptionInsufficient What = "redemption_declined_insufficient_balance"
	// RedemptionBusy was told that the card is busy, and RedemptionUnknown was left to a person for a while.
	RedemptionBusy    What = "redemption_card_busy"
	RedemptionUnknown What = "redemption_unknown"
)
