package activities_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"golang.org/x/time/rate"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/cashstar"
	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/issuer"
	"github.com/giftbridge/giftbridge/internal/issuer/accounts"
	"github.com/giftbridge/giftbridge/internal/issuer/cashstarissuer"
)

const (
	username = "api-user"
	password = "correct-horse-battery"
)

// issuing holds the card activities in front of a simulated CashStar.
type issuing struct {
	issuer *cashstartest.Server
	gifts  *activities.GiftCards
	logs   *logs
}

func newIssuing(t *testing.T, options cashstartest.Options) issuing {
	t.Helper()
	options.Username, options.Password = username, password
	options.Merchants = append(options.Merchants, cashstartest.Merchant{
		Name: "The Widget Shop", LegalName: "Widget Shop Ltd.", MerchantCode: "TWS", Currencies: []string{"USD"},
	})
	issuer := cashstartest.New(options)
	return issuing{issuer: issuer, gifts: newGiftCards(t, issuer, password), logs: &logs{}}
}

func newGiftCards(t *testing.T, issuer http.Handler, password string) *activities.GiftCards {
	t.Helper()
	client, err := cashstar.New(cashstar.Options{
		BaseURL: serve(t, issuer) + "/v2", Username: username, Password: password,
	})
	require.NoError(t, err)
	found := behind(t, client)
	return &activities.GiftCards{
		Issuer: found, Accounts: accounts.NewList(found), Now: func() time.Time { return date(15) },
	}
}

// behind returns the issuer behind a client.
func behind(t *testing.T, client *cashstar.Client) issuer.Abilities {
	t.Helper()
	found, err := issuer.Find(cashstarissuer.New(client, true))
	require.NoError(t, err)
	return found
}

func (i issuing) issue(t *testing.T, in activities.IssueCardInput) (activities.IssueCardResult, error) {
	t.Helper()
	return execute[activities.IssueCardResult](t, newEnv(i.logs, i.gifts), "IssueCard", in)
}

// again calls issue as a later attempt.
func (i issuing) again(t *testing.T, in activities.IssueCardInput) (activities.IssueCardResult, error) {
	t.Helper()
	env := newEnv(i.logs, i.gifts)
	env.SetHeartbeatDetails(activities.AttemptNote{FirstFailure: time.Now()})
	return execute[activities.IssueCardResult](t, env, "IssueCard", in)
}

func (i issuing) lookUp(
	t *testing.T, in activities.LookUpMerchantInput,
) (activities.LookUpMerchantResult, error) {
	t.Helper()
	return execute[activities.LookUpMerchantResult](t, newEnv(i.logs, i.gifts), "LookUpMerchant", in)
}

// doing is how every failure to issue secondCard begins.
const doing = "order #1001, card 2"

func secondCard() activities.IssueCardInput {
	return activities.IssueCardInput{
		OrderName: "#1001", Unit: 2, AuditNumber: "450789469-N4MZOLDBD3KI", MerchantCode: "TWS",
		Price: "50.0", Currency: "USD",
		Recipient: giftcard.Recipient{
			Email: "grace.hopper@example.com", Name: "Grace Hopper", Message: "Happy birthday, Amazing Grace!",
			SendOn: "2026-07-20", Offset: "-120", From: "Ada Lovelace",
		},
		ReadAt:      time.Now(),
		RetryBudget: time.Hour,
	}
}

func TestIssueCard(t *testing.T) {
	t.Parallel()
	i := newIssuing(t, cashstartest.Options{})
	out, err := i.issue(t, secondCard())
	require.NoError(t, err)

	cards := i.issuer.Cards()
	require.Len(t, cards, 1)
	card := cards[0]
	require.Equal(t, activities.IssueCardResult{
		AuditNumber: "450789469-N4MZOLDBD3KI", OrderNumber: card.OrderNumber, EGCCode: card.EGCCode,
		MaskedNumber: "************" + card.EGCNumber[len(card.EGCNumber)-4:], Amount: "50.00", Currency: "USD",
	}, out)

	require.Equal(t, "50.00", card.InitialBalance)
	require.Equal(t, "USD", card.Currency)
	require.Equal(t, "TWS", card.MerchantCode)
	require.Equal(t, "grace.hopper@example.com", card.Target)
	require.Equal(t, "grace.hopper@example.com", card.Challenge)
	require.Equal(t, "your email address", card.ChallengeDescription)
	require.True(t, card.Scheduled.Equal(time.Date(2026, 7, 19, 22, 0, 0, 0, time.UTC)))
	require.Equal(t, cashstartest.Message{
		From: "Ada Lovelace", To: "Grace Hopper", Body: "Happy birthday, Amazing Grace!",
	}, card.Message)
}

