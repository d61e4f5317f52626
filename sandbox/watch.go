package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/rs/zerolog"

	"github.com/giftbridge/giftbridge/sandbox/internal/board"
	"github.com/giftbridge/giftbridge/sandbox/internal/output"
	"github.com/giftbridge/giftbridge/sandbox/internal/site"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
	"github.com/giftbridge/giftbridge/workflows"
)

// lookEvery is the interval at which the watcher checks for news.
const lookEvery = time.Second

// watch runs the system, places customers' orders, and shows what becomes of them, until ctx ends.
func (f *flags) watch(ctx context.Context, log zerolog.Logger, w io.Writer) error {
	out := &printer{w: w, began: time.Now()}
	listener, err := site.Listen(ctx, f.startPagePort)
	if err != nil {
		return f.clash(fmt.Errorf("start page: %w", err))
	}
	defer listener.Close()
	out.page = site.URL(listener) + "/"
	s, err := stack.Start(ctx, f.options(log))
	if err != nil {
		return f.clash(err)
	}
	defer stop(s, out.sayf)
	env, err := writeEnvironment(s.Environ())
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(env) }()
	orders := board.New(func(id string) string {
		return s.Operator.Link(workflows.GiftCardOrderID(stack.Shop, id), "")
	})
	server := site.Serve(listener, orders.Page(board.Places{
		WebUI: s.Temporal.UIURL(), Mails: s.MailPage, Shop: s.ShopURL, Issuer: s.IssuerURL, Later: s.LaterURL, Shopfront: s.ShopfrontURL,
		Phones: s.PhonesPage, ERP: s.ERPURL, ERPPage: s.ERPPage,
		Temporal: s.Temporal.HostPort(), Env: env, Webhooks: !f.noWebhooks,
	}), func(err error) { out.sayf("the start page has ended: %v", err) })
	defer func() { _ = server.Close() }()
	out.print(out.screen().Begin(out.page, env))
	place(ctx, f, s, orders, out)
	out.sayf("stopping, and comparing the books; Ctrl-C again skips this")
	out.tally(context.WithoutCancel(ctx), s, f.every)
	return nil
}

// place places orders and reports what becomes of them.
func place(ctx context.Context, f *flags, s *stack.Stack, orders *board.Board, out *printer) {
	w := watcher{s: s, orders: orders, printer: out, later: map[string]bool{}}
	customers := f.customers(s)
	every, look, digest := time.NewTicker(f.every), time.NewTicker(lookEvery), time.NewTicker(f.digestEvery)
	defer every.Stop()
	defer look.Stop()
	defer digest.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
			customers.PayPending()
			customers.Tend()
			orders.Place(placed(customers.Place(), time.Now()))
		case <-digest.C:
			s.Issuer.AddMerchant(scenario.LateComer)
			if _, err := s.Operator.DigestNow(ctx); err != nil && ctx.Err() == nil {
				out.note("digest", err.Error(), "")
				continue
			}
			out.note("digest", "asked for; merchant "+scenario.LateComer.Name+" is there now", "")
		case <-look.C:
			if err := w.look(ctx); err != nil && ctx.Err() == nil {
				out.note("?", "looking for news: "+err.Error(), "")
			}
		}
	}
}

// placed returns a customer's order for the board.
func placed(p scenario.Placed, at time.Time) board.Order {
	return board.Order{
		ID: strconv.FormatInt(p.ID, 10), Name: p.Name, Kind: string(p.Kind), Cards: len(p.Cards) + p.Later,
		NoGiftCards: !p.GiftCards, Intended: p.Fails || p.FailsFirst, Placed: at,
	}
}

// printer prints what happens, for the terminal as it is at the moment.
type printer struct {
	w     io.Writer
	began time.Time
	page  string
}

func (p *printer) screen() board.Screen {
	width, color := output.Terminal(p.w)
	return board.Screen{Width: width, Color: color}
}

func (p *printer) print(text string) { _, _ = io.WriteString(p.w, text) }

func (p *printer) note(what, text, link string) {
	p.print(p.screen().Note(time.Since(p.began), what, text, link))
}

func (p *printer) order(o board.Order) {
	p.print(p.screen().Line(time.Since(p.began), o, p.page))
}

func (p *printer) sayf(format string, args ...any) { p.note("", fmt.Sprintf(format, args...), "") }
