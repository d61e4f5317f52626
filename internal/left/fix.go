package left

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/giftbridge/giftbridge/internal/buildinfo"
	"github.com/giftbridge/giftbridge/internal/executions"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/intake"
	"github.com/giftbridge/giftbridge/internal/orders"
	"github.com/giftbridge/giftbridge/internal/recovery"
	"github.com/giftbridge/giftbridge/workflows"
)

// Fix is a plan to correct cards of a failed order, and to run the order again. It shows nothing of the recipient.
type Fix struct {
	Name string `json:"order"`
	ID   string `json:"id"`
	// Cards are the numbers of the cards to correct.
	Cards []int `json:"cards"`
	// Changes names what is corrected.
	Changes []string `json:"changes"`
	// Existing is the number of the order's cards that exist and stay as they are.
	Existing int `json:"existing"`

	workflowID, runID string
	settings          workflows.GiftCardOrderInput
	fix               workflows.Fix
	worth             workflows.OrderMemo
}

// PlanFix returns what a correction would change. units are the numbers of the cards to correct; if there are none, it
// is every card that does not exist, or that exists and could not be mailed. It refuses if any attempt can have issued one of these cards, because the issuer
// knows a card by its audit number, which stays the same: it would be asked for two different cards under one number.
// Its errors name no address.
func (o *Left) PlanFix(ctx context.Context, d *orders.OrderDetails, units []int, c workflows.Fix) (*Fix, error) {
	if err := fixable(d); err != nil {
		return nil, err
	}
	in, err := o.OrderInput(ctx, d.WorkflowID, d.RunID)
	if err != nil {
		return nil, err
	}
	all, err := in.Units()
	if err != nil {
		return nil, err
	}
	asked, err := o.Requested(ctx, d.WorkflowID, d.RunID)
	if err != nil {
		return nil, err
	}
	for _, c := range d.Cards() {
		asked.Issued[c.AuditNumber] = true // Also those that were made later, which were mailed.
	}
	f := &Fix{Name: d.Name, ID: d.ID, Changes: c.Changes(), workflowID: d.WorkflowID, runID: d.RunID, settings: in, fix: c}
	if f.fix.AuditNumbers, err = f.choose(all, units, asked); err != nil {
		return nil, err
	}
	if err := f.valid(all, time.Now()); err != nil {
		return nil, err
	}
	f.worth.Cards = len(all)
	if value, err := giftcard.ValueOf(all); err == nil { // Without a valid price, only their number is shown.
		f.worth.Amount, f.worth.Currency = value.Amount(), value.Currency
	}
	return f, nil
}

// fixable returns an error that says why no card of an order can be corrected, or nil. An order of which one card may
// exist is looked into first: to correct another card runs that one again, too.
func fixable(d *orders.OrderDetails) error {
	if err := nothingToDecide(d); err != nil {
		return err
	}
	if d.Left != nil {
		return fmt.Errorf("order %s is left to people: first issue it with "+buildinfo.Program+" orders release", d.Name)
	}
	for _, u := range d.FailedUnits() {
		switch u.Kind {
		case giftcard.OutcomeUnknown:
			return fmt.Errorf("card %d of order %s may exist: first settle it with "+
				buildinfo.Program+" orders resolve", u.Unit, d.Name)
		case giftcard.UnexpectedResponse:
			return fmt.Errorf("card %d of order %s may exist: look up audit number %s at the issuer. If it is the right card, "+
				"or there is none, first run "+buildinfo.Program+" orders retry --force", u.Unit, d.Name, u.AuditNumber)
		}
	}
	return nil
}

// choose returns the audit numbers of the cards to correct.
func (f *Fix) choose(all []giftcard.Unit, units []int, asked recovery.Requested) (audits []string, err error) {
	if asked.Expired {
		return nil, fmt.Errorf("what became of earlier attempts of order %s is no longer on record, so its cards may exist: "+
			"look for them at the issuer, and issue missing ones by hand", f.Name)
	}
	for _, unit := range units {
		if !slices.ContainsFunc(all, func(u giftcard.Unit) bool { return u.Number == unit }) {
			return nil, &executions.NotFoundError{What: fmt.Sprintf("order %s has no card %d to issue", f.Name, unit)}
		}
	}
	for _, u := range all {
		named := slices.Contains(units, u.Number)
		switch exists := asked.Issued[u.AuditNumber]; {
		case exists && named:
			return nil, fmt.Errorf("card %d of order %s exists, and was sent as it was ordered", u.Number, f.Name)
		case exists:
			f.Existing++
		case len(units) > 0 && !named:
		case asked.InDoubt[u.AuditNumber]:
			return nil, fmt.Errorf("card %d of order %s may exist: an attempt to issue it was cut off or not answered. Run "+
				buildinfo.Program+" orders retry, which finds out; if it fails again, look up audit number %s at the issuer",
				u.Number, f.Name, u.AuditNumber)
		default:
			audits, f.Cards = append(audits, u.AuditNumber), append(f.Cards, u.Number)
		}
	}
	if len(audits) == 0 {
		return nil, fmt.Errorf("all cards of order %s exist, and were sent as they were ordered", f.Name)
	}
	return audits, nil
}

