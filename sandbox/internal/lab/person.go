package lab

import "context"

// person is whoever looks after orders of which nobody knows whether their cards exist, where the issuer does not know
// an audit number again: looks at the issuer's ledger, and says what is there.
func (l *laboratory) person(context.Context) error { return nil }
