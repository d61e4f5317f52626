package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/giftbridge/giftbridge/internal/cashstar/cashstartest"
	"github.com/giftbridge/giftbridge/internal/check"
	"github.com/giftbridge/giftbridge/internal/cli"
	"github.com/giftbridge/giftbridge/internal/mail/mailtest"
	"github.com/giftbridge/giftbridge/internal/shopify/shopifytest"
)

// misconfiguration is a mistake in an environment, and what people are told.
type misconfiguration struct {
	name string
	// change is what is set differently. A value that is unset has the value unset.
	change map[string]string
	// says is the line that config prints for the only problem there is. Doctor fails its check "configuration" for it.
	says string
}

// unset is the value of a variable that is not there.
const unset = "\x00unset"

const (
	wantURL = "need an https URL, or an http URL on this machine (localhost, 127.0.0.0/8, ::1) or a host in PLAIN_HTTP_HOSTS"
	wantAt  = "need the time at which giftbridge takes over, in RFC 3339 format with a time zone, such as 2026-07-01T00:00:00Z"
	shell   = "; shells remove quotes, docker's --env-file keeps them"
)

// encoded returns a payload key as it is written in a variable.
func encoded(key string) string { return base64.StdEncoding.EncodeToString([]byte(key)) }

var goodKey = encoded(strings.Repeat("k", 32))

// installed is the environment of a healthy installation with simulated services, but without Temporal.
func installed(shop, issuer string) map[string]string {
	return map[string]string{
		"SHOPIFY_SHOP": "simulated.myshopify.com", "SHOPIFY_BASE_URL": shop, "SHOPIFY_ACCESS_TOKEN": shopifytest.AccessToken,
		"GIFT_CARD_SKUS": "GIFT-25", "CREATED_AT_MIN": "2026-07-01T00:00:00Z",
		"CASHSTAR_BASE_URL": issuer + "/v2/", "CASHSTAR_USERNAME": "account", "CASHSTAR_PASSWORD": "hush-issuer",
		"PAYLOAD_KEYS": "k1:" + goodKey, "PAYLOAD_BIND_NAMESPACE": "true",
		"TEMPORAL_ADDRESS": "127.0.0.1:1", "HOME": "/nonexistent",
	}
}

// with returns changes that include a mail server.
func with(more map[string]string) map[string]string {
	all := map[string]string{"SMTP_HOST": "127.0.0.1", "DIGEST_FROM": "a@example.com", "DIGEST_TO": "b@example.com"}
	maps.Copy(all, more)
	return all
}

type set = map[string]string

