package e2e_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/config/ops"
	"github.com/giftbridge/giftbridge/internal/mail/mailtest"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
	"github.com/giftbridge/giftbridge/sandbox/internal/programs"
	"github.com/giftbridge/giftbridge/sandbox/scenario"
	"github.com/giftbridge/giftbridge/sandbox/stack"
)

const (
	clientID     = "leak-client-id"
	clientSecret = "CLIENTSECRET-9d41f0c27ab5"
	mailPassword = "SMTPPASSWORD-51c8aa07be32"
	payloadBytes = "PAYLOADKEY-0c6e2b9f41d7a835-leak"
)

// leaky is a system in which everything secret or personal is marked.
type leaky struct {
	*system

	shop, issuer *gossip
	mails        *mailtest.Server
	log          *lines
	env          []string
	shopStatus   atomic.Int32
	attempts     atomic.Int32
	personal     markers
	orders       int
	said         strings.Builder
}

func startLeaky(t *testing.T) *leaky {
	t.Helper()
	l := &leaky{log: new(lines), personal: markers{}}
	var err error
	l.mails, err = mailtest.Start(mailtest.Options{NoTLS: true, Username: "leak-user", Password: mailPassword})
	require.NoError(t, err)
	t.Cleanup(l.mails.Stop)
	var issuer atomic.Pointer[cashstartest.Server]
	cards := func() string {
		s := issuer.Load()
		if s == nil || len(s.Cards()) == 0 {
			return "nobody"
		}
		c := s.Cards()[0]
		return fmt.Sprintf("card %s, access_code %s, PIN: %s, URL %s", c.EGCNumber, c.AccessCode, c.AccessCode, c.URL)
	}
	var shop atomic.Pointer[shopifytest.Server]
	buyer := func() string {
		if s := shop.Load(); s != nil {
			return "the order of " + s.Orders()[0].Email
		}
		return "nobody"
	}
	l.shop = &gossip{rumour: buyer, spoil: func(body string) int {
		if strings.Contains(body, "grant_type") {
			return 0
		}
		return int(l.shopStatus.Load())
	}}
	l.issuer = &gossip{rumour: cards, spoil: l.spoil}
	l.system = start(t, stack.Options{
		Log:     zerolog.New(l.log).Level(zerolog.DebugLevel),
		Shopify: shopifytest.Options{ClientID: clientID, ClientSecret: clientSecret},
		CashStar: cashstartest.Options{Merchants: []cashstartest.Merchant{
			{Name: "Twin", MerchantCode: "TWIN1", Currencies: []string{"USD"}},
			{Name: "twin", MerchantCode: "TWIN2", Currencies: []string{"USD"}},
		}},
		Configure: func(c *config.Config) {
			c.Shopify.BaseURL = gossiping(t, c.Shopify.BaseURL, l.shop)
			c.Shopify.AccessToken = config.Secret{}
			c.Shopify.ClientID, c.Shopify.ClientSecret = clientID, config.NewSecret(clientSecret)
			c.CashStar.BaseURL = gossiping(t, c.CashStar.BaseURL, l.issuer)
			c.SMTP.Host, c.SMTP.Port = l.mails.Host(), l.mails.Port()
			c.SMTP.Username, c.SMTP.Password = "leak-user", config.NewSecret(mailPassword)
			c.Payload.Keys = ops.PayloadKeys{{ID: "leak", Key: config.NewSecret(payloadBytes)}}
			c.Metrics.Addr = "127.0.0.1:0"
			c.Issue.RetryBudget = 5 * time.Second
		},
	})
	issuer.Store(l.Issuer)
	shop.Store(l.Shop)
	l.env = []string{
		"SHOPIFY_ACCESS_TOKEN=", "SHOPIFY_CLIENT_ID=" + clientID, "SHOPIFY_CLIENT_SECRET=" + clientSecret,
		"SMTP_USERNAME=leak-user", "SMTP_PASSWORD=" + mailPassword, "LOG_LEVEL=debug",
	}
	return l
}

// spoil decides the answer to a request for a card by its recipient's address.
func (l *leaky) spoil(body string) int {
	switch {
	case strings.Contains(body, "refused-"):
		return http.StatusForbidden
	case strings.Contains(body, "invalid-"):
		return http.StatusBadRequest
	case strings.Contains(body, "contrary-"):
		return http.StatusOK
	case strings.Contains(body, "down-"):
		return http.StatusServiceUnavailable
	case strings.Contains(body, "retried-") && l.attempts.Add(1) < 5:
		return []int{http.StatusServiceUnavailable, http.StatusTooManyRequests, 420, http.StatusInternalServerError}[l.attempts.Load()%4]
	}
	return 0
}