// The text for the cards is sent with every attempt. It is a part of the order: without it, the issuer takes a repeated
// request for a different order.
func TestIssueCardWithAdditionalContent(t *testing.T) {
	t.Parallel()
	i := newIssuing(t, cashstartest.Options{})
	with := secondCard()
	with.AdditionalContent = "Try our new shop.\nIt is open."
	_, err := i.issue(t, with)
	require.NoError(t, err)
	out, err := i.again(t, with)
	require.NoError(t, err)
	require.True(t, out.Existed)
	require.Len(t, i.issuer.Cards(), 1)
	require.Equal(t, "Try our new shop.\nIt is open.", i.issuer.Cards()[0].AdditionalContent)

	_, err = i.again(t, secondCard())
	require.ErrorContains(t, err, "different order")
}

// A second attempt at a card that exists succeeds, in either way in which an issuer may answer it.
func TestIssueCardAgain(t *testing.T) {
	t.Parallel()
	tests := []struct {
		duplicates cashstartest.Duplicates
		existed    bool
	}{
		{cashstartest.RefuseDuplicates, true},
		{cashstartest.AnswerExisting, false},
	}
	for _, tt := range tests {
		t.Run(string(tt.duplicates), func(t *testing.T) {
			t.Parallel()
			i := newIssuing(t, cashstartest.Options{Duplicates: tt.duplicates})
			first, err := i.issue(t, secondCard())
			require.NoError(t, err)
			second, err := i.again(t, secondCard())
			require.NoError(t, err)
			if tt.existed {
				first = activities.IssueCardResult{
					AuditNumber: first.AuditNumber, Amount: first.Amount, Currency: first.Currency, Existed: true,
				}
			}
			require.Equal(t, first, second)
			require.Len(t, i.issuer.Cards(), 1)
			require.Equal(t, 1, i.issuer.Stats().Repeated)
		})
	}
}

// A card that an earlier run has issued is not requested again. It keeps the issuer's numbers, which the issuer would not
// repeat.
func TestIssueCardOfAnEarlierRun(t *testing.T) {
	t.Parallel()
	card := activities.IssueCardResult{
		AuditNumber: secondCard().AuditNumber, OrderNumber: "CS-1", EGCCode: "EGC-1", MaskedNumber: "1234",
		Amount: "25.00", Currency: "USD",
	}
	i := newIssuing(t, cashstartest.Options{})
	i.gifts.Runs = runs{earlier: activities.Earlier{Issued: &card}}
	in := secondCard()
	in.Again = true
	out, err := i.issue(t, in)
	require.NoError(t, err)
	require.Equal(t, card, out)
	require.Zero(t, i.orders())
}

// A card that was corrected is not taken for one that exists under its number: that one was sent as it was ordered. Once
// it was requested as corrected, it is taken for its own.
func TestIssueCardThatWasFixed(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		inDoubt, again, atMostOnce bool
		existed                    bool
	}{
		"for the first time":               {},
		"for the first time, at most once": {atMostOnce: true},
		"by a second attempt":              {again: true, existed: true},
		"after an earlier run asked":       {inDoubt: true, existed: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newIssuing(t, cashstartest.Options{})
			_, err := i.issue(t, secondCard())
			require.NoError(t, err)
			i.gifts.Runs = runs{earlier: activities.Earlier{InDoubt: tt.inDoubt}}
			i.gifts.Attempts, i.gifts.AtMostOnce = &attempts{}, tt.atMostOnce
			in := secondCard()
			in.Again, in.Fixed = true, true
			issue := i.issue
			if tt.again {
				issue = i.again
			}
			out, err := issue(t, in)
			if tt.existed {
				require.NoError(t, err)
				require.True(t, out.Existed)
				return
			}
			requireKind(t, err, giftcard.OutcomeUnknown, doing)
			require.ErrorContains(t, err, "but this is the first request since the card was corrected")
		})
	}
}

