package doctor

import (
	"context"
	"errors"
	"net"
	"strconv"

	"github.com/giftbridge/giftbridge/internal/app"
	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/doctor/exam"
	"github.com/giftbridge/giftbridge/internal/mail"
)

// MailServer is the name of the check. It must not change, because monitors read it.
const MailServer = "mail server"

func (x *examination) mailExams() []exam.Exam {
	return []exam.Exam{
		{Name: MailServer, Reads: []string{"SMTP_"}, Do: x.mailServer},
	}
}

// mailServer logs in and disconnects without sending a mail.
func (x *examination) mailServer(ctx context.Context) check.Check {
	cfg := x.Config.SMTP
	if !cfg.Enabled() {
		return exam.OK("not configured: SMTP_HOST is not set")
	}
	sender, err := app.NewMailer(cfg)
	if err != nil {
		return exam.Fail(x.why(ctx, err), "set the SMTP_* variables as described in docs/configuration.md")
	}
	address := net.JoinHostPort(cfg.Host, strconv.Itoa(cfg.Port))
	err = sender.Check(ctx)
	if err == nil {
		return exam.OK("%s %s", address, welcome(cfg))
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
		return exam.Fail(address+" TLS: "+text, "set SMTP_TLS to starttls for port 587 or to tls for port 465; the server's "+
			"certificate must be valid for SMTP_HOST")
	case mail.OpLogin:
		return exam.Fail(address+" login: "+text, "set SMTP_USERNAME and SMTP_PASSWORD to an account that may send mail")
	}
	return exam.Fail(address+" cannot be reached: "+text, "set SMTP_HOST and SMTP_PORT to the mail server's address, and "+
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