// order places an order with marked personal data.
func (l *leaky) order(kind string, change func(*shopifytest.Order)) scenario.Placed {
	l.orders++
	mark := func(what string) string {
		value := fmt.Sprintf("%s-%s-%x", kind, what, 0x5eed0000+l.orders)
		l.personal[fmt.Sprintf("%s %s of order %d", kind, what, l.orders)] = value
		return value
	}
	buyer := mark("buyer") + "@mark.example.com"
	o := shopifytest.Order{
		Email: buyer,
		Customer: &shopifytest.Customer{
			ID: int64(9000 + l.orders), DisplayName: scenario.Merchants()[0].Name,
			FirstName: mark("first"), LastName: mark("last"), Email: buyer,
		},
		Lines: []shopifytest.LineItem{{
			SKU: scenario.SKUs()[0], Title: "Gift card", Quantity: 1, UnitPrice: "25.0",
			Attributes: []shopifytest.Attribute{
				{Key: "Recipient email", Value: mark("friend") + "@mark.example.com"},
				{Key: "Recipient name", Value: "Zoë " + mark("name")},
				{Key: "Message", Value: "Dear " + mark("message") + ", \"all\" the best & more"},
			},
		}},
	}
	if change != nil {
		change(&o)
	}
	o = l.Shop.AddOrder(o)
	return scenario.Placed{ID: o.ID, Name: o.Name}
}

// secrets returns the markers of everything that must not be visible anywhere.
func (l *leaky) secrets() markers {
	token := regexp.MustCompile(`"access_token":"([^"]+)"`)
	_, told := l.shop.all()
	m := markers{
		"client secret": clientSecret, "mail password": mailPassword, "CashStar password": l.Config.CashStar.Password.Reveal(),
		"CashStar credentials": base64.StdEncoding.EncodeToString(
			[]byte(l.Config.CashStar.Username + ":" + l.Config.CashStar.Password.Reveal())),
		"payload key": payloadBytes, "codec token": l.Config.Codec.Token.Reveal(),
	}
	for i, found := range token.FindAllStringSubmatch(told, -1) {
		m[fmt.Sprint("Shopify token ", i)] = found[1]
	}
	for _, c := range l.Issuer.Cards() {
		m["number of card "+c.EGCCode], m["URL of card "+c.EGCCode] = c.EGCNumber, c.URL
		// Access codes are short and occur by chance in long texts, so look for them together with their labels.
		m["access code of card "+c.EGCCode] = "access_code " + c.AccessCode
		m["PIN of card "+c.EGCCode] = "PIN: " + c.AccessCode
	}
	return m
}

// starters runs a command of giftbridge and keeps its output.
func (l *leaky) starters(code int, args ...string) {
	l.t.Helper()
	c := l.command(l.ctx, programs.Starter, l.env, args)
	out, _ := c.CombinedOutput()
	require.Equal(l.t, code, c.ProcessState.ExitCode(), "%s: %s", args, out)
	fmt.Fprintf(&l.said, "giftbridge %s\n%s\n", strings.Join(args, " "), out)
}