// Whatever happened to the answer, the next attempt finds the card that the first one created.
func TestIssueCardAfterALostAnswer(t *testing.T) {
	t.Parallel()
	faults := []cashstartest.Fault{
		{Kind: cashstartest.Drop, AfterCommit: true},
		{Kind: cashstartest.ServerError, AfterCommit: true},
		{Kind: cashstartest.HTML, AfterCommit: true},
		{Kind: cashstartest.Truncated},
		{Kind: cashstartest.Malformed},
	}
	for _, fault := range faults {
		t.Run(string(fault.Kind), func(t *testing.T) {
			t.Parallel()
			i := newIssuing(t, cashstartest.Options{})
			i.issuer.Inject(fault)
			_, err := i.issue(t, secondCard())
			requireKind(t, err, giftcard.Unavailable, doing)
			require.Len(t, i.issuer.Cards(), 1)

			out, err := i.again(t, secondCard())
			require.NoError(t, err)
			require.True(t, out.Existed)
			require.Len(t, i.issuer.Cards(), 1)
		})
	}
}

// runs is a fake of Temporal that knows which runs are first, and what earlier runs have found.
type runs struct {
	first    bool
	earlier  activities.Earlier
	merchant activities.LookUpMerchantResult
	err      error
}

func (r runs) MerchantOf(context.Context, string, string) (activities.LookUpMerchantResult, error) {
	return r.merchant, r.err
}

func (r runs) IssuedCards(context.Context, string, string) (map[string]bool, error) { return nil, nil }

func (r runs) OpenCards(context.Context, string, string) (map[string]bool, error) { return nil, nil }

func (r runs) IsFirst(_ context.Context, workflowID, runID string) (bool, error) {
	if workflowID == "" || runID == "" {
		return false, errors.New("no run is named")
	}
	return r.first, r.err
}

func (r runs) Earlier(context.Context, activities.EarlierInput) (activities.Earlier, error) {
	return r.earlier, r.err
}

// A card that exists before its order has requested one is treated as not belonging to this order.
func TestIssueCardThatExistsAtTheFirstAttempt(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		runs activities.Runs
		want string // what the failure says; empty if the card is believed to be ours
	}{
		"first run":          {runs{first: true}, "but this is the order's first request"},
		"run made by reset":  {runs{}, ""},
		"Temporal is away":   {runs{err: errors.New("frontend is away")}, "whether this order has requested it before (frontend is away)"},
		"nobody knows of it": {nil, "but this is the order's first request"},
	}
	for name, tt := range tests {
		for _, mode := range []activities.Attempts{nil, &attempts{}} {
			t.Run(fmt.Sprint(name, mode != nil), func(t *testing.T) {
				t.Parallel()
				i := newIssuing(t, cashstartest.Options{})
				_, err := i.issue(t, secondCard())
				require.NoError(t, err)
				i.gifts.Runs, i.gifts.Attempts, i.gifts.AtMostOnce = tt.runs, mode, mode != nil
				out, err := i.issue(t, secondCard())
				require.Len(t, i.issuer.Cards(), 1)
				if tt.want == "" {
					require.NoError(t, err)
					require.True(t, out.Existed)
					return
				}
				failure := requireKind(t, err, giftcard.OutcomeUnknown, doing)
				require.Contains(t, failure.Message(), tt.want)
				require.Contains(t, failure.Message(), "audit number "+secondCard().AuditNumber)
				var details activities.FailureDetails
				require.NoError(t, failure.Details(&details))
				require.False(t, details.NotIssued)
			})
		}
	}
}

