package temporalserver

import (
	"context"
	"fmt"
	"net/http"

	uiserver "github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	uioptions "github.com/temporalio/ui-server/v2/server/server_options"
)

// ui is a Web UI server. Its connection to the frontend cannot be closed, and idles until the process ends.
type ui struct {
	server *uiserver.Server
	url    string
}

func startUI(ctx context.Context, opts Options, frontend string) (*ui, error) {
	// The UI server ends the process if it cannot listen, so check the port first.
	port, err := reservePort(ctx, opts.UIPort)
	if err != nil {
		return nil, err
	}
	u := &ui{url: "http://" + address(port), server: uiserver.NewServer(uioptions.WithConfigProvider(
		&uiconfig.Config{
			Host:                host,
			Port:                port,
			TemporalGRPCAddress: frontend,
			EnableUI:            true,
			DefaultNamespace:    DefaultNamespace,
			DisableNewsFetch:    true,
			Codec:               uiconfig.Codec{Endpoint: opts.UICodecEndpoint},
			CORS:                uiconfig.CORS{CookieInsecure: true}, // plain HTTP
			HideLogs:            true,
		},
	))}
	go func() {
		// Start returns without an error when the server is stopped.
		_ = u.server.Start()
	}()
	if err := poll(ctx, u.healthy); err != nil {
		u.server.Stop()
		return nil, fmt.Errorf("wait for web ui: %w", err)
	}
	return u, nil
}

func (u *ui) healthy(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.url+"/healthz", nil)
	if err != nil {
		return err
	}
	// Use a separate transport, because the default one may go through a proxy.
	transport := &http.Transport{DisableKeepAlives: true}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("health check answers %s", response.Status)
	}
	return nil
}
