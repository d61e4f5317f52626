package ops

import (
	"strings"

	"github.com/giftbridge/giftbridge/internal/config/env"
)

// CodecServer configures the server that decrypts payloads for people, and who may use it. Only that server reads it.
type CodecServer struct {
	Addr    string     `envconfig:"CODEC_SERVER_ADDR" default:"127.0.0.1:8234" required:"true"`
	Token   env.Secret `envconfig:"CODEC_SERVER_TOKEN"`
	Origins env.List   `envconfig:"CODEC_SERVER_ORIGINS"`
}

var codecSection = env.Section{
	Field: "Codec", Heading: "Codec server",
	Prefixes: []string{"CODEC_SERVER_"},
	Variables: map[string]env.Reference{
		"CODEC_SERVER_ADDR": {
			Want: env.WantHostPort,
			About: "Address on which `giftbridge codec-server` listens. It serves plain HTTP: to use it from other " +
				"machines, put a TLS proxy in front of it.",
		},
		"CODEC_SERVER_TOKEN": {
			Want:  "at least 32 ASCII characters without spaces, such as the output of openssl rand -hex 32",
			About: "Bearer token of the codec server. Its holder can decrypt every payload. Only the codec server reads it.",
		},
		"CODEC_SERVER_ORIGINS": {
			Want:  "origins separated by commas, such as https://temporal.example.com",
			About: "Web origins whose pages may use the codec server. Unset, the origin of `TEMPORAL_UI_URL`.",
		},
	},
}

// minToken is the minimum length of a token: even one of hexadecimal digits alone cannot be guessed at this length.
const minToken = 32

// Check checks the values.
func (s CodecServer) Check(ps *env.Problems) {
	if s.Addr != "" && !env.IsHostPort(s.Addr) {
		ps.Bad("CODEC_SERVER_ADDR", s.Addr)
	}
	token := s.Token.Reveal()
	if s.Token.IsSet() && (len(token) < minToken || strings.ContainsFunc(token, notInToken)) {
		ps.Add("CODEC_SERVER_TOKEN", "need %s", ps.Want("CODEC_SERVER_TOKEN"))
	}
	for _, o := range s.Origins {
		if o == "" || env.Origin(o) != o {
			ps.Bad("CODEC_SERVER_ORIGINS", env.PublicURL(o))
		}
	}
}

// notInToken reports whether r is a character that a header cannot carry as it is.
func notInToken(r rune) bool { return r <= ' ' || r > '~' }