// A conflict proves a card only in the issuer's own words.
func TestIssueCardConflicts(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status      int
		media, body string
		want        giftcard.Kind
	}{
		"of a CDN":    {409, "text/html", "<title>DNS resolution error</title>Error 1001", giftcard.Unavailable},
		"empty":       {409, "application/json", "", giftcard.Unavailable},
		"a word":      {409, "application/json", `{"error":"Conflict"}`, giftcard.Unavailable},
		"in progress": {409, "application/json", `{"error":"audit_number is already in progress"}`, giftcard.Unavailable},
		"no merchant": {
			409, "application/json", `{"error":"Merchant TWS does not exist (audit number 450789469-N4MZOLDBD3KI)"}`,
			giftcard.Unavailable,
		},
		"bad: no merchant": {
			400, "application/json", `{"error":"Merchant TWS does not exist (audit number 450789469-N4MZOLDBD3KI)"}`,
			giftcard.InvalidRequest,
		},
		"bad: no faceplate": {
			400, "application/json", `{"error":"the faceplate no longer exists; audit_number=450789469-N4MZOLDBD3KI"}`,
			giftcard.InvalidRequest,
		},
		"different": {
			409, "application/json", `{"error":"audit_number was already used for a different order"}`, giftcard.InvalidRequest,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			issuer := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", tt.media)
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			})
			i := issuing{gifts: newGiftCards(t, issuer, password), logs: &logs{}}
			_, err := i.issue(t, secondCard())
			requireKind(t, err, tt.want, doing)
			_, err = i.again(t, secondCard())
			requireKind(t, err, tt.want, doing)

			i.gifts.Attempts, i.gifts.AtMostOnce = &attempts{}, true
			_, err = i.issue(t, secondCard())
			if tt.want == giftcard.Unavailable {
				requireInDoubt(t, err)
				return
			}
			requireNotIssued(t, err, tt.want)
		})
	}
}

func TestIssueCardFails(t *testing.T) {
	t.Parallel()
	unchanged := func(*activities.IssueCardInput) {}
	tests := []struct {
		name   string
		fault  cashstartest.Fault
		change func(*activities.IssueCardInput)
		want   giftcard.Kind
		delay  time.Duration
	}{
		{name: "enhance your calm", fault: limit(420, "3"), want: giftcard.RateLimited, delay: 3 * time.Second},
		{name: "too many requests", fault: limit(429, "2.5"), want: giftcard.RateLimited, delay: 2500 * time.Millisecond},
		{name: "too many requests, no hint", fault: limit(429, ""), want: giftcard.RateLimited},
		{name: "payment required", fault: refuse(402), want: giftcard.CardDeclined},
		{name: "forbidden", fault: refuse(403), want: giftcard.CardDeclined},
		{name: "unprocessable", fault: refuse(422), want: giftcard.CardDeclined},
		{name: "bad request", fault: refuse(400), want: giftcard.InvalidRequest},
		{name: "no such path", fault: refuse(404), want: giftcard.Unavailable},
		{name: "a page of 404", fault: page(404), want: giftcard.Unavailable},
		{name: "a page of 409", fault: page(409), want: giftcard.Unavailable},
		{name: "a page of 400", fault: page(400), want: giftcard.Unavailable},
		{name: "a page of 403", fault: page(403), want: giftcard.Unauthorized},
		{name: "a page of 422", fault: page(422), want: giftcard.Unavailable},
		{name: "request timeout", fault: refuse(408), want: giftcard.Timeout},
		{name: "internal error", fault: refuse(500), want: giftcard.Unavailable},
		{name: "not implemented", fault: refuse(501), want: giftcard.UnexpectedResponse},
		{name: "bad gateway", fault: refuse(502), want: giftcard.Unavailable},
		{
			name:  "unavailable, with a hint",
			fault: cashstartest.Fault{Kind: cashstartest.ServerError, Status: 503, RetryAfter: "30"},
			want:  giftcard.Unavailable, delay: 30 * time.Second,
		},
		{name: "gateway timeout", fault: refuse(504), want: giftcard.Unavailable},
		{name: "HTML at 200", fault: cashstartest.Fault{Kind: cashstartest.HTML}, want: giftcard.Unavailable},
		{name: "dropped", fault: cashstartest.Fault{Kind: cashstartest.Drop}, want: giftcard.Unavailable},
		{
			name: "card of another merchant", fault: cashstartest.Fault{Kind: cashstartest.WrongMerchant},
			want: giftcard.UnexpectedResponse,
		},
		{
			name: "unknown currency", change: func(in *activities.IssueCardInput) { in.Currency = "EUR" },
			want: giftcard.InvalidRequest,
		},
		{
			name: "unknown merchant", change: func(in *activities.IssueCardInput) { in.MerchantCode = "NEW" },
			want: giftcard.InvalidRequest,
		},
		{
			name: "above the issuer's limit", change: func(in *activities.IssueCardInput) { in.Price = "2000.01" },
			want: giftcard.InvalidRequest,
		},
		{
			name: "no recipient", change: func(in *activities.IssueCardInput) { in.Recipient.Email = "" },
			want: giftcard.InvalidRequest,
		},
		{
			name: "recipient is no address", change: func(in *activities.IssueCardInput) { in.Recipient.Email = "grace" },
			want: giftcard.InvalidRequest,
		},
		{
			name: "no value", change: func(in *activities.IssueCardInput) { in.Price = "0.0" },
			want: giftcard.InvalidRequest,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			i := newIssuing(t, cashstartest.Options{})
			if tt.fault.Kind != "" {
				i.issuer.Inject(tt.fault)
			}
			if tt.change == nil {
				tt.change = unchanged
			}
			in := secondCard()
			tt.change(&in)
			_, err := i.issue(t, in)
			failure := requireKind(t, err, tt.want, doing)
			require.Equal(t, tt.delay, failure.NextRetryDelay())
			if tt.fault.Kind != cashstartest.WrongMerchant {
				require.Empty(t, i.issuer.Cards())
			}
		})
	}
}

