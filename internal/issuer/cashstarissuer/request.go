package cashstarissuer

import (
	"strings"
	"unicode"

	"github.com/giftbridge/giftbridge/internal/cashstar"
	"github.com/giftbridge/giftbridge/internal/issuer"
)

// challengeDescription is what CashStar asks the recipient for. The wording is that of CashStar's sample.
const challengeDescription = "your email address"

// orderOf returns CashStar's order for a card.
func orderOf(r issuer.Request) cashstar.CreateOrderRequest {
	return cashstar.CreateOrderRequest{
		AuditNumber:          r.Key,
		MerchantCode:         r.Account,
		InitialBalance:       r.Value.Amount(),
		Currency:             r.Value.Currency,
		Challenge:            r.To.Email,
		ChallengeDescription: challengeDescription,
		Delivery: cashstar.Delivery{
			DeliveredBy: cashstar.DeliveredByCashStar,
			Method:      cashstar.MethodEmail,
			Target:      r.To.Email,
			Scheduled:   r.SendOn,
		},
		Message: cashstar.Message{From: ownName(r.To.From), To: ownName(r.To.Name), Body: ownWords(r.To.Message)},

		AdditionalContent: ownWords(r.AdditionalContent),
	}
}

// ownWords returns a customer's text as it was written, in any script and with its text-direction characters, since the
// text is theirs. It removes only control characters other than line breaks and tabs, and the two noncharacters.
//
// Assumed: CashStar's service translates XML, which cannot contain these characters (XML 1.0, section 2.2).
func ownWords(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ToValidUTF8(s, string(unicode.ReplacementChar)))
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if (unicode.IsControl(r) && r != '\n' && r != '\t') || r == '\ufffe' || r == '\uffff' {
			return -1
		}
		return r
	}, s))
}

// ownName is ownWords on one line.
func ownName(s string) string {
	return strings.Join(strings.FieldsFunc(ownWords(s), func(r rune) bool { return r == '\n' || r == '\t' }), " ")
}
