package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/giftbridge/giftbridge/internal/check"

	commonpb "go.temporal.io/api/common/v1"
	"google.golang.org/protobuf/proto"

	"github.com/giftbridge/giftbridge/internal/codec"
	"github.com/giftbridge/giftbridge/internal/config"
	"github.com/giftbridge/giftbridge/internal/printable"
)

// configuration returns one check for each problem, or a single passed check, and records which variables are wrong.
func (x *examination) configuration() []check.Check {
	if x.Problems == nil {
		c := ok("every variable can be read and makes sense")
		c.Name = Configuration
		return []check.Check{c}
	}
	var invalid *config.ValidationError
	if !errors.As(x.Problems, &invalid) {
		return []check.Check{{
			Name: Configuration, Status: check.Fail, Found: printable.Line(x.Problems.Error(), maxFound), Fix: "see docs/configuration.md",
		}}
	}
	var known []string
	for _, v := range x.Config.Describe() {
		known = append(known, v.Name)
	}
	var out []check.Check
	for _, p := range invalid.Problems {
		found, need, told := strings.Cut(p.Text, ": need ")
		if strings.HasPrefix(found, `"`) {
			found = "is " + found
		}
		if len(p.Also) == 0 {
			found = p.Name + " " + found
		}
		c := check.Check{Name: Configuration, Status: check.Fail, Found: found, Fix: "see docs/configuration.md"}
		switch {
		case told:
			c.Fix = "need " + need
		case !slices.Contains(known, p.Name):
			c.Fix = "rename or unset it: docs/configuration.md has all names"
		}
		x.wrong = append(append(x.wrong, p.Name), p.Also...)
		out = append(out, c)
	}
	return out
}

// unverified returns a warning that the connection accepts any server certificate.
func unverified() check.Check {
	c := warn("TEMPORAL_TLS_DISABLE_HOST_VERIFICATION is on: whoever is between here and Temporal can read and change all "+
		"that is said, and the API key", "unset it (in the profile, disable_host_verification), and set "+
		"TEMPORAL_TLS_SERVER_CA_CERT_PATH to the authority of Temporal's certificate")
	c.Name = Configuration
	return c
}

// wrongAmong returns the wrong variables among those that a check reads. A name that ends in an underscore is a prefix.
func (x *examination) wrongAmong(reads []string) []string {
	var found []string
	for _, name := range x.wrong {
		if slices.ContainsFunc(reads, func(r string) bool {
			return name == r || (strings.HasSuffix(r, "_") && strings.HasPrefix(name, r))
		}) {
			found = append(found, name)
		}
	}
	return found
}

// payloadKeys checks that a payload can be encrypted and decrypted again.
func (x *examination) payloadKeys(context.Context) check.Check {
	const cure = "set PAYLOAD_KEYS to id:key, the key made by: openssl rand -base64 32"
	payloads, err := codec.New(x.Config.Payload, x.Temporal.Namespace)
	if err != nil {
		return fail(printable.Line(err.Error(), maxFound), cure)
	}
	probe := &commonpb.Payload{Data: []byte("probe")}
	sealed, err := payloads.Encode([]*commonpb.Payload{probe})
	if err != nil {
		return fail(printable.Line(err.Error(), maxFound), cure)
	}
	opened, err := payloads.Decode(sealed)
	if err != nil || len(opened) != 1 || !proto.Equal(opened[0], probe) {
		return fail("what is encrypted cannot be opened again", cure)
	}
	keys := x.Config.Payload.Keys
	if x.Config.Payload.Encryption == config.EncryptionOff {
		return warn("PAYLOAD_ENCRYPTION=off: Temporal keeps customers' addresses in the clear",
			"set PAYLOAD_ENCRYPTION=on, in every worker and starter; "+cure)
	}
	found := fmt.Sprintf("key %q encrypts", keys[0].ID)
	if more := len(keys) - 1; more > 0 {
		found += fmt.Sprintf(", %d older ones open", more)
	}
	if !x.Config.Payload.BindNamespace {
		return warn(found+", and what it encrypts can be copied to other namespaces that have the key",
			"set PAYLOAD_BIND_NAMESPACE=true once no process of a release without that variable runs any more")
	}
	return ok("%s, for this namespace alone", found)
}
