package delivery

import (
	"errors"

	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/mail"
)

// ofMail returns the failure of a mail with its kind. A refusal of the address, or of the mail itself, concerns this card;
// any other refusal concerns every mail, and is cured at the mail server or in the settings.
func ofMail(err error) error {
	e, ok := errors.AsType[*mail.Error](err)
	if !ok || !e.Permanent {
		return err
	}
	switch e.Op {
	case mail.OpRecipient:
		return giftcard.Errorf(giftcard.InvalidRequest, "the mail server refused the recipient's address: %v", e)
	case mail.OpMessage:
		return giftcard.Errorf(giftcard.InvalidRequest, "no mail can be sent to the recipient's address: %v", e)
	case mail.OpData:
		return giftcard.Errorf(giftcard.InvalidRequest, "the mail server refused the mail: %v", e)
	}
	return giftcard.Errorf(giftcard.Unauthorized, "the mail server takes no mails from us: %v", e)
}