func both(a, b markers) markers {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

// Whatever services and people do, secrets leave the worker only where they must, and Temporal stores personal data
// only encrypted.
func TestNothingLeaks(t *testing.T) {
	t.Parallel()
	l := startLeaky(t)
	good := l.order("good", func(o *shopifytest.Order) { o.Lines[0].Quantity = 3 })
	l.shopStatus.Store(http.StatusForbidden)
	for range 5 {
		_, err := l.tryPoll()
		require.Error(t, err)
	}
	l.shopStatus.Store(http.StatusOK)
	for range 4 {
		_, err := l.tryPoll()
		require.Error(t, err)
	}
	l.shopStatus.Store(0)
	l.poll()
	l.settle(1)

	var failed []scenario.Placed
	for _, kind := range []string{"refused", "invalid", "contrary", "down"} {
		for range 4 {
			failed = append(failed, l.order(kind, nil))
		}
	}
	l.order("retried", nil)
	l.order("mixed", func(o *shopifytest.Order) {
		o.Lines = append(o.Lines, shopifytest.LineItem{SKU: "MUG", Title: "Mug", Quantity: 1, UnitPrice: "12.5"})
	})
	unknown := l.order("unknown", func(o *shopifytest.Order) { o.Customer.DisplayName = o.Customer.LastName })
	l.order("twin", func(o *shopifytest.Order) { o.Customer.DisplayName = "Twin" })
	l.order("guest", func(o *shopifytest.Order) { o.Customer = nil })
	l.order("badly-addressed", func(o *shopifytest.Order) {
		o.Lines[0].Attributes[0].Value = strings.Replace(o.Lines[0].Attributes[0].Value, "@", " at ", 1)
	})
	l.poll()
	l.settle(len(failed) + 6)

	l.starters(cli.ExitOK, "config")
	l.starters(cli.ExitOK, "schedules")
	l.starters(cli.ExitOK, "status")
	l.starters(cli.ExitOK, "status", "--json")
	l.starters(cli.ExitOK, "orders", "list", "--failed")
	l.starters(cli.ExitOK, "orders", "list", "--json")
	for _, p := range []scenario.Placed{failed[0], failed[5], failed[10], failed[15], good, unknown} {
		l.starters(cli.ExitOK, "orders", "show", p.Name)
		l.starters(cli.ExitOK, "orders", "show", p.Name, "--json")
	}
	l.starters(cli.ExitOK, "orders", "balance", good.Name)
	l.starters(cli.ExitOK, "orders", "cancel-card", good.Name, "--unit", "2", "--reason", "bought by mistake", "--yes")
	l.starters(cli.ExitOK, "orders", "retry", failed[0].Name, unknown.Name, "--yes")
	l.starters(cli.ExitFailure, "orders", "resolve", failed[1].Name, "--unit", "1", "--not-issued", "--reason", "looked it up", "--yes")
	l.starters(cli.ExitOK, "poll")
	l.starters(cli.ExitUsage, "deployment")
	l.starters(cli.ExitOK, "digest", "--dry-run")
	l.starters(cli.ExitOK, "digest", "--now")
	l.mails.Fail(mailtest.Fault{Kind: mailtest.RefuseRecipient})
	l.starters(cli.ExitFailure, "digest", "--now", "--json")
	l.read()

	l.requireMarked()
	l.requireNothingSaid()
	l.requireNothingKept()
}

// read requests a history from the codec server, with the right token and with a wrong one.
func (l *leaky) read() {
	l.t.Helper()
	input := l.history(l.running("GiftCardOrder")[0].GetExecution().GetWorkflowId(), "").
		GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetInput()
	body, err := protojson.Marshal(input)
	require.NoError(l.t, err)
	for _, token := range []string{l.Config.Codec.Token.Reveal(), "wrong" + l.Config.Codec.Token.Reveal()} {
		l.request(http.MethodPost, l.CodecEndpoint+"/decode", body, http.Header{
			"Content-Type": {"application/json"}, "Authorization": {"Bearer " + token},
		})
	}
}

// requireMarked proves that there was something to find: the services received and repeated the marked data.
func (l *leaky) requireMarked() {
	l.t.Helper()
	shopHeard, shopTold := l.shop.all()
	issuerHeard, issuerTold := l.issuer.all()
	require.Contains(l.t, l.secrets().found(shopHeard), "client secret")
	require.Contains(l.t, l.secrets().found(shopHeard), "Shopify token 0")
	require.Contains(l.t, l.secrets().found(shopTold), "Shopify token 0")
	for _, told := range []string{issuerHeard, issuerTold} {
		require.Contains(l.t, l.secrets().found(told), "CashStar credentials")
	}
	card := l.Issuer.Cards()[0].EGCCode
	for _, what := range []string{"number of card ", "URL of card ", "access code of card ", "PIN of card "} {
		require.Contains(l.t, l.secrets().found(issuerTold), what+card)
	}
	heard, told := l.personal.found(issuerHeard), strings.Join(l.personal.found(issuerTold), "\n")
	for name := range l.personal {
		kind, what, _ := strings.Cut(name, " ")
		if slices.Contains([]string{"good", "refused", "invalid", "contrary", "down", "retried"}, kind) &&
			slices.ContainsFunc([]string{"friend", "name", "message"}, func(w string) bool { return strings.HasPrefix(what, w) }) {
			require.Contains(l.t, heard, name)
		}
	}
	for _, what := range []string{" friend ", " name ", " message "} {
		require.Contains(l.t, told, what, "the issuer repeats it")
	}
	for name := range l.personal {
		if strings.Contains(name, " buyer ") {
			require.Contains(l.t, l.personal.found(shopTold), name)
		}
	}
}

// requireNothingSaid searches what people see: logs, output of commands, mails, health checks.
func (l *leaky) requireNothingSaid() {
	l.t.Helper()
	all := both(l.secrets(), l.personal)
	log := l.log.String()
	require.Contains(l.t, log, `"level":"debug"`)
	require.Contains(l.t, log, "codec request")
	require.Empty(l.t, all.found(log), "the log")
	require.Empty(l.t, all.found(l.said.String()), "the commands")
	mails := l.mails.Messages()
	require.NotEmpty(l.t, mails)
	for _, m := range mails {
		parsed, err := m.Parse()
		require.NoError(l.t, err)
		seen := []string{string(m.Data), fmt.Sprint(parsed.Header), parsed.Subject, parsed.Text, parsed.HTML}
		for _, a := range parsed.Attachments {
			seen = append(seen, a.Name, string(a.Data))
		}
		require.Contains(l.t, parsed.Text, "MerchantUnknown")
		require.Regexp(l.t, "CardDeclined|Unauthorized", parsed.Text, "as what refused it is the issuer's own word or a page")
		for _, s := range seen {
			require.Empty(l.t, all.found(s), "a mail")
		}
	}
	health := regexp.MustCompile(`"health":"([^"]+)"`).FindStringSubmatch(log)
	require.Len(l.t, health, 2)
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/"} {
		out := l.request(http.MethodGet, "http://"+health[1]+path, nil, nil)
		require.Empty(l.t, all.found(fmt.Sprint(out.header, string(out.body))), path)
	}
}

