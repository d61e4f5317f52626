package ops

import "github.com/giftbridge/giftbridge/internal/config/env"

// Network describes the network between giftbridge and the services.
type Network struct {
	PlainHTTPHosts env.List `envconfig:"PLAIN_HTTP_HOSTS"`
}

// NetworkSection describes the variables. It is not one of [Sections]: it stands beside the services.
var NetworkSection = env.Section{
	Field: "Network", Heading: "Network",
	Variables: map[string]env.Reference{
		"PLAIN_HTTP_HOSTS": {
			Want: "host names or IP addresses separated by commas, without ports or wildcards",
			About: "Hosts to which `SHOPIFY_BASE_URL` and `CASHSTAR_BASE_URL` may use http: simulators on a private network, such as " +
				"the services of a compose file. Credentials are sent to them unencrypted. Also the hosts of `RECEIVER_ADDR` on " +
				"which a receiver may listen without a certificate, and to which the relay may post by http. Unset, only this machine is allowed.",
		},
	},
}

// Check checks the values.
func (n Network) Check(ps *env.Problems) { ps.HostNames("PLAIN_HTTP_HOSTS", n.PlainHTTPHosts) }