// valid checks the corrected cards as they are checked before each request.
func (f *Fix) valid(all []giftcard.Unit, now time.Time) error {
	changed := false
	for _, u := range all {
		if !slices.Contains(f.fix.AuditNumbers, u.AuditNumber) {
			continue
		}
		was := u.Line.Recipient
		to := f.fix.Apply(was, f.settings.Order.Customer)
		changed = changed || to != was
		if f.fix.SendOn == "" || f.fix.SendOn == workflows.SendNow {
			continue
		}
		day, err := intake.SendOn(to, now)
		if err != nil {
			return fmt.Errorf("card %d of order %s: %w", u.Number, f.Name, err)
		}
		if day.IsZero() {
			return fmt.Errorf("card %d of order %s: %s is not in the future; use %s instead", u.Number, f.Name, f.fix.SendOn,
				workflows.SendNow)
		}
	}
	if !changed {
		return fmt.Errorf("order %s has these values already: nothing would change", f.Name)
	}
	return nil
}

// Fix records a correction, starts a run that issues the order's cards with it, and returns the page of that run. If
// somebody else has corrected the order since it was looked at, it fails.
func (o *Left) Fix(ctx context.Context, f *Fix, by, note string) (link string, err error) {
	if err := o.notRerunning(ctx, f.Name); err != nil {
		return "", err
	}
	if err := o.CanRead(ctx); err != nil {
		return "", err
	}
	newest, err := o.DescribeRun(ctx, f.workflowID, "")
	if err != nil {
		return "", err
	}
	if newest.GetExecution().GetRunId() != f.runID {
		return "", f.overtaken()
	}
	in, err := f.input(by, note, time.Now().UTC())
	if err != nil {
		return "", err
	}
	request, err := o.startRequest(f.workflowID, "fix/"+f.runID, in, f.worth)
	if err != nil {
		return "", err
	}
	runID, err := o.start(ctx, request, f.Name)
	if err != nil {
		return "", err
	}
	// To Temporal, two corrections of the same run are one request: the second gets the run of the first.
	started, err := o.OrderInput(ctx, f.workflowID, runID)
	if err != nil {
		return "", fmt.Errorf("order %s is being issued, but whether with this correction is not known: %w", f.Name, err)
	}
	last := len(in.Fixes) - 1
	if len(started.Fixes) <= last || started.Fixes[last].By != by || !started.Fixes[last].At.Equal(in.Fixes[last].At) {
		return "", f.overtaken()
	}
	return o.Link(f.workflowID, runID), nil
}

func (f *Fix) overtaken() error {
	return fmt.Errorf("order %s was run again or corrected by somebody else meanwhile: look at it again", f.Name)
}

// input returns the input of the run that issues the corrected order. It is the input of the run that failed, so that
// every card keeps its audit number, and the cards that exist are recognised. A merchant that was found long ago is
// looked up again. The run follows the failed one as a released one would, so that workers of earlier releases, which do
// not know corrections, look at the other runs, too.
func (f *Fix) input(by, note string, at time.Time) (workflows.GiftCardOrderInput, error) {
	in := f.settings
	in.Merchant = nil
	fix := f.fix
	fix.By, fix.At, fix.Note = by, at, note
	in.Fixes = append(slices.Clone(in.Fixes), fix)
	release := workflows.Release{RunID: f.runID, By: by, Reason: note, Hold: true}
	if before := f.settings.Release; before != nil {
		release.AuditNumbers, release.Hold = before.AuditNumbers, before.Hold
	} else {
		units, err := in.Units()
		if err != nil {
			return in, err
		}
		for _, u := range units {
			release.AuditNumbers = append(release.AuditNumbers, u.AuditNumber)
		}
	}
	in.Release = &release
	return in, nil
}

// ReadFix checks and cleans what a person types for a correction. Its errors name no address.
func ReadFix(email, message, sendOn string) (f workflows.Fix, err error) {
	if email != "" {
		if f.Email, err = intake.Address(email); err != nil {
			return f, err
		}
	}
	if f.Message = message; intake.Bounded(message, intake.MaxGreeting) != message {
		return f, fmt.Errorf("the message has more than %d characters", intake.MaxGreeting)
	}
	if f.SendOn = sendOn; sendOn != "" && sendOn != workflows.SendNow {
		if _, err := time.Parse(time.DateOnly, sendOn); err != nil {
			return f, errors.New("the day of delivery is neither " + workflows.SendNow + " nor a date (yyyy-mm-dd)")
		}
	}
	if f.Email == "" && f.Message == "" && f.SendOn == "" {
		return f, errors.New("nothing to correct was given")
	}
	return f, nil
}