func limit(status int, retryAfter string) cashstartest.Fault {
	return cashstartest.Fault{Kind: cashstartest.RateLimit, Status: status, RetryAfter: retryAfter}
}

func refuse(status int) cashstartest.Fault {
	return cashstartest.Fault{Kind: cashstartest.ServerError, Status: status}
}

// page is the answer of something in front of the issuer.
func page(status int) cashstartest.Fault {
	return cashstartest.Fault{Kind: cashstartest.HTML, Status: status}
}

// What a refusal says about the order depends on who sends it. The table covers all possible senders and all their
// statuses.
func TestIssueCardRefusedByWhomever(t *testing.T) {
	t.Parallel()
	bodies := map[string][2]string{
		"the issuer's own": {"application/json", `{"error":"no"}`},
		"a page":           {"text/html", "<h1>No</h1>"},
		"nothing":          {"text/html", ""},
		"another's JSON":   {"application/json", `{"message":"no","request_id":"1"}`},
	}
	// Statuses below 400 and from 500 mean the same, whoever sends them.
	own := map[int]giftcard.Kind{402: giftcard.CardDeclined, 403: giftcard.CardDeclined, 422: giftcard.CardDeclined}
	any4xx := map[int]giftcard.Kind{
		401: giftcard.Unauthorized, 402: giftcard.Unauthorized, 403: giftcard.Unauthorized, 407: giftcard.Unauthorized,
		423: giftcard.Unauthorized, 408: giftcard.Timeout, 420: giftcard.RateLimited, 429: giftcard.RateLimited,
		404: giftcard.Unavailable, 405: giftcard.Unavailable, 409: giftcard.Unavailable, 410: giftcard.Unavailable,
		421: giftcard.Unavailable, 425: giftcard.Unavailable, 430: giftcard.Unavailable,
	}
	var status int
	var body [2]string
	i := issuing{logs: &logs{}, gifts: newGiftCards(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", body[0])
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body[1])
	}), password)}
	for name := range bodies {
		body = bodies[name]
		mine := name == "the issuer's own"
		for status = 300; status <= 599; status++ {
			want, known := any4xx[status]
			if kind, declined := own[status]; mine && declined {
				want, known = kind, true
			}
			switch {
			case known:
			case status < 400 || status == http.StatusNotImplemented:
				want = giftcard.UnexpectedResponse
			case status < 500 && mine:
				want = giftcard.InvalidRequest
			default:
				want = giftcard.Unavailable
			}
			_, err := i.issue(t, secondCard())
			var failure *temporal.ApplicationError
			require.ErrorAs(t, err, &failure)
			require.Equal(t, string(want), failure.Type(), "%d of %s", status, name)

			i.gifts.Attempts, i.gifts.AtMostOnce = &attempts{}, true
			_, err = i.issue(t, secondCard())
			i.gifts.AtMostOnce = false
			require.ErrorAs(t, err, &failure)
			var details activities.FailureDetails
			require.NoError(t, failure.Details(&details))
			certain := slices.Contains([]int{401, 407, 420, 425, 429}, status) ||
				mine && status >= 400 && status < 500 && !slices.Contains([]int{404, 405, 408, 409, 410, 421, 430}, status)
			require.Equal(t, certain, details.NotIssued, "%d of %s", status, name)
		}
	}
}

