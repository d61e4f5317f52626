package besides

import (
	"github.com/giftbridge/giftbridge/internal/digest"
)

// LongMaking explains cards that wait for their issuer, and Suspicious those of which its answers contradict each other.
var (
	LongMaking = digest.Explanation{
		Who: digest.Issuer, Title: "Not finished by the issuer yet",
		Says: "The issuer was asked for these cards more than an hour ago, and has not finished them. giftbridge goes on looking for " +
			"seven days, and does not ask twice for what may still come. Ask the issuer whether its queue is late.",
	}
	Suspicious = digest.Explanation{
		Who: digest.Operator, Title: "An issuer's answers contradict each other",
		Says: "An answer named another card than an earlier one, or a card that cannot be used. No such card was handed over. It is a " +
			"mistake of the issuer's, or somebody else has sent the answer: ask the issuer what it has sent, and see the runbook.",
	}
)
