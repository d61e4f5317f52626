package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"

	"github.com/giftbridge/giftbridge/internal/check"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/cashstar"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/mail"
	"github.com/giftbridge/giftbridge/internal/rest"
)

// cashStar checks the credentials with the only request that changes nothing.
func (x *examination) cashStar(ctx context.Context) check.Check {
	issuer, err := app.NewCashStar(x.Config.CashStar)
	if err != nil {
		return fail(x.why(ctx, err), "set the CASHSTAR_* variables as described in docs/configuration.md")
	}
	x.merchants, err = issuer.Merchants(ctx)
	if err == nil {
		return ok("credentials accepted")
	}
	const cureURL = "set CASHSTAR_BASE_URL to the address that CashStar gave, with its version (…/v2/), and allow " +
		"outbound connections to it from this machine"
	switch status := rest.StatusOf(err); {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return fail("credentials refused: "+x.why(ctx, err),
			"set CASHSTAR_USERNAME and CASHSTAR_PASSWORD to the account's credentials, "+
				"and check that CASHSTAR_BASE_URL is in the same environment (test or production)")
	case status == http.StatusNotFound, status == 0:
		return fail(x.why(ctx, err), cureURL)
	case status < http.StatusBadRequest:
		return fail(x.why(ctx, err), cureURL+"; the server that answered is not CashStar")
	}
	return fail(x.why(ctx, err), "try again later; if it still fails, ask CashStar and give the time of this request")
}

func (x *examination) merchantList(context.Context) check.Check {
	code := x.Config.Issue.MerchantCode
	switch {
	case len(x.merchants) == 0:
		return fail("the account has no merchants: no card can be ordered", "ask CashStar to add merchants to the account")
	case code == "":
		return ok("the account has %d", len(x.merchants))
	case !slices.ContainsFunc(x.merchants, func(m cashstar.Merchant) bool { return m.MerchantCode == code }):
		return fail(fmt.Sprintf("MERCHANT_CODE %s is not one of the account's %d merchants", code, len(x.merchants)),
			"set MERCHANT_CODE to one of the account's merchant codes (case-sensitive), or unset it")
	}
	return ok("the account has %d, including MERCHANT_CODE %s", len(x.merchants), code)
}

// mailServer logs in and disconnects without sending a mail.
func (x *examination) mailServer(ctx context.Context) check.Check {
	cfg := x.Config.SMTP
	if !cfg.Enabled() {
		return ok("not configured: SMTP_HOST is not set")
	}
	sender, err := app.NewMailer(cfg)
	if err != nil {
		return fail(x.why(ctx, err), "set the SMTP_* variables as described in docs/configuration.md")
	}
	address := net.JoinHostPort(cfg.Host, strconv.Itoa(cfg.Port))
	err = sender.Check(ctx)
	if err == nil {
		return ok("%s %s", address, welcome(cfg))
	}
	text, step := x.why(ctx, err), mail.OpConnect
	if e, found := errors.AsType[*mail.Error](err); found && ctx.Err() == nil {
		text, step = e.Message, e.Op
		if e.Code != 0 {
			text = strconv.Itoa(e.Code) + " " + text
		}
	}
	switch step {
	case mail.OpTLS:
		return fail(address+" TLS: "+text, "set SMTP_TLS to starttls for port 587 or to tls for port 465; the server's "+
			"certificate must be valid for SMTP_HOST")
	case mail.OpLogin:
		return fail(address+" login: "+text, "set SMTP_USERNAME and SMTP_PASSWORD to an account that may send mail")
	}
	return fail(address+" cannot be reached: "+text, "set SMTP_HOST and SMTP_PORT to the mail server's address, and "+
		"allow outbound connections to it from this machine; many cloud providers block port 25")
}

func welcome(cfg config.SMTP) string {
	text := "is reachable"
	if cfg.Username != "" {
		text = "accepts the credentials"
	}
	if cfg.TLS == config.TLSNone {
		return text + ", without TLS"
	}
	return text + " over TLS"
}