func TestIssueCardDeclined(t *testing.T) {
	t.Parallel()
	i := newIssuing(t, cashstartest.Options{Decline: func(cashstartest.Card) string { return "the account is on hold" }})
	_, err := i.issue(t, secondCard())
	failure := requireKind(t, err, giftcard.CardDeclined, doing)
	require.Contains(t, failure.Message(), "the account is on hold", "the issuer's reason is for the support person")
	require.Empty(t, i.issuer.Cards())
}

func TestIssueCardWithWrongCredentials(t *testing.T) {
	t.Parallel()
	i := newIssuing(t, cashstartest.Options{})
	i.gifts = newGiftCards(t, i.issuer, "wrong-horse")
	_, err := i.issue(t, secondCard())
	requireKind(t, err, giftcard.Unauthorized, doing)
	_, err = i.lookUp(t, activities.LookUpMerchantInput{
		OrderName: "#1001", Customer: giftcard.Customer{DisplayName: "The Widget Shop"},
	})
	requireKind(t, err, giftcard.Unauthorized, "order #1001, looking up its merchant")
}

// An audit number that belongs to another card is not a duplicate: the customer has no card.
func TestIssueCardUnderATakenAuditNumber(t *testing.T) {
	t.Parallel()
	i := newIssuing(t, cashstartest.Options{})
	_, err := i.issue(t, secondCard())
	require.NoError(t, err)
	other := secondCard()
	other.Price = "25.0"
	_, err = i.issue(t, other)
	requireKind(t, err, giftcard.InvalidRequest, doing)
}

func TestIssueCardTimeouts(t *testing.T) {
	t.Parallel()
	i := newIssuing(t, cashstartest.Options{})
	client, err := cashstar.New(cashstar.Options{
		BaseURL: serve(t, i.issuer) + "/v2", Username: username, Password: password, Timeout: 50 * time.Millisecond,
	})
	require.NoError(t, err)
	i.gifts.Issuer = behind(t, client)
	i.issuer.Inject(cashstartest.Fault{Kind: cashstartest.Slow, Delay: time.Hour})
	_, err = i.issue(t, secondCard())
	requireKind(t, err, giftcard.Timeout, doing)
}

func TestIssueCardGivesUp(t *testing.T) {
	t.Parallel()
	i := newIssuing(t, cashstartest.Options{})
	i.issuer.Inject(refuse(503))
	env := newEnv(i.logs, i.gifts)
	env.SetHeartbeatDetails(activities.AttemptNote{FirstFailure: time.Now().Add(-2 * time.Hour)})
	_, err := execute[activities.IssueCardResult](t, env, "IssueCard", secondCard())
	require.ErrorContains(t, err, doing+": ")
	require.ErrorContains(t, err, "gave up after the retry budget of 1h0m0s")
}

