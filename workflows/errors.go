package workflows

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"

	"github.com/giftbridge/giftbridge/internal/giftcard"
)

// cause returns the kind and the message of a failed activity.
func cause(err error) (giftcard.Kind, string) {
	if app, ok := errors.AsType[*temporal.ApplicationError](err); ok {
		return giftcard.Kind(app.Type()), app.Message()
	}
	if late, ok := errors.AsType[*temporal.TimeoutError](err); ok {
		if late.TimeoutType() == enumspb.TIMEOUT_TYPE_SCHEDULE_TO_START {
			return giftcard.Timeout, "no worker picked it up in time"
		}
		return giftcard.Timeout, "not finished in time; the last attempt may have been cut off when its worker stopped"
	}
	return giftcard.Unavailable, err.Error()
}

// failure returns the error that a workflow ends with: an ApplicationError, outermost, whose type is the kind. Whether
// to try again is decided by a person or by the digest.
func failure(kind giftcard.Kind, message string, details ...any) error {
	return temporal.NewApplicationErrorWithOptions(message, string(kind),
		temporal.ApplicationErrorOptions{NonRetryable: true, Details: details})
}

// ended returns the error that a workflow ends with after one of its activities: a cancellation as it is, anything else as a
// failure of its kind.
func ended(err error) error {
	if err == nil || temporal.IsCanceledError(err) {
		return err
	}
	kind, message := cause(err)
	return failure(kind, message)
}

// lastResultUnreadable returns the error of a scheduled run that cannot tell where to begin.
func lastResultUnreadable(err error) error {
	return failure(giftcard.UnexpectedResponse, "the result of the schedule's last run cannot be read: "+err.Error())
}

// OrderFailure holds the details of an order's failure: which cards exist and which do not.
type OrderFailure struct {
	MerchantCode string        `json:"merchant_code,omitempty"`
	Issued       []IssuedCard  `json:"issued,omitempty"`
	Failed       []UnitFailure `json:"failed"`
}

// UnitFailure is one card that failed. After UnexpectedResponse or OutcomeUnknown the card may exist.
type UnitFailure struct {
	// Unit counts the cards of the order from 1.
	Unit        int           `json:"unit"`
	AuditNumber string        `json:"audit_number"`
	Kind        giftcard.Kind `json:"kind"`
	Message     string        `json:"message"`
}

// failedOrder returns an error that describes the worst failure among the cards, and lists the cards that exist. A card
// that a person has to look for comes before all others, and a card that a rerun does not cure before those that it may
// cure: the kind of the order's error decides whether the order is rerun automatically.
func failedOrder(total int, f OrderFailure) error {
	first := slices.MinFunc(f.Failed, func(a, b UnitFailure) int { return cmp.Compare(severity(a.Kind), severity(b.Kind)) })
	message := first.Message
	if total > 1 {
		var failed, issued []int
		for _, u := range f.Failed {
			failed = append(failed, u.Unit)
		}
		for _, c := range f.Issued {
			issued = append(issued, c.Unit)
		}
		message = fmt.Sprintf("%s (of %s, failed: %s; issued: %s)", message, cards(total), ranges(failed), ranges(issued))
	}
	return failure(first.Kind, message, f)
}

// severity ranks the kinds of card failure, worst first.
func severity(k giftcard.Kind) int {
	switch {
	case k == giftcard.OutcomeUnknown:
		return 0
	case k == giftcard.UnexpectedResponse:
		return 1
	case !k.Curable():
		return 2
	case k.Final():
		return 3
	}
	return 4
}

// ranges formats ascending numbers as "1-3, 5", and no numbers as "none".
func ranges(numbers []int) string {
	if len(numbers) == 0 {
		return "none"
	}
	var parts []string
	for i := 0; i < len(numbers); {
		j := i
		for j+1 < len(numbers) && numbers[j+1] == numbers[j]+1 {
			j++
		}
		part := strconv.Itoa(numbers[i])
		if j > i {
			part += "-" + strconv.Itoa(numbers[j])
		}
		parts = append(parts, part)
		i = j + 1
	}
	return strings.Join(parts, ", ")
}

// cards formats a number of cards: "1 gift card", "3 gift cards".
func cards(n int) string {
	if n == 1 {
		return "1 gift card"
	}
	return strconv.Itoa(n) + " gift cards"
}
