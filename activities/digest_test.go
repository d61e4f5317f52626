package activities_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/giftbridge/giftbridge/activities"
	"github.com/giftbridge/giftbridge/internal/digest"
	"github.com/giftbridge/giftbridge/internal/giftcard"
	"github.com/giftbridge/giftbridge/internal/mail"
)

// executions answers the digest's queries.
type executions struct {
	report  digest.Report
	err     error
	asked   []activities.ReportInput
	counted []time.Time
	reruns  []activities.RerunFailedOrdersInput

	mu      sync.Mutex
	beats   int
	marks   []any
	beatErr error
	// beat, if set, receives every heartbeat; work blocks until there is one.
	beat chan struct{}
}

func (x *executions) Beat(_ context.Context, taskToken []byte, details ...any) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(taskToken) == 0 {
		return errors.New("no task token")
	}
	x.beats++
	x.marks = append(x.marks, details...)
	if x.beat != nil && x.beats == 1 {
		close(x.beat)
	}
	return x.beatErr
}

// work blocks until the activity has sent a heartbeat.
func (x *executions) work() {
	if x.beat != nil {
		<-x.beat
	}
}

func (x *executions) RerunFailed(
	_ context.Context, in activities.RerunFailedOrdersInput,
) (activities.RerunFailedOrdersResult, error) {
	x.work()
	x.reruns = append(x.reruns, in)
	return activities.RerunFailedOrdersResult{Rerun: 2, LeftAlone: 1, PageToken: []byte("next")}, x.err
}

func (x *executions) CountRunning(_ context.Context, since time.Time) (int, error) {
	x.counted = append(x.counted, since)
	return 7, x.err
}

func (x *executions) Report(_ context.Context, in activities.ReportInput) (digest.Report, error) {
	x.work()
	x.asked = append(x.asked, in)
	return x.report, x.err
}

// postOffice accepts mails, or returns an error.
type postOffice struct {
	err   error
	mails []mail.Message
}

func (p *postOffice) Send(_ context.Context, m mail.Message) error {
	p.mails = append(p.mails, m)
	return p.err
}

var (
	aReport = digest.Report{
		Date: date(21), TimeZone: "Asia/Tokyo", Shop: "example.myshopify.com",
		Window:       digest.Window{From: date(20), To: date(21)},
		FailedOrders: []digest.FailedOrder{{Name: "#1001", Kind: giftcard.CardDeclined, FailedAt: date(20), New: true}},
		FailedTotal:  1, FailedNew: 1, RecoveredTotal: 2, RetryingTotal: 3, MixedTotal: 4,
	}
	// At is in the evening in UTC, and on the next day in Tokyo.
	sendInput = activities.SendDigestInput{At: date(21).Add(6 * time.Hour), Since: date(20), RerunSince: date(21)}
	sendDone  = activities.SendDigestResult{
		Until: date(21), Sent: true, Failed: 1, FailedNew: 1, Recovered: 2, Retrying: 3, Mixed: 4, WithoutLinks: true,
	}
)

func newDigest(t *testing.T, x *executions, p *postOffice) (*activities.Digest, *testsuite.TestActivityEnvironment, *logs) {
	t.Helper()
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	require.NoError(t, err)
	d := &activities.Digest{
		Reports: x, Shop: "example.myshopify.com", From: "giftbridge@example.com", To: []string{"ops@example.com"},
		Location: tokyo, Now: func() time.Time { return date(22) },
	}
	if p != nil {
		d.Mailer = p
	}
	said := &logs{}
	return d, newEnv(said, d), said
}

