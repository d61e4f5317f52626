// Package mailing has the sections of the configuration that concern mail: the mail server, and the digest and the cards that
// are sent through it.
package mailing

import (
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/giftbridge/giftbridge/internal/config/env"
)

// Sections describes the sections of this package, in the order of the reference.
var Sections = []env.Section{smtpSection, digestSection, deliverySection}

// SMTP is the mail server that the digest and cards are sent through.
type SMTP struct {
	Host     string     `envconfig:"SMTP_HOST"`
	Port     int        `envconfig:"SMTP_PORT" default:"587"`
	Username string     `envconfig:"SMTP_USERNAME"`
	Password env.Secret `envconfig:"SMTP_PASSWORD"`
	TLS      string     `envconfig:"SMTP_TLS" default:"starttls" required:"true"`
}

// Enabled reports whether a mail server, and thus the digest, is configured.
func (s SMTP) Enabled() bool { return s.Host != "" }

// The values of SMTP_TLS.
const (
	TLSStart    = "starttls" // Connect in the clear and upgrade before anything is sent, or fail.
	TLSImplicit = "tls"      // TLS from the first byte, usually on port 465.
	TLSNone     = "none"     // No encryption, for a mail catcher on this machine or a relay next to it.
)

var smtpSection = env.Section{
	Field: "SMTP", Heading: "Mail",
	Prefixes: []string{"SMTP_"},
	Variables: map[string]env.Reference{
		"SMTP_HOST": {
			Want:  "a host name or an IP address, without a port",
			About: "Mail server. Unset, no digest is sent, and the login, sender and recipients of mail must be unset too.",
		},
		"SMTP_PORT":     {Want: "a port from 1 to 65535", About: "Port of the mail server."},
		"SMTP_USERNAME": {Want: env.WantText, About: "User name at the mail server, if it requires a login."},
		"SMTP_PASSWORD": {Want: env.WantSecret, About: "Password of that user."},
		"SMTP_TLS": {
			Want: "starttls, tls or none",
			About: "`starttls` upgrades the connection to TLS or fails, `tls` uses TLS from the first byte, `none` is for a server " +
				"without TLS. With `none`, a password is sent only to a server on this machine.",
		},
	},
}

// Check checks the values.
func (s SMTP) Check(ps *env.Problems) {
	if s.Port < 1 || s.Port > math.MaxUint16 {
		ps.Bad("SMTP_PORT", strconv.Itoa(s.Port))
	}
	if s.TLS != "" && !slices.Contains([]string{TLSStart, TLSImplicit, TLSNone}, s.TLS) {
		ps.Bad("SMTP_TLS", s.TLS)
	}
	if s.Host != "" && !env.IsHost(s.Host) {
		ps.Bad("SMTP_HOST", s.Host)
	}
	switch {
	case s.Username != "" && !s.Password.IsSet():
		ps.Add("SMTP_PASSWORD", "is not set: need it with SMTP_USERNAME")
	case s.Username == "" && s.Password.IsSet():
		ps.Add("SMTP_USERNAME", "is not set: need it with SMTP_PASSWORD")
	case s.Username != "" && s.TLS == TLSNone && !env.Loopback(s.Host):
		ps.Add("SMTP_TLS", "%q: need %s or %s, because the password would be sent unencrypted", s.TLS, TLSStart, TLSImplicit)
	}
}

// Digest configures when and to whom the digest is sent, and whether failed orders are re-run first.
type Digest struct {
	From          string        `envconfig:"DIGEST_FROM"`
	To            env.List      `envconfig:"DIGEST_TO"`
	At            env.Clock     `envconfig:"DIGEST_AT" default:"18:00"`
	TimeZone      string        `envconfig:"DIGEST_TIMEZONE" default:"UTC" required:"true"`
	Rerun         bool          `envconfig:"DIGEST_RERUN" default:"true"`
	RerunWait     time.Duration `envconfig:"DIGEST_RERUN_WAIT" default:"10m"`
	SendEmpty     bool          `envconfig:"DIGEST_SEND_EMPTY" default:"false"`
	TemporalUIURL string        `envconfig:"TEMPORAL_UI_URL" default:"http://localhost:8233" required:"true"`
}

