package stack

import (
	"context"
	"fmt"

	"github.com/giftbridge/giftbridge/sandbox/internal/erp"
)

// relays reports whether the stack posts the shop's events to an ERP: without webhooks, it has none.
func (o Options) relays() bool { return o.Relay && o.Webhooks }

// startERP starts the ERP, and the page that shows what it took, if the options have one.
func (s *Stack) startERP(ctx context.Context, o Options) (err error) {
	if !o.relays() {
		return nil
	}
	s.ERP = sandbox.NewERP(o.ERP)
	if s.ERPURL, err = s.start(ctx, o.ERPPort, s.ERP); err != nil {
		return fmt.Errorf("start simulated ERP: %w", err)
	}
	if s.ERPPage, err = s.start(ctx, o.ERPPagePort, erp.Page(s.ERP)); err != nil {
		return fmt.Errorf("start page of the ERP: %w", err)
	}
	return nil
}

// relay adds the ERP to the configuration.
func (s *Stack) relay() {
	if s.ERP != nil {
		sandbox.Relay(&s.Config, s.ERPURL)
	}
}
