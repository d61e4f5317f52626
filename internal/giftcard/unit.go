package giftcard

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strconv"
	"strings"
)

// MaxUnits is the largest number of cards in one order. A larger order would outgrow its workflow's history. It fails
// visibly, and a person has to split it.
const MaxUnits = 1000

// Unit is one card to be issued.
type Unit struct {
	// Number counts the units of the order from 1.
	Number      int
	Line        Line
	AuditNumber string
}

// CardUnits returns one unit per card of the order, in the order of its lines. auditPrefix is the prefix with which the
// order was taken in: a different one would create different cards.
func (o Order) CardUnits(auditPrefix string) ([]Unit, error) {
	if len(o.Lines) == 0 {
		return nil, Errorf(InvalidRequest, "order %s was read without its lines because it is too large", o.Name)
	}
	if n := o.Units(); n < 1 || n > MaxUnits {
		return nil, Errorf(InvalidRequest, "order %s has %d gift cards; 1 to %d can be issued", o.Name, n, MaxUnits)
	}
	units := make([]Unit, 0, o.Units())
	for _, l := range o.Lines {
		for u := 1; u <= l.Units; u++ {
			units = append(units, Unit{
				Number: len(units) + 1, Line: l,
				AuditNumber: AuditNumber(auditPrefix, o.Shop, o.ID, l.ID, u),
			})
		}
	}
	return units, nil
}

// AuditNumber returns the issuer's idempotency key of one unit. It depends only on its arguments, and must give the
// same result in every release: it is what keeps a card from being issued twice.
//
// It contains the order's number for people to read; the rest is a digest (60 bits) of shop, order, line and unit. With
// the longest prefix and order number it has 53 characters; no issuer's limit is known.
func AuditNumber(prefix, shop, order, line string, unit int) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{shop, order, line, strconv.Itoa(unit)}, "/")))
	return fmt.Sprintf("%s%s-%s", prefix, order, base32.StdEncoding.EncodeToString(sum[:])[:12])
}

// ValueOf returns the total value of units.
func ValueOf(units []Unit) (Money, error) {
	lines := make([]Line, len(units))
	for i, u := range units {
		lines[i] = u.Line
		lines[i].Units = 1
	}
	return Order{Lines: lines}.Value()
}
