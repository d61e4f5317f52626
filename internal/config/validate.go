package config

import (
	"math"
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/giftbridge/giftbridge/internal/printable"
)

// Validate checks the whole configuration. Its error, a [*ValidationError], lists every problem.
func (c Config) Validate() error { return c.problems().err() }

// Validate checks only the payload settings, for processes that only read or write payloads.
func (p Payload) Validate() error { return p.problems().err() }

// ValidateCodecServer checks only the settings that the codec server needs.
func (c Config) ValidateCodecServer() error {
	ps := slices.Concat(c.Payload.problems(), c.Codec.problems(), c.Log.problems())
	if len(c.Payload.Keys) == 0 && c.Payload.Encryption == EncryptionOff {
		ps.add("PAYLOAD_KEYS", "is not set: there is no key to decrypt payloads with")
	}
	if c.Codec.Addr == "" {
		ps.add("CODEC_SERVER_ADDR", "is not set: need %s", references["CODEC_SERVER_ADDR"].want)
	}
	if !c.Codec.Token.IsSet() {
		ps.add("CODEC_SERVER_TOKEN", "is not set: need %s", references["CODEC_SERVER_TOKEN"].want)
	}
	ps.url("TEMPORAL_UI_URL", c.Digest.TemporalUIURL)
	return ps.err()
}

// Validate checks only the log settings.
func (l Log) Validate() error { return l.problems().err() }

func (c Config) problems() problems {
	var ps problems
	for _, l := range leaves(&c) {
		if l.required && l.value.IsZero() {
			ps.add(l.name, "is not set: need %s", references[l.name].want)
		}
	}
	return slices.Concat(ps, c.Shopify.problems(c.Network), c.Orders.problems(), c.Poll.problems(c.Orders.MaxOrderAge),
		c.CashStar.problems(c.Network), c.Network.problems(), c.Issue.problems(c.Orders.MaxOrderAge), c.Recipient.problems(),
		c.SMTP.problems(), c.Digest.problems(), c.mailProblems(), c.Payload.problems(), c.Codec.problems(),
		c.Log.problems(), c.Metrics.problems(), c.Traces.problems(c.Network), c.Worker.problems())
}