// requireNothingKept searches what Temporal stores. Nothing marked is readable without the key, and no secret with it.
func (l *leaky) requireNothingKept() {
	l.t.Helper()
	kept, types := l.requireSealed(both(l.secrets(), l.personal), l.secrets())
	for _, kind := range []string{"PollOrders", "GiftCardOrder", "DailyDigest", "RerunOrders", "CancelCard"} {
		require.Positive(l.t, types[kind], kind)
	}
	require.Contains(l.t, l.personal.found(kept), "good message of order 1", "what the key opens does hold it")
}

// requireSealed requires that nothing marked is readable in what Temporal stores without the key, nor with it outside the
// events of histories, and that those hold no secrets either. It returns all opened histories, and the number of runs of
// each type.
func (w *system) requireSealed(all, secrets markers) (kept string, types map[string]int) {
	w.t.Helper()
	inTheOpen := func(what string, m proto.Message) {
		wire, err := proto.Marshal(m)
		require.NoError(w.t, err)
		written, err := protojson.Marshal(m)
		require.NoError(w.t, err)
		for _, form := range []string{string(wire), string(written), fmt.Sprint(m)} {
			require.Empty(w.t, all.found(form), what)
		}
	}
	opened := func(what string, m proto.Message, none markers) {
		w.open(m)
		wire, err := proto.Marshal(m)
		require.NoError(w.t, err)
		require.Empty(w.t, none.found(string(wire)), "%s, opened", what)
	}
	var histories bytes.Buffer
	types = map[string]int{}
	for _, info := range w.running("") {
		id, run := info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId()
		types[info.GetType().GetName()]++
		inTheOpen("list of "+id, info)
		opened("list of "+id, info, all) // The memo and the search attributes, for everyone who has the key.
		h := w.history(id, run)
		inTheOpen("history of "+id, h)
		d, err := w.plain.DescribeWorkflowExecution(w.ctx, id, run)
		require.NoError(w.t, err)
		inTheOpen("description of "+id, d)
		opened("description of "+id, d, all)
		for _, e := range h.GetEvents() {
			opened("summary of "+id, e.GetUserMetadata(), all)
		}
		opened("history of "+id, h, secrets)
		wire, err := proto.Marshal(h)
		require.NoError(w.t, err)
		histories.Write(wire)
	}
	schedules, err := w.plain.WorkflowService().ListSchedules(w.ctx, &workflowservice.ListSchedulesRequest{
		Namespace: w.Temporal.Namespace(),
	})
	require.NoError(w.t, err)
	inTheOpen("schedules", schedules)
	for _, s := range schedules.GetSchedules() {
		d, err := w.plain.WorkflowService().DescribeSchedule(w.ctx, &workflowservice.DescribeScheduleRequest{
			Namespace: w.Temporal.Namespace(), ScheduleId: s.GetScheduleId(),
		})
		require.NoError(w.t, err)
		inTheOpen(s.GetScheduleId(), d)
		opened(s.GetScheduleId(), d, all)
	}
	return histories.String(), types
}

// running lists the runs of a workflow type, or all runs, including the schedules'.
func (w *system) running(kind string) []*workflowpb.WorkflowExecutionInfo {
	w.t.Helper()
	queries := []string{"", "TemporalNamespaceDivision = 'TemporalScheduler'"}
	if kind != "" {
		queries = []string{"WorkflowType = '" + kind + "'"}
	}
	var out []*workflowpb.WorkflowExecutionInfo
	for _, query := range queries {
		request := &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: w.Temporal.Namespace(), Query: query, PageSize: 1000,
		}
		page, err := w.plain.ListWorkflow(w.ctx, request)
		require.NoError(w.t, err)
		require.Empty(w.t, page.GetNextPageToken())
		require.NotEmpty(w.t, page.GetExecutions(), query)
		out = append(out, page.GetExecutions()...)
	}
	return out
}