// Location returns the digest's time zone. It fails only if Validate fails too.
func (d Digest) Location() (*time.Location, error) { return time.LoadLocation(d.TimeZone) }

var digestSection = env.Section{
	Field: "Digest", Heading: "Digest",
	Prefixes: []string{"DIGEST_"},
	Variables: map[string]env.Reference{
		"DIGEST_FROM": {Want: "an e-mail address", About: "Sender of the digest. Required with `SMTP_HOST`."},
		"DIGEST_TO": {
			Want:  "e-mail addresses separated by commas",
			About: "Recipients of the digest. Required with `SMTP_HOST`.",
		},
		"DIGEST_AT": {
			Want:  "a time of day such as 18:00",
			About: "Time of day at which the digest runs, in `DIGEST_TIMEZONE`.",
		},
		"DIGEST_TIMEZONE": {
			Want:  "an IANA time zone such as Europe/Rome",
			About: "Time zone of the digest.",
		},
		"DIGEST_RERUN": {
			Want:  env.WantBool,
			About: "Before the digest is written, re-run failed orders that may succeed.",
		},
		"DIGEST_RERUN_WAIT": {
			Want:  "a duration from 0 to 12h",
			About: "How long the digest waits for those re-runs.",
		},
		"DIGEST_SEND_EMPTY": {Want: env.WantBool, About: "Send a digest even if there is nothing to report."},
		"TEMPORAL_UI_URL": {
			Want:  "an http or https URL",
			About: "Address at which people open Temporal's Web UI; `giftbridge` and the digest's CSV link to it.",
		},
	},
}

const maxRerunWait = 12 * time.Hour // The digest is daily and must be sent before the next one begins.

// Check checks the values.
func (d Digest) Check(ps *env.Problems) {
	if d.At.Hour < 0 || d.At.Hour > 23 || d.At.Minute < 0 || d.At.Minute > 59 {
		ps.Bad("DIGEST_AT", d.At.String())
	}
	// "Local" would mean a different zone on each machine.
	if _, err := d.Location(); d.TimeZone == "Local" || err != nil {
		ps.Bad("DIGEST_TIMEZONE", d.TimeZone)
	}
	if d.RerunWait < 0 || d.RerunWait > maxRerunWait {
		ps.Bad("DIGEST_RERUN_WAIT", d.RerunWait.String())
	}
	ps.URL("TEMPORAL_UI_URL", d.TemporalUIURL)
}

// CheckTogether checks that the digest and the mail server are configured together. It shows no mail address, because
// these are personal data.
func CheckTogether(ps *env.Problems, smtp SMTP, digest Digest) {
	if !smtp.Enabled() {
		// With half a configuration there would silently be no digest.
		for _, half := range []struct {
			name string
			set  bool
		}{
			{"DIGEST_FROM", digest.From != ""},
			{"DIGEST_TO", len(digest.To) > 0},
			{"SMTP_USERNAME", smtp.Username != ""},
			{"SMTP_PASSWORD", smtp.Password.IsSet()},
		} {
			if half.set {
				ps.Add("SMTP_HOST", "is not set, but %s is: need both, or neither for no digest", half.name)
				break
			}
		}
		return
	}
	if digest.From == "" {
		ps.Add("DIGEST_FROM", "is not set: need it with SMTP_HOST")
	} else if !env.IsAddress(digest.From) {
		ps.Add("DIGEST_FROM", "need %s", ps.Want("DIGEST_FROM"))
	}
	if len(digest.To) == 0 {
		ps.Add("DIGEST_TO", "is not set: need it with SMTP_HOST")
	}
	for i, to := range digest.To {
		if !env.IsAddress(to) {
			ps.Add("DIGEST_TO", "entry %d: need %s", i+1, ps.Want("DIGEST_FROM"))
		}
	}
}