// If a service asks to wait for longer than the budget lasts, the activity does not wait.
func TestIssueCardDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	i := newIssuing(t, cashstartest.Options{})
	i.issuer.Inject(limit(429, "99999999"))
	_, err := i.issue(t, secondCard())
	var failure *temporal.ApplicationError
	require.ErrorAs(t, err, &failure)
	require.Equal(t, string(giftcard.RateLimited), failure.Type())
	require.True(t, failure.NonRetryable())
	require.Zero(t, failure.NextRetryDelay())
}

func TestIssueCardKeepsPace(t *testing.T) {
	t.Parallel()
	i := newIssuing(t, cashstartest.Options{})
	i.gifts.Pace = rate.NewLimiter(rate.Every(time.Hour), 1)
	_, err := i.issue(t, secondCard())
	require.NoError(t, err)

	i.gifts.Pace = rate.NewLimiter(1, 0) // no turn ever comes
	_, err = i.issue(t, secondCard())
	requireKind(t, err, giftcard.RateLimited, doing)

	// A card that cannot be issued does not use up a turn.
	in := secondCard()
	in.Price = "-1"
	_, err = i.issue(t, in)
	requireKind(t, err, giftcard.InvalidRequest, doing)
}

func TestIssueCardCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	i := newIssuing(t, cashstartest.Options{Fault: func(cashstartest.Request) *cashstartest.Fault {
		cancel()
		return &cashstartest.Fault{Kind: cashstartest.Slow, Delay: time.Hour}
	}})
	_, err := i.gifts.IssueCard(ctx, secondCard())
	require.Equal(t, context.Canceled, err)

	i.gifts.Pace = rate.NewLimiter(rate.Every(time.Hour), 1)
	_, err = i.gifts.IssueCard(ctx, secondCard())
	require.Equal(t, context.Canceled, err)
}

func TestLookUpMerchant(t *testing.T) {
	t.Parallel()
	twins := []cashstartest.Merchant{
		{Name: "Twins", MerchantCode: "TWIN-1", Currencies: []string{"USD"}},
		{Name: "Twins", MerchantCode: "TWIN-2", Currencies: []string{"USD"}},
	}
	tests := []struct {
		name       string
		configured string
		customer   giftcard.Customer
		want       string
		kind       giftcard.Kind
	}{
		{"by name", "", giftcard.Customer{ID: "77", DisplayName: "the widget shop"}, "TWS", ""},
		{"by external ID", "", giftcard.Customer{ID: "77", CompanyExternalID: "TWIN-2", CompanyName: "Twins"}, "TWIN-2", ""},
		{"configured", "TWIN-1", giftcard.Customer{}, "TWIN-1", ""},
		{"configured and unknown", "XXX", giftcard.Customer{DisplayName: "the widget shop"}, "", giftcard.MerchantUnknown},
		{"unknown", "", giftcard.Customer{ID: "77", DisplayName: "Jane Doe"}, "", giftcard.MerchantUnknown},
		{"ambiguous", "", giftcard.Customer{ID: "77", DisplayName: "Twins"}, "", giftcard.MerchantAmbiguous},
		{"guest", "", giftcard.Customer{}, "", giftcard.MerchantUnknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			i := newIssuing(t, cashstartest.Options{Merchants: twins})
			i.gifts.MerchantCode = tt.configured
			out, err := i.lookUp(t, activities.LookUpMerchantInput{OrderName: "#1001", Customer: tt.customer})
			require.Equal(t, tt.want, out.MerchantCode)
			if tt.kind == "" {
				require.NoError(t, err)
				return
			}
			failure := requireKind(t, err, tt.kind, "order #1001, looking up its merchant")
			if tt.customer.ID != "" {
				require.Contains(t, failure.Message(), "customer 77")
				require.NotContains(t, failure.Message(), tt.customer.DisplayName)
			}
		})
	}
}