func TestSendDigest(t *testing.T) {
	t.Parallel()
	x, p := &executions{report: aReport, beat: make(chan struct{})}, &postOffice{}
	_, env, _ := newDigest(t, x, p)
	out, err := execute[activities.SendDigestResult](t, env, "SendDigest", sendInput)
	require.NoError(t, err)
	require.Equal(t, sendDone, out)
	require.Equal(t, []activities.ReportInput{{Since: date(20), RerunSince: date(21)}}, x.asked)
	require.Len(t, p.mails, 1)
	m := p.mails[0]
	require.Equal(t, "giftbridge@example.com", m.From)
	require.Equal(t, []string{"ops@example.com"}, m.To)
	require.Equal(t, "[giftbridge] 5 orders wait; 4 need you; all new (example)", m.Subject)
	require.Equal(t, "digest.20260721T180000Z@example.myshopify.com", m.MessageID)
	require.Equal(t, date(22), m.Date)
	require.Contains(t, m.Text, "#1001")
	require.Contains(t, m.HTML, "#1001")
	require.Len(t, m.Attachments, 1)
	require.Equal(t, "giftbridge-2026-07-22.csv", m.Attachments[0].Name)
	require.Contains(t, string(m.Attachments[0].Data), "#1001")
	require.Equal(t, []any{sendDone}, x.marks, "noted as soon as the mail was taken")
}

// The worker died after the mail was sent and before the activity completed: the next attempt finds the mark and sends
// nothing.
func TestSendDigestOnce(t *testing.T) {
	t.Parallel()
	x, p := &executions{report: aReport}, &postOffice{}
	_, env, _ := newDigest(t, x, p)
	env.SetHeartbeatDetails(sendDone)
	out, err := execute[activities.SendDigestResult](t, env, "SendDigest", sendInput)
	require.NoError(t, err)
	require.Equal(t, sendDone, out)
	require.Empty(t, p.mails)
	require.Empty(t, x.asked)

	// A mark that does not say that the mail was sent, or that cannot be read, is no reason not to send it.
	for _, mark := range []any{activities.SendDigestResult{Failed: 1}, "something else"} {
		_, env, _ := newDigest(t, x, p)
		env.SetHeartbeatDetails(mark)
		p.mails = nil
		_, err := execute[activities.SendDigestResult](t, env, "SendDigest", sendInput)
		require.NoError(t, err)
		require.Len(t, p.mails, 1)
	}
}

// An attempt that Temporal no longer knows sends nothing: another attempt may be running.
func TestSendDigestOfAWorkerTakenForDead(t *testing.T) {
	t.Parallel()
	x, p := &executions{report: aReport, beatErr: errors.New("unknown task")}, &postOffice{}
	_, env, _ := newDigest(t, x, p)
	_, err := execute[activities.SendDigestResult](t, env, "SendDigest", sendInput)
	requireKind(t, err, giftcard.Unavailable, "checking with Temporal before sending the digest")
	require.Empty(t, p.mails)
}

// A mail that is sent again is the same mail.
func TestSendDigestAgain(t *testing.T) {
	t.Parallel()
	x, p := &executions{report: aReport}, &postOffice{err: &mail.Error{Op: mail.OpData, Unacknowledged: true, Message: "EOF"}}
	d, env, _ := newDigest(t, x, p)
	_, err := execute[activities.SendDigestResult](t, env, "SendDigest", sendInput)
	requireKind(t, err, giftcard.Unavailable, "sending the digest")
	p.err = nil
	d.Now = func() time.Time { return date(23) }
	_, err = execute[activities.SendDigestResult](t, env, "SendDigest", sendInput)
	require.NoError(t, err)
	require.Len(t, p.mails, 2)
	require.Equal(t, p.mails[0].MessageID, p.mails[1].MessageID)
}

func TestNoDigestWhereThereIsNothingToSay(t *testing.T) {
	t.Parallel()
	quiet := digest.Report{Date: date(21), Window: aReport.Window, Issued: digest.Issued{Orders: 3, Cards: 4}}
	x, p := &executions{report: quiet}, &postOffice{}
	_, env, _ := newDigest(t, x, p)
	out, err := execute[activities.SendDigestResult](t, env, "SendDigest", sendInput)
	require.NoError(t, err)
	require.Equal(t, activities.SendDigestResult{Until: date(21)}, out)
	require.Empty(t, p.mails)
	in := sendInput
	in.SendEmpty = true
	out, err = execute[activities.SendDigestResult](t, env, "SendDigest", in)
	require.NoError(t, err)
	require.True(t, out.Sent)
	require.Len(t, p.mails, 1)
}

