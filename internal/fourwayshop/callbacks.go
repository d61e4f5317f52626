package fourwayshop

import (
	"encoding/json"
	"errors"
	"regexp"
	"time"

	"github.com/giftbridge/giftbridge/internal/fourwayshop/wire"
	"github.com/giftbridge/giftbridge/internal/rest"
)

// Generated is a barcode that a job has made.
type Generated struct {
	Barcode Barcode
	// StartValidity is when the card may be activated at the earliest, EndValidity when it expires. They are zero if the
	// service does not say them.
	StartValidity, EndValidity time.Time
}

// ParseGenerated reads the result of [Client.Generate] from the body of a callback. Its errors are of the same types as
// those of the request. Nothing authenticates a callback, and nothing in it names the request.
func ParseGenerated(body []byte) ([]Generated, error) {
	var b generatedBody
	if err := parseCallback(opGenerate, body, &b); err != nil {
		return nil, err
	}
	if len(b.Giftcards) == 0 {
		return nil, contradiction(opGenerate, "the callback holds no barcode")
	}
	seen := map[Barcode]bool{}
	cards := make([]Generated, len(b.Giftcards))
	for i, g := range b.Giftcards {
		start, err := wire.ParseDate(g.StartValidity)
		if err != nil {
			return nil, contradiction(opGenerate, "startValidity is "+err.Error())
		}
		end, err := wire.ParseDate(g.EndValidity)
		if err != nil {
			return nil, contradiction(opGenerate, "endValidity is "+err.Error())
		}
		if !g.Barcode.Valid() || seen[g.Barcode] {
			return nil, contradiction(opGenerate, "the callback holds a barcode twice, or something else")
		}
		seen[g.Barcode] = true
		cards[i] = Generated{g.Barcode, start, end}
	}
	return cards, nil
}

type generatedBody struct {
	wire.Verdict
	Giftcards wire.OneOrMany[generatedEntity] `json:"giftcards"`
}

type generatedEntity struct {
	Barcode       Barcode   `json:"barcode"`
	StartValidity wire.Text `json:"startValidity"`
	EndValidity   wire.Text `json:"endValidity"`
}

// Updated is the result of [Client.Update].
type Updated struct {
	// ID is the service's identifier of the job or of the movement: which of the two is not known.
	ID string
	// Payload is the text of the request. It is empty if the callback has none.
	Payload string
}

// ParseUpdated reads the result of [Client.Update] from the body of a callback. Its errors are of the same types as those
// of the request. A failed job has its payload nevertheless, if the callback has one.
func ParseUpdated(body []byte) (Updated, error) {
	var b updatedBody
	err := parseCallback(opUpdate, body, &b)
	var u Updated
	if json.Unmarshal(b.Payload, &u.Payload) != nil {
		u.Payload = "" // Another type than that of the request.
	}
	if err != nil {
		return u, err
	}
	u.ID = string(b.ID)
	if !idForm.MatchString(u.ID) {
		u.ID = rest.Clip(wire.Scrub(u.ID))
	}
	return u, nil
}

// idForm is the published form of an ID, in which digits in a row are no barcode.
var idForm = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

type updatedBody struct {
	wire.Verdict
	ID      wire.Text       `json:"id"`
	Payload json.RawMessage `json:"payload"`
}

// parseCallback reads the body of a callback. The error does not quote it.
func parseCallback(op string, body []byte, into responder) error {
	if err := json.Unmarshal(body, into); err != nil {
		return &rest.Error{
			Service: service, Op: op, Outcome: rest.Unreadable, Err: errors.New("the callback is not the expected JSON"),
		}
	}
	if fail := failure(into.Said(), op, nil); fail != nil {
		return fail
	}
	return nil
}