// A run that follows another keeps its merchant, and the moment by which days of delivery are judged, whatever the name
// would find today. If Temporal cannot say whether there is one, the run waits.
func TestLookUpMerchantAgain(t *testing.T) {
	t.Parallel()
	kept := activities.LookUpMerchantResult{MerchantCode: "KEPT", At: date(1)}
	tests := map[string]struct {
		again bool
		runs  activities.Runs
		want  string
		kind  giftcard.Kind
	}{
		"first run":                    {false, runs{merchant: kept}, "TWS", ""},
		"later run":                    {true, runs{merchant: kept}, "KEPT", ""},
		"later run, no card was asked": {true, runs{}, "TWS", ""},
		"Temporal is away":             {true, runs{err: errors.New("frontend is away")}, "", giftcard.Unavailable},
		"nobody knows of other runs":   {true, nil, "TWS", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newIssuing(t, cashstartest.Options{})
			i.gifts.Runs = tt.runs
			out, err := i.lookUp(t, activities.LookUpMerchantInput{
				OrderName: "#1001", Customer: giftcard.Customer{ID: "77", DisplayName: "The Widget Shop"}, Again: tt.again,
				RetryBudget: time.Hour,
			})
			require.Equal(t, tt.want, out.MerchantCode)
			require.Equal(t, tt.want == "KEPT", out.At.Equal(kept.At))
			if tt.kind == "" {
				require.NoError(t, err)
				return
			}
			requireKind(t, err, tt.kind, "order #1001, looking up its merchant")
		})
	}
}

func TestLookUpMerchantFails(t *testing.T) {
	t.Parallel()
	tests := []struct {
		fault cashstartest.Fault
		want  giftcard.Kind
	}{
		{refuse(503), giftcard.Unavailable},
		{limit(420, "1"), giftcard.RateLimited},
		{refuse(403), giftcard.Unauthorized}, // declining is for cards
		{cashstartest.Fault{Kind: cashstartest.HTML}, giftcard.Unavailable},
		{cashstartest.Fault{Kind: cashstartest.Truncated}, giftcard.Unavailable},
		{cashstartest.Fault{Kind: cashstartest.Drop}, giftcard.Unavailable},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.fault.Kind, tt.fault.Status), func(t *testing.T) {
			t.Parallel()
			i := newIssuing(t, cashstartest.Options{})
			i.issuer.Inject(tt.fault)
			_, err := i.lookUp(t, activities.LookUpMerchantInput{
				OrderName: "#1001", Customer: giftcard.Customer{ID: "77", DisplayName: "The Widget Shop"},
				RetryBudget: time.Hour,
			})
			requireKind(t, err, tt.want, "order #1001, looking up its merchant")
		})
	}
}

// asksOnly is an issuer that can do nothing but issue cards.
type asksOnly struct{}

func (asksOnly) Words() issuer.Words { return issuer.Words{Issuer: "Acme"} }
func (asksOnly) Dedupes() bool       { return false }
func (asksOnly) Issue(context.Context, issuer.Request) (issuer.Card, error) {
	return issuer.Card{}, errors.New("boom")
}

// What an issuer cannot do fails at once, and what its adapter does not say about a request leaves the card in doubt.
func TestIssuerWithoutAbilities(t *testing.T) {
	t.Parallel()
	found, err := issuer.Find(asksOnly{})
	require.NoError(t, err)
	a := &attempts{}
	i := issuing{logs: &logs{}, gifts: &activities.GiftCards{
		Issuer: found, Attempts: a, AtMostOnce: true, Now: func() time.Time { return date(15) },
	}}
	_, err = execute[activities.CancelCardResult](t, newEnv(i.logs, i.gifts), "CancelCard",
		activities.CancelCardInput{OrderName: "#1001", Unit: 2, EGCCode: "c-1"})
	failure := requireKind(t, err, giftcard.InvalidRequest, "order #1001, cancelling card 2")
	require.Contains(t, failure.Message(), "Acme cannot cancel cards")

	_, err = i.issue(t, secondCard())
	failure = requireKind(t, err, giftcard.OutcomeUnknown, doing)
	require.Contains(t, failure.Message(), "at Acme, then record what you found")
	require.True(t, a.standing())
}
