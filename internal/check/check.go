// Package check is the vocabulary in which giftbridge reports what it has checked: giftbridge doctor, giftbridge status
// and the health of a monitor share it, and one JSON shape.
package check

// Check is the result of one check.
type Check struct {
	// Name is stable.
	Name   string `json:"name"`
	Status Status `json:"status"`
	// Found is the finding. Fix says what to do about it, if something needs to be done.
	Found string `json:"found"`
	Fix   string `json:"fix,omitempty"`
}

// Status is what a check means for an operator.
type Status string

// The statuses. Warn means that something works but an operator should know about it, by the next working day. Skip means
// that a check could not be made.
const (
	OK   Status = "ok"
	Warn Status = "warn"
	Fail Status = "fail"
	Skip Status = "skip"
)
