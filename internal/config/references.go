package config

// reference is the documentation of a variable.
type reference struct {
	want  string // The form of a valid value; follows "need" in a problem.
	about string // What the variable does, in a sentence or two of Markdown.
}

const (
	wantDuration = "a duration such as 90s, 10m or 336h"
	wantBool     = "true or false"
	wantText     = "a text"
	wantSecret   = "a secret"
	wantBaseURL  = "an https URL, or http on this machine (localhost, 127.0.0.0/8, ::1) or a host of PLAIN_HTTP_HOSTS"
	wantAddress  = "an e-mail address"
	wantHostPort = "host:port"
)

var references = map[string]reference{
	"SHOPIFY_SHOP": {
		"the shop's own host in lower case, such as example.myshopify.com",
		"The shop whose orders are polled.",
	},
	"SHOPIFY_BASE_URL": {
		wantBaseURL,
		"Overrides `https://$SHOPIFY_SHOP`, for simulators and proxies.",
	},
	"SHOPIFY_ACCESS_TOKEN": {
		wantSecret,
		"Static Admin API token. Either this, or the client ID and its secret.",
	},
	"SHOPIFY_CLIENT_ID": {
		wantText,
		"Client ID of the app; tokens are fetched with the client-credentials grant and renewed.",
	},
	"SHOPIFY_CLIENT_SECRET": {
		wantSecret,
		"Secret of the client ID.",
	},
	"SHOPIFY_API_VERSION": {
		"a stable quarterly version such as 2026-07",
		"Version of the Admin API. An answer from a different version is an alarm.",
	},
	"SHOPIFY_B2B": {
		wantBool,
		"Read the company of each order too, and match merchants by it. Only for shops with B2B; the app then needs the " +
			"scope `read_customers` or `read_companies`.",
	},
	"GIFT_CARD_SKUS": {
		"SKUs separated by commas, none empty, none twice, each at most 255 bytes",
		"The SKUs that mean a gift card. An order that mixes them with other items is left out and reported.",
	},
	"COMPANION_SKUS": {
		"SKUs separated by commas, none empty, none twice, each at most 255 bytes, none of them in GIFT_CARD_SKUS",
		"SKUs that may be in any order beside gift cards, such as gift wrapping or insurance: they do not make it a mixed one. " +
			"Tips need not be named.",
	},
	"UNDERPAID": {
		Hold + " or " + IssueAnyway,
		"What is done of an order so much of whose money was given back that what is left does not pay for the gift cards " +
			"that are left, after all discounts: `hold` leaves it to people, who release it or not; `issue` issues its cards.",
	},
	"MATCH_BY": {
		"one or more of external_id, company, name, separated by commas, none twice",
		"What of a customer the merchant is found by: the external ID of the B2B company, its name, the customer's own name. " +
			"Buyers choose their own name: with `name`, a buyer who takes a merchant's name places orders on that merchant's " +
			"account. Unset, a new installation with SHOPIFY_B2B goes by `external_id,company`, any other by all three.",
	},
	"CREATED_AT_MIN": {
		"the time at which giftbridge takes over, in RFC 3339 with its zone, such as 2026-07-01T00:00:00Z",
		"The moment from which giftbridge is responsible. Older orders are never touched: whoever issued cards before " +
			"has dealt with them, and a second card is money given away. It has no default because no guess is safe, and may not " +
			"lie in the future (by more than an hour): the orders before it would get no card.",
	},
	"MAX_ORDER_AGE": {
		wantDuration + ", at least 1h",
		"Orders older than this are not picked up any more. It must stay below the retention of the Temporal namespace, " +
			"because within it the order's workflow ID is what makes a card once-only.",
	},
	"INCLUDE_TEST_ORDERS": {
		wantBool,
		"Issue cards for Shopify's test orders too. Real cards, unless the issuer's test account is configured.",
	},
	"POLL_INTERVAL": {
		"a duration of whole seconds such as 5m, less than MAX_ORDER_AGE",
		"How often the shop is polled.",
	},
	"POLL_OVERLAP": {
		wantDuration + ", less than MAX_ORDER_AGE",
		"How far each poll looks back before the last one's end, since Shopify's search index lags.",
	},
	"POLL_SETTLE_DELAY": {
		"0, or a duration less than POLL_INTERVAL",
		"How long an order rests after its last change before it is looked at.",
	},
	"POLL_PAGE_SIZE": {
		"a number from 1 to 250",
		"Orders asked for at a time.",
	},
	"SWEEP_INTERVAL": {
		"a duration of whole seconds, at most 24h",
		"How often giftbridge looks whether each gift-card order of the last two days was taken in, and, once a day, each that " +
			"may still be. It finds what Shopify's search has left out or shown late.",
	},
	"CASHSTAR_BASE_URL": {
		wantBaseURL,
		"The issuer's address with its version prefix. Production is `https://api.cashstar.com/v2/`, the test system " +
			"`https://api-semiprod.cashstar.com/v2/`. It has no default: production must be chosen.",
	},
	"CASHSTAR_USERNAME": {wantText, "User of the issuer's account."},
	"CASHSTAR_PASSWORD": {wantSecret, "Password of that user."},
	"CASHSTAR_MAX_RPS": {
		"a number of requests a second, 0 for no limit",
		"Bound on card orders a second, over all workers together.",
	},
	"CASHSTAR_TIMEOUT": {
		"a duration from 1s to 40s",
		"How long one request to the issuer may take.",
	},
	"PLAIN_HTTP_HOSTS": {
		"names or IP addresses of hosts separated by commas, without ports or wildcards",
		"Hosts to which `SHOPIFY_BASE_URL` and `CASHSTAR_BASE_URL` may use http: simulators on a private network, such as " +
			"the services of a compose file. Credentials go there in the clear. Unset, no host but this machine.",
	},
	"MERCHANT_CODE": {
		"at most 255 bytes without white space or slashes",
		"Every order goes to this merchant, if the issuer lists it. Unset, the merchant is found by the customer.",
	},
	"AUDIT_PREFIX": {
		"at most 20 letters, digits and dashes",
		"Put before every audit number. Changing it changes every idempotency key: choose once, before the first card.",
	},
	"RETRY_BUDGET": {
		"0 or a duration such as 1h, less than MAX_ORDER_AGE",
		"How long transient errors are retried before an order fails; 0 means one attempt.",
	},
	"ISSUER_DEDUPES": {
		wantBool,
		"Whether the issuer never makes a second card of a repeated audit number. `true`: a request whose answer was lost is " +
			"repeated until it is clear. `false`: it is never repeated; the order fails as `OutcomeUnknown`, and a person " +
			"settles it with `starter orders resolve`. Choose `false` where the issuer has not confirmed it in writing. " +
			"A new installation has to say which; the first `starter schedules` settles it.",
	},
	"RECIPIENT_EMAIL_KEY": {wantText, "Line-item property that holds the recipient's e-mail address."},
	"RECIPIENT_NAME_KEY":  {wantText, "Line-item property that holds the recipient's name."},
	"RECIPIENT_MESSAGE_KEY": {
		wantText, "Line-item property that holds the message on the card.",
	},
	"RECIPIENT_SEND_ON_KEY": {
		wantText, "Line-item property that holds the day on which the card is sent.",
	},
	"SMTP_HOST": {
		"a host name or an IP address, without a port",
		"Mail server. Unset, no digest is sent, and nothing else of the mail settings may be set.",
	},
	"SMTP_PORT":     {"a port from 1 to 65535", "Port of the mail server."},
	"SMTP_USERNAME": {wantText, "User at the mail server, if it wants one."},
	"SMTP_PASSWORD": {wantSecret, "Password of that user."},
	"SMTP_TLS": {
		"starttls, tls or none",
		"`starttls` upgrades or gives up, `tls` is encrypted from the first byte, `none` is for a server without; " +
			"a password never goes through `none`, save on this machine.",
	},
	"DIGEST_FROM": {wantAddress, "Sender of the digest. Needed with `SMTP_HOST`."},
	"DIGEST_TO": {
		"e-mail addresses separated by commas",
		"Recipients of the digest. Needed with `SMTP_HOST`.",
	},
	"DIGEST_AT": {
		"a time of day such as 18:00",
		"When the digest runs, in its time zone.",
	},
	"DIGEST_TIMEZONE": {
		"an IANA time zone such as Europe/Rome",
		"Time zone of the digest.",
	},
	"DIGEST_RERUN": {
		wantBool,
		"Re-run failed orders that may succeed before the digest is written.",
	},
	"DIGEST_RERUN_WAIT": {
		"a duration from 0 to 12h",
		"How long the digest waits for those re-runs.",
	},
	"DIGEST_SEND_EMPTY": {wantBool, "Send a digest even when there is nothing to say."},
	"TEMPORAL_UI_URL": {
		"an http or https URL",
		"Where people open Temporal's Web UI; the digest links there.",
	},
	"PAYLOAD_ENCRYPTION": {
		"on or off",
		"Encrypt what Temporal keeps. `off` writes in the clear, and still reads what the keys can open.",
	},
	"PAYLOAD_BIND_NAMESPACE": {
		wantBool,
		"Encrypt payloads so that they can be decrypted only in the namespace that they were written for: nobody can copy " +
			"an order from one namespace to another that has the same key. Set it to true in a new installation. In an " +
			"existing one, set it once no worker, starter or codec server of a release without this variable runs any more, " +
			"because such a release cannot read what is written then. Payloads written before stay readable.",
	},
	"PAYLOAD_ACCEPT_PLAIN": {
		wantBool,
		"Let workers read payloads that are not encrypted although `PAYLOAD_ENCRYPTION` is on. Set it when encryption is " +
			"switched on for a namespace that has histories in the clear, until its retention has passed. Otherwise whoever " +
			"reaches Temporal could have cards issued without a key.",
	},
	"PAYLOAD_KEYS": {
		"id:base64 pairs separated by commas, each key 32 bytes, no ID twice",
		"AES-256 keys, one made by `openssl rand -base64 32`. The first encrypts, all decrypt: to rotate, put the new key " +
			"first and keep the old one until the namespace's retention has passed.",
	},
	"CODEC_SERVER_ADDR": {
		wantHostPort,
		"Where `starter codec-server` listens. It speaks plain HTTP: beyond this machine put something before it that " +
			"speaks TLS.",
	},
	"CODEC_SERVER_TOKEN": {
		"at least 32 characters, none a space, as of openssl rand -hex 32",
		"What whoever asks the codec server must bear: it opens every payload. Only the codec server reads it.",
	},
	"CODEC_SERVER_ORIGINS": {
		"origins separated by commas, such as https://temporal.example.com",
		"The pages that may ask the codec server. Unset, it is the origin of `TEMPORAL_UI_URL`.",
	},
	"LOG_LEVEL": {
		"trace, debug, info, warn or error",
		"What is logged: this level and above.",
	},
	"LOG_FORMAT": {
		"auto, json or console",
		"`auto` is `console` on a terminal and `json` elsewhere.",
	},
	"METRICS_ADDR": {
		"host:port, or off",
		"Where `/metrics`, for Prometheus, and the health checks `/healthz` and `/readyz` are served. `off` or empty: nowhere.",
	},
	"OTEL_EXPORTER_OTLP_ENDPOINT": {
		wantBaseURL,
		"The collector that takes traces as OTLP over HTTP, such as `http://localhost:4318`. Unset, there are none. " +
			"`OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_TRACES_SAMPLER`, `OTEL_TRACES_SAMPLER_ARG` and " +
			"`OTEL_EXPORTER_OTLP_HEADERS` mean what OpenTelemetry says.",
	},
	"WORKER_DEPLOYMENT": {
		"at most 63 letters, digits, dashes and underscores, beginning with a letter or a digit",
		"Name of the worker deployment, the same for all versions. Set, workers take work only while their version is " +
			"the current one (`starter deployment set-current`). Unset, workers have no version.",
	},
	"WORKER_BUILD_ID": {
		"at most 100 letters, digits, dots, dashes, underscores and pluses, beginning with a letter or a digit",
		"The worker's version. Unset, it is the first 12 digits of the commit that the binary was built from, if the " +
			"binary knows it and nothing was changed since. Needs `WORKER_DEPLOYMENT`.",
	},
}

// sections are the headings of the reference, in the order of Config's fields.
var sections = map[string]string{
	"Shopify":   "Shopify",
	"Orders":    "Which orders",
	"Poll":      "The poll",
	"CashStar":  "CashStar",
	"Network":   "The network",
	"Issue":     "Issuing",
	"Recipient": "The recipient",
	"SMTP":      "Mail",
	"Digest":    "The digest",
	"Payload":   "Payload encryption",
	"Codec":     "The codec server",
	"Log":       "Logs",
	"Metrics":   "Metrics",
	"Traces":    "Traces",
	"Worker":    "Worker versions",
}
