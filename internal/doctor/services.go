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
		return fail(x.why(ctx, err), "set the CASHSTAR_* variables as docs/configuration.md says")
	}
	x.merchants, err = issuer.Merchants(ctx)
	if err == nil {
		return ok("lets us in")
	}
	const cureURL = "CASHSTAR_BASE_URL must be the address that CashStar gave, with its version (…/v2/), and this machine " +
		"let out to it"
	switch status := rest.StatusOf(err); {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return fail("the credentials are refused: "+x.why(ctx, err),
			"set CASHSTAR_USERNAME and CASHSTAR_PASSWORD to the account's, "+
				"and see that CASHSTAR_BASE_URL is of the same environment (test or production)")
	case status == http.StatusNotFound, status == 0:
		return fail(x.why(ctx, err), cureURL)
	case status < http.StatusBadRequest:
		return fail(x.why(ctx, err), cureURL+"; what answers there is not CashStar")
	}
	return fail(x.why(ctx, err), "wait and try again; then ask CashStar, with the time of this request")
}

func (x *examination) merchantList(context.Context) check.Check {
	code := x.Config.Issue.MerchantCode
	switch {
	case len(x.merchants) == 0:
		return fail("the account has none: no card can be ordered", "ask CashStar to add merchants to the account")
	case code == "":
		return ok("the account has %d", len(x.merchants))
	case !slices.ContainsFunc(x.merchants, func(m cashstar.Merchant) bool { return m.MerchantCode == code }):
		return fail(fmt.Sprintf("MERCHANT_CODE %s is none of the account's %d", code, len(x.merchants)),
			"set MERCHANT_CODE to a code of the account's, case and all, or unset it")
	}
	return ok("the account has %d, MERCHANT_CODE %s among them", len(x.merchants), code)
}

// mailServer logs in and disconnects without sending a mail.
func (x *examination) mailServer(ctx context.Context) check.Check {
	cfg := x.Config.SMTP
	if !cfg.Enabled() {
		return ok("none: SMTP_HOST is not set")
	}
	sender, err := app.NewMailer(cfg)
	if err != nil {
		return fail(x.why(ctx, err), "set the SMTP_* variables as docs/configuration.md says")
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
		return fail(address+" TLS: "+text, "SMTP_TLS is starttls on port 587, tls on port 465; the certificate must be valid for "+
			"SMTP_HOST")
	case mail.OpLogin:
		return fail(address+" login: "+text, "set SMTP_USERNAME and SMTP_PASSWORD to a login that may send")
	}
	return fail(address+" cannot be spoken to: "+text, "set SMTP_HOST and SMTP_PORT to the mail server's, and let this machine "+
		"out to it; many clouds close port 25")
}

func welcome(cfg config.SMTP) string {
	text := "answers"
	if cfg.Username != "" {
		text = "lets us in"
	}
	if cfg.TLS == config.TLSNone {
		return text + ", without TLS"
	}
	return text + " over TLS"
}