func TestDigestThatIsNotSent(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		report error
		mail   error
		kind   giftcard.Kind
		doing  string
	}{
		{name: "Temporal is away", report: errors.New("list workflows: away"), kind: giftcard.Unavailable, doing: "making the digest's report"},
		{
			name: "server away", mail: &mail.Error{Op: mail.OpConnect, Message: "connection refused"},
			kind: giftcard.Unavailable, doing: "sending the digest",
		},
		{
			name: "greylisted", mail: &mail.Error{Op: mail.OpRecipient, Code: 451, Message: "later"},
			kind: giftcard.Unavailable, doing: "sending the digest",
		},
		{
			name: "refused", mail: &mail.Error{Op: mail.OpRecipient, Code: 550, Permanent: true, Message: "no such user"},
			kind: giftcard.InvalidRequest, doing: "sending the digest",
		},
		{
			name: "password", mail: &mail.Error{Op: mail.OpLogin, Code: 535, Permanent: true, Message: "wrong"},
			kind: giftcard.Unauthorized, doing: "sending the digest",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, env, _ := newDigest(t, &executions{report: aReport, err: tt.report}, &postOffice{err: tt.mail})
			_, err := execute[activities.SendDigestResult](t, env, "SendDigest", sendInput)
			requireKind(t, err, tt.kind, tt.doing)
		})
	}
	t.Run("no mail server", func(t *testing.T) {
		t.Parallel()
		_, env, _ := newDigest(t, &executions{report: aReport}, nil)
		_, err := execute[activities.SendDigestResult](t, env, "SendDigest", sendInput)
		require.Contains(t, requireKind(t, err, giftcard.InvalidRequest, "sending the digest").Message(), "set SMTP_HOST")
	})
	t.Run("unknown zone", func(t *testing.T) {
		t.Parallel()
		report := aReport
		report.TimeZone = "Mars/Olympus"
		_, env, _ := newDigest(t, &executions{report: report}, &postOffice{})
		_, err := execute[activities.SendDigestResult](t, env, "SendDigest", sendInput)
		requireKind(t, err, giftcard.InvalidRequest, "sending the digest")
	})
	t.Run("not to everyone", func(t *testing.T) {
		t.Parallel()
		partly := &mail.Error{Op: mail.OpRecipient, Code: 550, Permanent: true, Delivered: 1, Message: "no such user"}
		_, env, said := newDigest(t, &executions{report: aReport}, &postOffice{err: partly})
		out, err := execute[activities.SendDigestResult](t, env, "SendDigest", sendInput)
		require.NoError(t, err, "those who got it do not get it again")
		require.True(t, out.Sent)
		require.Contains(t, strings.Join(said.errors, ""), "the digest was sent, but not to everyone")
	})
}

func TestRerunsAskTemporal(t *testing.T) {
	t.Parallel()
	x := &executions{beat: make(chan struct{})}
	env := newEnv(&logs{}, &activities.Reruns{Orders: x})
	in := activities.RerunFailedOrdersInput{
		Orders: []string{"a"}, Kinds: []giftcard.Kind{giftcard.Timeout}, Force: true, Reason: "r", Since: date(1), PageToken: []byte("p"),
	}
	page, err := execute[activities.RerunFailedOrdersResult](t, env, "RerunFailedOrders", in)
	require.NoError(t, err)
	require.Equal(t, activities.RerunFailedOrdersResult{Rerun: 2, LeftAlone: 1, PageToken: []byte("next")}, page)
	require.Equal(t, []activities.RerunFailedOrdersInput{in}, x.reruns)
	count, err := execute[activities.CountRunningOrdersResult](t, env, "CountRunningOrders",
		activities.CountRunningOrdersInput{Since: date(2)})
	require.NoError(t, err)
	require.Equal(t, 7, count.Running)
	require.Equal(t, []time.Time{date(2)}, x.counted)

	x.err = errors.New("reset x: away")
	_, err = execute[activities.RerunFailedOrdersResult](t, env, "RerunFailedOrders", in)
	requireKind(t, err, giftcard.Unavailable, "running failed orders again")
	_, err = execute[activities.CountRunningOrdersResult](t, env, "CountRunningOrders", activities.CountRunningOrdersInput{})
	requireKind(t, err, giftcard.Unavailable, "counting orders")
}