// misconfigurations are the mistakes that config finds, at least one of each kind that the variables of the reference allow.
func misconfigurations(folder string) []misconfiguration {
	file := func(name string) string { return filepath.Join(folder, name) }
	shopHost := "need the shop's own host in lower case, such as example.myshopify.com"
	skus := "need SKUs separated by commas, without empty or duplicate entries, each at most 255 bytes"
	hosts := "need host names or IP addresses separated by commas, without ports or wildcards"
	secretFile := "need a file that this process can read and that contains the secret"
	pem := "need a PEM file that this process can read"
	return []misconfiguration{
		{"shop: URL", set{"SHOPIFY_SHOP": "https://example.myshopify.com"}, `SHOPIFY_SHOP: "https://example.myshopify.com": ` + shopHost},
		{"shop: address in the admin", set{"SHOPIFY_SHOP": "admin.shopify.com/store/example"}, `SHOPIFY_SHOP: "admin.shopify.com/store/example": ` + shopHost},
		{"shop: name alone", set{"SHOPIFY_SHOP": "example"}, `SHOPIFY_SHOP: "example": ` + shopHost},
		{"shop: own domain", set{"SHOPIFY_SHOP": "www.example.com"}, `SHOPIFY_SHOP: "www.example.com": ` + shopHost},
		{"shop: upper case", set{"SHOPIFY_SHOP": "Example.myshopify.com"}, `SHOPIFY_SHOP: "Example.myshopify.com": ` + shopHost},
		{"shop: port", set{"SHOPIFY_SHOP": "example.myshopify.com:443"}, `SHOPIFY_SHOP: "example.myshopify.com:443": ` + shopHost},
		{"shop: none", set{"SHOPIFY_SHOP": unset}, "SHOPIFY_SHOP: is not set: " + shopHost},
		{"shop: proxy over http", set{"SHOPIFY_BASE_URL": "http://proxy.example.com"}, `SHOPIFY_BASE_URL: "http://proxy.example.com": ` + wantURL},
		{"token: none", set{"SHOPIFY_ACCESS_TOKEN": unset}, "SHOPIFY_ACCESS_TOKEN: is not set: need it, or both SHOPIFY_CLIENT_ID and SHOPIFY_CLIENT_SECRET"},
		{"token: and a client", set{"SHOPIFY_CLIENT_ID": "id", "SHOPIFY_CLIENT_SECRET": "hush"}, "SHOPIFY_ACCESS_TOKEN: is set together with SHOPIFY_CLIENT_ID or SHOPIFY_CLIENT_SECRET: need one or the other"},
		{"token: client without secret", set{"SHOPIFY_ACCESS_TOKEN": unset, "SHOPIFY_CLIENT_ID": "id"}, "SHOPIFY_CLIENT_SECRET: is not set: need it with SHOPIFY_CLIENT_ID"},
		{"token: secret without client", set{"SHOPIFY_ACCESS_TOKEN": unset, "SHOPIFY_CLIENT_SECRET": "hush"}, "SHOPIFY_CLIENT_ID: is not set: need it with SHOPIFY_CLIENT_SECRET"},
		{"token: secret in its place", set{"SHOPIFY_ACCESS_TOKEN": "shpss_hush"}, "SHOPIFY_ACCESS_TOKEN: is an app's secret (shpss_…): need an Admin API access token, or the secret in SHOPIFY_CLIENT_SECRET, with SHOPIFY_CLIENT_ID"},
		{"token: in the place of the secret", set{"SHOPIFY_ACCESS_TOKEN": unset, "SHOPIFY_CLIENT_ID": "id", "SHOPIFY_CLIENT_SECRET": "shpat_hush"}, "SHOPIFY_CLIENT_SECRET: is an access token (shpat_…): need the app's secret, or the token in SHOPIFY_ACCESS_TOKEN, without SHOPIFY_CLIENT_ID"},
		{"token: with Bearer", set{"SHOPIFY_ACCESS_TOKEN": "Bearer shpat_hush"}, `SHOPIFY_ACCESS_TOKEN: contains a space or a character outside ASCII: need the token alone, without "Bearer"`},
		{"token: hidden character", set{"SHOPIFY_ACCESS_TOKEN": "shpat_hush\u200b"}, `SHOPIFY_ACCESS_TOKEN: contains a space or a character outside ASCII: need the token alone, without "Bearer"`},
		{"api version: form", set{"SHOPIFY_API_VERSION": "2026-7"}, `SHOPIFY_API_VERSION: "2026-7": need a stable quarterly version such as 2026-07`},
		{"api version: unstable", set{"SHOPIFY_API_VERSION": "unstable"}, `SHOPIFY_API_VERSION: "unstable": need a stable quarterly version such as 2026-07`},
		{"b2b: yes", set{"SHOPIFY_B2B": "yes"}, `SHOPIFY_B2B: "yes": need true or false`},
		{"write back: spelling", set{"SHOPIFY_WRITE_BACK": "fulfill"}, `SHOPIFY_WRITE_BACK: "fulfill": need off, note, tag or fulfil`},

		{"skus: none", set{"GIFT_CARD_SKUS": unset}, "GIFT_CARD_SKUS: is not set: " + skus + "; or FOURWAYSHOP_ITEMS"},
		{"skus: comma at the end", set{"GIFT_CARD_SKUS": "A,"}, "GIFT_CARD_SKUS: entry 2 is empty: " + skus},
		{"skus: twice", set{"GIFT_CARD_SKUS": "A,A"}, `GIFT_CARD_SKUS: entry 2, "A", is a duplicate`},
		{"skus: hidden character", set{"GIFT_CARD_SKUS": "A\u200b"}, `GIFT_CARD_SKUS: entry 1, "A\u200b", contains an invisible character`},
		{"skus: too long", set{"GIFT_CARD_SKUS": strings.Repeat("x", 256)}, "GIFT_CARD_SKUS: entry 1 has 256 bytes: need at most 255"},
		{"skus: also companions", set{"COMPANION_SKUS": "GIFT-25"}, `COMPANION_SKUS: entry 1, "GIFT-25", is also in GIFT_CARD_SKUS: need it in one of the two`},
		{"start: none", set{"CREATED_AT_MIN": unset}, "CREATED_AT_MIN: is not set: " + wantAt},
		{"start: day", set{"CREATED_AT_MIN": "2026-07-01"}, `CREATED_AT_MIN: "2026-07-01": ` + wantAt},
		{"start: without zone", set{"CREATED_AT_MIN": "2026-07-01T00:00:00"}, `CREATED_AT_MIN: "2026-07-01T00:00:00": ` + wantAt},
		{"start: example", set{"CREATED_AT_MIN": "CHANGE-ME"}, "CREATED_AT_MIN: still has the example value CHANGE-ME: " + wantAt},
		{"start: future", set{"CREATED_AT_MIN": "2999-01-01T00:00:00Z"}, "CREATED_AT_MIN: is in the future, 2999-01-01T00:00:00Z, and no order before it would get a card: " + wantAt},
		{"age: days", set{"MAX_ORDER_AGE": "14d"}, `MAX_ORDER_AGE: "14d": need a duration such as 90s, 10m or 336h, at least 1h`},
		{"age: number", set{"MAX_ORDER_AGE": "336"}, `MAX_ORDER_AGE: "336": need a duration such as 90s, 10m or 336h, at least 1h`},
		{"test orders: no", set{"INCLUDE_TEST_ORDERS": "no"}, `INCLUDE_TEST_ORDERS: "no": need true or false`},
		{"risk: unknown", set{"RISK": "ignore"}, `RISK: "ignore": need hold or issue`},
		{"issue after: too long", set{"ISSUE_AFTER": "25h"}, `ISSUE_AFTER: "25h0m0s": need 0, or a duration of at most 24h, such as 15m`},
		{"underpaid: unknown", set{"UNDERPAID": "ignore"}, `UNDERPAID: "ignore": need hold or issue`},
		{"match: unknown", set{"MATCH_BY": "company,email"}, `MATCH_BY: "company,email": need one or more of external_id, company, name, separated by commas, without duplicates`},

		{"interval: number", set{"POLL_INTERVAL": "300"}, `POLL_INTERVAL: "300": need a duration of whole seconds such as 5m, less than MAX_ORDER_AGE`},
		{"interval: cron", set{"POLL_INTERVAL": "*/5 * * * *"}, `POLL_INTERVAL: "*/5 * * * *": need a duration of whole seconds such as 5m, less than MAX_ORDER_AGE`},
		{"interval: age", set{"POLL_INTERVAL": "336h"}, `POLL_INTERVAL: "336h0m0s": need less than MAX_ORDER_AGE (336h0m0s)`},
		{"interval: comment kept", set{"POLL_INTERVAL": "5m # often"}, `POLL_INTERVAL: "5m # often": need a duration of whole seconds such as 5m, less than MAX_ORDER_AGE`},
		{"overlap: age", set{"POLL_OVERLAP": "336h"}, `POLL_OVERLAP: "336h0m0s": need less than MAX_ORDER_AGE (336h0m0s)`},
		{"overlap: negative", set{"POLL_OVERLAP": "-1m"}, `POLL_OVERLAP: "-1m0s": need a duration such as 90s, 10m or 336h, less than MAX_ORDER_AGE`},
		{"settle delay: interval", set{"POLL_SETTLE_DELAY": "5m"}, `POLL_SETTLE_DELAY: "5m0s": need less than POLL_INTERVAL (5m0s)`},
		{"page: too large", set{"POLL_PAGE_SIZE": "1000"}, `POLL_PAGE_SIZE: "1000": need a number from 1 to 250`},
		{"sweep: too rare", set{"SWEEP_INTERVAL": "48h"}, `SWEEP_INTERVAL: "48h0m0s": need a duration of whole seconds, at most 24h`},

		{"issuer: http", set{"CASHSTAR_BASE_URL": "http://api.cashstar.com/v2/"}, `CASHSTAR_BASE_URL: "http://api.cashstar.com/v2/": ` + wantURL},
		{"issuer: user", set{"CASHSTAR_BASE_URL": "https://u:hush@api.cashstar.com/v2/"}, "CASHSTAR_BASE_URL: has a user, a query or a fragment, which is not allowed: " + wantURL},
		{"issuer: query", set{"CASHSTAR_BASE_URL": "https://api.cashstar.com/v2/?key=hush"}, "CASHSTAR_BASE_URL: has a user, a query or a fragment, which is not allowed: " + wantURL},
		{"issuer: no scheme", set{"CASHSTAR_BASE_URL": "api.cashstar.com/v2/"}, `CASHSTAR_BASE_URL: "api.cashstar.com/v2/": ` + wantURL},
		{"issuer: not a URL, with a user", set{"CASHSTAR_BASE_URL": "https://u:hush@%zz/"}, `CASHSTAR_BASE_URL: "[redacted]": ` + wantURL},
		{"issuer: port", set{"CASHSTAR_BASE_URL": "https://api.cashstar.com:99999/v2/"}, "CASHSTAR_BASE_URL: has port 99999, which does not exist: need a port from 1 to 65535, or none"},
		{"issuer: octal loopback", set{"CASHSTAR_BASE_URL": "http://0177.0.0.1/v2/"}, `CASHSTAR_BASE_URL: "http://0177.0.0.1/v2/": ` + wantURL},
		{"issuer: no user", set{"CASHSTAR_USERNAME": unset}, "CASHSTAR_USERNAME: is not set: need the name of the account's user"},
		{"issuer: user and password in one", set{"CASHSTAR_USERNAME": "us:hush"}, "CASHSTAR_USERNAME: contains a colon, which would end it when it is sent: need the user name alone, and the password in CASHSTAR_PASSWORD"},
		{"issuer: empty password", set{"CASHSTAR_PASSWORD": ""}, "CASHSTAR_PASSWORD: is not set: need the password of CASHSTAR_USERNAME"},
		{"issuer: reference in braces", set{"CASHSTAR_PASSWORD": "${HUSH}"}, "CASHSTAR_PASSWORD: is a reference to a variable that nothing has replaced: need the secret itself"},
		{"issuer: reference of a pod", set{"CASHSTAR_PASSWORD": "$(HUSH)"}, "CASHSTAR_PASSWORD: is a reference to a variable that nothing has replaced: need the secret itself"},
		{"issuer: rate", set{"CASHSTAR_MAX_RPS": "2,5"}, `CASHSTAR_MAX_RPS: "2,5": need a number of requests per second, 0 for no limit`},
		{"issuer: time-out", set{"CASHSTAR_TIMEOUT": "1m"}, `CASHSTAR_TIMEOUT: "1m0s": need a duration from 1s to 40s`},
		{"plain hosts: wildcard", set{"PLAIN_HTTP_HOSTS": "*.internal"}, `PLAIN_HTTP_HOSTS: entry 1, "*.internal": ` + hosts},
		{"plain hosts: port", set{"PLAIN_HTTP_HOSTS": "sim:8080"}, `PLAIN_HTTP_HOSTS: entry 1, "sim:8080": ` + hosts},
		{"merchant: name", set{"MERCHANT_CODE": "The Store"}, `MERCHANT_CODE: "The Store": need at most 255 bytes without white space or slashes`},
		{"prefix: underscore", set{"AUDIT_PREFIX": "shop_1"}, `AUDIT_PREFIX: "shop_1": need at most 20 letters, digits and dashes`},
		{"prefix: too long", set{"AUDIT_PREFIX": strings.Repeat("x", 21)}, `AUDIT_PREFIX: "` + strings.Repeat("x", 21) + `": need at most 20 letters, digits and dashes`},
		{"prefix: example", set{"AUDIT_PREFIX": "CHANGE-ME"}, "AUDIT_PREFIX: still has the example value CHANGE-ME: need at most 20 letters, digits and dashes"},
		{"budget: age", set{"RETRY_BUDGET": "336h"}, `RETRY_BUDGET: "336h0m0s": need less than MAX_ORDER_AGE (336h0m0s)`},
		{"budget: word", set{"RETRY_BUDGET": "forever"}, `RETRY_BUDGET: "forever": need 0 or a duration such as 1h, less than MAX_ORDER_AGE`},
		{"dedupes: maybe", set{"ISSUER_DEDUPES": "maybe"}, `ISSUER_DEDUPES: "maybe": need true or false`},
		{"content: six lines", set{"ADDITIONAL_CONTENT": "1\n2\n3\n4\n5\n6"}, `ADDITIONAL_CONTENT: "1\n2\n3\n4\n5\n6": need at most 500 visible characters on at most 5 lines, without white space around them`},
		{"recipient: property twice", set{"RECIPIENT_NAME_KEY": "Recipient email"}, `RECIPIENT_NAME_KEY: "Recipient email": need a different property from RECIPIENT_EMAIL_KEY`},

		{"mail: host with port", with(set{"SMTP_HOST": "mail.example.com:587"}), `SMTP_HOST: "mail.example.com:587": need a host name or an IP address, without a port`},
		{"mail: host as URL", with(set{"SMTP_HOST": "smtp://mail.example.com"}), `SMTP_HOST: "smtp://mail.example.com": need a host name or an IP address, without a port`},
		{"mail: no sender", with(set{"DIGEST_FROM": unset}), "DIGEST_FROM: is not set: need it with SMTP_HOST"},
		{"mail: no recipient", with(set{"DIGEST_TO": unset}), "DIGEST_TO: is not set: need it with SMTP_HOST"},
		{"mail: no server", set{"DIGEST_TO": "b@example.com"}, "SMTP_HOST: is not set, but DIGEST_TO is: need both, or neither for no digest"},
		{"mail: semicolon", with(set{"DIGEST_TO": "a@example.com;b@example.com"}), "DIGEST_TO: entry 1: need an e-mail address"},
		{"mail: port", with(set{"SMTP_PORT": "0"}), `SMTP_PORT: "0": need a port from 1 to 65535`},
		{"mail: TLS", with(set{"SMTP_TLS": "ssl"}), `SMTP_TLS: "ssl": need starttls, tls or none`},
		{"mail: password in the clear", with(set{"SMTP_HOST": "mail.example.com", "SMTP_TLS": "none", "SMTP_USERNAME": "u", "SMTP_PASSWORD": "hush"}), `SMTP_TLS: "none": need starttls or tls, because the password would be sent unencrypted`},
		{"mail: user without password", with(set{"SMTP_USERNAME": "u"}), "SMTP_PASSWORD: is not set: need it with SMTP_USERNAME"},
		{"mail: password without user", with(set{"SMTP_PASSWORD": "hush"}), "SMTP_USERNAME: is not set: need it with SMTP_PASSWORD"},
		{"digest: time", set{"DIGEST_AT": "6pm"}, `DIGEST_AT: "6pm": need a time of day such as 18:00`},
		{"digest: zone by letters", set{"DIGEST_TIMEZONE": "CEST"}, `DIGEST_TIMEZONE: "CEST": need an IANA time zone such as Europe/Rome`},
		{"digest: zone by offset", set{"DIGEST_TIMEZONE": "+02:00"}, `DIGEST_TIMEZONE: "+02:00": need an IANA time zone such as Europe/Rome`},
		{"digest: this machine's zone", set{"DIGEST_TIMEZONE": "Local"}, `DIGEST_TIMEZONE: "Local": need an IANA time zone such as Europe/Rome`},
		{"digest: wait", set{"DIGEST_RERUN_WAIT": "13h"}, `DIGEST_RERUN_WAIT: "13h0m0s": need a duration from 0 to 12h`},
		{"web UI: no scheme", set{"TEMPORAL_UI_URL": "localhost:8233"}, `TEMPORAL_UI_URL: "localhost:8233": need an http or https URL`},

		{"keys: none", set{"PAYLOAD_KEYS": unset}, "PAYLOAD_KEYS: is not set: need k1: followed by the output of openssl rand -base64 32, or PAYLOAD_ENCRYPTION=off"},
		{"keys: no ID", set{"PAYLOAD_KEYS": goodKey}, "PAYLOAD_KEYS: key 1: need id:base64"},
		{"keys: short", set{"PAYLOAD_KEYS": "k1:" + encoded("short")}, "PAYLOAD_KEYS: key 1: need 32 bytes, have 5"},
		{"keys: hexadecimal", set{"PAYLOAD_KEYS": "k1:" + strings.Repeat("ab", 32)}, "PAYLOAD_KEYS: key 1: need 32 bytes, have 48"},
		{"keys: base64 of URLs", set{"PAYLOAD_KEYS": "k1:" + strings.Repeat("_-", 21) + "A="}, "PAYLOAD_KEYS: key 1: need standard base64, such as the output of openssl rand -base64 32"},
		{"keys: ID twice", set{"PAYLOAD_KEYS": "k1:" + goodKey + ",k1:" + encoded(strings.Repeat("o", 32))}, "PAYLOAD_KEYS: key 2: has the same ID as key 1"},
		{"encryption: true", set{"PAYLOAD_ENCRYPTION": "true"}, `PAYLOAD_ENCRYPTION: "true": need on or off`},
		{"file: missing", set{"PAYLOAD_KEYS": unset, "PAYLOAD_KEYS_FILE": "/nonexistent"}, "PAYLOAD_KEYS_FILE: cannot be used, open /nonexistent: no such file or directory: " + secretFile},
		{"file: empty", set{"CASHSTAR_PASSWORD": unset, "CASHSTAR_PASSWORD_FILE": file("empty")}, "CASHSTAR_PASSWORD_FILE: cannot be used, " + file("empty") + " is empty: " + secretFile},
		{"file: folder", set{"CASHSTAR_PASSWORD": unset, "CASHSTAR_PASSWORD_FILE": folder}, "CASHSTAR_PASSWORD_FILE: cannot be used, read " + folder + ": is a directory: " + secretFile},
		{"file: and value", set{"CASHSTAR_PASSWORD_FILE": file("text")}, "CASHSTAR_PASSWORD_FILE: is set together with CASHSTAR_PASSWORD: need only one of them"},
		{"file: Windows line end", set{"CASHSTAR_PASSWORD": unset, "CASHSTAR_PASSWORD_FILE": file("windows")}, "CASHSTAR_PASSWORD: has white space around it, or contains an invisible character: need the secret alone"},
		{"file: byte order mark", set{"CASHSTAR_PASSWORD": unset, "CASHSTAR_PASSWORD_FILE": file("mark")}, "CASHSTAR_PASSWORD: has white space around it, or contains an invisible character: need the secret alone"},
		{"file: of no secret", set{"CASHSTAR_USERNAME_FILE": file("text")}, "CASHSTAR_USERNAME_FILE: unknown; did you mean CASHSTAR_USERNAME?"},

		{"codec server: token", set{"CODEC_SERVER_TOKEN": "hush"}, "CODEC_SERVER_TOKEN: need at least 32 ASCII characters without spaces, such as the output of openssl rand -hex 32"},
		{"codec server: address", set{"CODEC_SERVER_ADDR": "8234"}, `CODEC_SERVER_ADDR: "8234": need host:port`},
		{"codec server: any origin", set{"CODEC_SERVER_ORIGINS": "*"}, `CODEC_SERVER_ORIGINS: "*": need origins separated by commas, such as https://temporal.example.com`},
		{"log: level", set{"LOG_LEVEL": "INFO"}, `LOG_LEVEL: "INFO": need trace, debug, info, warn or error`},
		{"log: format", set{"LOG_FORMAT": "text"}, `LOG_FORMAT: "text": need auto, json or console`},
		{"metrics: port alone", set{"METRICS_ADDR": "9464"}, `METRICS_ADDR: "9464": need host:port, or off`},
		{"metrics: no port", set{"METRICS_ADDR": ":99999"}, `METRICS_ADDR: ":99999": need host:port, or off`},
		{"traces: no scheme", set{"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4317"}, `OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4317": ` + wantURL},
		{"traces: http", set{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, `OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318": ` + wantURL},
		{"worker: build alone", set{"WORKER_BUILD_ID": "1"}, "WORKER_DEPLOYMENT: is not set, but WORKER_BUILD_ID is: need both, or neither for workers without a version"},
		{"worker: deployment", set{"WORKER_DEPLOYMENT": "a.b", "WORKER_BUILD_ID": "1"}, `WORKER_DEPLOYMENT: "a.b": need at most 63 letters, digits, dashes and underscores, beginning with a letter or a digit`},

		{"temporal: URL", set{"TEMPORAL_ADDRESS": "https://shop.a1b2.tmprl.cloud:7233"}, `TEMPORAL_ADDRESS: "https://shop.a1b2.tmprl.cloud:7233": need host:port without a scheme, such as localhost:7233`},
		{"temporal: no port", set{"TEMPORAL_ADDRESS": "temporal.example.com"}, `TEMPORAL_ADDRESS: "temporal.example.com": need host:port without a scheme, such as localhost:7233`},
		{"temporal: namespace", set{"TEMPORAL_NAMESPACE": "my shop"}, `TEMPORAL_NAMESPACE: "my shop": need the name of a namespace, such as default`},
		{"temporal: TLS", set{"TEMPORAL_TLS": "yes"}, `TEMPORAL_TLS: "yes": need true or false`},
		{"temporal: verification", set{"TEMPORAL_TLS_DISABLE_HOST_VERIFICATION": "off"}, `TEMPORAL_TLS_DISABLE_HOST_VERIFICATION: "off": need true or false`},
		{"temporal: key with Bearer", set{"TEMPORAL_API_KEY": "Bearer hush"}, `TEMPORAL_API_KEY: contains a space or a character outside ASCII: need the token alone, without "Bearer"`},
		{"temporal: key in the clear", set{"TEMPORAL_API_KEY": "hush", "TEMPORAL_TLS": "false"}, `TEMPORAL_TLS: "false": need true with TEMPORAL_API_KEY, because the key would be sent unencrypted`},
		{"temporal: no profile file", set{"TEMPORAL_CONFIG_FILE": "/nonexistent"}, "TEMPORAL_CONFIG_FILE: cannot be used, stat /nonexistent: no such file or directory: need a file that this process can read, or none"},
		{"temporal: no CA", set{"TEMPORAL_TLS_SERVER_CA_CERT_PATH": "/nonexistent"}, "TEMPORAL_TLS_SERVER_CA_CERT_PATH: cannot be used, open /nonexistent: no such file or directory: " + pem},
		{"temporal: CA that is none", set{"TEMPORAL_TLS_SERVER_CA_CERT_PATH": file("text")}, "TEMPORAL_TLS_SERVER_CA_CERT_PATH: cannot be used, " + file("text") + " contains no certificate: " + pem},
		{"temporal: certificate alone", set{"TEMPORAL_TLS_CLIENT_CERT_PATH": file("text")}, "TEMPORAL_TLS_CLIENT_KEY_PATH: is not set: need it with TEMPORAL_TLS_CLIENT_CERT_PATH"},
		{"temporal: certificate that is none", set{"TEMPORAL_TLS_CLIENT_CERT_PATH": file("text"), "TEMPORAL_TLS_CLIENT_KEY_PATH": file("text")}, "TEMPORAL_TLS_CLIENT_CERT_PATH: and TEMPORAL_TLS_CLIENT_KEY_PATH are not a certificate and its key: need two PEM files that belong together"},

		{"name: at most once", set{"ISSUER_DEDUPE": "false"}, "ISSUER_DEDUPE: unknown; did you mean ISSUER_DEDUPES?"},
		{"name: letters swapped", set{"SMPT_HOST": "mail.example.com"}, "SMPT_HOST: unknown; did you mean SMTP_HOST?"},
		{"name: of another program", set{"TEMPORAL_APIKEY": "hush"}, "TEMPORAL_APIKEY: unknown; did you mean TEMPORAL_API_KEY?"},
		{"name: like nothing", set{"SHOPIFY_TOKEN": "hush"}, "SHOPIFY_TOKEN: unknown"},
		{"name: lower case", set{"audit_prefix": "A", "shopify_b2b": "true"}, "shopify_b2b: is in lower case: need SHOPIFY_B2B"},
		{"name: export kept", set{"AUDIT_PREFIX": unset, "export AUDIT_PREFIX": "A"}, `AUDIT_PREFIX: has white space or "export" around its name: need the bare name; shells remove it, docker's --env-file keeps it`},
		{"name: byte order mark", set{"SHOPIFY_SHOP": unset, "\ufeffSHOPIFY_SHOP": "example.myshopify.com"}, "SHOPIFY_SHOP: has a byte order mark in front of its name: need the bare name; save the file as UTF-8 without it"},
		{"value: byte order mark", set{"SHOPIFY_SHOP": "\ufeffsimulated.myshopify.com"}, "SHOPIFY_SHOP: has a byte order mark in front of its value: need the bare value; save the file as UTF-8 without it"},
		{"value: quotes", set{"CASHSTAR_PASSWORD": `"hush-issuer"`}, "CASHSTAR_PASSWORD: has quotes around its value: need the bare value" + shell},
		{"value: quotes of a word processor", set{"CASHSTAR_USERNAME": "“account”"}, "CASHSTAR_USERNAME: has quotes around its value: need the bare value" + shell},
		{"value: quotes of Temporal", set{"TEMPORAL_API_KEY": "'hush'"}, "TEMPORAL_API_KEY: has quotes around its value: need the bare value" + shell},
		{"value: Windows line end", set{"CASHSTAR_USERNAME": "account\r"}, "CASHSTAR_USERNAME: has a carriage return at the end of its value: need the bare value; the file has Windows line endings"},
		{"value: space at the end", set{"AUDIT_PREFIX": "A "}, "AUDIT_PREFIX: has white space at the end of its value: need the bare value"},
		{"value: space at the beginning", set{"CASHSTAR_USERNAME": " account"}, "CASHSTAR_USERNAME: has white space at the beginning of its value: need the bare value"},
	}
}

// wrongWorld is a mistake that no value shows: the services have to be asked. It is the check of doctor that fails, or
// warns, what it found and what to do.
type wrongWorld struct {
	name              string
	change            map[string]string
	check, found, fix string
}

var wrongWorlds = []wrongWorld{
	{"token: revoked", set{"SHOPIFY_ACCESS_TOKEN": "shpat_hush"}, "shopify", "credentials refused: ", "set SHOPIFY_ACCESS_TOKEN to the token of the app that is installed in the shop"},
	{"client: wrong secret", set{"SHOPIFY_ACCESS_TOKEN": unset, "SHOPIFY_CLIENT_ID": "id", "SHOPIFY_CLIENT_SECRET": "hush"}, "shopify", "credentials refused: ", "set SHOPIFY_CLIENT_ID and SHOPIFY_CLIENT_SECRET to the values in the app's Settings"},
	{"shop: of other credentials", set{"SHOPIFY_SHOP": "other.myshopify.com"}, "shopify", "the credentials belong to simulated.myshopify.com, but SHOPIFY_SHOP is other.myshopify.com", "use a separate namespace for it, or the credentials of other.myshopify.com"},
	{"shop: no proxy there", set{"SHOPIFY_BASE_URL": "http://127.0.0.1:1"}, "shopify", "connection refused", "set SHOPIFY_BASE_URL to the address of the simulator or proxy, without a path, or unset it"},
	{"api version: gone", set{"SHOPIFY_API_VERSION": "2025-07"}, "shopify api version", "2025-07 is no longer available", "set SHOPIFY_API_VERSION to a newer version"},
	{"scopes: too old orders", set{"MAX_ORDER_AGE": "1464h"}, "shopify scopes", "lacks read_all_orders", "create a new version with these scopes"},
	{"scopes: tag", set{"SHOPIFY_WRITE_BACK": "tag"}, "shopify scopes", "lacks write_orders", "create a new version with these scopes"},
	{"skus: semicolon", set{"GIFT_CARD_SKUS": "GIFT-25;GIFT-50"}, "gift card skus", "no variant has GIFT-25;GIFT-50", "set GIFT_CARD_SKUS to the SKUs exactly as they are in the shop's admin"},
	{"skus: case", set{"GIFT_CARD_SKUS": "gift-25"}, "gift card skus", `no variant has gift-25; Shopify spells it "GIFT-25"`, "set GIFT_CARD_SKUS"},
	{"skus: native gift card", set{"GIFT_CARD_SKUS": "NATIVE"}, "gift card skus", "native Shopify gift cards", "sell them as ordinary products"},
	{"issuer: password", set{"CASHSTAR_PASSWORD": "hush"}, "cashstar", "credentials refused: ", "set CASHSTAR_USERNAME and CASHSTAR_PASSWORD to the account's credentials"},
	{"issuer: nobody there", set{"CASHSTAR_BASE_URL": "http://127.0.0.1:1/v2/"}, "cashstar", "connection refused", "set CASHSTAR_BASE_URL to the address that CashStar gave, with its version (…/v2/)"},
	{"merchant: case", set{"MERCHANT_CODE": "tws"}, "merchants", "MERCHANT_CODE tws is not one of the account's 1 merchants", "set MERCHANT_CODE to one of the account's merchant codes (case-sensitive)"},
	{"mail: nobody there", with(set{"SMTP_PORT": "1", "SMTP_TLS": "none"}), "mail server", "127.0.0.1:1 cannot be reached", "set SMTP_HOST and SMTP_PORT to the mail server's address"},
	{"mail: no TLS there", with(nil), "mail server", " TLS: ", "set SMTP_TLS to starttls for port 587 or to tls for port 465"},
	{"mail: password", with(set{"SMTP_TLS": "none", "SMTP_USERNAME": "sender", "SMTP_PASSWORD": "hush"}), "mail server", " login: ", "set SMTP_USERNAME and SMTP_PASSWORD"},
	{"encryption: off", set{"PAYLOAD_ENCRYPTION": "off"}, "payload keys", "PAYLOAD_ENCRYPTION=off: Temporal stores customers' addresses unencrypted", "set PAYLOAD_ENCRYPTION=on"},
	{"encryption: any namespace", set{"PAYLOAD_BIND_NAMESPACE": unset}, "payload keys", "can be copied to other namespaces", "set PAYLOAD_BIND_NAMESPACE=true"},
	{"temporal: not there", nil, "temporal", "127.0.0.1:1 cannot be reached", "start Temporal, or set TEMPORAL_ADDRESS to its host:port"},
	{"temporal: not verified", set{"TEMPORAL_TLS": "true", "TEMPORAL_TLS_DISABLE_HOST_VERIFICATION": "true"}, "configuration", "TEMPORAL_TLS_DISABLE_HOST_VERIFICATION is on", "set TEMPORAL_TLS_SERVER_CA_CERT_PATH"},
	{"temporal: no such profile", set{"TEMPORAL_PROFILE": "production"}, "temporal", "unable to find profile production", "correct the TEMPORAL_* variables, or the profile file"},
}

// environ makes an environment the whole one, with changes.
func environ(t *testing.T, base, change map[string]string) {
	t.Helper()
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		t.Setenv(name, "") // Restores the variable afterwards.
		require.NoError(t, os.Unsetenv(name))
	}
	all := maps.Clone(base)
	maps.Copy(all, change)
	for name, value := range all {
		if value != unset {
			t.Setenv(name, value)
		}
	}
}