var (
	shopForm       = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*\.myshopify\.com$`)
	apiVersionForm = regexp.MustCompile(`^20\d\d-(01|04|07|10)$`) // Shopify's releases are quarterly.
	auditForm      = regexp.MustCompile(`^[A-Za-z0-9-]{0,20}$`)
	merchantForm   = regexp.MustCompile(`^[^\s\x00-\x1f/]{0,255}$`)
)

func (s Shopify) problems(n Network) problems {
	var ps problems
	if s.Shop != "" && !shopForm.MatchString(s.Shop) {
		ps.bad("SHOPIFY_SHOP", s.Shop)
	}
	ps.baseURL("SHOPIFY_BASE_URL", s.BaseURL, n)
	if s.APIVersion != "" && !apiVersionForm.MatchString(s.APIVersion) {
		ps.bad("SHOPIFY_API_VERSION", s.APIVersion)
	}
	id, secret := s.ClientID != "", s.ClientSecret.IsSet()
	switch {
	case s.AccessToken.IsSet() && (id || secret):
		ps.add("SHOPIFY_ACCESS_TOKEN",
			"is set together with SHOPIFY_CLIENT_ID or SHOPIFY_CLIENT_SECRET: need one or the other")
	case s.AccessToken.IsSet():
	case id && !secret:
		ps.add("SHOPIFY_CLIENT_SECRET", "is not set: need it with SHOPIFY_CLIENT_ID")
	case !id && secret:
		ps.add("SHOPIFY_CLIENT_ID", "is not set: need it with SHOPIFY_CLIENT_SECRET")
	case !id:
		ps.add("SHOPIFY_ACCESS_TOKEN", "is not set: need it, or both SHOPIFY_CLIENT_ID and SHOPIFY_CLIENT_SECRET")
	}
	ps.secret("SHOPIFY_ACCESS_TOKEN", s.AccessToken)
	ps.secret("SHOPIFY_CLIENT_SECRET", s.ClientSecret)
	return ps
}

// skus checks a list of SKUs for entries that are not what they appear to be.
func (ps *problems) skus(name string, list List) {
	for i, sku := range list {
		switch {
		case sku == "":
			ps.add(name, "entry %d is empty: need %s", i+1, references[name].want)
		case strings.ContainsFunc(sku, hidden):
			ps.add(name, "entry %d, %s, contains an invisible character", i+1, show(sku))
		case len(sku) > maxSKU:
			ps.add(name, "entry %d has %d bytes: need at most %d", i+1, len(sku), maxSKU)
		case slices.Contains(list[:i], sku):
			ps.add(name, "entry %d, %s, is a duplicate", i+1, show(sku))
		}
	}
}

const maxSKU = 255 // The maximum length of a SKU in Shopify.

func (o Orders) problems() problems {
	var ps problems
	ps.skus("GIFT_CARD_SKUS", o.GiftCardSKUs)
	ps.skus("COMPANION_SKUS", o.CompanionSKUs)
	for i, sku := range o.CompanionSKUs {
		if slices.Contains(o.GiftCardSKUs, sku) {
			ps.add("COMPANION_SKUS", "entry %d, %s, is also in GIFT_CARD_SKUS: need it in one of the two", i+1, show(sku))
		}
	}
	if o.Underpaid != Hold && o.Underpaid != IssueAnyway {
		ps.bad("UNDERPAID", o.Underpaid)
	}
	for i, by := range o.MatchBy {
		if !slices.Contains(MatchableBy, by) || slices.Contains(o.MatchBy[:i], by) {
			ps.bad("MATCH_BY", o.MatchBy.String())
			break
		}
	}
	if o.MaxOrderAge < time.Hour {
		ps.bad("MAX_ORDER_AGE", o.MaxOrderAge.String())
	}
	return ps
}

// clockSkew is how far CREATED_AT_MIN may be ahead of this machine's clock.
const clockSkew = time.Hour

// future refuses a CREATED_AT_MIN in the future: everything would look fine while the watermark of the polls passed the
// orders before it. It is checked only at the start, because it depends on the clock.
func (o Orders) future(now time.Time) problems {
	var ps problems
	if o.CreatedAtMin.After(now.Add(clockSkew)) {
		ps.add("CREATED_AT_MIN", "is in the future, %s, and no order before it would get a card: need %s",
			o.CreatedAtMin.Format(time.RFC3339), references["CREATED_AT_MIN"].want)
	}
	return ps
}

const maxPageSize = 250 // Shopify's maximum for the "first" argument of a connection.

func (p Poll) problems(maxOrderAge time.Duration) problems {
	var ps problems
	switch {
	case p.Interval < time.Second || p.Interval%time.Second != 0:
		ps.bad("POLL_INTERVAL", p.Interval.String())
	case p.Interval >= maxOrderAge:
		ps.add("POLL_INTERVAL", "%q: need less than MAX_ORDER_AGE (%v)", p.Interval, maxOrderAge)
	}
	switch {
	case p.Overlap < 0:
		ps.bad("POLL_OVERLAP", p.Overlap.String())
	case p.Overlap >= maxOrderAge:
		ps.add("POLL_OVERLAP", "%q: need less than MAX_ORDER_AGE (%v)", p.Overlap, maxOrderAge)
	}
	switch {
	case p.SettleDelay < 0:
		ps.bad("POLL_SETTLE_DELAY", p.SettleDelay.String())
	case p.SettleDelay > 0 && p.SettleDelay >= p.Interval:
		ps.add("POLL_SETTLE_DELAY", "%q: need less than POLL_INTERVAL (%v)", p.SettleDelay, p.Interval)
	}
	if p.SweepInterval < time.Second || p.SweepInterval%time.Second != 0 || p.SweepInterval > 24*time.Hour {
		ps.bad("SWEEP_INTERVAL", p.SweepInterval.String())
	}
	if p.PageSize < 1 || p.PageSize > maxPageSize {
		ps.bad("POLL_PAGE_SIZE", strconv.Itoa(p.PageSize))
	}
	return ps
}

// maxTimeout is less than the time that one attempt to issue a card may take (workflows.MaxIssueTime).
const maxTimeout = 40 * time.Second

func (c CashStar) problems(n Network) problems {
	var ps problems
	ps.baseURL("CASHSTAR_BASE_URL", c.BaseURL, n)
	ps.secret("CASHSTAR_PASSWORD", c.Password)
	if c.MaxRPS < 0 || math.IsNaN(c.MaxRPS) || math.IsInf(c.MaxRPS, 0) {
		ps.bad("CASHSTAR_MAX_RPS", strconv.FormatFloat(c.MaxRPS, 'g', -1, 64))
	}
	if c.Timeout < time.Second || c.Timeout > maxTimeout {
		ps.bad("CASHSTAR_TIMEOUT", c.Timeout.String())
	}
	return ps
}

func (i Issue) problems(maxOrderAge time.Duration) problems {
	var ps problems
	if !merchantForm.MatchString(i.MerchantCode) || strings.ContainsFunc(i.MerchantCode, hidden) {
		ps.bad("MERCHANT_CODE", i.MerchantCode)
	}
	if !auditForm.MatchString(i.AuditPrefix) {
		ps.bad("AUDIT_PREFIX", i.AuditPrefix)
	}
	switch {
	case i.RetryBudget < 0:
		ps.bad("RETRY_BUDGET", i.RetryBudget.String())
	case i.RetryBudget >= maxOrderAge:
		ps.add("RETRY_BUDGET", "%q: need less than MAX_ORDER_AGE (%v)", i.RetryBudget, maxOrderAge)
	}
	return ps
}

func (r Recipient) problems() problems {
	var ps problems
	keys := []struct{ name, key string }{
		{"RECIPIENT_EMAIL_KEY", r.EmailKey},
		{"RECIPIENT_NAME_KEY", r.NameKey},
		{"RECIPIENT_MESSAGE_KEY", r.MessageKey},
		{"RECIPIENT_SEND_ON_KEY", r.SendOnKey},
	}
	for i, k := range keys {
		for _, other := range keys[:i] {
			if k.key != "" && k.key == other.key {
				ps.add(k.name, "%s: need a different property from %s", show(k.key), other.name)
			}
		}
	}
	return ps
}

func (s SMTP) problems() problems {
	var ps problems
	if s.Port < 1 || s.Port > math.MaxUint16 {
		ps.bad("SMTP_PORT", strconv.Itoa(s.Port))
	}
	if s.TLS != "" && !slices.Contains([]string{TLSStart, TLSImplicit, TLSNone}, s.TLS) {
		ps.bad("SMTP_TLS", s.TLS)
	}
	if s.Host != "" && !isHost(s.Host) {
		ps.bad("SMTP_HOST", s.Host)
	}
	switch {
	case s.Username != "" && !s.Password.IsSet():
		ps.add("SMTP_PASSWORD", "is not set: need it with SMTP_USERNAME")
	case s.Username == "" && s.Password.IsSet():
		ps.add("SMTP_USERNAME", "is not set: need it with SMTP_PASSWORD")
	case s.Username != "" && s.TLS == TLSNone && !loopback(s.Host):
		ps.add("SMTP_TLS", "%q: need %s or %s, because the password would be sent unencrypted", s.TLS, TLSStart, TLSImplicit)
	}
	return ps
}

func (d Digest) problems() problems {
	var ps problems
	if d.At.Hour < 0 || d.At.Hour > 23 || d.At.Minute < 0 || d.At.Minute > 59 {
		ps.bad("DIGEST_AT", d.At.String())
	}
	// "Local" would mean a different zone on each machine.
	if _, err := d.Location(); d.TimeZone == "Local" || err != nil {
		ps.bad("DIGEST_TIMEZONE", d.TimeZone)
	}
	if d.RerunWait < 0 || d.RerunWait > maxRerunWait {
		ps.bad("DIGEST_RERUN_WAIT", d.RerunWait.String())
	}
	ps.url("TEMPORAL_UI_URL", d.TemporalUIURL)
	return ps
}

const maxRerunWait = 12 * time.Hour // The digest is daily and must be sent before the next one begins.

// mailProblems checks that the digest and the mail server are configured together. It shows no mail address, because
// these are personal data.
func (c Config) mailProblems() problems {
	var ps problems
	if !c.SMTP.Enabled() {
		// With half a configuration there would silently be no digest.
		for _, half := range []struct {
			name string
			set  bool
		}{
			{"DIGEST_FROM", c.Digest.From != ""},
			{"DIGEST_TO", len(c.Digest.To) > 0},
			{"SMTP_USERNAME", c.SMTP.Username != ""},
			{"SMTP_PASSWORD", c.SMTP.Password.IsSet()},
		} {
			if half.set {
				ps.add("SMTP_HOST", "is not set, but %s is: need both, or neither for no digest", half.name)
				break
			}
		}
		return ps
	}
	if c.Digest.From == "" {
		ps.add("DIGEST_FROM", "is not set: need it with SMTP_HOST")
	} else if !isAddress(c.Digest.From) {
		ps.add("DIGEST_FROM", "need %s", references["DIGEST_FROM"].want)
	}
	if len(c.Digest.To) == 0 {
		ps.add("DIGEST_TO", "is not set: need it with SMTP_HOST")
	}
	for i, to := range c.Digest.To {
		if !isAddress(to) {
			ps.add("DIGEST_TO", "entry %d: need %s", i+1, references["DIGEST_FROM"].want)
		}
	}
	return ps
}

// isAddress reports whether s is one address that a mail can be sent to. Only ASCII addresses are allowed, so that no
// server needs to support more.
func isAddress(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && !strings.ContainsFunc(s, unicode.IsControl) &&
		!strings.ContainsFunc(a.Address, func(r rune) bool { return r <= ' ' || r > '~' })
}

// hidden reports whether r is a character that a person who compares two values does not see.
func hidden(r rune) bool { return unicode.IsControl(r) || !printable.Visible(r) }

func (p Payload) problems() problems {
	var ps problems
	switch p.Encryption {
	case EncryptionOn:
		if len(p.Keys) == 0 {
			ps.add("PAYLOAD_KEYS", "is not set: need %s, or PAYLOAD_ENCRYPTION=%s",
				references["PAYLOAD_KEYS"].want, EncryptionOff)
		}
	case EncryptionOff, "":
	default:
		ps.bad("PAYLOAD_ENCRYPTION", p.Encryption)
	}
	for i, k := range p.Keys {
		if !keyIDForm.MatchString(k.ID) || len(k.Key.Reveal()) != PayloadKeySize {
			ps.add("PAYLOAD_KEYS", "key %d: need %s", i+1, references["PAYLOAD_KEYS"].want)
		}
		if slices.ContainsFunc(p.Keys[:i], func(o PayloadKey) bool { return o.ID == k.ID }) {
			ps.add("PAYLOAD_KEYS", "key %d: has the same ID as another key", i+1)
		}
	}
	return ps
}

// minToken is the minimum length of a token: even one of hexadecimal digits alone cannot be guessed at this length.
const minToken = 32

func (s CodecServer) problems() problems {
	var ps problems
	if s.Addr != "" && !isHostPort(s.Addr) {
		ps.bad("CODEC_SERVER_ADDR", s.Addr)
	}
	token := s.Token.Reveal()
	if s.Token.IsSet() && (len(token) < minToken || strings.ContainsFunc(token, notInToken)) {
		ps.add("CODEC_SERVER_TOKEN", "need %s", references["CODEC_SERVER_TOKEN"].want)
	}
	for _, o := range s.Origins {
		if o == "" || origin(o) != o {
			ps.bad("CODEC_SERVER_ORIGINS", publicURL(o))
		}
	}
	return ps
}

// notInToken reports whether r is a character that a header cannot carry as it is.
func notInToken(r rune) bool { return r <= ' ' || r > '~' }

func (l Log) problems() problems {
	var ps problems
	if l.Level != "" && !slices.Contains([]string{"trace", "debug", "info", "warn", "error"}, l.Level) {
		ps.bad("LOG_LEVEL", l.Level)
	}
	if l.Format != "" && !slices.Contains([]string{FormatAuto, FormatJSON, FormatConsole}, l.Format) {
		ps.bad("LOG_FORMAT", l.Format)
	}
	return ps
}

func (m Metrics) problems() problems {
	var ps problems
	addr := m.ListenAddr()
	if addr == "" {
		return nil
	}
	if !isHostPort(addr) {
		ps.bad("METRICS_ADDR", m.Addr)
	}
	return ps
}

// A collector of traces may require credentials (OTEL_EXPORTER_OTLP_HEADERS).
func (t Traces) problems(n Network) problems {
	var ps problems
	ps.baseURL("OTEL_EXPORTER_OTLP_ENDPOINT", t.Endpoint, n)
	return ps
}

// secret refuses a secret with characters around it that a copied file or a quoted line has left there. The service
// would only answer "unauthorized".
func (ps *problems) secret(name string, s Secret) {
	if v := s.Reveal(); v != strings.TrimSpace(v) || strings.ContainsFunc(v, unicode.IsControl) {
		ps.add(name, "has leading or trailing white space, or contains a control character")
	}
}