// executed runs a command of giftbridge. No output contains a secret.
func executed(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(&out)
	code = cli.Execute(root, &errs)
	for _, secret := range []string{"hush", goodKey, shopifytest.AccessToken, "HUSH"} {
		require.NotContains(t, out.String()+errs.String(), secret)
	}
	return code, out.String(), errs.String()
}

// checks returns what doctor found.
func checks(t *testing.T) []check.Check {
	t.Helper()
	code, stdout, _ := executed(t, "doctor", "--json")
	require.Equal(t, cli.ExitFailure, code)
	var report struct{ Checks []check.Check }
	require.NoError(t, json.Unmarshal([]byte(stdout), &report))
	return report.Checks
}

// Each misconfiguration is named with its variable and with what to write instead, by config or by doctor, and none of
// them prints a secret.
func TestMisconfigurations(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{
		"empty": "", "text": "hush\n", "windows": "hush\r\n", "mark": "\ufeffhush",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	shop := httptest.NewServer(shopifytest.New(shopifytest.Options{
		Variants: []shopifytest.Variant{{SKU: "GIFT-25"}, {SKU: "NATIVE", GiftCard: true}},
	}))
	t.Cleanup(shop.Close)
	issuer := httptest.NewServer(cashstartest.New(cashstartest.Options{
		Username: "account", Password: "hush-issuer",
		Merchants: []cashstartest.Merchant{{Name: "Store", MerchantCode: "TWS", Currencies: []string{"USD"}}},
	}))
	t.Cleanup(issuer.Close)
	mails, err := mailtest.Start(mailtest.Options{NoTLS: true, Username: "sender", Password: "hush-mail"})
	require.NoError(t, err)
	t.Cleanup(mails.Stop)
	base := installed(shop.URL, issuer.URL)
	table := misconfigurations(folder)

	t.Run("none", func(t *testing.T) {
		environ(t, base, nil)
		code, _, stderr := executed(t, "config")
		require.Zero(t, code, stderr)
	})
	for _, tt := range table {
		t.Run("config/"+tt.name, func(t *testing.T) {
			environ(t, base, tt.change)
			code, _, stderr := executed(t, "config")
			require.Equal(t, cli.ExitUsage, code)
			require.True(t, strings.HasPrefix(stderr, "giftbridge config: configuration: 1 problem\n  "+tt.says+"\n"), stderr)

			name, _, _ := strings.Cut(tt.says, ":")
			first := checks(t)[0]
			require.Equal(t, check.Check{Name: "configuration", Status: check.Fail, Found: first.Found, Fix: first.Fix}, first)
			require.True(t, strings.HasPrefix(first.Found, name+" "), first.Found)
			require.NotEmpty(t, first.Fix)
		})
	}
	for _, tt := range wrongWorlds {
		t.Run("doctor/"+tt.name, func(t *testing.T) {
			environ(t, base, tt.change)
			if tt.change["SMTP_HOST"] != "" && tt.change["SMTP_PORT"] == "" {
				t.Setenv("SMTP_PORT", strconv.Itoa(mails.Port()))
			}
			code, _, stderr := executed(t, "config")
			require.Contains(t, []int{cli.ExitOK, cli.ExitUsage}, code, stderr)
			var found []check.Check
			for _, c := range checks(t) {
				if c.Name == tt.check && (c.Status == check.Fail || c.Status == check.Warn) {
					found = append(found, c)
				}
			}
			require.Len(t, found, 1)
			require.Contains(t, found[0].Found, tt.found)
			require.Contains(t, found[0].Fix, tt.fix)
		})
	}
	require.GreaterOrEqual(t, len(table)+len(wrongWorlds), 75)
}
